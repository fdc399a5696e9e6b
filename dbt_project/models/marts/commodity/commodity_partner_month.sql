{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key="changed.frequency = 'month' and built.reference_month = changed.period_start",
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set block = ['flow', 'level', 'period_start'] %}

with batches as (
    {{ batches_to_build() }}
),

months as not materialized (
    {{ newest_cells("batches on value.frequency = batches.frequency and value.period_start = batches.period_start") }}
    and value.frequency = 'month'
),

-- One source stands for a level of a month: the one that has all partners, then the newest, then the archives.
sources as (
    select
        source,
        {{ block | join(', ') }},
        row_number() over (
            partition by {{ block | join(', ') }}
            order by max(case when has_all_partners then 1 else 0 end) desc, max(vintage) desc, source desc
        ) as precedence
    from months
    group by source, {{ block | join(', ') }}
),

cells as not materialized (
    select months.*
    from months
    inner join sources
        on months.source = sources.source
        and sources.precedence = 1
        {% for column in block %}and months.{{ column }} = sources.{{ column }}{% if not loop.last %}
        {% endif %}{% endfor %}
),

names as (
    {{ commodity_names('cells') }}
)

{{ named_cells('cells.period_start as reference_month', []) }}

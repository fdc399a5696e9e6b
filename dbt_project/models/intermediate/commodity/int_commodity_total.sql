{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key='built.frequency = changed.frequency and built.period_start = changed.period_start',
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set values = commodity_values() %}
{% set key = ['source', 'flow', 'classification', 'level', 'partner_code', 'frequency', 'period_start', 'vintage'] %}

with batches as (
    {{ batches_to_build() }}
),

answer_batches as (
    {{ answer_batches('batches') }}
),

accepted as (
    select file_id, row_number() over (order by retrieved_at, file_id) as precedence
    from {{ ref('stg_accepted_file') }}
),

-- Levels that a print publishes; World may be a sum there.
published_level as (
    select distinct value.source, value.flow, value.level, value.frequency, value.period_start, value.vintage
    from {{ ref('int_commodity_value') }} as value
    inner join batches
        on value.frequency = batches.frequency
        and value.period_start = batches.period_start
    where not value.is_derived
)

-- What the commodities of a level that a print publishes sum to.
select
    {{ columns_of('value', key) }},
    {{ sums_of_all('value.', values) }},
    max(case when value.is_derived then 1 else 0 end) = 1 as is_derived,
    cast(count(*) as integer) as commodities
from {{ ref('int_commodity_value') }} as value
inner join batches
    on value.frequency = batches.frequency
    and value.period_start = batches.period_start
inner join published_level
    on value.source = published_level.source
    and value.flow = published_level.flow
    and value.level = published_level.level
    and value.frequency = published_level.frequency
    and value.period_start = published_level.period_start
    and value.vintage = published_level.vintage
where value.has_all_commodities and (not value.is_derived or value.partner_code = '0015')
group by {{ columns_of('value', key) }}

union all

-- The totals that files give themselves.
select
    {{ columns_of('answer', key) }},
    {% for value in values %}arg_max(answer.{{ value }}, accepted.precedence) as {{ value }}, {% endfor %}
    false as is_derived,
    cast(null as integer) as commodities
from {{ ref('stg_census_api') }} as answer
inner join answer_batches
    on answer.frequency = answer_batches.frequency
    and answer.reference_month = answer_batches.reference_month
inner join accepted
    on answer.file_id = accepted.file_id
where answer.row_kind in ('country_total', 'world_total')
group by {{ columns_of('answer', key) }}

{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key="changed.frequency = 'month' and built.reference_month = changed.period_start",
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}

with batches as (
    select * from (
        {{ batches_to_build() }}
    ) as every_batch
    where frequency = 'month'
),

months as not materialized (
    {{ newest_cells("batches on value.frequency = batches.frequency and value.period_start = batches.period_start") }}
),

chosen as (
    {{ ways_chosen("batches on coverage.frequency = batches.frequency and coverage.period_start = batches.period_start") }}
),

ways as not materialized (
    select months.*, months.source as way, {{ columns_of('chosen', chosen_columns()) }}
    from months
    inner join chosen
        on months.flow = chosen.flow
        and months.level = chosen.level
        and months.period_start = chosen.period_start
),

cells as not materialized (
    {{ figures_of_ways('ways', ['flow', 'level', 'commodity_code', 'partner_code', 'period_start'], []) }}
),

names as (
    {{ commodity_names('cells') }}
)

{{ named_cells('cells.period_start as reference_month', []) }}

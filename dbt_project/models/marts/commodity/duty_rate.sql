{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key='built.frequency = changed.frequency and built.period_start = changed.period_start',
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set columns = [
    'classification', 'level', 'commodity_code', 'partner_code', 'partner_name', 'is_aggregate',
    'consumption_value_usd', 'dutiable_value_usd', 'calculated_duty_usd', 'vintage'
] %}

with batches as (
    {{ batches_to_build() }}
),

periods as (
    {{ months_and_years(columns, "flow = 'imports'") }}
)

select
    classification,
    level,
    commodity_code,
    partner_code,
    partner_name,
    is_aggregate,
    frequency,
    period_start,
    consumption_value_usd,
    dutiable_value_usd,
    calculated_duty_usd,
    cast(calculated_duty_usd as double) / consumption_value_usd as duty_rate,
    vintage
from periods
where
    level in ('HS2', 'HS6', 'NAICS3', 'ENDUSE1')
    and consumption_value_usd > 0
    and calculated_duty_usd is not null

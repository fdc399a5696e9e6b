{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key="changed.frequency = 'year' and built.year = extract(year from changed.period_start)",
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}

select
    world.flow,
    world.classification,
    world.level,
    world.commodity_code,
    world.commodity_name,
    world.year,
    {{ columns_of('world', commodity_values()) }},
    world.quantity_1,
    world.quantity_1_unit,
    world.unit_value_usd,
    world.source,
    world.is_derived,
    world.derivation,
    world.approximate_share,
    world.is_sum_of_months,
    {{ columns_of('world', measure_vintages() + ['oldest_vintage', 'vintage']) }}
from {{ ref('commodity_partner_year') }} as world
inner join (
    {{ batches_to_build() }}
) as batches
    on batches.frequency = 'year'
    and world.year = extract(year from batches.period_start)
where world.partner_code = '0015'

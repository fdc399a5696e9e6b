{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key="changed.frequency = 'month' and built.reference_month = changed.period_start",
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}

select
    world.flow,
    world.classification,
    world.level,
    world.commodity_code,
    world.commodity_name,
    world.reference_month,
    {{ columns_of('world', commodity_values()) }},
    world.quantity_1,
    world.quantity_1_unit,
    world.unit_value_usd,
    world.source,
    world.is_derived,
    world.derivation,
    world.approximate_share,
    {{ columns_of('world', measure_vintages() + ['oldest_vintage', 'vintage']) }}
from {{ ref('commodity_partner_month') }} as world
inner join (
    {{ batches_to_build() }}
) as batches
    on batches.frequency = 'month'
    and world.reference_month = batches.period_start
where world.partner_code = '0015'

{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key="changed.frequency = 'month' and built.reference_month = changed.period_start",
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}

{{ both_flows(ref('commodity_partner_month'), 'reference_month', 'pairs.reference_month', "batches.frequency = 'month' and cell.reference_month = batches.period_start") }}

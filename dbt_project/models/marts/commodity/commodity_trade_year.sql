{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key="changed.frequency = 'year' and built.year = extract(year from changed.period_start)",
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}

{{ both_flows(ref('commodity_partner_year'), 'year', month_start('pairs.year', '1'), "batches.frequency = 'year' and cell.year = extract(year from batches.period_start)") }}

{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key='built.frequency = changed.frequency and built.period_start = changed.period_start',
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set print = ['source', 'flow', 'level', 'frequency', 'period_start', 'vintage', 'partner_code'] %}

select
    {{ columns_of('value', print) }},
    max(case when value.has_all_partners then 1 else 0 end) = 1 as has_all_partners,
    max(case when value.has_all_commodities then 1 else 0 end) = 1 as has_all_commodities,
    cast(count(*) as integer) as commodities,
    {% for measure in commodity_values() %}
    cast(count(value.{{ measure }}) as integer) as {{ measure }}_cells{% if not loop.last %},{% endif %}
    {% endfor %}
from {{ ref('int_commodity_value') }} as value
inner join (
    {{ batches_to_build() }}
) as batches
    on value.frequency = batches.frequency
    and value.period_start = batches.period_start
group by {{ columns_of('value', print) }}

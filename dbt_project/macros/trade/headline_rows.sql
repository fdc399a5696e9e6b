{# Staging of a series of total goods or services in $ million (FT-900, BEA, FRED): one shape for all three. #}
{% macro headline_rows(source_name) %}
select
    file_id,
    vintage,
    sheet,
    row_number,
    '{{ source_name }}' as source,
    concept,
    '0015' as partner_code,
    flow,
    case when flow = 'imports' then 'general' end as import_concept,
    basis,
    adjustment,
    case when month is null then 'year' else 'month' end as frequency,
    cast(year as integer) as year,
    {{ month_start('year', 'coalesce(month, 1)') }} as period_start,
    {{ usd_from_musd('value_musd') }} as value_usd,
    1000000 as rounding_usd
from {{ source('raw', source_name) }}
where file_id in (select file_id from {{ ref('stg_accepted_file') }})
{% endmacro %}

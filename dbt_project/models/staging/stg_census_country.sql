select
    file_id,
    vintage,
    sheet,
    row_number,
    'census_country' as source,
    'goods' as concept,
    partner_code,
    flow,
    case when flow = 'imports' then {{ import_concept_of('partner_code') }} end as import_concept,
    'Census' as basis,
    case when partner_code = '0004' then 'SA' else 'NSA' end as adjustment,
    case when month is null then 'year' else 'month' end as frequency,
    cast(year as integer) as year,
    {{ month_start('year', 'coalesce(month, 1)') }} as period_start,
    {{ usd_from_musd('value_musd') }} as value_usd,
    cast(power(10, 6 - decimals) as integer) as rounding_usd
from {{ source('raw', 'census_country') }}
where file_id in (select file_id from {{ ref('stg_accepted_file') }})

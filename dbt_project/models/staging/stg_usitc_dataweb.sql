select
    file_id,
    vintage,
    sheet,
    row_number,
    'usitc_dataweb' as source,
    'goods' as concept,
    partner_code,
    flow,
    case when flow = 'imports' then 'general' end as import_concept,
    'Census' as basis,
    'NSA' as adjustment,
    'year' as frequency,
    cast(year as integer) as year,
    {{ month_start('year', '1') }} as period_start,
    value_usd,
    1 as rounding_usd
from {{ source('raw', 'usitc_dataweb') }}
where file_id in (select file_id from {{ ref('stg_accepted_file') }})

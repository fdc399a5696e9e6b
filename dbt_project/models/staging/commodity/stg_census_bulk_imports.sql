select
    file_id,
    vintage,
    line_number,
    'census_bulk' as source,
    'imports' as flow,
    commodity,
    country,
    reference_month as period_start,
    general_value_usd,
    consumption_value_usd,
    dutiable_value_usd,
    calculated_duty_usd,
    general_quantity_1 as quantity_1
from {{ source('raw', 'census_bulk_imports') }}
where file_id in (select file_id from {{ ref('stg_accepted_file') }})

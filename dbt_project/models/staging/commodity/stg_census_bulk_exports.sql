select
    file_id,
    vintage,
    line_number,
    'census_bulk' as source,
    'exports' as flow,
    domestic_foreign,
    commodity,
    country,
    reference_month as period_start,
    export_value_usd,
    quantity_1
from {{ source('raw', 'census_bulk_exports') }}
where file_id in (select file_id from {{ ref('stg_accepted_file') }})

select
    concept,
    basis,
    adjustment,
    cast(extract(year from period_start) as integer) as year,
    exports_usd,
    imports_usd,
    balance_usd,
    source,
    rounding_usd,
    vintage,
    is_latest
from {{ ref('int_total_flow') }}
where frequency = 'year'

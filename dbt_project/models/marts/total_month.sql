select
    concept,
    basis,
    adjustment,
    period_start as reference_month,
    exports_usd,
    imports_usd,
    balance_usd,
    source,
    rounding_usd,
    vintage,
    is_latest
from {{ ref('int_total_flow') }}
where frequency = 'month'

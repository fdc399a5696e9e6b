select
    partner_code,
    partner_name,
    is_aggregate,
    period_start as reference_month,
    imports_usd,
    exports_usd,
    balance_usd,
    import_share,
    export_share,
    rounding_usd,
    vintage,
    oldest_vintage
from ({{ latest_partner_flow('month') }}) as latest

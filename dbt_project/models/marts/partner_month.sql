select
    partner_code,
    partner_name,
    is_aggregate,
    reference_month,
    imports_usd,
    exports_usd,
    balance_usd,
    import_share,
    export_share,
    rounding_usd,
    vintage
from {{ ref('partner_month_vintages') }}
where is_latest

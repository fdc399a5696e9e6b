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
    has_all_partners,
    vintage,
    is_latest
from {{ ref('int_partner_flow') }}
where source = 'census_country' and frequency = 'month'

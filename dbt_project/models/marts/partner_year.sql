select
    partner_code,
    partner_name,
    is_aggregate,
    year,
    imports_usd,
    exports_usd,
    balance_usd,
    import_share,
    export_share,
    import_rank,
    deficit_rank,
    rounding_usd,
    months,
    vintage
from {{ ref('partner_year_vintages') }}
where source = 'census_country' and is_latest

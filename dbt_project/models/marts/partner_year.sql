select
    partner_code,
    partner_name,
    is_aggregate,
    cast(extract(year from period_start) as integer) as year,
    imports_usd,
    exports_usd,
    balance_usd,
    import_share,
    export_share,
    {{ rank_among_countries('imports_usd', 'imports_usd desc', 'period_start') }} as import_rank,
    {{ rank_among_countries('balance_usd', 'balance_usd', 'period_start') }} as deficit_rank,
    rounding_usd,
    months,
    vintage,
    oldest_vintage
from ({{ latest_partner_flow('year') }}) as latest

select
    source,
    partner_code,
    partner_name,
    is_aggregate,
    cast(extract(year from period_start) as integer) as year,
    imports_usd,
    exports_usd,
    balance_usd,
    import_share,
    export_share,
    {{ rank_among_countries('imports_usd', 'imports_usd desc', 'source, period_start, vintage') }} as import_rank,
    {{ rank_among_countries('balance_usd', 'balance_usd', 'source, period_start, vintage') }} as deficit_rank,
    rounding_usd,
    months,
    has_all_partners,
    vintage,
    is_latest
from {{ ref('int_partner_flow') }}
where frequency = 'year'

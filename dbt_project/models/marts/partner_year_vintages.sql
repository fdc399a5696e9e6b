-- Ranks are taken among countries alone: an aggregate has none.
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
    case when not is_aggregate and imports_usd is not null then
        cast(rank() over (
            partition by source, period_start, vintage, is_aggregate, imports_usd is null order by imports_usd desc
        ) as integer)
    end as import_rank,
    case when not is_aggregate and balance_usd is not null then
        cast(rank() over (
            partition by source, period_start, vintage, is_aggregate, balance_usd is null order by balance_usd
        ) as integer)
    end as deficit_rank,
    rounding_usd,
    vintage,
    is_latest
from {{ ref('int_partner_flow') }}
where frequency = 'year'

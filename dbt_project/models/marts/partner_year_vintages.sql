with years as (
    select
        *,
        not is_aggregate and months = 12 as is_ranked
    from {{ ref('int_partner_flow') }}
    where frequency = 'year'
)

-- Ranks are taken among whole years of countries: an aggregate has none, nor a year in which the partner began or ended.
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
    case when is_ranked and imports_usd is not null then
        cast(rank() over (
            partition by source, period_start, vintage, is_ranked, imports_usd is null order by imports_usd desc
        ) as integer)
    end as import_rank,
    case when is_ranked and balance_usd is not null then
        cast(rank() over (
            partition by source, period_start, vintage, is_ranked, balance_usd is null order by balance_usd
        ) as integer)
    end as deficit_rank,
    rounding_usd,
    months,
    vintage,
    is_latest
from years

{{ config(meta={'dagster': {'ref': {'name': 'partner_year_vintages'}}}) }}

-- Groups of partners or products have no rank, take no step of the waterfall and add nothing to concentration.
-- Advanced Technology Products (0007) would otherwise rank first by deficit.
with aggregates as (
    select partner_code from {{ ref('partner') }} where is_aggregate
),

country_shares as (
    select
        country.year,
        sum(country.import_share * country.import_share) as hhi
    from {{ ref('partner_year') }} as country
    where country.partner_code not in (select partner_code from aggregates)
    group by country.year
),

largest as (
    select source, year, vintage, min(balance_usd) as balance_usd
    from {{ ref('partner_year_vintages') }}
    where partner_code not in (select partner_code from aggregates) and months = 12
    group by source, year, vintage
)

select 'aggregate with a rank' as problem, partner_code, year
from {{ ref('partner_year_vintages') }}
where
    partner_code in (select partner_code from aggregates)
    and (import_rank is not null or deficit_rank is not null)

union all

select 'rank 1 is not the largest deficit of a country' as problem, ranked.partner_code, ranked.year
from {{ ref('partner_year_vintages') }} as ranked
inner join largest
    on ranked.source = largest.source
    and ranked.year = largest.year
    and ranked.vintage = largest.vintage
where ranked.partner_code not in (select partner_code from aggregates) and ranked.months = 12
    and (ranked.deficit_rank = 1) <> (ranked.balance_usd = largest.balance_usd)

union all

select 'aggregate in the waterfall' as problem, partner_code, year
from {{ ref('balance_waterfall_year') }}
where partner_code in (select partner_code from aggregates)

union all

select 'concentration counts more than countries' as problem, '0015' as partner_code, concentration.year
from {{ ref('concentration_year') }} as concentration
inner join country_shares
    on concentration.year = country_shares.year
where abs(concentration.hhi - country_shares.hhi) > 1e-9

{{ config(meta={'dagster': {'ref': {'name': 'partner_year_vintages'}}}) }}

-- The same figure from two sources differs by no more than it has been seen to, at the newest print of each: a partner's
-- year of at least $1 bn by 52 % (exports to Greece in 2003, with and without what was returned), World's month on Census
-- basis by 1 %, the month's balance of goods and services by 23 %, a partner's month of at least $1 bn in all chapters by 20 %.
-- Each difference names the print of either source.
with prints as (
    select
        source,
        'imports of ' || partner_code as series,
        make_date(year, 1, 1) as period_start,
        vintage,
        imports_usd as value_usd,
        1000000000 as least_usd,
        0.6 as share
    from {{ ref('partner_year_vintages') }}
    where not is_aggregate
    union all
    select source, 'exports to ' || partner_code, make_date(year, 1, 1), vintage, exports_usd, 1000000000, 0.6
    from {{ ref('partner_year_vintages') }}
    where not is_aggregate
    union all
    select
        'census_country', 'imports in the month of ' || partner_code, reference_month, vintage, imports_usd, 1000000000, 0.35
    from {{ ref('partner_month_vintages') }}
    where not is_aggregate
    union all
    select
        chapter.source,
        'imports in the month of ' || chapter.partner_code as series,
        chapter.reference_month,
        max(chapter.vintage) as vintage,
        sum(chapter.general_value_usd) as value_usd,
        1000000000 as least_usd,
        0.35 as share
    from {{ ref('commodity_partner_month') }} as chapter
    inner join {{ ref('commodity_coverage') }} as coverage
        on
            coverage.flow = 'imports'
            and coverage.level = 'HS2'
            and coverage.frequency = 'month'
            and coverage.measure = 'general_value_usd'
            and coverage.has_all_commodities
            and chapter.partner_code = coverage.partner_code
            and chapter.reference_month = coverage.period_start
    -- Archives have control totals of their own.
    where
        chapter.flow = 'imports'
        and chapter.level = 'HS2'
        and chapter.source = 'census_api'
        and not chapter.is_aggregate
    group by chapter.source, chapter.partner_code, chapter.reference_month
    union all
    select source, 'imports of goods, Census basis', reference_month, vintage, imports_usd, 1000000000, 0.02
    from {{ ref('total_month') }}
    where concept = 'goods' and basis = 'Census' and adjustment = 'NSA'
    union all
    select source, 'exports of goods, Census basis', reference_month, vintage, exports_usd, 1000000000, 0.02
    from {{ ref('total_month') }}
    where concept = 'goods' and basis = 'Census' and adjustment = 'NSA'
    union all
    select source, 'balance of goods and services', reference_month, vintage, balance_usd, 5000000000, 0.6
    from {{ ref('total_month') }}
    where concept = 'goods_services' and basis = 'BOP' and adjustment = 'SA'
),

newest as (
    select *
    from prints
    where value_usd is not null
    qualify row_number() over (partition by source, series, period_start order by vintage desc) = 1
)

select
    one.source,
    one.vintage,
    one.series,
    one.period_start,
    one.value_usd,
    other.source as other_source,
    other.vintage as other_vintage,
    other.value_usd as other_value_usd
from newest as one
inner join newest as other
    on one.series = other.series and one.period_start = other.period_start and one.source <> other.source
where
    greatest(abs(one.value_usd), abs(other.value_usd)) >= one.least_usd
    and abs(one.value_usd - other.value_usd) > one.share * greatest(abs(one.value_usd), abs(other.value_usd))
    and (one.source, one.vintage) not in (
        select (accepted.source, accepted.vintage) from {{ ref('stg_accepted_file') }} as accepted
        where accepted.is_in_spite_of_evidence
    )
    and (other.source, other.vintage) not in (
        select (accepted.source, accepted.vintage) from {{ ref('stg_accepted_file') }} as accepted
        where accepted.is_in_spite_of_evidence
    )

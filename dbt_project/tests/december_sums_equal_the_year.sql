{{ config(meta={'dagster': {'ref': {'name': 'partner_ytd'}}}) }}

-- January to December, and the twelve months that end in December, are the calendar year as far as rounding allows,
-- where one vintage gives all of them: twelve months and the year, each off by half a unit at most.
with sums as (
    select
        'partner_ytd' as mart, partner_code, reference_month, imports_usd, exports_usd, vintage, oldest_vintage
    from {{ ref('partner_ytd') }}
    union all
    select
        'partner_rolling_12' as mart, partner_code, reference_month, imports_usd, exports_usd, vintage, oldest_vintage
    from {{ ref('partner_rolling_12') }}
),

reach as (
    select
        partner_code,
        extract(year from reference_month) as year,
        6.5 * max(rounding_usd) as reach_usd
    from {{ ref('partner_month') }}
    group by partner_code, extract(year from reference_month)
)

select
    sums.mart,
    sums.partner_code,
    sums.reference_month
from sums
left join {{ ref('partner_year') }} as partner_year
    on sums.partner_code = partner_year.partner_code
    and extract(year from sums.reference_month) = partner_year.year
left join reach
    on sums.partner_code = reach.partner_code
    and extract(year from sums.reference_month) = reach.year
where
    extract(month from sums.reference_month) = 12
    and sums.vintage = sums.oldest_vintage
    and (
        partner_year.year is null
        or abs(sums.imports_usd - partner_year.imports_usd) > greatest(reach.reach_usd, 6.5 * partner_year.rounding_usd)
        or abs(sums.exports_usd - partner_year.exports_usd) > greatest(reach.reach_usd, 6.5 * partner_year.rounding_usd)
    )

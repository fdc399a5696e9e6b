{{ config(meta={'dagster': {'ref': {'name': 'partner_ytd'}}}) }}

-- January to December, and the twelve months that end in December, are the calendar year to the dollar, where one
-- vintage gives all of them.
with sums as (
    select
        'partner_ytd' as mart, partner_code, reference_month, imports_usd, exports_usd, vintage, oldest_vintage
    from {{ ref('partner_ytd') }}
    union all
    select
        'partner_rolling_12' as mart, partner_code, reference_month, imports_usd, exports_usd, vintage, oldest_vintage
    from {{ ref('partner_rolling_12') }}
)

select
    sums.mart,
    sums.partner_code,
    sums.reference_month
from sums
left join {{ ref('partner_year') }} as partner_year
    on sums.partner_code = partner_year.partner_code
    and extract(year from sums.reference_month) = partner_year.year
where
    extract(month from sums.reference_month) = 12
    and sums.vintage = sums.oldest_vintage
    and (
        partner_year.year is null
        or sums.imports_usd <> partner_year.imports_usd
        or sums.exports_usd <> partner_year.exports_usd
    )

with years as (
    select
        source,
        vintage,
        year,
        partner_code,
        partner_name,
        is_aggregate,
        coalesce(exports_usd, 0) - coalesce(imports_usd, 0) as balance_usd
    from {{ ref('partner_year_vintages') }}
),

world as (
    select
        years.source,
        years.vintage,
        years.year,
        years.balance_usd
    from years
    inner join {{ ref('world_gap') }} as detail
        on years.source = detail.source
        and years.vintage = detail.vintage
        and years.year = detail.year
    where years.partner_code = '0015'
    group by years.source, years.vintage, years.year, years.balance_usd
    having count(distinct detail.flow) = 2
),

-- Both years of a change come from one vintage: the newest that gives countries for both, the Census workbook first.
pairs as (
    select
        this_year.source,
        this_year.vintage,
        this_year.year,
        this_year.balance_usd as world_balance_usd,
        last_year.balance_usd as world_prior_balance_usd,
        row_number() over (
            partition by this_year.year
            order by case this_year.source when 'census_country' then 1 else 2 end, this_year.vintage desc
        ) as precedence
    from world as this_year
    inner join world as last_year
        on this_year.source = last_year.source
        and this_year.vintage = last_year.vintage
        and this_year.year = last_year.year + 1
),

-- A country without a row in one of the two years did not trade in it.
countries as (
    select
        pairs.year,
        pairs.source,
        pairs.vintage,
        years.partner_code,
        years.partner_name,
        {{ sum_usd('case when years.year = pairs.year then years.balance_usd else 0 end') }} as balance_usd,
        {{ sum_usd('case when years.year = pairs.year then 0 else years.balance_usd end') }} as prior_balance_usd
    from pairs
    inner join years
        on pairs.source = years.source
        and pairs.vintage = years.vintage
        and (pairs.year = years.year or pairs.year = years.year + 1)
    where pairs.precedence = 1 and not years.is_aggregate
    group by pairs.year, pairs.source, pairs.vintage, years.partner_code, years.partner_name
),

country_sums as (
    select
        year,
        {{ sum_usd('balance_usd') }} as balance_usd,
        {{ sum_usd('prior_balance_usd') }} as prior_balance_usd
    from countries
    group by year
),

steps as (
    select
        year,
        source,
        vintage,
        partner_code,
        partner_name,
        balance_usd,
        prior_balance_usd
    from countries
    union all
    select
        pairs.year,
        pairs.source,
        pairs.vintage,
        'unallocated' as partner_code,
        'Not allocated to countries by the publisher' as partner_name,
        pairs.world_balance_usd - country_sums.balance_usd as balance_usd,
        pairs.world_prior_balance_usd - country_sums.prior_balance_usd as prior_balance_usd
    from pairs
    inner join country_sums
        on pairs.year = country_sums.year
    where pairs.precedence = 1
)

select
    steps.year,
    steps.partner_code,
    steps.partner_name,
    steps.balance_usd,
    steps.prior_balance_usd,
    steps.balance_usd - steps.prior_balance_usd as contribution_usd,
    pairs.world_balance_usd - pairs.world_prior_balance_usd as world_change_usd,
    steps.source,
    steps.vintage
from steps
inner join pairs
    on steps.year = pairs.year
    and pairs.precedence = 1

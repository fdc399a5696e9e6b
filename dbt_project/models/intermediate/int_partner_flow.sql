with cells as (
    select
        value.source,
        value.partner_code,
        value.frequency,
        value.period_start,
        value.vintage,
        max(case when value.flow = 'imports' then value.value_usd end) as imports_usd,
        max(case when value.flow = 'exports' then value.value_usd end) as exports_usd,
        max(value.rounding_usd) as rounding_usd,
        max(value.summed_figures) as summed_figures,
        max(value.months) as months
    from {{ ref('int_trade_value') }} as value
    where
        value.source in ('census_country', 'usitc_dataweb')
        and value.adjustment = 'NSA'
        and {{ import_concept_of('value.partner_code') }} = 'general'
        and value.months > 0
    group by value.source, value.partner_code, value.frequency, value.period_start, value.vintage
),

named as (
    select
        cells.*,
        partner.partner_name,
        partner.is_aggregate
    from cells
    left join {{ ref('partner') }} as partner
        on cells.partner_code = partner.partner_code
),

prints as (
    select
        source,
        frequency,
        period_start,
        vintage,
        max(case when partner_code = '0015' then imports_usd end) as world_imports_usd,
        max(case when partner_code = '0015' then exports_usd end) as world_exports_usd,
        coalesce(sum(case when not is_aggregate then imports_usd end), 0) as countries_imports_usd,
        coalesce(sum(case when not is_aggregate then exports_usd end), 0) as countries_exports_usd,
        count(case when not is_aggregate then 1 end) as countries
    from named
    group by source, frequency, period_start, vintage
),

-- The publisher's own gap reaches 12 % of World in a month of 1987: a print whose countries make up less leaves some out.
covered as (
    select
        *,
        countries > 0
        and coalesce(countries_imports_usd >= 0.85 * world_imports_usd, true)
        and coalesce(countries_exports_usd >= 0.85 * world_exports_usd, true) as has_all_partners
    from prints
),

-- World and groups of a print without the countries give way: countries would meet another print's World.
ordered as (
    select
        named.*,
        covered.world_imports_usd,
        covered.world_exports_usd,
        covered.has_all_partners,
        case when named.is_aggregate and not covered.has_all_partners then 1 else 0 end as gives_way
    from named
    inner join covered
        on named.source = covered.source
        and named.frequency = covered.frequency
        and named.period_start = covered.period_start
        and named.vintage = covered.vintage
)

select
    source,
    partner_code,
    partner_name,
    is_aggregate,
    frequency,
    period_start,
    vintage,
    imports_usd,
    exports_usd,
    exports_usd - imports_usd as balance_usd,
    cast(imports_usd as double) / nullif(world_imports_usd, 0) as import_share,
    cast(exports_usd as double) / nullif(world_exports_usd, 0) as export_share,
    rounding_usd,
    summed_figures,
    months,
    has_all_partners,
    imports_usd is not null and row_number() over (
        partition by source, partner_code, frequency, period_start, imports_usd is null order by gives_way, vintage desc
    ) = 1 as is_latest_imports,
    exports_usd is not null and row_number() over (
        partition by source, partner_code, frequency, period_start, exports_usd is null order by gives_way, vintage desc
    ) = 1 as is_latest_exports,
    row_number() over (
        partition by source, partner_code, frequency, period_start order by gives_way, vintage desc
    ) = 1 as is_latest
from ordered

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

world as (
    select
        source,
        frequency,
        period_start,
        vintage,
        imports_usd,
        exports_usd
    from cells
    where partner_code = '0015'
),

-- A vintage that gives World alone for a period does not stand for it: countries would meet another vintage's World.
newest as (
    select
        source,
        frequency,
        period_start,
        coalesce(max(case when not is_aggregate then vintage end), max(vintage)) as vintage
    from named
    group by source, frequency, period_start
)

select
    named.source,
    named.partner_code,
    named.partner_name,
    named.is_aggregate,
    named.frequency,
    named.period_start,
    named.vintage,
    named.imports_usd,
    named.exports_usd,
    named.exports_usd - named.imports_usd as balance_usd,
    cast(named.imports_usd as double) / nullif(world.imports_usd, 0) as import_share,
    cast(named.exports_usd as double) / nullif(world.exports_usd, 0) as export_share,
    named.rounding_usd,
    named.summed_figures,
    named.months,
    named.vintage = newest.vintage as is_latest
from named
inner join newest
    on named.source = newest.source
    and named.frequency = newest.frequency
    and named.period_start = newest.period_start
left join world
    on named.source = world.source
    and named.frequency = world.frequency
    and named.period_start = world.period_start
    and named.vintage = world.vintage

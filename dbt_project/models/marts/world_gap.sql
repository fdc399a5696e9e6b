with months as (
    select
        source,
        vintage,
        partner_code,
        flow,
        cast(extract(year from period_start) as integer) as year,
        value_usd,
        rounding_usd
    from {{ ref('int_trade_value') }}
    where
        adjustment = 'NSA'
        and flow in ('imports', 'exports')
        and {{ import_concept_of('partner_code') }} = 'general'
        and (
            (source = 'census_country' and frequency = 'month')
            or (source = 'usitc_dataweb' and frequency = 'year')
        )
),

sums as (
    select
        months.source,
        months.vintage,
        months.year,
        months.flow,
        {{ sum_usd("case when months.partner_code = '0015' then months.value_usd end") }} as world_usd,
        {{ sum_usd('case when not partner.is_aggregate then months.value_usd end') }} as countries_usd,
        cast(count(distinct case when not partner.is_aggregate then months.partner_code end) as integer) as countries,
        max(months.rounding_usd) as rounding_usd
    from months
    left join {{ ref('partner') }} as partner
        on months.partner_code = partner.partner_code
    group by months.source, months.vintage, months.year, months.flow
),

classified as (
    select
        sums.*,
        sums.countries_usd - sums.world_usd as gap_usd,
        known_gap.gap_usd as known_gap_usd,
        case
            when known_gap.gap_usd is not null then 'known'
            when sums.vintage < {{ month_start('sums.year + 1', '6') }} then 'open'
            else 'closed'
        end as status
    from sums
    left join {{ ref('known_gap') }} as known_gap
        on sums.source = known_gap.source
        and sums.year = known_gap.year
        and sums.flow = known_gap.flow
    where sums.world_usd is not null and sums.countries > 0
)

-- World is revised every month, countries only in June: until then they may differ by 0.05 % of World.
select
    source,
    vintage,
    year,
    flow,
    countries,
    countries_usd,
    world_usd,
    gap_usd,
    known_gap_usd,
    status,
    cast(
        case
            when status = 'open' then world_usd / 2000
            else countries * rounding_usd / 2.0
        end as bigint
    ) as tolerance_usd,
    rounding_usd
from classified

{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key='built.frequency = changed.frequency and built.period_start = changed.period_start',
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set period = ['frequency', 'period_start', 'flow', 'level', 'measure'] %}
{% set way = period + ['source', 'is_sum_of_months'] %}

with batches as (
    {{ batches_to_build() }}
),

-- What every print of a period covers, and for a year those of its months.
prints as (
    select
        batches.frequency,
        batches.period_start,
        false as is_sum_of_months,
        {{ columns_of('coverage', ['source', 'flow', 'level', 'vintage', 'partner_code']) }},
        coverage.period_start as print_period,
        coverage.has_all_partners,
        coverage.has_all_commodities,
        {{ columns_of('coverage', coverage_counts()) }}
    from {{ ref('int_commodity_coverage') }} as coverage
    inner join batches
        on coverage.frequency = batches.frequency
        and coverage.period_start = batches.period_start
    union all
    select
        batches.frequency,
        batches.period_start,
        true as is_sum_of_months,
        {{ columns_of('coverage', ['source', 'flow', 'level', 'vintage', 'partner_code']) }},
        coverage.period_start as print_period,
        coverage.has_all_partners,
        coverage.has_all_commodities,
        {{ columns_of('coverage', coverage_counts()) }}
    from {{ ref('int_commodity_coverage') }} as coverage
    inner join batches
        on coverage.frequency = 'month'
        and batches.frequency = 'year'
        and extract(year from coverage.period_start) = extract(year from batches.period_start)
),

by_measure as (
    {% for measure in commodity_values() %}
    select
        {{ columns_of('prints', way) | replace('prints.measure', "'" ~ measure ~ "' as measure") }},
        print_period,
        vintage,
        partner_code,
        has_all_partners,
        has_all_commodities,
        commodities,
        {{ measure }}_cells as cells
    from prints
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- The newest print of a period that has a measure of every partner and commodity.
whole as (
    select {{ way | join(', ') }}, print_period, max(vintage) as vintage
    from (
        select {{ way | join(', ') }}, print_period, vintage
        from by_measure
        where partner_code <> '0015'
        group by {{ way | join(', ') }}, print_period, vintage
        having min(case when has_all_partners and has_all_commodities and cells = commodities then 1 else 0 end) = 1
    ) as whole_print
    group by {{ way | join(', ') }}, print_period
),

-- Of each partner that is listed: the newest print with the measure, and the newest with all of its commodities.
listed as (
    select
        {{ way | join(', ') }},
        print_period,
        partner_code,
        max(vintage) as vintage,
        max(case when has_all_commodities and cells = commodities then vintage end) as complete_vintage
    from by_measure
    where cells > 0
    group by {{ way | join(', ') }}, print_period, partner_code
),

-- A partner that a whole print does not list traded nothing, so that its months are there too.
of_period as (
    select
        {{ way | join(', ') }},
        print_period,
        partner_code,
        max(vintage) as vintage,
        max(complete_vintage) as complete_vintage
    from (
        select * from listed
        union all
        select
            {{ columns_of('whole', way) }},
            whole.print_period,
            partners.partner_code,
            whole.vintage,
            whole.vintage as complete_vintage
        from whole
        inner join (select distinct {{ way | join(', ') }}, partner_code from listed) as partners
            on {{ equal_columns('whole', 'partners', way) }} and partners.partner_code <> '0015'
    ) as told
    group by {{ way | join(', ') }}, print_period, partner_code
),

partners as (
    select
        {{ way | join(', ') }},
        partner_code,
        complete_vintage is not null as has_all_commodities,
        vintage,
        coalesce(complete_vintage, vintage) as oldest_vintage
    from of_period
    where not is_sum_of_months
    union all
    select
        {{ way | join(', ') }},
        partner_code,
        true as has_all_commodities,
        max(vintage) as vintage,
        min(complete_vintage) as oldest_vintage
    from of_period
    where is_sum_of_months
    group by {{ way | join(', ') }}, partner_code
    having count(complete_vintage) = 12
),

-- A sum is as old as its oldest month.
whole_ways as (
    select {{ way | join(', ') }}, min(vintage) as vintage
    from whole
    group by {{ way | join(', ') }}
    having not is_sum_of_months or count(*) = 12
),

-- One way stands for a measure of a level and period: that with all partners first, then the newest, a printed year, the
-- archives.
ways as (
    select
        {{ columns_of('partners', way) }},
        max(case when whole_ways.source is not null then 1 else 0 end) = 1 as has_all_partners,
        row_number() over (
            partition by {{ columns_of('partners', period) }}
            order by
                max(case when whole_ways.source is not null then 1 else 0 end) desc,
                coalesce(max(whole_ways.vintage), max(partners.vintage)) desc,
                partners.is_sum_of_months,
                partners.source desc
        ) as precedence
    from partners
    left join whole_ways
        on {{ equal_columns('partners', 'whole_ways', way) }}
    group by {{ columns_of('partners', way) }}
)

select
    {{ columns_of('partners', period) }},
    partners.partner_code,
    partner.partner_name,
    partner.is_aggregate,
    partners.source,
    partners.is_sum_of_months,
    partners.has_all_commodities,
    ways.has_all_partners,
    partners.oldest_vintage,
    partners.vintage
from partners
inner join ways
    on {{ equal_columns('partners', 'ways', way) }} and ways.precedence = 1
inner join {{ ref('partner') }} as partner
    on partners.partner_code = partner.partner_code

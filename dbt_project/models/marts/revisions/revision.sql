{% set cell = [
    'source', 'concept', 'basis', 'adjustment', 'partner_code', 'classification', 'level', 'commodity_code',
    'measure', 'import_concept', 'frequency', 'period_start'
] %}

with prints as (
    select
        *,
        row_number() over prints_of_cell as print_number,
        first_value(vintage) over prints_of_cell as first_vintage,
        first_value(value_usd) over prints_of_cell as first_value_usd,
        first_value(rounding_usd) over prints_of_cell as first_rounding_usd,
        first_value(rounding_error_usd) over prints_of_cell as first_rounding_error_usd,
        lag(vintage) over prints_of_cell as previous_vintage,
        lag(value_usd) over prints_of_cell as previous_value_usd,
        lag(rounding_usd) over prints_of_cell as previous_rounding_usd,
        lag(rounding_error_usd) over prints_of_cell as previous_rounding_error_usd,
        lead(vintage) over prints_of_cell as next_vintage,
        min(value_usd) over (prints_of_cell rows between unbounded preceding and unbounded following) as smallest_usd,
        max(value_usd) over (prints_of_cell rows between unbounded preceding and unbounded following) as largest_usd,
        last_value(vintage) over (
            prints_of_cell rows between unbounded preceding and unbounded following
        ) as latest_vintage,
        last_value(value_usd) over (
            prints_of_cell rows between unbounded preceding and unbounded following
        ) as latest_value_usd,
        last_day({{ month_start(
            'extract(year from period_start)',
            "case when frequency = 'year' then 12 else extract(month from period_start) end"
        ) }}) as period_end
    from {{ ref('int_revised_print') }}
    window prints_of_cell as (partition by {{ cell | join(', ') }} order by vintage)
),

years as (
    select extract(year from period_start) as calendar_year from prints
    union
    select extract(year from vintage) from prints
),

-- The annual revision comes with the release of April: on its known day, else 35 days after the month.
annual_releases as (
    select
        coalesce(known.actual, known.planned, {{ month_start('years.calendar_year', '5') }} + interval 34 day)
            as released_on
    from years
    left join {{ ref('release_calendar') }} as known
        on known.reference_month = {{ month_start('years.calendar_year', '4') }}
),

spans as (
    select distinct
        previous_vintage as from_vintage,
        vintage
    from prints
    where previous_vintage is not null
    union
    select
        first_vintage,
        vintage
    from prints
    where previous_vintage is not null
),

annual_revisions as (
    select
        spans.from_vintage,
        spans.vintage,
        cast(count(annual_releases.released_on) as integer) as releases
    from spans
    left join annual_releases
        on annual_releases.released_on > spans.from_vintage and annual_releases.released_on <= spans.vintage
    group by spans.from_vintage, spans.vintage
),

newest_periods as (
    select
        source,
        vintage,
        max(last_day({{ month_start(
            'extract(year from last_period)',
            "case when frequency = 'year' then 12 else extract(month from last_period) end"
        ) }})) as newest_period_end
    from {{ ref('vintage_content') }}
    group by source, vintage
),

-- Rounded to one unit, one figure stays one figure: any difference is a revision. Of two units, each may be off by its half.
judged as (
    select
        prints.*,
        prints.value_usd - prints.previous_value_usd as revision_usd,
        cast(floor(case
            when prints.rounding_usd = prints.previous_rounding_usd then 0
            else prints.rounding_error_usd + prints.previous_rounding_error_usd
        end) as bigint) as rounding_tolerance_usd,
        cast(floor(case
            when prints.rounding_usd = prints.first_rounding_usd then 0
            else prints.rounding_error_usd + prints.first_rounding_error_usd
        end) as bigint) as first_rounding_tolerance_usd
    from prints
    where prints.smallest_usd <> prints.largest_usd
)

select
    judged.source,
    case
        when judged.level is not null then 'commodity'
        when judged.partner_code in ('0015', '0004') then 'total'
        else 'partner'
    end as series,
    judged.partner_code,
    partner.partner_name,
    partner.is_aggregate,
    judged.classification,
    judged.level,
    judged.commodity_code,
    judged.concept,
    judged.basis,
    judged.adjustment,
    judged.measure,
    judged.import_concept,
    judged.frequency,
    judged.period_start,
    judged.period_end,
    cast(judged.print_number as integer) as print_number,
    judged.vintage,
    judged.next_vintage,
    judged.value_usd,
    judged.rounding_usd,
    judged.rounding_error_usd,
    judged.first_vintage,
    judged.first_value_usd,
    -- A first release has the period as its newest; 90 days, because a lapse of appropriations once took 80.
    judged.period_end = first_periods.newest_period_end
    and judged.first_vintage <= judged.period_end + interval 90 day as is_first_release,
    cast(
        12 * (extract(year from judged.vintage) - extract(year from judged.first_vintage))
        + extract(month from judged.vintage) - extract(month from judged.first_vintage) as integer
    ) as months_since_first_print,
    judged.value_usd - judged.first_value_usd as revision_since_first_usd,
    judged.previous_vintage,
    judged.previous_value_usd,
    judged.revision_usd,
    judged.rounding_tolerance_usd,
    case
        when judged.print_number = 1 then 'first print'
        when judged.revision_usd = 0 then 'reprint'
        when abs(judged.revision_usd) <= judged.rounding_tolerance_usd then 'rounding'
        else 'revision'
    end as change,
    case
        when abs(judged.revision_usd) > judged.rounding_tolerance_usd
            then case when since_previous.releases > 0 then 'annual' else 'monthly' end
    end as cause,
    abs(judged.value_usd - judged.first_value_usd) > judged.first_rounding_tolerance_usd as is_revised_since_first,
    case
        when judged.print_number > 1 then case when since_first.releases > 0 then 'annual' else 'monthly' end
    end as cause_since_first,
    judged.latest_vintage,
    judged.latest_value_usd,
    judged.next_vintage is null as is_latest
from judged
left join {{ ref('partner') }} as partner on judged.partner_code = partner.partner_code
left join newest_periods as first_periods
    on judged.source = first_periods.source and judged.first_vintage = first_periods.vintage
left join annual_revisions as since_previous
    on judged.previous_vintage = since_previous.from_vintage and judged.vintage = since_previous.vintage
left join annual_revisions as since_first
    on judged.previous_vintage is not null
    and judged.first_vintage = since_first.from_vintage
    and judged.vintage = since_first.vintage

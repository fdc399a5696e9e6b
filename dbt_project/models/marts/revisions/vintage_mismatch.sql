{% set cell = ['concept', 'basis', 'adjustment', 'partner_code', 'flow', 'frequency', 'period_start'] %}
{% set series = ['concept', 'basis', 'adjustment', 'partner_code', 'flow', 'frequency'] %}
{% set file_pair = ['compares', 'source', 'vintage', 'other_source', 'other_vintage', 'concept', 'basis', 'adjustment', 'frequency'] %}

with shared_series as (
    select {{ series | join(', ') }}
    from {{ ref('vintage_content') }}
    where level is null
    group by {{ series | join(', ') }}
    having count(distinct source) > 1
),

shared_prints as (
    select
        {{ columns_of('value', cell) }},
        value.source,
        value.vintage,
        value.value_usd,
        value.rounding_usd / 2.0 * value.summed_figures as rounding_error_usd,
        max(value.vintage) over (partition by {{ columns_of('value', cell) }}, value.source) as newest_vintage
    from {{ ref('int_trade_value') }} as value
    inner join shared_series on {{ equal_columns('value', 'shared_series', series) }}
),

current_prints as (
    select * from shared_prints where vintage = newest_vintage
),

two_sources as (
    select
        'two sources' as compares,
        one.source,
        one.vintage,
        other.source as other_source,
        other.vintage as other_vintage,
        {{ columns_of('one', ['concept', 'basis', 'adjustment', 'frequency', 'period_start']) }},
        abs(other.value_usd - one.value_usd) as difference_usd,
        one.rounding_error_usd + other.rounding_error_usd as tolerance_usd
    from current_prints as one
    inner join current_prints as other
        on {{ equal_columns('one', 'other', cell) }} and one.source < other.source
),

world as (
    select
        source,
        frequency,
        period_start,
        vintage,
        balance_usd,
        is_latest,
        rounding_usd * summed_figures as rounding_error_usd,
        max(vintage) over (partition by source, frequency, period_start) as newest_vintage
    from {{ ref('int_partner_flow') }}
    where partner_code = '0015' and balance_usd is not null
),

-- A file can print World alone for years whose countries stand in an older one.
countries_with_world as (
    select
        'countries and World' as compares,
        countries.source,
        countries.vintage,
        newest.source as other_source,
        newest.vintage as other_vintage,
        'goods' as concept,
        'Census' as basis,
        'NSA' as adjustment,
        countries.frequency,
        countries.period_start,
        abs(newest.balance_usd - countries.balance_usd) as difference_usd,
        case
            when newest.rounding_error_usd = countries.rounding_error_usd then 0
            else newest.rounding_error_usd + countries.rounding_error_usd
        end as tolerance_usd
    from world as countries
    inner join world as newest
        on countries.source = newest.source
        and countries.frequency = newest.frequency
        and countries.period_start = newest.period_start
        and newest.vintage = newest.newest_vintage
    where countries.is_latest and newest.vintage > countries.vintage
)

select
    {{ file_pair | join(', ') }},
    vintage <> other_vintage as is_mismatch,
    min(period_start) as first_period,
    max(period_start) as last_period,
    cast(count(*) as integer) as figures,
    cast(sum(case when difference_usd > tolerance_usd then 1 else 0 end) as integer) as differing,
    max(case when difference_usd > tolerance_usd then difference_usd else 0 end) as largest_difference_usd
from (select * from two_sources union all select * from countries_with_world)
group by {{ file_pair | join(', ') }}

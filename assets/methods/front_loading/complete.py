"""The months of imports that are known whole: what front-loading may compare, by `marts.commodity_coverage`.

A month without a row is a month without trade only where a print has every commodity of the partner. Which months those
are is decided here; what imports did in them is in the other modules.
"""

import duckdb

from assets.contracts.models import marts
from assets.methods.front_loading.flags import MONTHS
from assets.methods.front_loading.windows import WORLD

COVERAGE = marts.commodity_coverage
COMPLETE = "fl_complete_month"


def complete_months(con: duckdb.DuckDBPyConnection) -> str:
    """Make the temporary table of imports by month that are known whole; returns its name.

    It has the columns of `marts.commodity_partner_month`. Of each level and partner it holds the newest unbroken run of
    months that have every commodity: in general imports where World's run of them (without World, the longest) is longer than
    that of imports for consumption, else in these. The other value is null, and so is the duty unless it is known in all of
    these months.
    """
    con.execute(f"create or replace temp table {COMPLETE} as {_SQL}")
    return COMPLETE


_SQL = f"""
    with told as (
        select level, measure, partner_code, period_start, has_all_commodities, has_all_partners
        from {COVERAGE}
        where flow = 'imports' and frequency = 'month'
            and measure in ('consumption_value_usd', 'general_value_usd', 'calculated_duty_usd')
    ),

    -- What a print of all partners leaves out traded nothing.
    known as (
        select level, measure, partner_code, period_start
        from (select level, measure, period_start from told group by all having bool_or(has_all_partners))
        join (select distinct level, measure, partner_code from told) using (level, measure)
        union
        select level, measure, partner_code, period_start from told where has_all_commodities
    ),

    runs as (
        select level, measure, partner_code, min(period_start) as first_month, max(period_start) as last_month
        from (
            select *, period_start - to_months(cast(row_number() over (
                partition by level, measure, partner_code order by period_start
            ) as integer)) as island
            from known
        )
        group by level, measure, partner_code, island
        qualify row_number() over (partition by level, measure, partner_code order by last_month desc) = 1
    ),

    concept as (
        select level,
            arg_max(measure, (partner_code = '{WORLD}', date_diff('month', first_month, last_month), measure)) as measure
        from runs where measure <> 'calculated_duty_usd' group by level
    ),

    chosen as (
        select runs.*, coalesce(duty.first_month <= runs.first_month and duty.last_month >= runs.last_month, false) as has_duty
        from runs
        join concept using (level, measure)
        left join runs as duty
            on duty.level = runs.level and duty.partner_code = runs.partner_code and duty.measure = 'calculated_duty_usd'
    )

    select months.* replace (
        case when measure = 'consumption_value_usd' then consumption_value_usd end as consumption_value_usd,
        case when measure = 'general_value_usd' then general_value_usd end as general_value_usd,
        case when has_duty then calculated_duty_usd end as calculated_duty_usd
    )
    from {MONTHS} as months
    join chosen using (level, partner_code)
    where months.flow = 'imports' and months.reference_month between first_month and last_month
"""

"""The as-of panels: for every vintage of a source, the series as that release showed them, at every frequency.

A panel is made from one source alone: as of vintage V each period has its newest value published by V, and a share of imports
is taken of the World total in the very file that gives the partner's value. Only periods in which a partner existed from the
first day to the last are compared, whatever a source prints outside its life. Records and wording do not belong here.

`series_id` packs what a series is: ((key_id * VINTAGES + vintage_number) * MEASURES + measure) * SLOTS + slot, where a slot is one
set of comparable periods: all months, one calendar month, the year to date to one month, 12-month sums, years.
"""

import duckdb

from assets.contracts.models import intermediate, marts

WORLD = "0015"
WORLD_ADJUSTED = "0004"
PARTNER_SOURCES = ("census_country", "usitc_dataweb")
TOTAL_SOURCES = ("bea", "ft900", "fred")

DOLLAR_MEASURES = ("imports", "exports", "deficit")
MEASURES = (*DOLLAR_MEASURES, "import_share")

VINTAGES = 4096
SLOTS = 32
MONTH_SLOT, SAME_MONTH_SLOT, YTD_SLOT, ROLLING_SLOT, YEAR_SLOT = 0, 0, 12, 25, 26
"""To the slots of a calendar month and of a year to date the number of the month is added."""
NEXT_VINTAGE = len(MEASURES) * SLOTS
"""From the id of a series to that of the same series as of the next vintage of its source."""

KEY, VINTAGE, DOLLARS, SHARES = "signal_key", "signal_vintage", "signal_dollars", "signal_shares"
_AS_OF, _PERIOD = "signal_as_of", "signal_period"
_FIGURES = ("imports", "exports", "deficit", "world")
_REACHES = tuple(f"{measure}_reach" for measure in DOLLAR_MEASURES)


def write_panels(con: duckdb.DuckDBPyConnection) -> None:
    """Make four temporary tables from `intermediate.int_trade_value` and `marts.partner`, for every vintage of every source.

    KEY: key_id, source, partner_code, concept, basis, adjustment, kind (partner or total).
    VINTAGE: source, vintage_number (0 is the oldest), vintage.
    DOLLARS (BIGINT USD) has imports, exports and deficit: -balance where that is published, else imports - exports.
    SHARES (DOUBLE) has imports / World imports. Both are panels as `record.py` takes them, with `data_vintage`, the
    newest vintage among the figures in a value, and `reach`, how far rounding can have moved it: half a unit for each of
    the published figures in it, and 0 for whole dollars. Year to date and 12-month sums exist where every month of theirs is
    published.
    """
    con.execute(f"create or replace temp table {KEY} as {_KEYS}")
    con.execute(f"create or replace temp table {VINTAGE} as {_VINTAGES}")
    con.execute(f"create or replace temp table {_AS_OF} as {_AS_OF_SQL}")
    con.execute(f"create or replace temp table {_PERIOD} as {_period_sql()}")
    dollars = " union all ".join(
        _panel_sql(measure, measure, "rounding", f"{measure}_reach") for measure in DOLLAR_MEASURES
    )
    con.execute(f"create or replace temp table {DOLLARS} as {dollars}")
    con.execute(
        f"create or replace temp table {SHARES} as {_panel_sql('import_share', 'imports / world', '0', 'imports_reach / world')}"
    )
    con.execute(f"drop table {_AS_OF}; drop table {_PERIOD}")


def decoded_sql(relation: str) -> str:
    """The relation with its `series_id` taken apart: key_id, vintage_number, measure, slot and frequency."""
    measures = ", ".join(f"'{measure}'" for measure in MEASURES)
    return f"""
        select
            *,
            series_id // {VINTAGES * NEXT_VINTAGE} as key_id,
            series_id // {NEXT_VINTAGE} % {VINTAGES} as vintage_number,
            [{measures}][series_id // {SLOTS} % {len(MEASURES)} + 1] as measure,
            series_id % {SLOTS} as slot,
            case
                when slot = {MONTH_SLOT} then 'month'
                when slot <= {SAME_MONTH_SLOT + 12} then 'same_month'
                when slot <= {YTD_SLOT + 12} then 'ytd'
                when slot = {ROLLING_SLOT} then 'rolling_12'
                else 'year'
            end as frequency
        from {relation}
    """


def revised_slot_sql(slot: str) -> str:
    """The slot whose revisions are those of `slot`: a calendar month is revised as all months are."""
    return f"if({slot} between {SAME_MONTH_SLOT + 1} and {SAME_MONTH_SLOT + 12}, {MONTH_SLOT}, {slot})"


_KEYS = f"""
    select
        row_number() over (order by source, partner_code, concept, basis, adjustment) - 1 as key_id,
        source, partner_code, concept, basis, adjustment,
        if(source in {PARTNER_SOURCES} and partner_code not in ('{WORLD}', '{WORLD_ADJUSTED}'), 'partner', 'total') as kind
    from (
        select distinct source, partner_code, concept, basis, adjustment
        from {intermediate.int_trade_value} semi join (from {marts.partner} where import_concept = 'general') using (partner_code)
        where source in {PARTNER_SOURCES + TOTAL_SOURCES}
    )
"""

_VINTAGES = f"""
    select source, row_number() over (partition by source order by vintage) - 1 as vintage_number, vintage
    from (select distinct source, vintage from {intermediate.int_trade_value})
"""

_AS_OF_SQL = f"""
    with value as (
        select *
        from {intermediate.int_trade_value} join {KEY} using (source, partner_code, concept, basis, adjustment)
        where coalesce(import_concept, 'general') = 'general' and months = if(frequency = 'year', 12, 1)
    ),
    world as (
        select source, frequency, period_start, vintage, value_usd
        from value
        where partner_code = '{WORLD}' and flow = 'imports' and source in {PARTNER_SOURCES}
    ),
    published as (
        select
            value.*,
            if(value.flow = 'imports', world.value_usd, null) as world_usd,
            if(rounding_usd > 1, rounding_usd * summed_figures / 2, 0) as reach,
            lead(value.vintage) over (
                partition by value.key_id, value.flow, value.frequency, value.period_start order by value.vintage
            ) as superseded_on
        from value left join world using (source, frequency, period_start, vintage)
    )
    select
        key_id,
        vintage_number,
        frequency,
        period_start,
        max(value_usd) filter (flow = 'imports') as imports,
        max(value_usd) filter (flow = 'exports') as exports,
        coalesce(-max(value_usd) filter (flow = 'balance'), imports - exports) as deficit,
        case when any_value(partner_code) not in ('{WORLD}', '{WORLD_ADJUSTED}') then any_value(world_usd) end as world,
        max(rounding_usd) as rounding,
        coalesce(max(reach) filter (flow = 'imports'), 0) as imports_reach,
        coalesce(max(reach) filter (flow = 'exports'), 0) as exports_reach,
        coalesce(max(reach) filter (flow = 'balance'), imports_reach + exports_reach) as deficit_reach,
        max(published.vintage) as data_vintage
    from published join {VINTAGE} as as_of
        on as_of.source = published.source
        and as_of.vintage >= published.vintage
        and (published.superseded_on is null or as_of.vintage < published.superseded_on)
    group by key_id, vintage_number, frequency, period_start
"""


def _period_sql() -> str:
    """All slots side by side: the as-of months once more by calendar month, and summed over year to date and 12 months."""
    plain = ", ".join((*_FIGURES, "rounding", *_REACHES, "data_vintage"))
    return f"""
        with month as (
            select *, year(period_start) as year, month(period_start) as month, year * 12 + month as place
            from {_AS_OF} where frequency = 'month'
        )
        select key_id, vintage_number, {MONTH_SLOT} as slot, place as position, last_day(period_start) as period_end, {plain}
        from month
        union all
        select key_id, vintage_number, {SAME_MONTH_SLOT} + month, year, last_day(period_start), {plain}
        from month
        union all
        select key_id, vintage_number, {YTD_SLOT} + month, year, last_day(period_start), {_summed("to_date")}
        from (select *, month as months from month)
        window to_date as (partition by key_id, vintage_number, year order by month rows unbounded preceding)
        union all
        select key_id, vintage_number, {ROLLING_SLOT}, place, last_day(period_start), {_summed("last_twelve")}
        from (select *, 12 as months from month)
        window last_twelve as (partition by key_id, vintage_number order by place range 11 preceding)
        union all
        select key_id, vintage_number, {YEAR_SLOT}, year(period_start), last_day(period_start + interval 11 month), {plain}
        from {_AS_OF} where frequency = 'year'
    """


def _summed(window: str) -> str:
    """Sums over the window where it holds all the months it should (`months`), else null."""
    sums = ", ".join(
        f"case when count({name}) over {window} = months then cast(sum({name}) over {window} as bigint) end as {name}"
        for name in _FIGURES
    )
    return f"""
        {sums}, max(rounding) over {window} as rounding,
        {", ".join(f"sum({reach}) over {window} as {reach}" for reach in _REACHES)},
        max(data_vintage) over {window} as data_vintage
    """


def _panel_sql(measure: str, value: str, rounding: str, reach: str) -> str:
    return f"""
        select
            ((key_id * {VINTAGES} + vintage_number) * {len(MEASURES)} + {MEASURES.index(measure)}) * {SLOTS} + slot as series_id,
            position, period_end, {value} as value, cast({rounding} as double) as rounding, data_vintage,
            cast({reach} as double) as reach
        from {_PERIOD}
        where {value} is not null
    """

"""The commodity panel: the newest figures of every commodity, and of every commodity and partner, as series to compare.

A series comes from one source and one measure alone: where the newest month (or year) of a level is from, general imports
if that has them, else imports for consumption, and exports. Where World has figures of every commodity of a level
(`marts.commodity_coverage`), its months are covered: a commodity or partner that is absent there traded nothing, from the
first month in which World traded the commodity and the partner existed; only periods in which it existed from the first
day to the last are compared. A partner of which a covered period has not every commodity, and that no print of all partners
leaves out, has no series: whether it traded cannot be said.
Months compare with all months, with the same month of other years and as year to date; years with years. A series of
an HS6 code begins with the HS revision from which on the code has stood for the goods of today: with that of its newest
period where codes were split or merged (`marts.commodity_family`), else with its first one, 2012 at the earliest.
Records and wording do not belong here.

`series_id` = key_id * SLOTS + slot, where a slot is one set of comparable periods.
"""

import duckdb

from assets.contracts.models import marts
from assets.signals.panel import WORLD

LEVELS = ("HS2", "HS4", "HS6", "ENDUSE1", "ENDUSE5", "NAICS3")
FREQUENCIES = ("month", "same_month", "ytd", "year")
SLOTS = len(FREQUENCIES)

KEY, PANEL, ZEROS = "commodity_key", "commodity_panel", "commodity_zeros"
COVERAGE = marts.commodity_coverage
_BLOCK, _COVERED, _CELL = "commodity_block", "commodity_covered", "commodity_cell"
_START, _BIRTH, _GAP = "commodity_start", "commodity_birth", "commodity_gap"


def write_commodity_panel(con: duckdb.DuckDBPyConnection) -> None:
    """Make three temporary tables from `marts.commodity_partner_month`, `commodity_partner_year`, `commodity_coverage` and
    `commodity_family`.

    KEY: key_id, source, flow, import_concept, classification, level, commodity_code, partner_code, frequency ('month',
    also of same_month and ytd, or 'year'), vintage (newest of the level), data_vintage and is_derived (of the newest figure).
    PANEL (BIGINT USD, above 0) as `record.py` takes it, of the series that have the newest period of their level.
    ZEROS as `write_one_period` takes it: the covered periods in which a series traded nothing.
    """
    con.execute(f"create or replace temp table {_BLOCK} as {_BLOCKS}")
    con.execute(f"create or replace temp table {_COVERED} as {_COVERED_SQL}")
    con.execute(f"create or replace temp table {_CELL} as {_CELLS}")
    con.execute(f"create or replace temp table {KEY} as {_KEYS}")
    con.execute(f"create or replace temp table {PANEL} as {_PANEL_SQL}")
    con.execute(f"create or replace temp table {_START} as {_STARTS}")
    con.execute(f"create or replace temp table {_BIRTH} as {_BIRTHS}")
    con.execute(f"create or replace temp table {_GAP} as {_GAPS}")
    con.execute(f"create or replace temp table {ZEROS} as {_ZEROS_SQL}")
    for table in (_BLOCK, _COVERED, _CELL, _START, _BIRTH, _GAP):
        con.execute(f"drop table {table}")


_VALUE = """case import_concept
    when 'general' then general_value_usd
    when 'consumption' then consumption_value_usd
    else export_value_usd
end"""
_TRADE = f"""
    select 'month' as frequency, reference_month as period_start, * exclude (reference_month)
    from {marts.commodity_partner_month} where level in {LEVELS}
    union all by name
    select 'year' as frequency, make_date(year, 1, 1) as period_start, * exclude (year)
    from {marts.commodity_partner_year} where level in {LEVELS}
"""

# What World has of every commodity of its level, by period and measure.
_WHOLE = f"""
    select frequency, flow, level, period_start, measure from {COVERAGE}
    where partner_code = '{WORLD}' and has_all_commodities
"""

_LIVES = f"select partner_code, valid_from, valid_to from {marts.partner}"

# A block: a level of a flow by months or by years, with its newest covered period and what that is measured in.
_BLOCKS = f"""
    select
        row_number() over (order by frequency, flow, level) as block_id,
        frequency, flow, level, newest, source,
        case when flow = 'imports' then if(has_general, 'general', 'consumption') end as import_concept,
        case when flow <> 'imports' then 'export_value_usd' when has_general then 'general_value_usd'
            else 'consumption_value_usd' end as measure
    from (
        select
            frequency, flow, level,
            max(period_start) as newest,
            arg_max(source, period_start) as source,
            coalesce(max(period_start) filter (measure = 'general_value_usd') = newest, false) as has_general
        from ({_TRADE}) join ({_WHOLE}) using (frequency, flow, level, period_start)
        where partner_code = '{WORLD}'
            and measure in ('general_value_usd', 'consumption_value_usd', 'export_value_usd')
        group by all
    )
"""

# From when on each HS6 code has stood for the goods of the newest period; before, it may have been other goods.
_GOODS = f"""
    select
        block_id, hs6 as commodity_code,
        make_date(
            if(arg_max(relationship, hs_revision) = 'split or merged', max(hs_revision), min(hs_revision)), 1, 1
        ) as first_day
    from {marts.commodity_family}, {_BLOCK}
    where level = 'HS6' and hs_revision <= year(newest)
    group by block_id, hs6
"""

_CELLS = f"""
    select
        block_id, period_start, classification, commodity_code, partner_code, {_VALUE} as value, trade.vintage,
        trade.is_derived
    from ({_TRADE}) as trade join {_BLOCK} using (frequency, flow, level, source)
    join ({_LIVES}) using (partner_code)
    left join ({_GOODS}) as goods using (block_id, commodity_code)
    where value > 0 and (first_day is null or period_start >= first_day)
        and (valid_from is null or period_start >= valid_from)
        and (valid_to is null or last_day(if(frequency = 'year', period_start + interval 11 month, period_start)) <= valid_to)
"""

# The covered periods of each block.
_PERIODS = f"""
    select distinct block_id, frequency, flow, level, measure, period_start, month(newest) as newest_month
    from ({_TRADE}) as trade join {_BLOCK} using (frequency, flow, level, source)
    semi join ({_WHOLE}) as whole using (frequency, flow, level, period_start, measure)
    where partner_code = '{WORLD}' and {_VALUE} is not null
"""

# Partners that a covered period of the block, in which they existed, has not every commodity of.
_WANTING = f"""
    with told as (select * from {COVERAGE}),
    period as (
        select *, exists(
            select 1 from told
            where told.has_all_partners
                and (told.frequency, told.flow, told.level, told.measure, told.period_start)
                = (periods.frequency, periods.flow, periods.level, periods.measure, periods.period_start)
        ) as has_all_partners
        from ({_PERIODS}) as periods
    )
    select distinct block_id, partner_code
    from period
    join (select distinct block_id, partner_code from {_CELL}) as partner using (block_id)
    join ({_LIVES}) using (partner_code)
    left join told using (frequency, flow, level, measure, period_start, partner_code)
    where not period.has_all_partners and not coalesce(told.has_all_commodities, false)
        and (valid_from is null or valid_from <= period_start) and (valid_to is null or valid_to >= period_start)
"""

# The covered periods of each slot; of a year to date, all its months.
_COVERED_SQL = f"""
    with world as ({_PERIODS}),
    slotted as (
        select block_id, 0 as slot, last_day(period_start) as period_end from world where frequency = 'month'
        union all
        select block_id, 1, last_day(period_start) from world
        where frequency = 'month' and month(period_start) = newest_month
        union all
        select block_id, 2, last_day(max(period_start)) from world
        where frequency = 'month' and month(period_start) <= newest_month
        group by block_id, year(period_start), newest_month having count(*) = newest_month
        union all
        select block_id, 3, last_day(period_start + interval 11 month) from world where frequency = 'year'
    )
    select *, cast(row_number() over (partition by block_id, slot order by period_end) as integer) as position from slotted
"""

_KEYS = f"""
    select
        row_number() over (order by block_id, commodity_code, partner_code) as key_id,
        block_id, frequency, source, flow, import_concept, classification, level, commodity_code, partner_code,
        newest.vintage as data_vintage,
        newest.is_derived,
        latest.vintage
    from {_CELL} as newest
    join {_BLOCK} using (block_id)
    join (select block_id, max(vintage) as vintage from {_CELL} group by block_id) as latest using (block_id)
    anti join ({_WANTING}) as wanting using (block_id, partner_code)
    where period_start = newest
"""

_PANEL_SQL = f"""
    with period as (
        select key_id, block_id, key.frequency, period_start, value, month(newest) as newest_month, valid_from
        from {_CELL} join {KEY} as key using (block_id, commodity_code, partner_code) join {_BLOCK} using (block_id)
        join ({_LIVES}) using (partner_code)
    ),
    slotted as (
        select key_id, block_id, if(frequency = 'month', 0, 3) as slot,
            last_day(if(frequency = 'month', period_start, period_start + interval 11 month)) as period_end, value
        from period
        union all
        select key_id, block_id, 1, last_day(period_start), value from period
        where frequency = 'month' and month(period_start) = newest_month
        union all
        select key_id, block_id, 2, last_day(make_date(year(period_start), newest_month, 1)), cast(sum(value) as bigint)
        from period
        where frequency = 'month' and month(period_start) <= newest_month
            and (valid_from is null or date_trunc('year', period_start) >= valid_from)
        group by key_id, block_id, year(period_start), newest_month
    )
    select key_id * {SLOTS} + slot as series_id, position, period_end, value, 0.0::double as rounding
    from slotted join {_COVERED} using (block_id, slot, period_end)
"""

# World's first period with the commodity: before it the code may not have existed.
_STARTS = f"""
    select block_id, slot, commodity_code, min(position) as start_position
    from (
        select block_id, commodity_code, min(period_start) as first_start from {_CELL}
        where partner_code = '{WORLD}' group by all
    ) join {_COVERED} using (block_id)
    where period_end >= first_start
    group by all
"""

# The first period that a partner existed from its first day on; a year to date begins in January.
_BIRTHS = f"""
    select block_id, slot, partner_code, min(position) as born_position
    from {_COVERED} join ({_LIVES}) on
        date_trunc(if(slot < 2, 'month', 'year'), period_end) >= valid_from
    group by all
"""

# Series with covered periods in which nothing was traded; `zeros` of them before the last period.
_GAPS = f"""
    with ended as materialized (
        select series_id, series_id % {SLOTS} as slot, block_id, commodity_code, partner_code, last_position, periods
        from (
            select series_id, series_id // {SLOTS} as key_id, max(position) as last_position, count(*) as periods
            from {PANEL} group by series_id
        )
        join {KEY} using (key_id)
    ),
    started as materialized (
        select * replace (greatest(start_position, born_position) as start_position)
        from ended
        join {_START} using (block_id, slot, commodity_code)
        left join {_BIRTH} using (block_id, slot, partner_code)
    )
    select series_id, block_id, slot, start_position, last_position, last_position - start_position + 1 - periods as zeros
    from started
    where zeros > 0
"""

# Periods in a row at either end of a series: those whose place is their distance from the end.
_ZEROS_SQL = f"""
    with placed as (
        select
            series_id, start_position, last_position, position,
            row_number() over (partition by series_id order by position) as place_from_first,
            row_number() over (partition by series_id order by position desc) as place_from_last
        from {PANEL} join {_GAP} using (series_id)
    ),
    ends as (
        select
            series_id,
            count(*) filter (position - start_position + 1 = place_from_first) as head,
            count(*) filter (last_position - position + 1 = place_from_last) as tail
        from placed group by series_id
    ),
    zero as (
        select series_id, block_id, slot, zeros, start_position + head as first_position, last_position - tail as latest_position
        from {_GAP} join ends using (series_id)
    )
    select series_id, zeros, earliest.period_end as first_zero, latest.period_end as latest_zero
    from zero
    join {_COVERED} as earliest on (earliest.block_id, earliest.slot, earliest.position) = (zero.block_id, zero.slot, first_position)
    join {_COVERED} as latest on (latest.block_id, latest.slot, latest.position) = (zero.block_id, zero.slot, latest_position)
"""

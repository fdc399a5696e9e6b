"""The table `flags.record`: records and "since" of every partner and total series, in every vintage, and of commodities.

Brings the parts together and names the columns. How records, fragility and sentences are made belongs to the
modules beside this one.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import duckdb

from assets.contracts.flags import RECORD
from assets.contracts.models import intermediate, marts, staging
from assets.signals import commodity_flags, fragility, panel, sentence
from assets.signals.record import write_every_period, write_one_period

MIN_HISTORY = {"month": 60, "rolling_12": 60, "same_month": 5, "ytd": 5, "year": 20}
"""Periods that a series needs before a record is 'on record' and not 'in n years of data'."""

_FLAG, _KNOWN = "signal_flag", "signal_known"


def build_record_flags(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `flags.record` for every vintage of every source; returns the rows.

    Reads `intermediate.int_trade_value`, `staging.stg_accepted_file`, `marts.partner` and the commodity marts, of which only the
    newest figures are flagged.
    Raises duckdb.Error when a model lacks a column.
    """
    con.execute(RECORD.create_sql())

    def on_its_own(write: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        with con.cursor() as cursor:
            sentence.create_macros(cursor)
            write(cursor)

    # Sorts and windows of either use little more than one core.
    with ThreadPoolExecutor() as threads:
        list(threads.map(on_its_own, (_write_partners_and_totals, _write_commodities)))
    row = con.execute(f"select count(*) from {RECORD}").fetchone()
    return int(row[0]) if row else 0


def _write_partners_and_totals(con: duckdb.DuckDBPyConnection) -> None:
    panel.write_panels(con)
    _write_evidence(con)
    fragility.write_fragility(con, _FLAG)
    con.execute(f"create or replace temp table {_KNOWN} as {_KNOWN_SQL}")
    _insert(con, f"({_ROWS_SQL})")


def _write_commodities(con: duckdb.DuckDBPyConnection) -> None:
    commodity_flags.write_commodity_rows(con, MIN_HISTORY)
    _insert(con, commodity_flags.ROWS)


def _insert(con: duckdb.DuckDBPyConnection, rows: str) -> None:
    names = ", ".join(column.name for column in RECORD.columns)
    told = f"(from {rows} left join ({_ESTIMATED_VINTAGES}) using (source, vintage))"
    con.execute(f"insert into {RECORD} select {names} from ({sentence.sentence_sql(told)})")


def _write_evidence(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary table _FLAG: the engine's evidence for all rows wanted, with the series taken apart."""
    parts = []
    for name in (panel.DOLLARS, panel.SHARES):
        series = f"select * exclude (data_vintage, reach) from {name}"
        is_year = f"series_id % {panel.SLOTS} = {panel.YEAR_SLOT}"
        write_every_period(con, f"({series} where {is_year})", f"{name}_each")
        write_one_period(con, f"({series} where not {is_year})", f"{name}_last")
        parts += [f"{name}_each", f"{name}_last"]
    evidence = " union all by name ".join(
        f"select *, {'value' if panel.DOLLARS in part else 'cast(null as bigint)'} as value_usd from {part}"
        for part in parts
    )
    con.execute(f"create or replace temp table {_FLAG} as {panel.decoded_sql(f'({evidence})')}")
    for part in parts:
        con.execute(f"drop table {part}")


_ESTIMATED_VINTAGES = f"""
    select source, vintage, bool_or(vintage_is_estimated) as vintage_is_estimated
    from {staging.stg_accepted_file} group by source, vintage
"""

_PANEL = f"(from {panel.DOLLARS} union all from {panel.SHARES})"

_KNOWN_SQL = f"""
    select flag.series_id, flag.period_end, own.data_vintage, own.reach, neighbour.neighbour_period, neighbour.neighbour_reach
    from {_FLAG} as flag
    join {_PANEL} as own using (series_id, period_end)
    left join (
        select
            flag.series_id, flag.period_end, max(earlier.period_end) as neighbour_period,
            max_by(earlier.reach, earlier.period_end) as neighbour_reach
        from {_FLAG} as flag
        join {_PANEL} as earlier
            on earlier.series_id = flag.series_id
            and earlier.value = flag.neighbour_value
            and earlier.period_end < flag.period_end
        group by all
    ) as neighbour using (series_id, period_end)
"""

_GAPS = f"""
    select
        source, partner_code, flow, last_day(period_start + interval 11 month) as gap_period, known_gap_usd, vintage,
        lead(vintage) over (partition by source, partner_code, flow, period_start order by vintage) as superseded_on
    from {intermediate.int_trade_value} as value
    semi join (from {intermediate.int_trade_value} where known_gap_usd is not null) as gap
        using (source, partner_code, flow, frequency, period_start)
    where frequency = 'year'
"""

_KNOWN_GAPS_SQL = f"""
    select
        flag.series_id, flag.period_end,
        max(gap_period) as gap_period,
        max_by(gap.flow, gap_period) as gap_flow,
        max_by(gap.known_gap_usd, gap_period) as known_gap_usd
    from {_FLAG} as flag
    join {_KNOWN} as known on known.series_id = flag.series_id and known.period_end = flag.period_end
    join {panel.KEY} as key using (key_id)
    join {panel.VINTAGE} as as_of on as_of.source = key.source and as_of.vintage_number = flag.vintage_number
    join ({_GAPS}) as gap
        on gap.source = key.source and gap.partner_code = key.partner_code
        and gap.gap_period in (flag.period_end, known.neighbour_period)
        and as_of.vintage >= gap.vintage and coalesce(as_of.vintage < gap.superseded_on, true)
    where flag.frequency = 'year' and known_gap_usd is not null
        and (flag.measure = 'deficit' or flag.measure = gap.flow or (flag.measure = 'import_share' and gap.flow = 'imports'))
    group by flag.series_id, flag.period_end
"""

_ROWS_SQL = f"""
    select
        flag.*,
        kind.series,
        if(kind.series = 'partner', key.partner_code, null) as partner_code,
        if(kind.series = 'partner', partner.partner_name, null) as partner_name,
        if(kind.series = 'partner', partner.is_aggregate, null) as is_aggregate,
        cast(null as varchar) as classification,
        cast(null as varchar) as level,
        cast(null as varchar) as commodity_code,
        cast(null as varchar) as commodity_name,
        key.concept, key.basis, key.adjustment,
        if(key.basis = 'Census' and flag.measure <> 'exports', 'general', null) as import_concept,
        key.source,
        if(flag.measure = 'import_share', 'share', 'USD') as unit,
        flag.periods >= map {MIN_HISTORY}[flag.frequency] as has_minimum_history,
        fragility.* exclude (series_id, period_end, is_fragile),
        if(
            gap.known_gap_usd is null, fragility.is_fragile,
            if(fragility.is_fragile or (unit = 'USD' and abs(gap.known_gap_usd) >= flag.margin), true, null)
        ) as is_fragile,
        false as is_derived,
        gap.known_gap_usd,
        gap.gap_flow,
        gap.gap_period,
        vintage.vintage,
        known.data_vintage,
        known.reach,
        known.neighbour_period,
        known.neighbour_reach
    from {_FLAG} as flag
    join {panel.KEY} as key using (key_id)
    join {panel.VINTAGE} as vintage on vintage.source = key.source and vintage.vintage_number = flag.vintage_number
    join {_KNOWN} as known on known.series_id = flag.series_id and known.period_end = flag.period_end
    join {fragility.FRAGILITY} as fragility on fragility.series_id = flag.series_id and fragility.period_end = flag.period_end
    left join ({_KNOWN_GAPS_SQL}) as gap on gap.series_id = flag.series_id and gap.period_end = flag.period_end
    join {marts.partner} as partner on partner.partner_code = key.partner_code
    join (values ('partner'), ('total')) as kind(series) on case kind.series
        when 'partner' then key.source in {panel.PARTNER_SOURCES} and key.partner_code <> '{panel.WORLD_ADJUSTED}'
        else key.source <> 'usitc_dataweb' and key.partner_code in ('{panel.WORLD}', '{panel.WORLD_ADJUSTED}')
    end
"""

"""The record engine: records, ranks and "since" for any panel of series, as DuckDB SQL.

It knows numbered series of values and nothing of trade: keys, units and wording belong to the caller, who joins them by
`series_id`. Periods are compared within one series only, never across series, so that aggregates beside their members do
no harm here.

**Panel**: a table or subquery `(series_id BIGINT, position INTEGER, period_end DATE, value BIGINT | DOUBLE, rounding DOUBLE)`,
one row a series and position, in any order (stored by series it is faster). `position` and `period_end` rise together; absent
periods are simply not there. `series_id` lies in [0, 2^59). `rounding` is the unit to which the value is published. To compare
at published rounding, a series is rounded to its coarsest unit, halves upwards; not at all where that is 0 (BIGINT: 0 or 1), nor
for a period before any of that unit.

**Evidence**, one row a series and period t, where "earlier" means the periods of the series before t:

- `periods` periods up to and including t; `first_period` the end of the first.
- `is_record_high`: above all earlier values, of which there is at least one. `rank_high` = 1 + number of earlier values above.
- `highest_since`: end of the latest earlier period with a value >= x(t); null when there is none.
- `is_tie_high`: at published rounding x(t) equals the highest earlier value; `is_tie`: equals any earlier value.
- `is_record_high_rounded`, `rank_high_rounded`, `highest_since_rounded`: the same of the rounded values.
- The same with `low`, all comparisons reversed. `highest_before`, `lowest_before`: the extremes of the earlier values.
- `sign_change`: x(t) and the value of the latest earlier period have opposite signs (zero has none).
- `headline`, what is most worth saying of t: 'first' (nothing earlier), 'record', 'rank' (among the TOP_RANKS highest or lowest of
  at least 2 * TOP_RANKS periods), else 'since'; and `side`, 'high' or 'low': the side of the record, of the better rank,
  or of the "since" that lies further back (high when both are the same).
- `neighbour_value`: the earlier value whose crossing would change the headline: the runner-up of a record, the nearest
  earlier value of a rank, the value of the "since" period; `margin` = |neighbour_value - x(t)|.

Both modes compute the same facts of the earlier values, one by windows over all periods, one by a scan for one period
of each series, and derive the evidence from them by the same expressions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Literal

import duckdb

TOP_RANKS = 5
ROWS_PER_BATCH = 10_000_000
"""Rows that one statement takes at a time; bounds the memory whatever the number of series."""

_Unit = Literal["exact", "whole", "fraction"]
"""What published values are multiples of: nothing coarser than themselves, whole numbers, or fractions."""

_BY_POSITION = "partition by series_id order by position"
_BEFORE = f"{_BY_POSITION} rows between unbounded preceding and 1 preceding"
_UP_TO = f"{_BY_POSITION} rows between unbounded preceding and current row"


def write_one_period(
    con: duckdb.DuckDBPyConnection,
    panel: str,
    target: str,
    *,
    period_end: date | None = None,
    zeros: str | None = None,
) -> None:
    """Make the temporary table `target`: the evidence for one period of each series of `panel`.

    That is the period `period_end` of the series that have it (what a release brings; later periods are left aside), or
    without it the last period of every series. Scans with hash aggregates: linear in the rows.

    `zeros` is for panels of positive values, exactly published, whose absent periods are zeros that nobody stores: a
    relation (series_id, zeros, first_zero, latest_zero) with the number of them before the last period of a series, and
    the ends of the first and the latest. They count as earlier values.
    """
    scope = _Scope.of(con, panel)

    def evidence(part: str) -> str:
        facts = _facts_of_one_sql(part, scope.unit, _chosen_sql(part, scope.unit, period_end))
        return _evidence_sql(_with_zeros_sql(facts, zeros) if zeros else facts)

    _write_in_batches(con, scope, target, evidence)


def write_every_period(con: duckdb.DuckDBPyConnection, panel: str, target: str) -> None:
    """Make the temporary table `target`: the evidence for every period of each series of `panel`.

    Sorts, order-statistic windows and log2(longest series) window passes for the "since" periods: n log n in the rows.
    """
    scope = _Scope.of(con, panel)
    longest = con.execute(f"select max(n) from (select count(*) as n from {panel} group by series_id)").fetchone()
    levels = (longest[0] or 1 if longest else 1).bit_length()
    _write_in_batches(con, scope, target, lambda part: _evidence_sql(_facts_of_each_sql(part, scope.unit, levels)))


def write_record_flags(con: duckdb.DuckDBPyConnection, panel: str, target: str) -> None:
    """Make the temporary table `target`: series_id, period_end, value, periods, is_record_high, is_record_low of every period.

    What is cheap to know of long histories: one sort and linear windows.
    """
    _write_in_batches(con, _Scope.of(con, panel), target, _record_flags_sql)


@dataclass(frozen=True)
class _Scope:
    """A panel with its number of rows, its highest series_id and the unit it is published in."""

    panel: str
    rows: int
    last_id: int
    unit: _Unit

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, panel: str) -> "_Scope":
        counts = con.execute(f"select count(*), max(series_id), max(rounding) from {panel}").fetchone()
        kind = con.execute(f"select column_type from (describe select value from {panel})").fetchone()
        rows, last_id, coarsest = counts or (0, None, None)
        unit: _Unit = "exact"
        if kind == ("DOUBLE",) and (coarsest or 0) > 0:
            unit = "fraction"
        elif kind != ("DOUBLE",) and (coarsest or 0) > 1:
            unit = "whole"
        return cls(panel, rows, last_id or 0, unit)


def _write_in_batches(con: duckdb.DuckDBPyConnection, scope: _Scope, target: str, sql_of: Callable[[str], str]) -> None:
    batches = max(1, ceil(scope.rows / ROWS_PER_BATCH))
    width = scope.last_id // batches + 1
    con.execute(f"create or replace temp table {target} as {sql_of(f'(select * from {scope.panel} limit 0)')}")
    for batch in range(batches):
        low = batch * width
        part = f"(select * from {scope.panel} where series_id between {low} and {low + width - 1})"
        con.execute(f"insert into {target} {sql_of(part if batches > 1 else scope.panel)}")


def _record_flags_sql(panel: str) -> str:
    return f"""
        select
            series_id,
            period_end,
            value,
            1 + count(*) over before as periods,
            coalesce(value > max(value) over before, false) as is_record_high,
            coalesce(value < min(value) over before, false) as is_record_low
        from {panel}
        window before as ({_BEFORE})
    """


def _rounded(value: str, rounding: str, unit: _Unit) -> str:
    """Number of published units in a value, halves upwards; the value itself where nothing is rounded."""
    if unit == "exact":
        return value
    if unit == "fraction":
        return f"case when {rounding} > 0 then floor({value} / {rounding} + 0.5) else {value} end"
    whole = f"cast({rounding} as bigint)"
    shifted = f"({value} + {whole} // 2)"
    return f"""case
        when {rounding} <= 1 then {value}
        when {shifted} >= 0 then {shifted} // {whole}
        else -(({whole} - 1 - {shifted}) // {whole})
    end"""


def _chosen_sql(panel: str, unit: _Unit, period_end: date | None) -> str:
    """The period of each series that is to be compared: last_period, last_value, last_rounding (coarsest so far)."""
    if period_end is None:
        rounding = "0" if unit == "exact" else "max(rounding)"
        return f"""
            select
                series_id, max(period_end) as last_period, arg_max(value, period_end) as last_value, {rounding} as last_rounding
            from {panel}
            group by series_id
        """
    coarsest = (
        f"select max(rounding) from {panel} as r where r.series_id = chosen.series_id and r.period_end <= last_period"
    )
    return f"""
        select
            series_id, period_end as last_period, value as last_value,
            {"0" if unit == "exact" else f"({coarsest})"} as last_rounding
        from {panel} as chosen
        where period_end = date '{period_end}'
    """


def _facts_of_one_sql(panel: str, unit: _Unit, chosen: str) -> str:
    """Facts of the earlier values for the chosen period of each series.

    Each earlier row falls into one of five classes against the chosen value: above at published rounding (2), above
    within the rounding (1), equal (0), and so downwards; unfiltered aggregates of the classes hold all facts.
    """
    rounded = _rounded("value", "last_rounding", unit)
    return f"""
        with last as materialized (
            select *, {_rounded("last_value", "last_rounding", unit)} as last_rounded from ({chosen})
        ),
        keyed as (
            select
                series_id * 8 + case
                    when value > last_value then if({rounded} > last_rounded, 4, 3)
                    when value < last_value then if({rounded} < last_rounded, 0, 1)
                    else 2
                end as class_key,
                period_end,
                value
            from {panel} join last using (series_id)
            where period_end < last_period
        ),
        classes as (
            select
                class_key // 8 as series_id,
                class_key % 8 - 2 as class,
                count(*) as n,
                min(period_end) as first_period,
                max(period_end) as latest_period,
                arg_max(value, period_end) as latest_value,
                min(value) as lowest,
                max(value) as highest
            from keyed
            group by class_key
        ),
        facts as (
            select
                series_id,
                cast(sum(n) as bigint) as earlier,
                min(first_period) as first_period,
                arg_max(latest_value, latest_period) as previous_value,
                max(highest) as highest_before,
                min(lowest) as lowest_before,
                cast(coalesce(sum(n) filter (class > 0), 0) as bigint) as above,
                cast(coalesce(sum(n) filter (class < 0), 0) as bigint) as below,
                cast(coalesce(sum(n) filter (class = 2), 0) as bigint) as above_rounded,
                cast(coalesce(sum(n) filter (class = -2), 0) as bigint) as below_rounded,
                min(lowest) filter (class >= 0) as next_above,
                max(highest) filter (class <= 0) as next_below,
                max(latest_period) filter (class >= 0) as highest_since,
                max(latest_period) filter (class <= 0) as lowest_since,
                arg_max(latest_value, latest_period) filter (class >= 0) as highest_since_value,
                arg_max(latest_value, latest_period) filter (class <= 0) as lowest_since_value,
                max(latest_period) filter (class >= -1) as highest_since_rounded,
                max(latest_period) filter (class <= 1) as lowest_since_rounded
            from classes
            group by series_id
        )
        select
            last.series_id,
            last_period as period_end,
            last_value as value,
            coalesce(facts.first_period, last_period) as first_period,
            coalesce(earlier, 0) as earlier,
            coalesce(above, 0) as above,
            coalesce(below, 0) as below,
            coalesce(above_rounded, 0) as above_rounded,
            coalesce(below_rounded, 0) as below_rounded,
            facts.* exclude (series_id, first_period, earlier, above, below, above_rounded, below_rounded)
        from last left join facts on facts.series_id = last.series_id
    """


def _with_zeros_sql(facts: str, zeros: str) -> str:
    """The facts with the zeros of a series among its earlier values, all of which are below the chosen one."""
    return f"""
        select
            facts.* replace (
                earlier + coalesce(zeros, 0) as earlier,
                below + coalesce(zeros, 0) as below,
                below_rounded + coalesce(zeros, 0) as below_rounded,
                least(first_period, first_zero) as first_period,
                if(zeros > 0, coalesce(highest_before, 0), highest_before) as highest_before,
                if(zeros > 0, 0, lowest_before) as lowest_before,
                if(zeros > 0, coalesce(next_below, 0), next_below) as next_below,
                if(coalesce(latest_zero > lowest_since, zeros > 0), 0, lowest_since_value) as lowest_since_value,
                greatest(lowest_since, latest_zero) as lowest_since,
                greatest(lowest_since_rounded, latest_zero) as lowest_since_rounded
            )
        from ({facts}) as facts left join {zeros} using (series_id)
    """


def _facts_of_each_sql(panel: str, unit: _Unit, levels: int) -> str:
    """Facts of the earlier values for every period."""
    rounded = f"""
        select *, {_rounded("value", "coarsest", unit)} as rounded
        from (select *, max(rounding) over (partition by series_id) as coarsest from {panel})
    """
    # Where nothing is rounded, the facts of the rounded values are those of the values.
    ranks = {"above": "rank(order by value desc)", "below": "rank(order by value)"}
    steps = {"high": ("max", "<", "value"), "low": ("min", ">", "value")}
    as_published = {name: name for name in ("above", "below", "highest_since", "lowest_since")}
    if unit != "exact":
        ranks |= {"above_rounded": "rank(order by rounded desc)", "below_rounded": "rank(order by rounded)"}
        steps |= {"high_rounded": ("max", "<", "rounded"), "low_rounded": ("min", ">", "rounded")}
        as_published = {
            "above": "if(is_finer, above, above_rounded)",
            "below": "if(is_finer, below, below_rounded)",
            "highest_since": f"if(is_finer, highest_since, {_at_distance('period_end', 'high_rounded')})",
            "lowest_since": f"if(is_finer, lowest_since, {_at_distance('period_end', 'low_rounded')})",
        }
    counted = f"""
        select
            *,
            count(*) over before as earlier,
            first_value(period_end) over upto as first_period,
            max(rounding) over upto < coarsest as is_finer,
            lag(value) over by_position as previous_value,
            max(value) over before as highest_before,
            min(value) over before as lowest_before,
            {", ".join(f"{rank} over upto - 1 as {name}" for name, rank in ranks.items())},
            lag(value order by value desc) over upto as next_above,
            lag(value order by value) over upto as next_below
        from ({rounded})
        window by_position as ({_BY_POSITION}), before as ({_BEFORE}), upto as ({_UP_TO})
    """
    return f"""
        select
            series_id, period_end, value, first_period, earlier, above, below,
            previous_value, highest_before, lowest_before, next_above, next_below,
            {_at_distance("period_end", "high")} as highest_since,
            {_at_distance("period_end", "low")} as lowest_since,
            {_at_distance("value", "high")} as highest_since_value,
            {_at_distance("value", "low")} as lowest_since_value,
            {", ".join(f"{fact} as {name}_rounded" for name, fact in as_published.items())}
        from ({_with_distances_sql(counted, levels, steps)})
    """


def _with_distances_sql(relation: str, levels: int, steps: dict[str, tuple[str, str, str]]) -> str:
    """The relation with one column for each of `steps`: how many rows directly before t stay on one side of x(t).

    A step is a name, the extreme that tells of many rows at once, the side, and the column. Binary lifting: from the
    largest power of two down, step back over 2^k more rows if their extreme (the window's segment tree answers it)
    stays on that side.
    """
    sql = f"select *, {', '.join(f'0 as {name}' for name in steps)} from ({relation})"
    for level in reversed(range(levels)):
        rows = 2**level
        further = ", ".join(
            f"""{name} + case when coalesce({extreme}({column}) over (
                {_BY_POSITION} rows between {name} + {rows} preceding and {name} + 1 preceding
            ) {side} {column}, true) then {rows} else 0 end as {name}"""
            for name, (extreme, side, column) in steps.items()
        )
        sql = f"select * exclude ({', '.join(steps)}), {further} from ({sql})"
    return sql


def _at_distance(column: str, distance: str) -> str:
    """The column in the row just before the `distance` rows before t; null before the first row."""
    return f"first_value({column}) over ({_BY_POSITION} rows between {distance} + 1 preceding and {distance} + 1 preceding)"


def _evidence_sql(facts: str) -> str:
    """The evidence, as defined at the top of this module, from the facts."""
    return f"""
        with ranked as (
            select
                *,
                earlier + 1 as periods,
                above + 1 as rank_high,
                below + 1 as rank_low,
                above_rounded + 1 as rank_high_rounded,
                below_rounded + 1 as rank_low_rounded,
                earlier > 0 and below = earlier as is_record_high,
                earlier > 0 and above = earlier as is_record_low,
                earlier > 0 and below_rounded = earlier as is_record_high_rounded,
                earlier > 0 and above_rounded = earlier as is_record_low_rounded,
                earlier > above_rounded + below_rounded as is_tie
            from ({facts})
        ),
        headed as (
            select
                *,
                is_tie and above_rounded = 0 as is_tie_high,
                is_tie and below_rounded = 0 as is_tie_low,
                case
                    when earlier = 0 then 'first'
                    when is_record_high or is_record_low then 'record'
                    when periods >= {2 * TOP_RANKS} and least(rank_high, rank_low) <= {TOP_RANKS} then 'rank'
                    else 'since'
                end as headline,
                case
                    when headline = 'record' then if(is_record_high, 'high', 'low')
                    when headline = 'rank' then if(rank_high <= rank_low, 'high', 'low')
                    when headline = 'since' then if(highest_since <= lowest_since, 'high', 'low')
                end as side,
                case
                    when headline = 'record' then if(side = 'high', highest_before, lowest_before)
                    when headline = 'since' then if(side = 'high', highest_since_value, lowest_since_value)
                    when next_above is null or value - next_below < next_above - value then next_below
                    else next_above
                end as neighbour_value
            from ranked
        )
        select
            series_id, period_end, value, periods, first_period,
            is_record_high, is_record_low, is_tie_high, is_tie_low, is_tie,
            highest_since, lowest_since, rank_high, rank_low,
            is_record_high_rounded, is_record_low_rounded, highest_since_rounded, lowest_since_rounded,
            rank_high_rounded, rank_low_rounded,
            highest_before, lowest_before,
            coalesce(sign(value) * sign(previous_value) < 0, false) as sign_change,
            headline, side, neighbour_value, abs(neighbour_value - value) as margin
        from headed
    """

"""Which measures are broad enough to show in total imports, and the windows of theirs that the loaded months hold.

The windows of single measures are in `windows.py`; what imports did in them is in `cuts.py`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from assets.contracts.tariffs import TARIFF_LINE, TARIFF_MEASURE, TARIFF_SCOPE_REACH
from assets.methods.front_loading.windows import COUNTABLE, RULES, WORLD, Window, month_date, read_windows

LEVEL = "NAICS3"
"""Level of the months that coverage is measured on; the reach of a scope is known for it."""


@dataclass(frozen=True)
class SurgeWindow:
    """Months of a surge, the last clean month before anybody could know, and what they lie ahead of.

    `event_id` names the window: that of the broadest measure with it, `measures` are all of them; `ahead_of` is its name.
    """

    event_id: str
    first: date
    last: date
    clean_last: date
    measures: tuple[str, ...] = ()
    ahead_of: str | None = None


def broad_windows(con: duckdb.DuckDBPyConnection, months: str) -> list[SurgeWindow]:
    """Windows of the measures that cover at least `RULES.broad_share` of imports, from the tariff marts; oldest first.

    `months` has the columns of `marts.commodity_partner_month`. A measure counts when its clean months and its window are
    loaded: what it covers is measured over the last 12 clean months. Measures with the same months share a window.
    """
    first, last = con.execute(
        "select min(reference_month), max(reference_month) "
        f"from {months} where flow = 'imports' and level = '{LEVEL}' and partner_code = '{WORLD}' and {COUNTABLE}"
    ).fetchall()[0]
    if first is None:
        return []
    loaded = [
        window
        for window in read_windows(con)
        if month_date(window.clean_first) >= first and month_date(window.last) <= last
    ]
    covered = _covered(con, months, loaded)
    names = dict(con.execute(f"select measure_id, name from {TARIFF_MEASURE}").fetchall())
    by_months: defaultdict[tuple[int, int, int], list[str]] = defaultdict(list)
    for window in loaded:
        if covered.get(window.measure_id, 0.0) >= RULES.broad_share:
            by_months[window.first, window.last, window.clean_last].append(window.measure_id)
    found = []
    for (opens, closes, clean_last), measures in sorted(by_months.items()):
        broadest = max(measures, key=lambda measure: covered[measure])
        found.append(
            SurgeWindow(
                broadest,
                month_date(opens),
                month_date(closes),
                month_date(clean_last),
                tuple(sorted(measures)),
                names[broadest],
            )
        )
    return found


def _covered(con: duckdb.DuckDBPyConnection, months: str, windows: Sequence[Window]) -> dict[str, float]:
    """Share of the world's imports in the last 12 clean months that each measure covers for sure."""
    con.execute("create or replace temp table flb_window (measure_id varchar, first date, last date)")
    if windows:
        con.executemany(
            "insert into flb_window values (?, ?, ?)",
            [
                (w.measure_id, month_date(w.clean_last - RULES.rate_months + 1), month_date(w.clean_last))
                for w in windows
            ],
        )
    return dict(
        con.execute(
            f"""
            with value as (
                select measure_id, partner_code, commodity_code,
                    sum(coalesce(consumption_value_usd, general_value_usd)) as value
                from {months} join flb_window on reference_month between first and last
                where flow = 'imports' and level = '{LEVEL}' and {COUNTABLE} group by all),
            line as (
                select distinct measure_id, partner_code, scope_id
                from {TARIFF_LINE} join flb_window using (measure_id)),
            share as (
                select measure_id, partner_code, commodity_code,
                    least(1, sum(if(scope_id = 'all', 1, coalesce(share_of_2024_imports, 0)))) as share
                from line join value using (measure_id, partner_code)
                    left join {TARIFF_SCOPE_REACH} as reach using (scope_id, commodity_code)
                where reach.level = '{LEVEL}' or scope_id = 'all' group by all),
            world as (select measure_id, sum(value) as total from value where partner_code = '{WORLD}' group by all)
            select measure_id, sum(value * share) / any_value(total)
            from share join value using (measure_id, partner_code, commodity_code) join world using (measure_id)
            group by measure_id"""
        ).fetchall()
    )

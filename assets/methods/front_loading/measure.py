"""Surge, excess, payback and duty rate of every pair of series and measure, in arrays.

Reads the pairs of `pairs.py` from the connection and leaves numbers in a table. Verdicts and sentences are elsewhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.methods.front_loading.seasonal import Expectation, Floats, expect
from assets.methods.front_loading.windows import RULES, Window

CHUNK = 20_000
"""Series held in memory at once: about 80 MB for 170 months."""

RESULT_SCHEMA = pa.schema(
    [
        ("series_id", pa.int32()),
        ("measure_id", pa.string()),
        ("is_fitted", pa.bool_()),
        ("months_with_trade", pa.int32()),
        ("months_after", pa.int32()),
        ("mean_usd", pa.float64()),
        ("z_peak", pa.float64()),
        ("peak_number", pa.int32()),
        ("z_trough", pa.float64()),
        ("trough_number", pa.int32()),
        ("actual_usd", pa.float64()),
        ("expected_usd", pa.float64()),
        ("gap_after_usd", pa.float64()),
        ("rate_before", pa.float64()),
        ("rate_after", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Histories:
    """Monthly values of `n` series, (n, t) each, from month number `first`; NaN outside a series' coverage (USD)."""

    first: int
    value: Floats
    base: Floats
    duty: Floats

    def cut(self, values: Floats, first: int, last: int) -> Floats:
        """Months `first`..`last` of one of the arrays; NaN for months outside."""
        inside = values[:, max(first - self.first, 0) : max(last + 1 - self.first, 0)]
        before = min(max(self.first - first, 0), last - first + 1)
        missing = last - first + 1 - before - inside.shape[1]
        return np.pad(inside, ((0, 0), (before, missing)), constant_values=np.nan)


def measure_pairs(con: duckdb.DuckDBPyConnection, months: str, windows: Iterable[Window], series: int) -> None:
    """Create `fl_result` with a row for every row of `fl_pair`; `series` is the number of series in `fl_series`."""
    con.register("fl_batch", RESULT_SCHEMA.empty_table())
    con.execute("create or replace temp table fl_result as from fl_batch")
    con.unregister("fl_batch")
    by_fit: defaultdict[tuple[int, int], list[Window]] = defaultdict(list)
    for window in windows:
        by_fit[window.clean_first, window.clean_last].append(window)
    for start in range(0, series, CHUNK):
        stop = min(start + CHUNK, series)
        histories = _read(con, months, start, stop)
        pairs = con.execute(
            "select measure_id, list(series_id order by series_id) from fl_pair "
            "where series_id >= ? and series_id < ? group by measure_id",
            [start, stop],
        ).fetchall()
        reached = {measure: np.array(ids) - start for measure, ids in pairs}
        for group in by_fit.values():
            batch = _measure(histories, [window for window in group if window.measure_id in reached], reached, start)
            if batch is not None:
                con.register("fl_batch", batch)
                con.execute("insert into fl_result from fl_batch")
                con.unregister("fl_batch")


def _read(con: duckdb.DuckDBPyConnection, months: str, start: int, stop: int) -> Histories:
    first, last = con.execute("select min(first_number), max(last_number) from fl_coverage").fetchall()[0]
    found = con.execute(
        f"""
        select series_id - $start as series, 12 * year(reference_month) + month(reference_month) - 1 - $first as place,
            sum(if(concept = 'consumption', consumption_value_usd, general_value_usd))::double as value,
            sum(consumption_value_usd)::double as base, sum(calculated_duty_usd)::double as duty
        from {months} as months
            join fl_series as series using (classification, level, commodity_code, partner_code)
        where flow = 'imports' and series_id >= $start and series_id < $stop
        group by all""",
        {"first": first, "start": start, "stop": stop},
    ).to_arrow_table()
    covered = con.execute(
        f"""
        select first_number - {first} as begins, last_number - {first} as ends
        from fl_series join fl_coverage using (level, partner_code)
        where series_id >= {start} and series_id < {stop} order by series_id"""
    ).to_arrow_table()
    place = np.arange(last - first + 1)
    begins, ends = (covered[name].to_numpy()[:, None] for name in ("begins", "ends"))
    inside = (place >= begins) & (place <= ends)
    rows, columns = found["series"].to_numpy(), found["place"].to_numpy()
    arrays = []
    for name in ("value", "base", "duty"):
        array = np.where(inside, 0.0, np.nan)
        array[rows, columns] = np.nan_to_num(found[name].to_numpy())
        arrays.append(array)
    return Histories(first, *arrays)


def _measure(
    histories: Histories, windows: Sequence[Window], reached: dict[str, NDArray[np.int64]], start: int
) -> pa.Table | None:
    """Results of measures that share a clean window, or None where there are none."""
    if not windows:
        return None
    union = np.unique(np.concatenate([reached[window.measure_id] for window in windows]))
    head = windows[0]
    clean = histories.cut(histories.value[union], head.clean_first, head.clean_last)
    later_first = head.clean_last + 1
    later_count = max(window.after_last for window in windows) - head.clean_last
    fit = expect(clean, head.clean_first, later_first, later_count, RULES.min_clean_months)
    actual = histories.cut(histories.value[union], later_first, later_first + later_count - 1)
    tables = []
    for window in windows:
        rows = np.searchsorted(union, reached[window.measure_id])
        part = _Part(union[rows], _rows(fit, rows), clean[rows], actual[rows])
        tables.append(_one(histories, window, part, start))
    return pa.concat_tables(tables)


@dataclass(frozen=True)
class _Part:
    """The series that one measure reaches: their rows, fit, clean months and later months."""

    series: NDArray[np.int64]
    fit: Expectation
    clean: Floats
    actual: Floats


def _rows(fit: Expectation, rows: NDArray[np.int64]) -> Expectation:
    return Expectation(fit.log_mean[rows], fit.log_sd[rows], fit.level[rows], fit.fitted[rows])


def _one(histories: Histories, window: Window, part: _Part, start: int) -> pa.Table:
    series, fit, clean, actual = part.series, part.fit, part.clean, part.actual
    origin = window.clean_last + 1
    before = slice(window.first - origin, window.last + 1 - origin)
    after = slice(before.stop, before.stop + RULES.after_months)
    z = fit.z(actual)
    gap = actual - fit.level
    z_before, z_after = z[:, before], z[:, after]
    duty = histories.duty[series]
    base = histories.base[series]
    clean_rate = (window.clean_last - RULES.rate_months + 1, window.clean_last)
    after_rate = (window.last + 1, window.after_last)
    columns = {
        "series_id": (series + start).astype(np.int32),
        "measure_id": np.full(len(series), window.measure_id),
        "is_fitted": fit.fitted,
        "months_with_trade": (clean > 0).sum(axis=1).astype(np.int32),
        "months_after": np.isfinite(actual[:, after]).sum(axis=1).astype(np.int32),
        "mean_usd": np.nanmean(np.column_stack([clean, actual[:, before]]), axis=1),
        "z_peak": _extreme(z_before, 1),
        "peak_number": window.first + np.argmax(np.nan_to_num(z_before, nan=-np.inf), axis=1).astype(np.int32),
        "z_trough": _extreme(z_after, -1),
        "trough_number": window.last + 1 + np.argmin(np.nan_to_num(z_after, nan=np.inf), axis=1).astype(np.int32),
        "actual_usd": actual[:, before].sum(axis=1),
        "expected_usd": fit.level[:, before].sum(axis=1),
        "gap_after_usd": np.nansum(gap[:, after], axis=1),
        "rate_before": _rate(histories.cut(duty, *clean_rate), histories.cut(base, *clean_rate)),
        "rate_after": _rate(histories.cut(duty, *after_rate), histories.cut(base, *after_rate)),
    }
    arrays = [pa.array(columns[field.name], type=field.type, from_pandas=True) for field in RESULT_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=RESULT_SCHEMA)


def _extreme(z: Floats, sign: int) -> Floats:
    """Largest (sign 1) or smallest (-1) of each row; NaN where a row has none."""
    best = np.where(np.isfinite(z), sign * z, -np.inf).max(axis=1, initial=-np.inf)
    found: Floats = np.where(np.isfinite(best), sign * best, np.nan)
    return found


def _rate(duty: Floats, base: Floats) -> Floats:
    total = np.nansum(base, axis=1)
    rate: Floats = np.divide(np.nansum(duty, axis=1), total, out=np.full(len(total), np.nan), where=total > 0)
    return rate

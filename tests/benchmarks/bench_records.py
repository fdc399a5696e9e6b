"""The record engine over a million series with up to 400 months each: time, ratio to one group-by, peak memory.

Run `python -m tests.benchmarks.bench_records [series]` (default 1,000,000, which makes 78 million rows and a file of 0.7 GB). The
panel is synthetic, sparse as trade by product and partner is, stored by series. Each job is a process of its own with
two threads and a memory limit of 900 MB; the yardstick is `max()` grouped by series over the same table, measured in the same process.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from assets.signals import record

MONTHS = 400
NEWEST = date(2026, 4, 30)
"""Last of the 400 months from January 1993."""


def _connect(database: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(database))
    con.execute("set enable_progress_bar = false; set threads = 2; set preserve_insertion_order = false")
    con.execute("set memory_limit = '900MB'")
    con.execute(f"set temp_directory = '{database.parent / 'spill'}'")
    return con


def _prepare(database: Path, series: int) -> None:
    with _connect(database) as con:
        con.execute(f"""
            create table panel as
            select
                s as series_id,
                m::integer as position,
                last_day(date '1993-01-01' + to_months(m::integer)) as period_end,
                (hash(s * 1009 + m * 31) % 1000000)::bigint * 1000 as value,
                1.0::double as rounding
            from range({series}) as series(s), range({MONTHS}) as month(m)
            where hash(s * {MONTHS} + m) % 1000 < case s % 5 when 0 then 600 when 1 then 250 else 45 end
            order by s, m
        """)
        rows = con.execute("select count(*), count(distinct series_id) from panel").fetchone()
        print(f"panel: {rows[0]:,} rows, {rows[1]:,} series" if rows else "")


def _grouped_max(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create or replace temp table highest as select series_id, max(value) from panel group by series_id")


def _latest(con: duckdb.DuckDBPyConnection) -> None:
    record.write_one_period(con, "panel", "evidence")


def _newest_month(con: duckdb.DuckDBPyConnection) -> None:
    record.write_one_period(con, "panel", "evidence", period_end=NEWEST)


def _flags_of_every_period(con: duckdb.DuckDBPyConnection) -> None:
    record.write_record_flags(con, "panel", "evidence")


JOBS: dict[str, Callable[[duckdb.DuckDBPyConnection], None]] = {
    "full evidence, last period of every series": _latest,
    "full evidence, newest month of the series that have it": _newest_month,
    "record flags, every period": _flags_of_every_period,
}


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _measure(database: Path, title: str) -> None:
    figures = []
    with _connect(database) as con:
        for job in (_grouped_max, JOBS[title]):
            started, cpu = time.perf_counter(), _cpu_seconds()
            job(con)
            figures.append((time.perf_counter() - started, _cpu_seconds() - cpu))
    (wall_max, cpu_max), (wall, cpu) = figures
    print(
        f"{title}: {wall:.1f} s wall, {cpu:.1f} s CPU, {cpu / cpu_max:.1f} x max() by CPU ({wall_max:.1f} s wall, "
        f"{cpu_max:.1f} s CPU), peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, load {os.getloadavg()[0]:.1f}"
    )


def main(series: int) -> None:
    """Make the panel, then measure each job in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "panel.duckdb"
        measures = [context.Process(target=_measure, args=(database, title)) for title in JOBS]
        for process in [context.Process(target=_prepare, args=(database, series)), *measures]:
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(process.exitcode)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

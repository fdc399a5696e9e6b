"""The record engine over a million series with up to 400 months each: time, memory and growth, beside their goals.

Run `nice python -m tests.benchmarks.bench_records [series]` (default 1,000,000, which makes 79 million rows and a file of 0.7 GB)
with nothing else running; the load is printed, and CPU seconds tell more than wall seconds where it is high. The panel is
synthetic, sparse as trade by product and partner is, stored by series. Each job is a process of its own with two threads
and a memory limit of 800 MB. In the same process and minute: `max()` grouped by series over the same table as the yardstick,
and the job on the first quarter of the series, which tells the growth. Goals are for a million series.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
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
    con.execute("set memory_limit = '800MB'")
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


def _latest(con: duckdb.DuckDBPyConnection, panel: str) -> None:
    record.write_one_period(con, panel, "evidence")


def _newest_month(con: duckdb.DuckDBPyConnection, panel: str) -> None:
    record.write_one_period(con, panel, "evidence", period_end=NEWEST)


def _flags_of_every_period(con: duckdb.DuckDBPyConnection, panel: str) -> None:
    record.write_record_flags(con, panel, "evidence")


@dataclass(frozen=True)
class Job:
    """What is measured, and its goal in seconds."""

    title: str
    run: Callable[[duckdb.DuckDBPyConnection, str], None]
    goal_seconds: float


JOBS = (
    Job("full evidence, last period of every series", _latest, 5),
    Job("full evidence, newest month of the series that have it", _newest_month, 5),
    Job("record flags, every period", _flags_of_every_period, 30),
)
GOAL_MB = 1_000
GOAL_GROWTH = 5.5
"""Time with four times the series, at most."""


@dataclass(frozen=True)
class Spent:
    """Seconds of a piece of work."""

    wall: float
    cpu: float


def _spent(work: Callable[[], None]) -> Spent:
    started, cpu = time.perf_counter(), _cpu_seconds()
    work()
    return Spent(time.perf_counter() - started, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _measure(database: Path, series: int, job: Job) -> None:
    with _connect(database) as con:
        yardstick = _spent(lambda: _grouped_max(con))
        quarter = _spent(lambda: job.run(con, f"(select * from panel where series_id < {series // 4})"))
        whole = _spent(lambda: job.run(con, "panel"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"""{job.title} (load {os.getloadavg()[0]:.1f})
  {whole.wall:.1f} s wall, {whole.cpu:.1f} s CPU; goal {job.goal_seconds:.0f} s: {_met(whole.wall <= job.goal_seconds)}
  peak {peak:,.0f} MB; goal {GOAL_MB:,} MB: {_met(peak <= GOAL_MB)}
  {whole.cpu / yardstick.cpu:.1f} x one max() by CPU ({yardstick.wall:.1f} s wall, {yardstick.cpu:.1f} s CPU)
  {whole.cpu / quarter.cpu:.1f} x a quarter of the series by CPU; goal {GOAL_GROWTH}: {_met(whole.cpu <= GOAL_GROWTH * quarter.cpu)}"""
    )


def _met(is_met: bool) -> str:
    return "met" if is_met else "not met"


def main(series: int) -> None:
    """Make the panel, then measure each job in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "panel.duckdb"
        measures = [context.Process(target=_measure, args=(database, series, job)) for job in JOBS]
        for process in [context.Process(target=_prepare, args=(database, series)), *measures]:
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(process.exitcode)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

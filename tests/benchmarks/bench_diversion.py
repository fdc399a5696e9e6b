"""Time and peak memory of the default diversion run: all HS6 x partners, every cut, 999 draws, placebo, table written.

Run `python -m tests.benchmarks.bench_diversion [runs]` beside the development figures. The marts are made in a process
of their own, and each run is a fresh process, so that peak memory is that of the run alone.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from assets.methods.diversion import build_diversion_flags
from assets.warehouse import connect
from tests.conftest import SHARED_DATA
from tests.unit.methods.diversion.marts import load_real_marts


def _prepare(database: Path) -> None:
    with connect(database) as con:
        con.execute("set enable_progress_bar = false")
        load_real_marts(con, SHARED_DATA)


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _run(database: Path) -> None:
    with connect(database) as con:
        # The first query with a parameter makes DuckDB import pandas; that is a cost of the process, not of the run.
        con.execute("select ?", [1])
        con.execute("set enable_progress_bar = false")
        started, cpu, before = time.perf_counter(), _cpu_seconds(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        report = build_diversion_flags(con)
        wall = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rows = sum(comparison.rows for comparison in report.comparisons)
        print(
            f"{wall:.1f} s wall, {_cpu_seconds() - cpu:.1f} s CPU, peak {peak / 1024:.0f} MB "
            f"({before / 1024:.0f} MB before), {rows} rows, load {os.getloadavg()[0]:.1f}"
        )


def main(runs: int) -> None:
    """Prepare the marts once, then measure `runs` fresh processes."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "warehouse" / "benchmark.duckdb"
        for step in (_prepare, *[_run] * runs):
            process = context.Process(target=step, args=(database,))
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(process.exitcode)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)

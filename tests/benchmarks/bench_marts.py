"""Many months of synthetic archives to commodity marts, and one more month against building all of them anew.

The months are taken in as a refresh would, and built by dbt with the data tests of the commodity models. The last month
is added to a warehouse of those before it; then everything is built from nothing, and each table of the two is compared row
by row. Every dbt build is a process of its own, one model at a time, so that times are those of one model and the peak
memory is that of a build. Work is the CPU time of the models and their tests, which other work on the machine disturbs
least; imports, parsing of the project and dbt between the models are told apart. Not a test: only unequal tables fail.

    python -m tests.benchmarks.bench_marts --months 24 --imports 200000 --exports 70000 --last 2025-12
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb

from assets.home import HOME_VARIABLE, Home
from assets.parsing.bulk_layouts import Flow
from assets.parsing.recognise import SOURCES, datasets
from assets.store.lake import ensure_dataset, lake_schema
from assets.store.landing import receive, waiting_files
from assets.store.ledger import LedgerRow, ensure_ledger
from assets.store.parse import parse_stored
from tests.commodity_tables import MODELS, TABLES
from tests.synthetic.bulk import write_synthetic

FLOWS: tuple[Flow, ...] = ("imports", "exports")
SHOWN = 16


@dataclass
class Built:
    """What one dbt build took: CPU seconds of each model and test by name, and of all around them."""

    models: dict[str, float] = field(default_factory=dict)
    tests: dict[str, float] = field(default_factory=dict)
    imports: float = 0
    parsing: float = 0
    build: float = 0
    wall: float = 0
    peak_mb: float = 0

    @property
    def work(self) -> float:
        return sum(self.models.values()) + sum(self.tests.values())


@dataclass
class TakenIn:
    """What taking in archives gave."""

    seconds: float
    rows: list[LedgerRow]

    @property
    def lines(self) -> int:
        return sum(row.rows_read for row in self.rows)

    @property
    def kept(self) -> int:
        return sum(row.rows_accepted for row in self.rows)


def archives(folder: Path, months: list[date], lines: dict[Flow, int]) -> dict[date, list[Path]]:
    """The archives of each month; those that the folder has already are not written again."""
    found: dict[date, list[Path]] = {month: [] for month in months}
    for flow, count in lines.items():
        own = folder / f"{flow}-{count}"
        own.mkdir(parents=True, exist_ok=True)
        for month in months:
            path = own / f"{'IM' if flow == 'imports' else 'EX'}DB{month:%y%m}.ZIP"
            if not path.exists():
                unfinished = own / "unfinished"
                unfinished.mkdir(exist_ok=True)
                write_synthetic(unfinished, flow, month, count).replace(path)
            found[month].append(path)
    return found


def take_in(home: Home, paths: list[Path]) -> TakenIn:
    """Land the archives and parse them into the lake."""
    home.landing.mkdir(parents=True, exist_ok=True)
    for path in paths:
        os.link(path, home.landing / path.name)
    now = datetime(2026, 11, 1, tzinfo=UTC)
    started = time.perf_counter()
    refused = receive(home, waiting_files(home, None), now).refused
    rows = [row for flow in FLOWS for row in parse_stored(home, f"census_bulk_{flow}", now)]
    refused += [row for row in rows if row.status != "accepted"]
    if refused:
        sys.exit(f"refused: {refused[0].file_name}: {refused[0].reason}")
    return TakenIn(time.perf_counter() - started, rows)


def empty_lake(home: Home) -> None:
    """Every dataset without rows, so that all models find their columns."""
    ensure_ledger(home.lake)
    for source in SOURCES:
        for dataset, schema in datasets(source).items():
            ensure_dataset(home.lake, dataset, lake_schema(schema))


def build(home: Home) -> Built:
    """Build the commodity models and run their data tests in a fresh process."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_build, args=(home, sender))
    process.start()
    sender.close()
    try:
        built: Built = receiver.recv()
    except EOFError:
        sys.exit("dbt failed")
    process.join()
    return built


def _build(home: Home, sender: Connection) -> None:
    os.environ[HOME_VARIABLE] = str(home.root)
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    built = Built()
    started = time.process_time()
    import dbt.cli.main  # noqa: F401, PLC0415 - what the import takes is measured

    from assets.dbt_runner import run_dbt  # noqa: PLC0415

    built.imports, started = time.process_time() - started, time.process_time()
    for _ in run_dbt(home, "parse"):
        pass
    built.parsing, started = time.process_time() - started, time.process_time()
    wall = time.perf_counter()
    selection = ["--select", *MODELS, "--indirect-selection", "cautious", "--exclude", "resource_type:unit_test"]
    node_started = started
    for event in run_dbt(home, "build", [*selection, "--threads", "1"]):
        if event["info"]["name"] == "NodeStart":
            node_started = time.process_time()
        elif event["info"]["name"] == "NodeFinished":
            node = event["data"]["node_info"]
            kind = built.tests if node["resource_type"] == "test" else built.models
            kind[node["node_name"]] = time.process_time() - node_started
    built.build, built.wall = time.process_time() - started, time.perf_counter() - wall
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    built.peak_mb = int(next(line.split()[1] for line in status if line.startswith("VmHWM"))) / 1000
    sender.send(built)


def differences(one: Path, other: Path) -> list[str]:
    """The tables that are not the same rows in two warehouses."""
    with duckdb.connect() as con:
        con.execute(f"attach '{one}' as one (read_only); attach '{other}' as other (read_only)")
        unequal = []
        for table in TABLES:
            one_only = f"from one.{table} except all from other.{table}"
            other_only = f"from other.{table} except all from one.{table}"
            if con.execute(f"from ({one_only}) union all from ({other_only}) limit 1").fetchone() is not None:
                unequal.append(table)
        return unequal


def rows_of(warehouse: Path) -> int:
    """Rows of all compared tables."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        counts = " union all ".join(f"select count(*) as rows from {table}" for table in TABLES)
        found = con.execute(f"select sum(rows) from ({counts})").fetchone()
        return int(found[0]) if found else 0


def report_lake(home: Home, taken: list[TakenIn]) -> None:
    lines, seconds = sum(part.lines for part in taken), sum(part.seconds for part in taken)
    print(f"taken in: {lines:,} lines in {seconds:.1f} s, {lines / seconds:,.0f} lines/s")
    for flow in FLOWS:
        source = f"census_bulk_{flow}"
        kept = sum(row.rows_accepted for part in taken for row in part.rows if row.source == source)
        size = sum(path.stat().st_size for path in (home.lake / source).rglob("*.parquet"))
        print(f"  {flow}: {kept:,} lines with trade in their month, {size / kept:.1f} Parquet bytes each")


def report_build(title: str, built: Built, lines: int) -> None:
    models, tests = sum(built.models.values()), sum(built.tests.values())
    print(
        f"{title}: {built.work:.1f} s of work ({models:.1f} models, {tests:.1f} tests), {lines / built.work:,.0f} lines/s, "
        f"{built.wall:.1f} s wall with dbt, peak {built.peak_mb:.0f} MB"
    )
    around = built.build - built.work
    print(f"  fixed: imports {built.imports:.1f} s, parsing {built.parsing:.1f} s, dbt around the work {around:.1f} s")


def report_ratio(more: Built, full: Built) -> None:
    print(f"everything / one more month, work      {full.work / more.work:6.1f}  (goal: at least 12)")
    print(f"everything / one more month, wall      {full.wall / more.wall:6.1f}")
    print("  CPU seconds by model or test: everything, one more month")
    seconds = {**full.models, **full.tests}
    added = {**more.models, **more.tests}
    for name in sorted(seconds, key=lambda name: -max(seconds[name] / full.work, added[name] / more.work))[:SHOWN]:
        print(f"    {name:45s} {seconds[name]:7.2f} {added[name]:7.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--imports", type=int, default=200_000, help="lines of each archive of imports")
    parser.add_argument("--exports", type=int, default=70_000, help="lines of each archive of exports")
    parser.add_argument("--last", default="2025-12", help="the last month, which is added on its own")
    parser.add_argument("--archives", type=Path, help="folder in which archives are kept for the next run")
    options = parser.parse_args()
    newest = date.fromisoformat(f"{options.last}-01")
    ends = [divmod(12 * newest.year + newest.month - 1 - back, 12) for back in reversed(range(options.months))]
    months = [date(year, month + 1, 1) for year, month in ends]
    with tempfile.TemporaryDirectory(dir=options.archives) as name:
        found = archives(
            options.archives or Path(name), months, {"imports": options.imports, "exports": options.exports}
        )
        home, anew = Home(Path(name) / "home"), Home(Path(name) / "anew")
        empty_lake(home)
        taken = [take_in(home, [path for month in months[:-1] for path in found[month]])]
        build(home)
        taken.append(take_in(home, found[newest]))
        more = build(home)
        anew.root.mkdir()
        anew.lake.symlink_to(home.lake)
        full = build(anew)
        report_lake(home, taken)
        report_build(f"everything, {options.months} months", full, sum(part.kept for part in taken))
        report_build(f"one more month, {options.last}", more, taken[-1].kept)
        report_ratio(more, full)
        unequal = differences(home.warehouse, anew.warehouse)
        print(f"{rows_of(anew.warehouse):,} rows in {len(TABLES)} tables, unequal: {', '.join(unequal) or 'none'}")
        if unequal:
            sys.exit(1)


if __name__ == "__main__":
    main()

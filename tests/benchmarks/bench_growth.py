"""How much one more month costs in storage: raw store, lake, warehouse, publication, Parquet, history, run history.

Synthetic archives of imports and exports and a re-issue of the bundled country workbook are landed and refreshed, month
after month, by the command that an operator uses; each folder is measured before and after. The archives are invented, so
this works in a folder of its own. Not a test: only a refresh that fails ends it.

    python -m tests.benchmarks.bench_growth --months 2026-08 2026-09 --imports 3500000 --exports 1200000
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from assets.home import HOME_VARIABLE, PROJECT_ROOT, Home
from assets.upkeep.leftovers import size_of
from tests.files import reissued_workbook, told
from tests.synthetic.bulk import write_synthetic

TRADEWAKE = Path(sys.executable).with_name("tradewake")


def main() -> None:
    """Measure the growth of each month and print it."""
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        home = Home(Path(folder) / "data")
        if options.start:
            shutil.copytree(options.start, home.root)
        took = _refresh(home)
        before = sizes(home)
        _print("bundled figures", took, before, before)
        for number, month in enumerate(options.months, start=1):
            day = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
            home.landing.mkdir(exist_ok=True)
            write_synthetic(home.landing, "imports", day, options.imports)
            write_synthetic(home.landing, "exports", day, options.exports)
            told(
                reissued_workbook(home.landing / f"country-{month}.csv", number), retrieved_at=f"2026-09-{10 + number}"
            )
            took = _refresh(home)
            after = sizes(home)
            _print(month, took, after, {name: size - before[name] for name, size in after.items()})
            before = after


def sizes(home: Home) -> dict[str, int]:
    """Bytes of each part of a data folder; a publication in history shares its bytes with none that is there still."""
    published = home.published_folder
    exports = sorted((published / "parquet").glob("[0-9]*"))
    places = {
        "raw": home.raw,
        "lake": home.lake,
        "warehouse": home.warehouse.parent,
        "published file": home.published,
        "newest Parquet copy": exports[-1],
        "all Parquet copies": published / "parquet",
        "history": published / "history",
        "dbt": home.dbt_target,
        "run history": home.dagster,
    }
    return {name: size_of(path) if path.exists() else 0 for name, path in places.items()}


def _refresh(home: Home) -> float:
    started = time.monotonic()
    environment = {key: value for key, value in os.environ.items() if key != "DAGSTER_HOME"}
    done = subprocess.run(
        [str(TRADEWAKE), "refresh", "--strict"],
        env={**environment, HOME_VARIABLE: str(home.root)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.monotonic() - started


def _print(title: str, took: float, now: dict[str, int], grown: dict[str, int]) -> None:
    sys.stdout.write(f"\n{title}: refreshed in {took:.0f} s\n")
    for name, size in now.items():
        sys.stdout.write(f"  {name:22} {size / 1e6:10,.1f} MB  {grown[name] / 1e6:+10,.1f} MB\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--months", nargs="+", default=["2026-08", "2026-09"], help="months to add, one after the other"
    )
    parser.add_argument("--imports", type=int, default=3_500_000, help="detail lines of an imports archive")
    parser.add_argument("--exports", type=int, default=1_200_000, help="detail lines of an exports archive")
    parser.add_argument("--start", type=Path, help="a built data folder to start from (copied); default: an empty one")
    parser.add_argument("--folder", type=Path, help="where to work; default: the folder for temporary files")
    return parser.parse_args()


if __name__ == "__main__":
    main()

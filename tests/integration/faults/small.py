"""The project with a few of its bundled figures: the same code and the same stages, at a third of the time.

Faults are tried on it by default. Only how it is made, run and looked at belongs here, not what is done to it.
"""

import compileall
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from assets.home import HOME_VARIABLE, PROJECT_ROOT, Home
from assets.parsing.recognise import SOURCES
from assets.store.lake import dataset_file
from assets.store.ledger import read_ledger
from assets.store.origin import ORIGIN_SUFFIX
from assets.store.raw_store import is_intact, stored
from tests.files import reissued_workbook

LEFT_OUT = ("country_vintage_201*", "country_vintage_2023*", "country_vintage_2024*", "DataWeb_*", "imports_*", "IMDB*")
START = "from orchestration.cli import main; main()"
START_ON = """
import sys, time_machine
day = sys.argv.pop(1)
with time_machine.travel(day):
    from orchestration.cli import main
    main()
"""


@dataclass(frozen=True)
class Project:
    """The project's code in the folder that Python imports it from."""

    root: Path

    def environment(self, home: Home) -> dict[str, str]:
        """The environment of a command on a data folder."""
        inherited = {key: value for key, value in os.environ.items() if key != "DAGSTER_HOME"}
        own = {HOME_VARIABLE: str(home.root), "PYTHONPATH": str(self.root), "PYTHONUNBUFFERED": "1", "COLUMNS": "160"}
        return {**inherited, **own}

    def start(self, home: Home, *arguments: str, clock: str | None = None) -> subprocess.Popen[str]:
        """Start the command in a process group of its own, all its output in one pipe; `clock` is where its clock begins."""
        program = [START] if clock is None else [START_ON, clock]
        return subprocess.Popen(
            [sys.executable, "-c", *program, *arguments],
            env=self.environment(home),
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, home: Home, *arguments: str, clock: str | None = None) -> tuple[int, str]:
        """Run the command to its end; returns its exit code and output."""
        with self.start(home, *arguments, clock=clock) as process:
            output, _ = process.communicate()
        return process.returncode, output


def small_project(root: Path) -> Project:
    """Copy the code with the bundled country table of 2026 and the headline series alone."""
    for part in ("assets", "orchestration", "dbt_project"):
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs", *LEFT_OUT)
        shutil.copytree(PROJECT_ROOT / part, root / part, ignore=ignored)
    for file in ("workspace.yaml", "pyproject.toml"):
        shutil.copy(PROJECT_ROOT / file, root / file)
    compileall.compile_dir(root, quiet=2)
    return Project(root)


def reissue(home: Home, millions: float = 1, retrieved_on: str = "2026-09-17") -> None:
    """Land the newest country table as if it came out again two weeks later, with Canada's July 2026 $1 million higher."""
    home.landing.mkdir(parents=True, exist_ok=True)
    path = home.landing / f"country-{retrieved_on}.csv"
    origin = {"publisher": "U.S. Census Bureau", "retrieved_at": f"{retrieved_on}T13:00:00Z"}
    path.with_name(path.name + ORIGIN_SUFFIX).write_text(json.dumps(origin), encoding="utf-8")
    reissued_workbook(path, millions)


def copy_of(home: Home, root: Path) -> Home:
    """A data folder with the same content."""
    shutil.copytree(home.root, root)
    return Home(root)


def query(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the published file."""
    with duckdb.connect(str(home.published), read_only=True) as con:
        return con.execute(sql).fetchall()


def content_hash(home: Home) -> str | None:
    """Hash of what is published; None while nothing is."""
    if not home.published.exists():
        return None
    return str(query(home, "select content_hash from meta.published_manifest")[0][0])


def half_written(home: Home) -> list[str]:
    """What a reader could see that is not whole: raw files, ledger and lake, publication and export."""
    found = [f"raw {file.sha256}" for source in SOURCES for file in stored(home.raw, source) if not is_intact(file)]
    for row in read_ledger(home.lake).values():
        if row.status == "accepted" and row.source and row.vintage:
            path = dataset_file(home.lake, row.source, row.vintage, row.file_id)
            if not path.exists() or _rows(path) < row.rows_accepted:
                found.append(f"lake {row.file_name}")
    if home.published.exists():
        counts = json.loads(query(home, "select row_counts from meta.published_manifest")[0][0])
        found += [table for table, rows in counts.items() if query(home, f"select count(*) from {table}") != [(rows,)]]
    pointer = home.published_folder / "parquet" / "current.json"
    if pointer.exists():
        current = json.loads(pointer.read_text())
        files = [pointer.parent / current["folder"] / f"{table}.parquet" for table in current["tables"]]
        found += [f"export {file.name}" for file in files if _rows(file) < 0]
    return found


def _rows(file: Path) -> int:
    """Rows of a Parquet file, read in full; one below none when it cannot be read."""
    try:
        return int(pq.ParquetFile(file).read().num_rows)
    except (OSError, ValueError):
        return -1

"""Each check of the doctor in its good and its bad case, and the whole command on a folder."""

import json
import os
import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from packaging.specifiers import SpecifierSet
from typer.testing import CliRunner

from assets.home import HOME_VARIABLE, PROJECT_ROOT, Home
from assets.store.coverage import Coverage
from assets.store.landing import Waiting
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.writer_lock import Holder
from assets.upkeep import figures, machine
from assets.upkeep.doctor import examine
from assets.upkeep.finding import Finding
from assets.upkeep.leftovers import Leftover
from orchestration.cli import app
from orchestration.instance_folder import FOLDER
from tests.unit.store.test_writer_lock import hold

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
HOLDER = Holder(4711, "2026-11-23T02:30:00+00:00", "")


def _fine(finding: Finding, *words: str) -> None:
    assert finding.is_fine, finding
    assert all(word in finding.words for word in words), finding


def _ill(finding: Finding, *words: str) -> None:
    assert not finding.is_fine
    assert all(word in f"{finding.words} {finding.todo}" for word in words), finding


def test_python() -> None:
    _fine(machine.python((3, 11)))
    _fine(machine.python((3, 13)))
    _ill(machine.python((3, 10)), "Python 3.10", "3.11 to 3.13")
    _ill(machine.python((3, 14)))
    required = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    for minor in range(9, 20):
        assert (f"3.{minor}" in SpecifierSet(required)) == machine.python((3, minor)).is_fine


def test_packages() -> None:
    _fine(machine.packages({"duckdb": "1.5.5"}, {"duckdb": "1.5.5", "pip": "26"}), "2 packages")
    _ill(machine.packages({"duckdb": "1.5.5"}, {"duckdb": "1.5.4"}), "duckdb 1.5.4 instead of 1.5.5", "uv sync")
    assert machine.pinned_packages()["pyarrow"] == machine.installed_packages()["pyarrow"]
    assert machine.pinned_packages(Path("/nowhere/pyproject.toml")) == {}


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWAKE_WEBHOOK_URL", "https://example.org/hidden-key")
    _fine(machine.settings(), "automation off", "alerts are posted")
    assert "hidden-key" not in machine.settings().words
    monkeypatch.setenv("TRADEWAKE_FETCH", "sometimes")
    _ill(machine.settings(), "TRADEWAKE_FETCH")


def test_disk(home: Home) -> None:
    _fine(machine.disk(5_000_000_000, 1_000_000_000), "5.0 GB free")
    _ill(machine.disk(900_000_000, 1_000_000_000), "0.9 GB free", "tradewake tidy")
    assert machine.needed_bytes(home) == machine.LEAST_FREE
    home.warehouse.parent.mkdir(parents=True)
    with home.warehouse.open("wb") as file:
        file.truncate(700_000_000)
    assert machine.needed_bytes(home) == 1_400_000_000


def test_lock() -> None:
    _fine(machine.lock(held=False, holder=None, now=NOW), "Nobody writes")
    _fine(machine.lock(held=True, holder=HOLDER, now=NOW), "4711", "02:30")
    _ill(machine.lock(held=True, holder=HOLDER, now=NOW + timedelta(hours=4)), "more than 3 hours", "4711")
    _ill(machine.lock(held=False, holder=HOLDER, now=NOW), "did not come to its end", "tradewake refresh")


def test_database(tmp_path: Path) -> None:
    path = tmp_path / "trade.duckdb"
    _ill(machine.database("published file", path, held=False), "not there", "tradewake refresh")
    with duckdb.connect(str(path)) as con:
        con.execute("create table t as from range(1000)")
    _fine(machine.database("published file", path, held=False), "opens")
    path.write_bytes(b"\0" * 20_000)
    _ill(machine.database("published file", path, held=False), "cannot be opened", "tradewake rebuild")
    _fine(machine.database("warehouse", path, held=True), "being written")


def test_a_database_that_another_process_writes_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "trade.duckdb"
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "open\n"
        _ill(machine.database("warehouse", path, held=False), "cannot be opened", "Close the program")


def test_leftovers() -> None:
    some = [Leftover(Path("raw/fred/.incoming-x"), 2_000_000, "file that was not taken in")]
    _fine(machine.clutter([], held=False), "none")
    _fine(machine.clutter(some, held=True), "while a process writes")
    _ill(machine.clutter(some, held=False), "2.0 MB", ".incoming-x", "tradewake tidy")


def test_run_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "dagster"
    _fine(machine.instance(folder, shared=False), "none yet")
    folder.mkdir()
    (folder / "dagster.yaml").write_text((FOLDER / "dagster.yaml").read_text())
    _fine(machine.instance(folder, shared=False), "SQLite")
    _ill(machine.instance(folder, shared=True), "environment names PostgreSQL", "Remove")
    monkeypatch.setattr(machine, "LARGEST_HISTORY", 10)
    _ill(machine.instance(folder, shared=False), "tradewake tidy")
    monkeypatch.undo()
    (folder / "dagster.yaml").write_text((FOLDER / "dagster.postgres.yaml").read_text())
    _fine(machine.instance(folder, shared=True), "PostgreSQL")
    _ill(machine.instance(folder, shared=False), "does not name it")


def _row(small: Home, **changes: object) -> LedgerRow:
    row = next(row for row in read_ledger(small.lake).values() if row.file_name == "country.csv")
    return LedgerRow(**{**row.__dict__, **changes})


def test_releases(small: Home) -> None:
    """October 2025 came on 2026-01-08, November on 2026-01-29 (methods section 11)."""
    row = _row(small, newest_reference_month=date(2025, 10, 1))
    _fine(figures.releases([row], date(2026, 1, 28)), "October 2025", "29 January 2026")
    _ill(figures.releases([row], date(2026, 1, 29)), "2025-11", "landing/")
    _ill(figures.releases([row], date(2026, 3, 12)), "2025-11 to 2026-01")
    _ill(figures.releases([_row(small, status="refused")], date(2026, 1, 28)), "No partner detail")


def test_publication() -> None:
    _fine(figures.publication("a", "a"))
    _ill(figures.publication("a", "b"), "stale", "tradewake refresh")
    _ill(figures.publication(None, "b"), "Nothing was published")


def test_months() -> None:
    month = date(2025, 11, 1)
    _fine(figures.months([Coverage("census_api", "imports HS6", frozenset({month}), (), month)]))
    lacking = Coverage("census_api", "imports HS6", frozenset(), (month,), month)
    _ill(figures.months([lacking]), "census_api imports HS6: 2025-11", "tradewake fetch")


def test_refused_files(small: Home) -> None:
    rows = list(read_ledger(small.lake).values())
    _ill(figures.files(rows), "broken.csv", "9999", "page.xlsx", "HTML")
    _fine(figures.files([row for row in rows if row.status != "refused"]))


def test_waiting_files() -> None:
    _fine(figures.waiting([]))
    _ill(
        figures.waiting([Waiting(Path("landing/country.xlsx"), "landed", "country.xlsx")]),
        "country.xlsx",
        "tradewake refresh",
    )


def test_clock() -> None:
    _fine(figures.clock([], NOW))
    _fine(figures.clock([NOW], NOW))
    _ill(figures.clock([NOW, NOW + timedelta(hours=2)], NOW), "2026-11-23 05:00", "Set the clock")
    _fine(figures.clock([NOW, NOW + timedelta(days=26_500)], NOW), "2099", "dates no later file")
    _ill(figures.clock([NOW], datetime(2000, 1, 1, tzinfo=UTC)), "2026-11-23", "Set the clock")


def test_the_command_tells_all_and_changes_nothing(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(small.root))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    before = sorted(small.root.rglob("*"))
    told = CliRunner().invoke(app, ["doctor"])
    assert told.exit_code == 1
    assert "broken.csv" in told.output and "-> Run tradewake refresh." in told.output
    answer = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    assert not answer["fine"]
    assert {one["check"]: one["fine"] for one in answer["findings"]}["packages"]
    assert sorted(small.root.rglob("*")) == before


def test_a_process_that_writes_is_named(small: Home) -> None:
    with hold(small, 30) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        found = {one.check: one for one in examine(small, small.dagster, datetime.now(UTC), shared=False)}
        _fine(found["lock"], f"process {other.pid} ")
        os.kill(other.pid, 9)
        other.wait()
    found = {one.check: one for one in examine(small, small.dagster, datetime.now(UTC), shared=False)}
    _ill(found["lock"], f"process {other.pid} ", "did not come to its end")

"""Readers while publications happen: each sees one publication whole, none sees an error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from assets.contracts.meta import SOURCE_FILE
from assets.home import PROJECT_ROOT, Home
from assets.publication.publish import publish
from tests.conftest import Tally

READERS, PUBLICATIONS = 10, 20
TABLES = ("marts.partner_month", "marts.other", "flags.record", "claims.verdict")
READ = """
import json, sys, time
from pathlib import Path
import duckdb
published, stop = Path(sys.argv[1]), Path(sys.argv[2])
tables = sys.argv[3:]
print("ready", flush=True)
reads, torn, errors, seen = 0, 0, [], set()
while not stop.exists():
    try:
        with duckdb.connect(str(published), read_only=True, config={"threads": 1, "memory_limit": "200MB"}) as con:
            found = set()
            for table in tables:
                found |= set(con.execute(f"select distinct generation from {table}").fetchall())
                rows = con.execute(f"select count(*) from {table}").fetchall()[0][0]
                counts = con.execute("select row_counts from meta.published_manifest").fetchall()[0][0]
                torn += rows != json.loads(counts)[table]
            torn += len(found) != 1
            seen |= found
            reads += 1
    except duckdb.Error as problem:
        errors.append(str(problem))
    time.sleep(0.05)
print(json.dumps({"reads": reads, "torn": torn, "errors": errors, "seen": len(seen)}))
"""


def _fill(home: Home, generation: int, rows: int) -> None:
    """All tables of one generation, in one transaction; the number of rows tells the generation too."""
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home.warehouse)) as con:
        for table in TABLES:
            con.execute(f"create schema if not exists {table.split('.')[0]}")
            con.execute(
                f"create or replace table {table} as select {generation} as generation, i, "
                f"date '2026-07-01' as reference_month from range({rows + generation}) as _(i)"
            )
        con.execute(SOURCE_FILE.create_sql())


@pytest.mark.parametrize("rows", [10_000, pytest.param(1_000_000, marks=pytest.mark.scale)])
def test_ten_readers_of_twenty_publications(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    macros = tmp_path / "as_of.sql"
    macros.write_text("create macro marts.upto(day) as table select * from marts.partner_month")
    monkeypatch.setattr("assets.publication.publish.AS_OF_MACROS", macros)
    home, stop = Home(tmp_path / "data"), tmp_path / "stop"
    _fill(home, 0, rows)
    publish(home, "0")
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READ, str(home.published), str(stop), *TABLES],
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        for _ in range(READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
        for generation in range(1, PUBLICATIONS + 1):
            _fill(home, generation, rows)
            publish(home, str(generation))
    finally:
        stop.touch()
        told = [json.loads(reader.communicate()[0]) for reader in readers]
    assert [one["errors"] for one in told] == [[]] * READERS
    assert sum(one["torn"] for one in told) == 0
    assert all(one["seen"] > 1 for one in told), "a reader saw no change"
    tally["publications while ten readers read"] += PUBLICATIONS
    tally["reads served, none torn, no error"] += sum(one["reads"] for one in told)

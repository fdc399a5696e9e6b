"""Whether the published file and its Parquet copy still hold what was published.

Here belongs comparing them with the manifest inside; how the hash is made is in `assets/publication/publish.py`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from assets.contracts.meta import PUBLISHED_MANIFEST
from assets.home import Home
from assets.publication.publish import PARQUET_FOLDER, PUBLISHED_SCHEMAS, changes_beside, hashes_of
from assets.sql_text import identifier, literal
from assets.upkeep.verify import Damage
from assets.warehouse import connect

REMEDY = "tradewake rebuild publishes it again; the five publications before are in published/history/."

CHANGES = "a client that opened the published file to write left changes here; readers see them as published"
SET_ASIDE = (
    "Close the program that opened the file (DBeaver, the DuckDB UI or command line), then run tradewake tidy, which "
    "moves the changes to published/history/. Open the file read-only: see README."
)

_MANIFEST = f"{PUBLISHED_MANIFEST.schema}.{PUBLISHED_MANIFEST.name}"


def verify_published(home: Home) -> list[Damage]:
    """Recompute the content hash of the published file and of the Parquet copy; no damage where nothing is published."""
    if not home.published.exists():
        return []
    short = home.published.relative_to(home.root).as_posix()
    if changes_beside(home).exists():
        # Whoever opens the file now reads the changes too: what was published cannot be compared.
        return [Damage("published", f"{short}.wal", CHANGES, SET_ASIDE)]
    try:
        with connect(home.published, read_only=True) as con:
            (recorded,) = con.execute(f"select rows_hash from {_MANIFEST}").fetchone() or (None,)
            found = hashes_of(con, _tables(con)).rows
    except duckdb.Error as problem:
        return [Damage("published", short, f"cannot be read: {_first_line(problem)}", REMEDY)]
    if found != recorded:
        return [Damage("published", short, f"the content no longer has the hash in {PUBLISHED_MANIFEST}", REMEDY)]
    return list(_parquet_copy(home, str(recorded)))


def _parquet_copy(home: Home, recorded: str) -> Iterator[Damage]:
    folder = home.published_folder / PARQUET_FOLDER
    short = folder.relative_to(home.root).as_posix()
    try:
        pointer = json.loads((folder / "current.json").read_text(encoding="utf-8"))
        current, tables = folder / pointer["folder"], [name for name in pointer["tables"] if name != _MANIFEST]
    except (OSError, ValueError, KeyError) as problem:
        yield Damage("published", f"{short}/current.json", f"cannot be read: {problem}", REMEDY)
        return
    try:
        found = _hash_of_files(current, sorted(tables))
    except duckdb.Error as problem:
        yield Damage("published", f"{short}/{current.name}", f"cannot be read: {_first_line(problem)}", REMEDY)
        return
    if found != recorded:
        yield Damage("published", f"{short}/{current.name}", "other content than the published file", REMEDY)


def _hash_of_files(folder: Path, tables: list[str]) -> str:
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as con:
        con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
        for name in tables:
            con.execute(f"create schema if not exists {identifier(name.split('.')[0])}")
            file = literal(folder / f"{name}.parquet")
            con.execute(f"create view {name} as from read_parquet({file}, hive_partitioning = false)")
        return hashes_of(con, tables).rows


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where list_contains(?, schema_name) "
        "order by schema_name, table_name",
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    return [name for (name,) in rows if name != _MANIFEST]


def _first_line(problem: duckdb.Error) -> str:
    return str(problem).splitlines()[0]

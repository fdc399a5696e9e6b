"""Publishing: copy the tables that people read into a fresh file, prove its content by a hash, swap it in.

Readers that hold the old file go on undisturbed; new ones open the new file. The last files are kept. A Parquet
export with the same content stands beside it. Everything published is read-only (mode 0444) and has plain types.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import duckdb

from assets.contracts.flags import REVISION_REPORT
from assets.contracts.meta import PUBLISHED_MANIFEST, SOURCE_FILE
from assets.contracts.models import marts
from assets.contracts.tariffs import TARIFF_PRODUCT_MONTH
from assets.fingerprint import code_fingerprint
from assets.home import Home
from assets.methods.revisions import report as revisions
from assets.methods.tariffs import macro_sql
from assets.sql_text import identifier, literal
from assets.store.clock import never_back
from assets.store.files import flush_folder, write_atomically
from assets.warehouse import THREADS, connect

PUBLISHED_SCHEMAS = ("marts", "flags", "claims", "meta")
HASHED_SCHEMAS = ("marts", "flags", "claims")
"""What the content hash is over: figures and what is said of them. `meta` tells of files, not of figures."""
KEPT_PUBLICATIONS = 5
READ_ONLY = 0o444
PLAIN_TYPES = {"JSON": "varchar", "TIMESTAMP WITH TIME ZONE": "timestamp"}
"""Types that other clients read as bytes or not at all, and what is published instead: JSON as text, moments in UTC."""
AS_OF_MACROS = Path(__file__).with_name("as_of.sql")
PARQUET_FOLDER = "parquet"
HISTORY_FOLDER = "history"
STAMP = "%Y%m%dT%H%M%S%fZ"
"""Names by time sort by time, because no publication is recorded earlier than the one before, whatever the clock says."""
_KEPT = re.compile(r"trade-(\d{8}T\d{12}Z)\.duckdb")
_EXPORT = re.compile(r"(\d{8}T\d{12}Z)-[0-9a-f]+")


@dataclass(frozen=True)
class Publication:
    """What was published: the file, its content hash, rows by table and the newest month in it."""

    path: Path
    content_hash: str
    row_counts: dict[str, int]
    newest_reference_month: date | None


def publish(home: Home, input_fingerprint: str) -> Publication:
    """Publish what the warehouse holds; the file that stood before is kept in `history/`.

    Raises duckdb.Error, and leaves the published file as it was, when the warehouse cannot be read.
    """
    folder = home.published_folder
    folder.mkdir(parents=True, exist_ok=True)
    moment = never_back(datetime.now(UTC), _recorded_moments(home))
    handle, name = tempfile.mkstemp(prefix=".trade.", suffix=".duckdb", dir=folder)
    os.close(handle)
    fresh = Path(name)
    fresh.unlink()
    try:
        with connect(fresh) as con:
            # A fifth of the time of copying for no difference in size.
            con.execute("set disabled_compression_methods = 'dict_fsst'")
            con.execute(f"attach {literal(home.warehouse)} as warehouse (read_only)")
            tables = _copy_tables(con)
            con.execute("detach warehouse")
            hashes = hashes_of(con, tables)
            counts = {table: _count(con, table) for table in tables}
            newest = _write_manifest(con, hashes, input_fingerprint, counts, moment)
            con.execute(AS_OF_MACROS.read_text(encoding="utf-8"))
            if TARIFF_PRODUCT_MONTH.relation in tables:
                con.execute(macro_sql())
            if REVISION_REPORT.relation in tables:
                con.execute(revisions.macro_sql())
            exported = [*tables, str(PUBLISHED_MANIFEST)]
            export = f"{moment:{STAMP}}-{hashes.content[:12]}"
            _export_parquet(con, folder / PARQUET_FOLDER / export, exported)
            con.execute("checkpoint")
        with fresh.open("rb+") as stream:
            os.fsync(stream.fileno())
        # The file's time names it in history one day: it must not depend on a clock that was set back.
        os.utime(fresh, (moment.timestamp(), moment.timestamp()))
        _swap(home, fresh)
        # After the database: whoever follows the pointer never reads what is not published yet.
        _point_at(home, export, exported)
    finally:
        fresh.unlink(missing_ok=True)
        fresh.with_name(fresh.name + ".wal").unlink(missing_ok=True)
    return Publication(home.published, hashes.content, counts, newest)


def stamp_of(home: Home) -> str | None:
    """The name that the present publication has, or will have, in history; None before the first."""
    if not home.published.exists():
        return None
    return f"{datetime.fromtimestamp(home.published.stat().st_mtime, UTC):{STAMP}}"


def publication_from(home: Home, stamp: str) -> Path | None:
    """The publication of that name in history, or the oldest kept that is newer; None if the present one is."""
    return next((file for made, file in _history(home) if f"{made:{STAMP}}" >= stamp), None)


@dataclass(frozen=True)
class Hashes:
    """Of the figures and what is said of them, and of all rows."""

    content: str
    rows: str


def hashes_of(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> Hashes:
    """The hashes of tables named `schema.table`."""
    hashes = {table: _table_hash(con, table) for table in tables}
    content = {table: found for table, found in hashes.items() if table.split(".")[0] in HASHED_SCHEMAS}
    return Hashes(_joined(content), _joined(hashes))


def changes_beside(home: Home) -> Path:
    """Where DuckDB keeps the changes of a client that opened the published file to write, until it takes them in."""
    return home.published.with_name(home.published.name + ".wal")


def set_changes_aside(home: Home) -> Path | None:
    """Move a client's changes out of the way, so that no reader meets them, into history; None where there are none."""
    changes = changes_beside(home)
    if not changes.exists():
        return None
    history = home.published_folder / HISTORY_FOLDER
    history.mkdir(exist_ok=True)
    aside = history / f"changes-{datetime.fromtimestamp(changes.stat().st_mtime, UTC):{STAMP}}.wal"
    changes.replace(aside)
    for old in sorted(history.glob("changes-*.wal"))[:-KEPT_PUBLICATIONS]:
        old.unlink()
    return aside


def _joined(hashes: dict[str, str]) -> str:
    return sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()


def _recorded_moments(home: Home) -> list[datetime]:
    """When the publications that are here were made: exports and history by their names, the present file by its time."""
    moments = [made for made, _ in exports(home)] + [made for made, _ in _history(home)]
    if home.published.exists():
        moments.append(datetime.fromtimestamp(home.published.stat().st_mtime, UTC))
    return moments


def exports(home: Home) -> list[tuple[datetime, Path]]:
    """The Parquet exports with their moments, oldest first; whatever else lies there is left alone."""
    folder = home.published_folder / PARQUET_FOLDER
    return [(made, entry) for made, entry in _named(folder, _EXPORT) if entry.is_dir()]


def _history(home: Home) -> list[tuple[datetime, Path]]:
    """The publications from before with their moments, oldest first; whatever else lies there is left alone."""
    folder = home.published_folder / HISTORY_FOLDER
    return [(made, entry) for made, entry in _named(folder, _KEPT) if entry.is_file()]


def _named(folder: Path, pattern: re.Pattern[str]) -> list[tuple[datetime, Path]]:
    found = []
    for entry in folder.iterdir() if folder.is_dir() else ():
        try:
            if match := pattern.fullmatch(entry.name):
                found.append((datetime.strptime(match[1], STAMP).replace(tzinfo=UTC), entry))
        except ValueError:
            continue  # digits that are no moment: somebody else's
    return sorted(found)


def _copy_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Copy every table of the published schemas with its comments; returns `schema.table` names in order."""
    rows = con.execute(
        """
        select schema_name, table_name, comment from duckdb_tables()
        where database_name = 'warehouse' and list_contains(?, schema_name) and table_name <> 'published_manifest'
        order by schema_name, table_name
        """,
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    for schema in dict.fromkeys(schema for schema, _, _ in rows):
        con.execute(f"create schema if not exists {identifier(schema)}")
    plain = _plain_columns(con)
    _side_by_side(
        con,
        [
            f"create table {identifier(schema, table)} as "
            f"select *{plain.get((schema, table), '')} from warehouse.{identifier(schema, table)}"
            for schema, table, _ in rows
        ],
    )
    for schema, table, comment in rows:
        if comment:
            con.execute(f"comment on table {identifier(schema, table)} is {literal(comment)}")
    for schema, table, column, comment in con.execute(
        """
        select schema_name, table_name, column_name, comment from duckdb_columns()
        where database_name = 'warehouse' and list_contains(?, schema_name) and comment is not null
          and table_name <> 'published_manifest'
        """,
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall():
        con.execute(f"comment on column {identifier(schema, table, column)} is {literal(comment)}")
    return [f"{schema}.{table}" for schema, table, _ in rows]


def _plain_columns(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """The `replace` that turns the columns of a table into plain types, by schema and table."""
    columns: dict[tuple[str, str], list[str]] = {}
    for schema, table, column, kind in con.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'warehouse' and list_contains(?, data_type)",
        [list(PLAIN_TYPES)],
    ).fetchall():
        cast = f"cast({identifier(column)} as {PLAIN_TYPES[kind]}) as {identifier(column)}"
        columns.setdefault((schema, table), []).append(cast)
    return {table: f" replace ({', '.join(casts)})" for table, casts in columns.items()}


def _side_by_side(con: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> None:
    """Run statements that do not depend on each other, several at a time: one alone compresses on one core."""

    def run(statement: str) -> None:
        with con.cursor() as cursor:
            cursor.execute(statement)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(run, statements))


def _table_hash(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """Number, sum and exclusive or of the rows' hashes: independent of row order, sensitive to repeated rows.

    DOUBLE counts to single precision, because sums of floats depend on the order of threads in the last digits.
    """
    columns = con.execute(
        "select column_name, data_type from duckdb_columns() where schema_name || '.' || table_name = ? "
        "and not internal order by column_index",
        [table],
    ).fetchall()
    cells = ", ".join(f'cast("{name}" as float)' if kind == "DOUBLE" else f'"{name}"' for name, kind in columns)
    row = con.execute(
        f"select count(*), sum(cast(line as hugeint)), bit_xor(line) from (select hash({cells}) as line from {table})"
    ).fetchone()
    return ":".join(str(part) for part in row or ())


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _write_manifest(
    con: duckdb.DuckDBPyConnection,
    hashes: Hashes,
    input_fingerprint: str,
    counts: dict[str, int],
    moment: datetime,
) -> date | None:
    row = con.execute(f"select max(reference_month) from {marts.partner_month}").fetchone()
    newest: date | None = row[0] if row else None
    vintages: dict[str, list[str]] = {}
    files: dict[str, str] = {}
    for source, day, name, digest in con.execute(
        f"select source, cast(vintage as varchar), file_name, sha256 from {SOURCE_FILE} "
        "where status = 'accepted' order by source, vintage, file_name"
    ).fetchall():
        if day not in vintages.setdefault(source, []):
            vintages[source].append(day)
        files[f"{name} ({day})"] = digest
    con.execute(PUBLISHED_MANIFEST.create_sql())
    con.execute(
        f"insert into {PUBLISHED_MANIFEST} values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            moment.replace(tzinfo=None),
            hashes.content,
            hashes.rows,
            f"{version('tradewake')}+{code_fingerprint()[:12]}",
            input_fingerprint,
            newest,
            json.dumps(vintages),
            json.dumps(counts),
            json.dumps(files),
        ],
    )
    return newest


def _export_parquet(con: duckdb.DuckDBPyConnection, target: Path, tables: list[str]) -> None:
    """Write each table to the new folder `target`."""
    partial = target.with_name(f".{target.name}.part")
    partial.mkdir(parents=True)
    try:
        options = "format parquet, compression zstd, compression_level 1"
        files = [(table, partial / f"{table}.parquet") for table in tables]
        _side_by_side(con, [f"copy {table} to {literal(file)} ({options})" for table, file in files])
        for _, file in files:
            file.chmod(READ_ONLY)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _point_at(home: Home, export: str, tables: list[str]) -> None:
    """Have `current.json` name an export, and let the oldest ones go."""
    pointer = json.dumps({"folder": export, "tables": tables}, indent=1)
    write_atomically(
        home.published_folder / PARQUET_FOLDER / "current.json", lambda part: part.write_text(pointer, encoding="utf-8")
    )
    for _, old in [one for one in exports(home) if one[1].name != export][: -KEPT_PUBLICATIONS + 1]:
        shutil.rmtree(old, ignore_errors=True)


def _swap(home: Home, fresh: Path) -> None:
    """Keep the present file under its publication time, then rename the fresh one over it.

    A client's changes to the present file are moved aside: DuckDB would replay them into the fresh one.
    """
    history = home.published_folder / HISTORY_FOLDER
    history.mkdir(exist_ok=True)
    kept = _history(home)
    # A publication that was cut off between the two steps has kept the present file already.
    if home.published.exists() and not any(home.published.samefile(old) for _, old in kept):
        made = never_back(datetime.fromtimestamp(home.published.stat().st_mtime, UTC), [moment for moment, _ in kept])
        (history / f"trade-{made:{STAMP}}.duckdb").hardlink_to(home.published)
    fresh.chmod(READ_ONLY)
    set_changes_aside(home)
    fresh.replace(home.published)
    flush_folder(home.published_folder)
    for _, old in _history(home)[:-KEPT_PUBLICATIONS]:
        old.unlink()

"""Publishing: copy the tables that people read into a fresh file, prove its content by a hash, swap it in.

Readers that hold the old file go on undisturbed; new ones open the new file. The last files are kept. A Parquet
export with the same content stands beside it.
"""

import json
import os
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

from assets.fingerprint import code_fingerprint
from assets.home import Home
from assets.methods.revisions import report as revisions
from assets.methods.tariff_products import PRODUCT_MONTH
from assets.methods.tariffs import macro_sql
from assets.store.clock import never_back
from assets.store.files import flush_folder, write_atomically
from assets.warehouse import THREADS, Column, TableSpec, connect

PUBLISHED_SCHEMAS = ("marts", "flags", "claims", "meta")
KEPT_PUBLICATIONS = 5
AS_OF_MACROS = Path(__file__).with_name("as_of.sql")
PARQUET_FOLDER = "parquet"
HISTORY_FOLDER = "history"
STAMP = "%Y%m%dT%H%M%S%fZ"
"""Names by time sort by time, because no publication is recorded earlier than the one before, whatever the clock says."""

MANIFEST = TableSpec(
    schema="meta",
    name="published_manifest",
    comment="One row: what this file was made from and what it holds.",
    columns=(
        Column("published_at", "TIMESTAMP WITH TIME ZONE", "When the file was published (UTC)."),
        Column(
            "content_hash",
            "VARCHAR",
            "Hash over all rows of all tables but this one; equal inputs give equal hashes with the same version of DuckDB.",
        ),
        Column("code_version", "VARCHAR", "Version of the project and hash of the code that shaped the content."),
        Column("input_fingerprint", "VARCHAR", "SHA-256 over the ledger and the code: what the content was made from."),
        Column("newest_reference_month", "DATE", "Newest month with partner detail."),
        Column("vintages", "JSON", "Vintages of each source, oldest first."),
        Column("row_counts", "JSON", "Rows of each table."),
        Column("source_hashes", "JSON", "SHA-256 of every accepted source file, by file name and vintage."),
    ),
)


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
            con.execute(f"attach '{home.warehouse}' as warehouse (read_only)")
            tables = _copy_tables(con)
            con.execute("detach warehouse")
            content_hash = hash_of(con, tables)
            counts = {table: _count(con, table) for table in tables}
            newest = _write_manifest(con, content_hash, input_fingerprint, counts, moment)
            con.execute(AS_OF_MACROS.read_text(encoding="utf-8"))
            if f"{PRODUCT_MONTH.schema}.{PRODUCT_MONTH.name}" in tables:
                con.execute(macro_sql())
            if f"{revisions.REPORT.schema}.{revisions.REPORT.name}" in tables:
                con.execute(revisions.macro_sql())
            name = f"{moment:{STAMP}}-{content_hash[:12]}"
            _export_parquet(con, folder / PARQUET_FOLDER, name, [*tables, "meta.published_manifest"])
            con.execute("checkpoint")
        with fresh.open("rb+") as stream:
            os.fsync(stream.fileno())
        # The file's time names it in history one day: it must not depend on a clock that was set back.
        os.utime(fresh, (moment.timestamp(), moment.timestamp()))
        _swap(home, fresh)
    finally:
        fresh.unlink(missing_ok=True)
        fresh.with_name(fresh.name + ".wal").unlink(missing_ok=True)
    return Publication(home.published, content_hash, counts, newest)


def stamp_of(home: Home) -> str | None:
    """The name that the present publication has, or will have, in history; None before the first."""
    if not home.published.exists():
        return None
    return f"{datetime.fromtimestamp(home.published.stat().st_mtime, UTC):{STAMP}}"


def publication_from(home: Home, stamp: str) -> Path | None:
    """The publication of that name in history, or the oldest kept that is newer; None if the present one is."""
    return next((file for file in _history(home) if file.stem.split("-")[1] >= stamp), None)


def hash_of(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> str:
    """The content hash of tables named `schema.table`."""
    hashes = {table: _table_hash(con, table) for table in tables}
    return sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()


def _recorded_moments(home: Home) -> list[datetime]:
    """When the publications that are here were made: exports and history by their names, the present file by its time."""
    stamps = [entry.name.split("-")[0] for entry in _exports(home.published_folder / PARQUET_FOLDER)]
    stamps += [entry.stem.split("-")[1] for entry in _history(home)]
    moments = [datetime.strptime(stamp, STAMP).replace(tzinfo=UTC) for stamp in stamps]
    if home.published.exists():
        moments.append(datetime.fromtimestamp(home.published.stat().st_mtime, UTC))
    return moments


def _exports(folder: Path) -> list[Path]:
    """The Parquet exports, oldest first."""
    return sorted(entry for entry in folder.glob("[0-9]*T*Z-*") if entry.is_dir())


def _history(home: Home) -> list[Path]:
    """The publications from before, oldest first."""
    return sorted((home.published_folder / HISTORY_FOLDER).glob("trade-*.duckdb"))


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
        con.execute(f'create schema if not exists "{schema}"')
    names = [f'"{schema}"."{table}"' for schema, table, _ in rows]
    _side_by_side(con, [f"create table {name} as from warehouse.{name}" for name in names])
    for schema, table, comment in rows:
        if comment:
            con.execute(f'comment on table "{schema}"."{table}" is {_quoted(comment)}')
    for schema, table, column, comment in con.execute(
        """
        select schema_name, table_name, column_name, comment from duckdb_columns()
        where database_name = 'warehouse' and list_contains(?, schema_name) and comment is not null
          and table_name <> 'published_manifest'
        """,
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall():
        con.execute(f'comment on column "{schema}"."{table}"."{column}" is {_quoted(comment)}')
    return [f"{schema}.{table}" for schema, table, _ in rows]


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
    content_hash: str,
    input_fingerprint: str,
    counts: dict[str, int],
    moment: datetime,
) -> date | None:
    row = con.execute("select max(reference_month) from marts.partner_month").fetchone()
    newest: date | None = row[0] if row else None
    vintages: dict[str, list[str]] = {}
    hashes: dict[str, str] = {}
    for source, day, name, digest in con.execute(
        "select source, cast(vintage as varchar), file_name, sha256 from meta.source_file "
        "where status = 'accepted' order by source, vintage, file_name"
    ).fetchall():
        if day not in vintages.setdefault(source, []):
            vintages[source].append(day)
        hashes[f"{name} ({day})"] = digest
    con.execute(MANIFEST.create_sql())
    con.execute(
        "insert into meta.published_manifest values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            moment,
            content_hash,
            f"{version('tradewake')}+{code_fingerprint()[:12]}",
            input_fingerprint,
            newest,
            json.dumps(vintages),
            json.dumps(counts),
            json.dumps(hashes),
        ],
    )
    return newest


def _export_parquet(con: duckdb.DuckDBPyConnection, folder: Path, name: str, tables: list[str]) -> None:
    """Write each table to the new folder `parquet/<name>`, then point `parquet/current.json` at it."""
    folder.mkdir(exist_ok=True)
    target = folder / name
    partial = folder / f".{target.name}.part"
    partial.mkdir()
    try:
        options = "format parquet, compression zstd, compression_level 1"
        _side_by_side(con, [f"copy {table} to '{partial / f'{table}.parquet'}' ({options})" for table in tables])
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    pointer = json.dumps({"folder": target.name, "tables": tables}, indent=1)
    write_atomically(folder / "current.json", lambda part: part.write_text(pointer, encoding="utf-8"))
    for old in _exports(folder)[:-KEPT_PUBLICATIONS]:
        shutil.rmtree(old, ignore_errors=True)


def _swap(home: Home, fresh: Path) -> None:
    """Keep the present file under its publication time, then rename the fresh one over it."""
    history = home.published_folder / HISTORY_FOLDER
    history.mkdir(exist_ok=True)
    # A publication that was cut off between the two steps has kept the present file already.
    if home.published.exists() and not any(home.published.samefile(old) for old in _history(home)):
        kept = [datetime.strptime(old.stem.split("-")[1], STAMP).replace(tzinfo=UTC) for old in _history(home)]
        made = never_back(datetime.fromtimestamp(home.published.stat().st_mtime, UTC), kept)
        (history / f"trade-{made:{STAMP}}.duckdb").hardlink_to(home.published)
    fresh.chmod(0o644)
    fresh.replace(home.published)
    flush_folder(home.published_folder)
    for old in _history(home)[:-KEPT_PUBLICATIONS]:
        old.unlink()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""The lake: parsed rows as typed, zstd-compressed Parquet, one file for each raw file, one folder a vintage.

Writing one vintage touches no other file, and each write is a rename, so readers see whole files only. Which rows
go in is decided by the parsers; which vintage, by `vintage.py`.
"""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assets.store.files import write_atomically

SCHEMA_FILE = "_schema.parquet"
AWAY = "aside"
"""Folder of the rows that no mart may read: of files that are undated, quarantined, withdrawn or here from another file."""


def lake_schema(parser_schema: pa.Schema) -> pa.Schema:
    """The parser's columns plus the file's identity: `file_id` and `vintage`."""
    return parser_schema.append(pa.field("file_id", pa.string())).append(pa.field("vintage", pa.date32()))


def dataset_file(lake: Path, source: str, vintage: date | None, file_id: str) -> Path:
    """Where the rows of one raw file are; without a vintage aside, where no dataset meets them."""
    folder = lake / AWAY / source if vintage is None else lake / source / f"vintage={vintage.isoformat()}"
    return folder / f"{file_id}.parquet"


def ensure_dataset(lake: Path, source: str, schema: pa.Schema) -> None:
    """Write a file of no rows, so that the dataset can be read with its types before the first figure is in."""
    path = lake / source / SCHEMA_FILE
    if not path.exists() or not pq.read_schema(path).equals(schema):
        write_atomically(path, lambda part: pq.write_table(schema.empty_table(), part, compression="zstd"))


def write_rows(lake: Path, source: str, vintage: date | None, file_id: str, table: pa.Table) -> Path:
    """Write the rows of one raw file with its identity beside them; returns the Parquet file's path."""
    path = dataset_file(lake, source, vintage, file_id)
    rows = _with_identity(table, file_id, vintage)
    write_atomically(path, lambda part: pq.write_table(rows, part, compression="zstd"))
    return path


def place_rows(lake: Path, source: str, vintage: date | None, file_id: str) -> Path:
    """Move the rows of one raw file to where files of `vintage` are, and leave none elsewhere; returns the file's path.

    Rows are written again with the vintage beside them, one row group at a time.
    """
    path = dataset_file(lake, source, vintage, file_id)
    others = [one for one in _places(lake, source, file_id) if one != path]
    if not path.exists() and others:
        write_atomically(path, lambda part: _copy_rows(others[0], part, file_id, vintage))
    for other in others:
        _remove(other)
    return path


def drop_rows(lake: Path, source: str, file_id: str) -> None:
    """Remove the rows of one raw file from wherever they are."""
    for path in _places(lake, source, file_id):
        _remove(path)


def _places(lake: Path, source: str, file_id: str) -> list[Path]:
    aside = dataset_file(lake, source, None, file_id)
    return [*sorted((lake / source).glob(f"vintage=*/{file_id}.parquet")), *([aside] if aside.exists() else [])]


def _remove(path: Path) -> None:
    path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()


def _copy_rows(old: Path, new: Path, file_id: str, vintage: date | None) -> None:
    with pq.ParquetFile(old) as rows, pq.ParquetWriter(new, rows.schema_arrow, compression="zstd") as copy:
        for group in range(rows.num_row_groups):
            table = rows.read_row_group(group)
            copy.write_table(_with_identity(table.drop_columns(["file_id", "vintage"]), file_id, vintage))


def _with_identity(table: pa.Table, file_id: str, vintage: date | None) -> pa.Table:
    count = pa.array([0] * table.num_rows, pa.int32())
    identity = [pa.array([file_id], pa.string()).take(count), pa.array([vintage], pa.date32()).take(count)]
    return pa.table([*table.columns, *identity], schema=lake_schema(table.schema))


def dataset_files(lake: Path, source: str) -> list[Path]:
    """The Parquet files that hold rows of a source, oldest vintage first."""
    return sorted(path for path in (lake / source).rglob("*.parquet") if path.name != SCHEMA_FILE)

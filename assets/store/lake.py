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


def lake_schema(parser_schema: pa.Schema) -> pa.Schema:
    """The parser's columns plus the file's identity: `file_id` and `vintage`."""
    return parser_schema.append(pa.field("file_id", pa.string())).append(pa.field("vintage", pa.date32()))


def dataset_file(lake: Path, source: str, vintage: date, file_id: str) -> Path:
    """Where the rows of one raw file are."""
    return lake / source / f"vintage={vintage.isoformat()}" / f"{file_id}.parquet"


def ensure_dataset(lake: Path, source: str, schema: pa.Schema) -> None:
    """Write a file of no rows, so that the dataset can be read with its types before the first figure is in."""
    path = lake / source / SCHEMA_FILE
    if not path.exists() or not pq.read_schema(path).equals(schema):
        write_atomically(path, lambda part: pq.write_table(schema.empty_table(), part, compression="zstd"))


def write_rows(lake: Path, source: str, vintage: date, file_id: str, table: pa.Table) -> Path:
    """Write the rows of one raw file with its identity beside them; returns the Parquet file's path."""
    count = table.num_rows
    schema = lake_schema(table.schema)
    rows = pa.table(
        [
            *table.columns,
            pa.array([file_id], pa.string()).take(pa.array([0] * count, pa.int32())),
            pa.array([vintage], pa.date32()).take(pa.array([0] * count, pa.int32())),
        ],
        schema=schema,
    )
    path = dataset_file(lake, source, vintage, file_id)
    write_atomically(path, lambda part: pq.write_table(rows, part, compression="zstd"))
    return path


def clear_other_vintages(lake: Path, source: str, vintage: date | None, file_id: str) -> None:
    """Remove the rows of one raw file from every vintage but `vintage`, which was decided anew; None: from all."""
    keep = None if vintage is None else dataset_file(lake, source, vintage, file_id)
    for path in (lake / source).glob(f"vintage=*/{file_id}.parquet"):
        if path != keep:
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()


def dataset_files(lake: Path, source: str) -> list[Path]:
    """The Parquet files that hold rows of a source, oldest vintage first."""
    return sorted(path for path in (lake / source).rglob("*.parquet") if path.name != SCHEMA_FILE)

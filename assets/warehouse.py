"""The DuckDB working file: how Python opens it, and how tables that Python writes are described.

A table's grain, columns, types and comments belong here as `TableSpec`; what its rows mean and how they are
computed belongs to the module that writes it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

MEMORY_LIMIT = "4GB"
THREADS = 2


@dataclass(frozen=True)
class Column:
    """One column: its name, DuckDB type, and what it means (with the unit) as the database comment."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class TableSpec:
    """One table: where it is, its grain in words, and its columns in order."""

    schema: str
    name: str
    comment: str
    columns: tuple[Column, ...]

    def create_sql(self) -> str:
        """Statements that replace the table by an empty one with its comments."""
        table = f"{self.schema}.{self.name}"
        columns = ", ".join(f"{column.name} {column.type}" for column in self.columns)
        return ";\n".join(
            [
                f"create schema if not exists {self.schema}",
                f"create or replace table {table} ({columns})",
                f"comment on table {table} is {_quoted(self.comment)}",
                *(f"comment on column {table}.{column.name} is {_quoted(column.comment)}" for column in self.columns),
            ]
        )


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file with bounded memory, spilling beside the file; closed on leaving."""
    path.parent.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "threads": THREADS,
        "temp_directory": str(path.parent / "tmp"),
        "autoinstall_known_extensions": "false",
        "preserve_insertion_order": "false",
    }
    con = duckdb.connect(str(path), read_only=read_only, config=config)
    try:
        con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
        yield con
    finally:
        con.close()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

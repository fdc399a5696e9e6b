"""The DuckDB files: how Python opens them, to write or only to read, and how tables that Python writes are described.

A table's grain, columns, types and comments belong here as `TableSpec`; what its rows mean and how they are
computed belongs to the module that writes it. Nothing else opens a DuckDB file.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.sql_text import identifier, literal

MEMORY_LIMIT = "4GB"
THREADS = 2

Config = dict[str, str | bool | int | float | list[str]]

_READER: Config = {
    "memory_limit": MEMORY_LIMIT,
    "threads": THREADS,
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
}

_LOCK = """
    set timezone = 'UTC'; set enable_progress_bar = false;
    set enable_external_access = false; set lock_configuration = true
"""
"""After the opening: DuckDB takes a configuration in no fixed order, and bars a temporary directory behind the second."""

_READING = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})


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
        table = identifier(self.schema, self.name)
        columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in self.columns)
        return ";\n".join(
            [
                f"create schema if not exists {identifier(self.schema)}",
                f"create or replace table {table} ({columns})",
                f"comment on table {table} is {literal(self.comment)}",
                *(
                    f"comment on column {table}.{identifier(column.name)} is {literal(column.comment)}"
                    for column in self.columns
                ),
            ]
        )


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file with bounded memory, spilling beside the file; closed on leaving."""
    path.parent.mkdir(parents=True, exist_ok=True)
    config: Config = {
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


@contextmanager
def open_to_read(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an existing file on which any SQL may run: it can read the tables of this file and nothing else.

    No writing, no other file, address, extension or Python variable, no setting changed; memory and threads are bounded
    and nothing is spilled to disk. Raises duckdb.IOException when there is no such file.
    """
    with duckdb.connect(str(path), read_only=True, config=_READER) as con:
        con.execute(_LOCK)
        yield con


def only_reads(con: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Whether a text is one statement, and that only reads: SELECT, FROM, WITH, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN.

    Ask a connection that is locked in: DuckDB opens files to take some statements apart (IMPORT DATABASE). Raises
    duckdb.Error for a text that is no SQL.
    """
    statements = con.extract_statements(sql)
    return len(statements) == 1 and statements[0].type in _READING


@contextmanager
def open_nothing() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory, locked in as `open_to_read` is."""
    with duckdb.connect(config=_READER) as con:
        con.execute(_LOCK)
        yield con


@contextmanager
def open_beside(files: Mapping[str, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with existing files attached read-only by their names, locked in as `open_to_read` is."""
    with duckdb.connect(config={**_READER, "preserve_insertion_order": "false"}) as con:
        for name, path in files.items():
            con.execute(f"attach {literal(path)} as {identifier(name)} (read_only)")
        con.execute(_LOCK)
        yield con

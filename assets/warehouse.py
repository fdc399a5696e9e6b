"""The DuckDB files: how Python opens them, to write or only to read.

What the tables are belongs to `assets/contracts`. Nothing else opens a DuckDB file.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

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

QUERY_SECONDS = 600.0
"""Of DuckDB's own work, for one query of somebody else."""
QUERY_BYTES = 6_000_000_000
"""Of memory, for what DuckDB does not count against its own limit: the cells of a result, and their copies in Python."""

_HARMLESS = frozenset(
    {
        "range",
        "generate_series",
        "unnest",
        "repeat",
        "repeat_row",
        "summary",
        "json_each",
        "json_tree",
        "icu_calendar_names",
        "pg_timezone_names",
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_databases",
        "duckdb_functions",
        "duckdb_indexes",
        "duckdb_keywords",
        "duckdb_memory",
        "duckdb_schemas",
        "duckdb_settings",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "pragma_database_size",
        "pragma_platform",
        "pragma_show",
        "pragma_storage_info",
        "pragma_table_info",
        "pragma_version",
    }
)
"""DuckDB's table functions that only read what is in the file. Others log, checkpoint, run SQL from a text, open files."""
_SIZE = Path("/proc/self/statm")
_FUNCTION = re.compile(r'(?<!\\)"function_name":"([^"\\]*)"')
_EXPLAIN = re.compile(r"\bexplain\b(\s+analyze\b)?(\s*\(\s*(analyze|format)\b[^)]*\))?", re.IGNORECASE)

_T = TypeVar("_T")


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

    A SELECT from a function of DuckDB that does anything else, such as `enable_logging()`, does not only read. Ask a
    connection that is locked in: DuckDB opens files to take some statements apart (IMPORT DATABASE). Raises duckdb.Error for
    a text that is no SQL.
    """
    statements = con.extract_statements(sql)
    if len(statements) != 1:
        return False
    if statements[0].type == duckdb.StatementType.EXPLAIN:
        sql = _EXPLAIN.sub("", sql, count=1)
    elif statements[0].type != duckdb.StatementType.SELECT:
        return False
    # As text: the tree of a long expression is deeper than Python's own reader of JSON goes.
    (tree,) = con.execute("select cast(json_serialize_sql(?) as varchar)", [sql]).fetchall()[0]
    if tree.startswith('{"error":true'):
        return False
    return _barred().isdisjoint(name.lower() for name in _FUNCTION.findall(tree))


@cache
def _barred() -> frozenset[str]:
    """DuckDB's own table functions but for the harmless ones."""
    with duckdb.connect() as con:
        rows = con.execute("select function_name from duckdb_functions() where internal and function_type = 'table'")
        return frozenset(name for (name,) in rows.fetchall()) - _HARMLESS


def within(con: duckdb.DuckDBPyConnection, seconds: float, work: Callable[[], _T]) -> _T:
    """What `work` on a connection returns, in another thread, so that Ctrl-C and the limit of time reach DuckDB.

    DuckDB itself looks for signals between tasks alone. Raises TimeoutError after so many seconds.
    """
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(work)
        try:
            return running.result(timeout=seconds)
        except TimeoutError:
            _interrupt(con, running)
            raise TimeoutError(f"The query did not end within {seconds:,.0f} seconds.") from None
        except KeyboardInterrupt:
            _interrupt(con, running)
            raise


def _interrupt(con: duckdb.DuckDBPyConnection, running: Future[_T]) -> None:
    """Interrupt until the work has ended: an interrupt between two steps of it is lost."""
    while not running.done():
        con.interrupt()
        wait([running], timeout=0.1)


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Let this process take no more than QUERY_BYTES beyond what it has: DuckDB then ends a query with an error.

    Without effect where the system does not tell a process its size (elsewhere than on Linux).
    """
    if not _SIZE.exists():
        yield
        return
    import resource  # noqa: PLC0415 - Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = int(_SIZE.read_text().split()[0]) * resource.getpagesize() + QUERY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit if soft == resource.RLIM_INFINITY else min(limit, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


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

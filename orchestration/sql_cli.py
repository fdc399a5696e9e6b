"""The command `tradewake sql`: one query on the published file, which it can read and nothing else.

What a query may do is decided here and by `assets.warehouse.open_to_read`; how rows are written, in `printing.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console

from assets.contracts.models import marts
from assets.home import Home
from assets.warehouse import QUERY_BYTES, QUERY_SECONDS, bounded_memory, only_reads, open_to_read, within
from orchestration.printing import print_table, write_csv, write_json

ONE_QUERY = "Expected one query that reads tables and does nothing else: SELECT, FROM, WITH, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN."
TOO_LARGE = f"The result takes more than {QUERY_BYTES / 1e9:g} GB of memory."
SHOWN_ROWS = 200
FETCHED_ROWS = 10_000
"""Python objects at a time, however many rows a query gives."""

output = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def sql(
    query: Annotated[
        str, typer.Argument(help=f"One read-only query, for instance: select * from {marts.partner_year}")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print an array of objects: ISO dates, exact integers.")
    ] = False,
    as_csv: Annotated[
        bool,
        typer.Option("--csv", help="Print CSV; a text that a spreadsheet would take for a formula gets a leading '."),
    ] = False,
) -> None:
    """Run one read-only query on the published database."""
    if as_json and as_csv:
        raise typer.BadParameter("give --json or --csv, not both")
    published = published_file()
    try:
        with answer(published, query) as (names, rows):
            if as_json:
                write_json(dict(zip(names, row, strict=True)) for row in rows)
            elif as_csv:
                write_csv(names, rows)
            else:
                shown = list(islice(rows, SHOWN_ROWS))
                print_table(output, names, shown)
                if next(rows, None) is not None:
                    errors.print(f"The first {SHOWN_ROWS} rows are shown. --json and --csv print all.")
    except (duckdb.Error, PermissionError, TimeoutError, MemoryError) as problem:
        errors.print(str(problem) or TOO_LARGE, markup=False, soft_wrap=True)
        raise typer.Exit(2) from problem


@contextmanager
def answer(published: Path, query: str) -> Iterator[tuple[list[str], Iterator[tuple[Any, ...]]]]:
    """Column names and rows of one query that only reads; the rows can be taken as long as the block runs.

    Raises PermissionError for anything else than one such query, duckdb.Error for one that does not run, TimeoutError or
    MemoryError for one that takes too much.
    """
    with open_to_read(published) as con, bounded_memory():
        if not only_reads(con, query):
            raise PermissionError(ONE_QUERY)
        left = QUERY_SECONDS
        started = monotonic()
        cursor = within(con, left, lambda: con.execute(query))
        left -= monotonic() - started
        yield [column[0] for column in cursor.description or []], _rows(cursor, left)


def _rows(cursor: duckdb.DuckDBPyConnection, left: float) -> Iterator[tuple[Any, ...]]:
    """All rows, within so many seconds of DuckDB's work: whoever takes the rows may take any time."""
    while True:
        started = monotonic()
        rows = within(cursor, max(left, 0), lambda: cursor.fetchmany(FETCHED_ROWS))
        left -= monotonic() - started
        if not rows:
            return
        yield from rows


def published_file() -> Path:
    """The published file; ends the command in words when there is none yet."""
    home = Home.from_environment()
    if not home.published.exists():
        errors.print(f"Nothing is published in {home.published_folder} yet. Run: tradewake refresh", markup=False)
        raise typer.Exit(1)
    return home.published

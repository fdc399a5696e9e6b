"""The command `tradewake sql`: one query on the published file, which it can read and nothing else.

What a query may do is decided here and by `assets.warehouse.open_to_read`; how rows are written, in `printing.py`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console

from assets.home import Home
from assets.warehouse import only_reads, open_to_read
from orchestration.printing import print_table, write_csv, write_json

ONE_QUERY = "Expected one query that reads: SELECT, FROM, WITH, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN."
SHOWN_ROWS = 200
FETCHED_ROWS = 10_000
"""Python objects at a time, however many rows a query gives."""

output = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def sql(
    query: Annotated[str, typer.Argument(help="One read-only query, for instance: select * from marts.partner_year")],
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
    except (duckdb.Error, PermissionError) as problem:
        errors.print(str(problem), markup=False, soft_wrap=True)
        raise typer.Exit(2) from problem


@contextmanager
def answer(published: Path, query: str) -> Iterator[tuple[list[str], Iterator[tuple[Any, ...]]]]:
    """Column names and rows of one query that only reads; the rows can be taken as long as the block runs.

    Raises PermissionError for anything else than one such query, duckdb.Error for one that does not run.
    """
    with open_to_read(published) as con:
        if not only_reads(con, query):
            raise PermissionError(ONE_QUERY)
        cursor = _until_interrupted(con, query)
        yield [column[0] for column in cursor.description or []], _rows(cursor)


def _until_interrupted(con: duckdb.DuckDBPyConnection, query: str) -> duckdb.DuckDBPyConnection:
    """Run a query in another thread, so that Ctrl-C reaches it: DuckDB itself looks for signals between tasks alone."""
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(con.execute, query)
        try:
            return running.result()
        except KeyboardInterrupt:
            con.interrupt()
            raise


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(FETCHED_ROWS):
        yield from rows


def published_file() -> Path:
    """The published file; ends the command in words when there is none yet."""
    home = Home.from_environment()
    if not home.published.exists():
        errors.print(f"Nothing is published in {home.published_folder} yet. Run: tradewake refresh", markup=False)
        raise typer.Exit(1)
    return home.published

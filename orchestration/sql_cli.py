"""The command `tradewake sql`: one query on the published file, which it can read and nothing else.

What a query may do is decided here and by `assets.warehouse.open_to_read`; how rows are written, in `printing.py`.
"""

from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console

from assets.home import Home
from assets.warehouse import open_to_read
from orchestration.printing import SHOWN_ROWS, print_table, write_csv, write_json

READING = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})
"""DuckDB counts FROM, WITH, VALUES, DESCRIBE, SHOW and SUMMARIZE as SELECT."""

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
    try:
        names, rows = answer(published_file(), query)
    except (duckdb.Error, PermissionError) as problem:
        errors.print(str(problem), markup=False)
        raise typer.Exit(2) from problem
    if as_json:
        write_json([dict(zip(names, row, strict=True)) for row in rows])
    elif as_csv:
        write_csv(names, rows)
    else:
        print_table(output, names, rows)
        if len(rows) > SHOWN_ROWS:
            errors.print(f"{len(rows):,} rows; the first {SHOWN_ROWS} are shown. --json and --csv print all.")


def answer(published: Path, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of one query that only reads.

    Raises PermissionError for anything else than one such query, duckdb.Error for one that does not run.
    """
    statements = duckdb.extract_statements(query)
    if len(statements) != 1:
        raise PermissionError(f"expected one query, got {len(statements)}")
    if statements[0].type not in READING:
        raise PermissionError(
            f"expected a query that reads (SELECT, FROM, WITH, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN), "
            f"got {statements[0].type.name}"
        )
    with open_to_read(published) as con:
        cursor = con.execute(query)
        return [column[0] for column in cursor.description or []], cursor.fetchall()


def published_file() -> Path:
    """The published file; ends the command in words when there is none yet."""
    home = Home.from_environment()
    if not home.published.exists():
        errors.print(f"Nothing is published in {home.published_folder} yet. Run: tradewake refresh", markup=False)
        raise typer.Exit(1)
    return home.published

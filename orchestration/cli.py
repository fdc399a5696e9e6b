"""The command `tradewake`: thin, it starts the same Dagster job that the UI and the schedule run, and reads the
published file.

Arguments, exit codes and printing belong here; no figure is computed here.
"""

import os
import sys
from datetime import datetime
from typing import Annotated

import duckdb
import typer
from rich.console import Console

from assets.home import Home, UnusableHome
from assets.methods.diversion.ask import asked, asked_waterfall, question_of
from assets.settings import Settings, WrongSetting
from assets.warehouse import open_to_read
from orchestration.diversion import partner_rows, print_comparison, print_waterfall
from orchestration.fetch_cli import fetch
from orchestration.files_cli import register as register_files
from orchestration.instance_folder import prepare_instance
from orchestration.printing import write_json
from orchestration.revisions import newest_pair, print_reports, read_reports
from orchestration.sql_cli import published_file, sql
from orchestration.upkeep_cli import register as register_upkeep

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help=(
        "US trade figures with their vintage: raw files in, marts, record flags and judged claims out.\n\n"
        "State lives in the folder that TRADEWAKE_HOME names (default: data/ in the project). Put your files in its "
        "landing/ folder and run `tradewake refresh`. `dagster dev` opens the same assets in the browser."
    ),
)
app.add_typer(fetch, name="fetch")
register_files(app)
register_upkeep(app)
output = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@app.command()
def refresh(
    strict: Annotated[bool, typer.Option("--strict", help="Fail when any file is refused.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build everything again even if nothing changed.")] = False,
) -> None:
    """Take in what waits in landing/ (and the bundled figures), build, check, judge and publish."""
    home = Home.from_environment()
    from orchestration.refresh import UNUSABLE, run_refresh  # noqa: PLC0415 - Dagster and dbt load slowly; only this command needs them
    from orchestration.summary import print_failure, print_summary, print_unusable  # noqa: PLC0415

    try:
        prepare_instance(home)
        outcome = run_refresh(home, strict=strict or Settings.from_environment().is_strict, rebuild=rebuild)
    except UNUSABLE as problem:
        print_unusable(errors, home, problem)
        # Libraries whose writes failed may abort the process while it is torn down, with another exit code.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
    if not outcome.success:
        print_failure(errors, home, outcome)
        raise typer.Exit(1)
    print_summary(output, home, outcome)


app.command()(sql)


@app.command()
def revisions(
    from_day: Annotated[datetime | None, typer.Argument(formats=["%Y-%m-%d"], metavar="[FROM]")] = None,
    to_day: Annotated[datetime | None, typer.Argument(formats=["%Y-%m-%d"], metavar="[TO]")] = None,
    source: Annotated[str | None, typer.Option(help="One source alone, for instance fred.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an array of objects, with all flips.")] = False,
) -> None:
    """What changed between two days: figures, contents of the files, flags and claims.

    Each source is compared as it stood on both days. Without days: the two newest vintages of the source with the newest one.
    """
    if (from_day is None) != (to_day is None):
        errors.print("give two days, FROM and TO, or none")
        raise typer.Exit(2)
    with open_to_read(published_file()) as con:
        try:
            if from_day is None or to_day is None:
                source, first, last = newest_pair(con, source)
            else:
                first, last = from_day.date(), to_day.date()
            reports = read_reports(con, first, last, source)
        except LookupError as problem:
            errors.print(str(problem), markup=False)
            raise typer.Exit(2) from problem
        except duckdb.CatalogException as problem:
            errors.print("The published file is older than this command. Run: tradewake refresh")
            raise typer.Exit(1) from problem
    if as_json:
        write_json(reports)
    else:
        print_reports(output, reports)


@app.command()
def diversion(
    period0: Annotated[str, typer.Argument(help="Base period: 2024, 2024-Q1 or 2024-01/2024-07.")],
    period1: Annotated[str, typer.Argument(help="Later period of equal length and the same months.")],
    *,
    reference: Annotated[
        str, typer.Option(help="Partner that imports are diverted from: Schedule C code or name.")
    ] = "China",
    level: Annotated[
        str | None, typer.Option(help="Product level, HS2 to HS10 or NAICS3, or TOTAL; default: the finest loaded.")
    ] = None,
    consumption: Annotated[
        bool, typer.Option("--consumption", help="Imports for consumption, not general imports.")
    ] = False,
    waterfall: Annotated[
        bool, typer.Option("--waterfall", help="Only what each partner added to the change of the goods balance.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print an array of objects: partners in all cuts.")] = False,
) -> None:
    """Who took up what a partner lost between two periods, and who moved the balance; nothing published changes."""
    published = published_file()
    try:
        question = question_of(period0, period1, reference, level, "consumption" if consumption else "general")
        if waterfall:
            steps = asked_waterfall(published, question.pair)
        else:
            with asked(published, question) as (con, report):
                rows = partner_rows(con)
    except (ValueError, LookupError) as problem:
        errors.print(str(problem), markup=False)
        raise typer.Exit(2) from problem
    if as_json:
        write_json(steps if waterfall else rows)
    elif waterfall:
        print_waterfall(output, steps)
    else:
        print_comparison(output, report, rows)
        try:
            print_waterfall(output, asked_waterfall(published, question.pair))
        except LookupError as problem:
            output.print(f"  No waterfall: {problem}", style="dim", markup=False)


def main() -> None:
    """Entry point of the command."""
    try:
        app()
    except (WrongSetting, UnusableHome) as problem:
        errors.print(str(problem), markup=False)
        sys.exit(2)

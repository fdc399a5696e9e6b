"""The command `tradewake fetch`: asks the publishers for files and says what became of each.

Arguments, exit codes and printing belong here; fetching belongs in `assets/acquire`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.console import Console

from assets.acquire.census_api import CALLS_A_DAY, KEY_VARIABLE
from assets.acquire.census_request import Endpoint
from assets.acquire.fetching import Question, fetch_answers, fetch_archives
from assets.acquire.http import FetchError
from assets.acquire.landing import Outcome, Status
from assets.home import Home
from assets.parsing.census_api_variables import Flow
from assets.reference.calendar import months_between

WORDS: dict[Status, str] = {
    "downloaded": "[green]landed[/green]       ",
    "unchanged": "[dim]unchanged[/dim]    ",
    "not published": "[yellow]not published[/yellow]",
    "missing": "[red]missing[/red]      ",
}

fetch = typer.Typer(
    no_args_is_help=True,
    help=(
        "Fetch files from the Census Bureau into landing/. What was fetched before is not fetched again, what was cut "
        "off goes on where it ended. Exit code 1 when anything that was asked for could not be had."
    ),
)
output = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)

FlowOption = Annotated[Flow, typer.Option("--flow", help="imports or exports.")]
FirstMonth = typer.Option("--from", formats=["%Y-%m"], metavar="YYYY-MM", help="First month.")
LastMonth = typer.Option("--to", formats=["%Y-%m"], metavar="YYYY-MM", help="Last month; default: the first.")


@fetch.command()
def bulk(
    flow: FlowOption,
    first: Annotated[datetime, FirstMonth],
    last: Annotated[datetime | None, LastMonth] = None,
) -> None:
    """The monthly bulk archives: every HTS or Schedule B line by country and district (tens of megabytes each)."""
    _report(fetch_archives(Home.from_environment(), flow, _months(first, last)))


@fetch.command()
def api(
    *,
    flow: FlowOption,
    dataset: Annotated[Endpoint, typer.Option("--dataset", help="Classification: hs, naics or enduse.")],
    level: Annotated[str, typer.Option("--level", help="For instance HS2, HS6, HS10, NA3, EU5.")],
    first: Annotated[datetime | None, FirstMonth] = None,
    last: Annotated[datetime | None, LastMonth] = None,
    year: Annotated[list[int] | None, typer.Option("--year", help="Whole years instead of months; repeatable.")] = None,
    partner: Annotated[
        list[str] | None, typer.Option("--partner", help="Schedule C code; repeatable. Default: all.")
    ] = None,
) -> None:
    """Answers of the International Trade API: commodity by partner, in months or whole years."""
    question = Question(flow, dataset, level, tuple(partner or ()))
    try:
        if year and not (first or last):
            requests = question.by_year(year)
        elif first and not year:
            requests = question.by_month(_months(first, last))
        else:
            raise typer.BadParameter("give either --year or --from (with or without --to)")
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from problem
    output.print(f"{len(requests):,} requests; without a key in {KEY_VARIABLE} at most {CALLS_A_DAY} calls a day.")
    _report(fetch_answers(Home.from_environment(), requests, datetime.now(UTC)))


def _months(first: datetime, last: datetime | None) -> list[date]:
    months = months_between(first.date(), (last or first).date())
    if not months:
        raise typer.BadParameter("--to is earlier than --from")
    return months


def _report(outcomes: Iterable[Outcome]) -> None:
    """Print each outcome as it comes, then the counts; exit with 1 when something could not be had."""
    counts: Counter[Status] = Counter()
    try:
        for outcome in outcomes:
            counts[outcome.status] += 1
            output.print(f"  {WORDS[outcome.status]}  ", end="")
            output.print(outcome.message, markup=False)
    except FetchError as problem:
        errors.print(str(problem), markup=False)
        raise typer.Exit(1) from problem
    output.print(
        f"{counts['downloaded']:,} landed, {counts['unchanged']:,} unchanged, "
        f"{counts['missing'] + counts['not published']:,} could not be had."
    )
    if counts["downloaded"]:
        output.print("Next: tradewake refresh")
    if counts["missing"] or counts["not published"]:
        raise typer.Exit(1)

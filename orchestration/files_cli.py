"""The commands about single files: what is here, and what an operator decides about one of them.

Arguments, exit codes and printing belong here; decisions are checked and kept in `assets/upkeep/decide.py`.
"""

import getpass
import json
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.errors import visible
from assets.home import Home
from assets.store.decisions import Action, Decision
from assets.store.lake import dataset_file
from assets.store.ledger import LedgerRow
from assets.store.writer_lock import writer_lock
from orchestration.printing import write_json

output = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

File = Annotated[str, typer.Argument(metavar="FILE", help="Its name, or its id as `tradewake files` shows it.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept and shown with the file.")]


def files(
    source: Annotated[str | None, typer.Option(help="One source alone, for instance census_country.")] = None,
    status: Annotated[str | None, typer.Option(help="One status alone, for instance undated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an array of objects, with everything known.")] = False,
) -> None:
    """What is here: each file with its vintage and what decided it, what it covers, its status, and the marts it reaches."""
    from assets.upkeep.decide import chosen, history, marts_of  # noqa: PLC0415 - loads every parser; other commands do without

    home = Home.from_environment()
    rows = chosen(home, source, status)
    marts = marts_of(home)
    if as_json:
        decisions = [[one.model_dump(mode="json") for one in history(home, row)] for row in rows]
        write_json([_record(home, row, marts) | {"decisions": kept} for row, kept in zip(rows, decisions, strict=True)])
        return
    table = Table(show_edge=False, header_style="bold")
    for name in ("id", "file", "source", "vintage", "covers", "status", "marts"):
        table.add_column(name, overflow="fold")
    for row in rows:
        reached = len(marts.get(row.source or "", ())) if row.status == "accepted" else 0
        cells = (
            row.file_id,
            row.file_name,
            row.source or "",
            f"{row.vintage}, {row.vintage_rule}" if row.vintage else "",
            _covers(row),
            f"{row.status}: {row.why or row.reason}" if row.status != "accepted" else row.why or row.status,
            str(reached or ""),
        )
        table.add_row(*(escape(visible(cell)) for cell in cells))
    output.print(table)
    output.print(f"{len(rows):,} files. With --json: their marts by name, and where their rows are.")


def _record(home: Home, row: LedgerRow, marts: dict[str, list[str]]) -> dict[str, Any]:
    is_read = row.source is not None and row.status != "refused"
    return {
        "file_id": row.file_id,
        "file_name": row.file_name,
        "source": row.source,
        "status": row.status,
        "why": row.why or row.reason,
        "vintage": row.vintage,
        "vintage_rule": row.vintage_rule,
        "coverage": json.loads(row.coverage) if row.coverage else None,
        "rows": row.rows_accepted,
        "rows_file": str(dataset_file(home.lake, str(row.source), row.placed_under, row.file_id)) if is_read else None,
        "marts": marts.get(str(row.source), []) if row.status == "accepted" else [],
        "origin_kind": row.origin_kind,
        "url": row.url,
        "retrieved_at": row.retrieved_at,
        "evidence": row.evidence,
    }


def _covers(row: LedgerRow) -> str:
    """What a file gives figures of, in a few words."""
    if not row.coverage:
        return ""
    told = json.loads(row.coverage)
    parts = [
        "+".join(told.get("flows", ())),
        "+".join([*told.get("classifications", ()), *told.get("levels", ())]),
        f"{count} partners" if (count := told.get("partner_count", 0)) > 1 else "",
        "; ".join(f"{kind.replace('_', ' ')} {span}" for kind, span in told.get("periods", {}).items()),
    ]
    return ", ".join(part for part in parts if part)


def give_date(
    file: File, day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DAY")], why: Why = ""
) -> None:
    """Say on which day the publisher released a file whose figures nothing else dates."""
    _decide(file, "date", why, day.date())


def withdraw(file: File, why: Why) -> None:
    """Take a file back: its bytes stay, its figures go, and everything derived is as if it had never come."""
    _decide(file, "withdraw", why)


def accept(file: File, why: Why) -> None:
    """Take a quarantined file although evidence speaks against it, or another file of its release says otherwise."""
    _decide(file, "accept", why)


def undo(file: File, why: Why = "") -> None:
    """Take back the last decision about a file."""
    _decide(file, "undo", why)


def _decide(file: str, action: Action, why: str, day: date | None = None) -> None:
    from assets.upkeep.decide import CannotDecide, copies, decide  # noqa: PLC0415 - loads every parser

    home = Home.from_environment()
    now = datetime.now(UTC)
    decision = Decision(action=action, at=now, who=getpass.getuser(), why=why, day=day)
    try:
        with writer_lock(home, tell=errors.print):
            row = decide(home, file, decision, now.date())
            same = copies(home, row) if action == "withdraw" else []
    except CannotDecide as problem:
        errors.print(visible(str(problem)), markup=False)
        raise typer.Exit(2) from problem
    words = {
        "date": f"dated {day}",
        "withdraw": "withdrawn",
        "accept": "accepted",
        "undo": "as it was before the last decision",
    }
    output.print(
        f"{visible(row.file_name)} is {words[action]}. The next refresh builds with that: tradewake refresh",
        markup=False,
    )
    for copy in same:
        output.print(
            f"The same figures are here from {visible(copy.file_name)} and count then; to take them back too: "
            f"tradewake withdraw {copy.file_id} --why REASON",
            markup=False,
        )


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(files)
    app.command("date")(give_date)
    for command in (withdraw, accept, undo):
        app.command()(command)

"""What a person reads after a refresh: files, publication, flags, claims and the next thing to type.

Every figure is read from the published file; nothing is computed here.
"""

from datetime import UTC, datetime
from shutil import disk_usage
from typing import Any

import duckdb
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from assets.contracts.claims import VERDICT
from assets.contracts.flags import RECORD
from assets.contracts.meta import PUBLISHED_MANIFEST
from assets.contracts.models import marts
from assets.errors import visible
from assets.home import Home
from assets.parsing.coverage import fold
from assets.store.coverage import coverage
from assets.store.ledger import LedgerRow, read_ledger
from assets.upkeep.kept_out import MEANING, by_status, kept_out
from assets.warehouse import open_to_read
from orchestration.refresh import Outcome

FLAG_LIMIT = 6
SCARCE_BYTES = 100_000_000
STATUS_STYLE = {"refused": "red", "quarantined": "red", "undated": "yellow"}
VERDICT_STYLE = {
    "supported": "green",
    "supported, depends on vintage": "yellow",
    "partly": "yellow",
    "not supported": "red",
}


def print_summary(out: Console, home: Home, outcome: Outcome) -> None:
    """Print the summary of a refresh that succeeded."""
    with open_to_read(home.published) as con:
        _files(out, home, outcome)
        _publication(out, con, home, outcome)
        _flags(out, con)
        _claims(out, con)
    _next_steps(out)


def print_failure(out: Console, home: Home, outcome: Outcome) -> None:
    """Print what stopped a refresh, and what still stands."""
    out.print("\n[bold red]The refresh stopped.[/bold red] Nothing that was published has changed.")
    for failure in outcome.failures:
        # Line by line: a failure of dbt has several, and a name in any of them may steer the terminal.
        out.print(Padding("\n".join(map(visible, failure.splitlines())), (0, 2)), markup=False)
    _kept_out(out, home, outcome)
    if home.published.exists():
        out.print(f"The publication from before stands: {home.published}")
    out.print(f"Dagster run {outcome.run_id}; its log is in the UI (see README).")


def print_unusable(out: Console, home: Home, problem: Exception) -> None:
    """Print what keeps a refresh from working in the data folder, and what still stands."""
    cause = getattr(problem, "orig", problem)  # the database's own words, without the statement
    out.print(f"The refresh could not work in {home.root}.", markup=False)
    out.print(Padding(str(cause), (0, 2)), markup=False)
    if home.root.exists() and (left := disk_usage(home.root).free) < SCARCE_BYTES:
        out.print(f"  The disk has {left / 1e6:.0f} MB left.", markup=False)
    if home.published.exists():
        out.print(f"Nothing that was published has changed. It stands and can be read: {home.published}", markup=False)


def _heading(out: Console, text: str) -> None:
    out.print(f"\n[bold]{text}[/bold]")


def _files(out: Console, home: Home, outcome: Outcome) -> None:
    ledger = read_ledger(home.lake).values()
    accepted = [row for row in ledger if row.status == "accepted"]
    new = [row for row in outcome.files if row.status == "accepted"]
    _heading(out, "Files")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in (
        ("source", "left"),
        ("files", "right"),
        ("new", "right"),
        ("rows", "right"),
        ("vintages", "left"),
    ):
        table.add_column(name, justify="right" if justify == "right" else "left")
    for source in sorted({row.source for row in accepted if row.source}):
        rows = [row for row in accepted if row.source == source]
        days = sorted({row.vintage for row in rows if row.vintage})
        shown = [f"{day}" for day in days[-4:]]
        table.add_row(
            source,
            str(len(rows)),
            str(sum(row.source == source for row in new)),
            f"{sum(row.rows_accepted for row in rows):,}",
            ("… " if len(days) > len(shown) else "") + ", ".join(shown),
        )
    out.print(Padding(table, (0, 0, 0, 2)))
    _missing_months(out, home, accepted)
    _kept_out(out, home, outcome)


def _missing_months(out: Console, home: Home, accepted: list[LedgerRow]) -> None:
    lacking = [one for one in coverage(home.lake, accepted, datetime.now(UTC).date()) if one.missing]
    if lacking:
        months = "; ".join(f"{one.source} {one.dataset} {fold(one.missing)}" for one in lacking)
        note = f"(released up to {lacking[0].released:%Y-%m}; tradewake fetch gets them)"
        out.print(Padding(f"missing months: {months} {note}", (0, 0, 0, 2)), style="yellow")


def _kept_out(out: Console, home: Home, outcome: Outcome) -> None:
    """Every file of this run that reached no mart, and how many came to nothing before."""
    came = {row.file_id for row in outcome.files}
    for status, files in by_status(kept_out(read_ledger(home.lake).values())).items():
        new = [one for one in files if one.file_id in came]
        before = len(files) - len(new)
        if new:
            out.print(f"  [{STATUS_STYLE.get(status, 'dim')}]{status}[/], {MEANING[status]}:")
        for one in new:
            out.print(Padding(f"{one.name}: {one.why}", (0, 0, 0, 4)), markup=False)
            if one.command:
                out.print(f"      -> {one.command}", markup=False, soft_wrap=True)
        if before and files[0].waits:
            out.print(f"  {before} {status} from before: see tradewake doctor", style="dim")
    for name, first in outcome.repeated.items():
        out.print(f"  already here: {visible(name)} has the same bytes as {visible(first)}", markup=False)
    for name, words in outcome.told.items():
        out.print(f"  {visible(name)}: {words}", markup=False)


def _publication(out: Console, con: duckdb.DuckDBPyConnection, home: Home, outcome: Outcome) -> None:
    manifest = _one(con, f"select content_hash, newest_reference_month, row_counts from {PUBLISHED_MANIFEST}")
    counts = _one(con, "select count(*), sum(estimated_size) from duckdb_tables()")
    _heading(out, "Published" if outcome.published else "Published already, nothing new since")
    megabytes = home.published.stat().st_size / 1e6
    out.print(f"  {home.published}  ({counts[0]} tables, {counts[1]:,.0f} rows, {megabytes:.1f} MB)")
    out.print(f"  newest month {manifest[1]:%B %Y} · content {manifest[0][:12]} · {outcome.seconds:.0f} s")


def _flags(out: Console, con: duckdb.DuckDBPyConnection) -> None:
    newest = _one(con, f"select newest_reference_month from {PUBLISHED_MANIFEST}")[0]
    for title, frequency, period in (
        (f"{newest:%B %Y}, against the same month of earlier years", "same_month", newest),
        (f"{newest.year - 1}", "year", newest.replace(year=newest.year - 1, month=12)),
    ):
        rows = con.execute(
            f"""
            select split_part(sentence, '(', 1) || '(' || vintage || ')'
            from (
                select *, row_number() over (partition by series, source, partner_code, concept, basis, adjustment
                                             order by vintage desc) as newest
                from {RECORD}
                where frequency = ? and measure = 'deficit' and period_end = last_day(cast(? as date))
                  and has_minimum_history and source <> 'usitc_dataweb'
                  and (basis <> 'Census' or adjustment = 'NSA')
                  and (series = 'total' or not is_aggregate)
            )
            where newest = 1 and (is_record_high or is_record_low)
            order by series = 'total' desc, abs(value) desc
            limit ?
            """,
            [frequency, period, FLAG_LIMIT],
        ).fetchall()
        _heading(out, f"Record balances: {title}")
        for (sentence,) in rows:
            out.print(Padding(f"· {sentence}", (0, 0, 0, 2)), markup=False)
        if not rows:
            out.print("  none")
    out.print(
        f"  In brackets the vintage; basis, history and revisions are in {RECORD}.sentence.",
        style="dim",
        highlight=False,
    )


def _claims(out: Console, con: duckdb.DuckDBPyConnection) -> None:
    _heading(out, "Claims")
    rows = con.execute(
        f"""
        select statement, verdict, vintage, sentence, is_latest, vintage_note is not null as disagree
        from {VERDICT} where is_latest or (is_first_print and vintage_note is not null)
        order by proposition, claim_id, vintage
        """
    ).fetchall()
    said = None
    for statement, verdict, vintage, sentence, is_latest, disagree in rows:
        if statement != said:
            out.print(f"  {statement}", style="bold", markup=False)
            said = statement
        when = f" at {'the latest vintage' if is_latest else 'first print'}" if disagree else ""
        day = f", {vintage}" if vintage else ""
        out.print(f"    [{VERDICT_STYLE.get(verdict, 'dim')}]{verdict}[/]{when}{day}")
        out.print(Padding(sentence, (0, 0, 0, 6)), style="dim", markup=False)


def _next_steps(out: Console) -> None:
    _heading(out, "Next")
    out.print(
        f'  uv run tradewake sql "select partner_name, balance_usd from {marts.partner_year} where year = 2025 '
        'and not is_aggregate order by balance_usd limit 10"',
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _one(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = con.execute(query).fetchone()
    if row is None:
        raise LookupError(f"no row: {query}")
    return tuple(row)

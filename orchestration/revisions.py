"""What `tradewake revisions` shows: the comparison of two vintages, read from the published file and printed.

Nothing is computed here; the comparison itself is the table macros of `assets/methods/revisions`.
"""

import json
from datetime import date
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from assets.contracts.flags import REVISION_REPORT
from assets.contracts.macros import CLAIMS_FLIPPED_BETWEEN, FLAGS_FLIPPED_BETWEEN, REVISION_REPORT_OF
from assets.contracts.models import marts
from assets.sql_text import literal

BILLION = 1e9
SHOWN_FLIPS = 20

Report = dict[str, Any]
"""One row of `marts.revision_report`, with its `largest_changes`, `flipped_flags` and `flipped_claims` as lists of rows."""


def newest_pair(con: duckdb.DuckDBPyConnection, source: str | None) -> tuple[str, date, date]:
    """The source of the newest vintage (or the one given) among those with two, and its two newest vintages.

    Raises LookupError, naming what is loaded, when there is none.
    """
    row = con.execute(
        f"""
        select source, max(from_vintage), max(to_vintage) from {REVISION_REPORT}
        where source = coalesce(?, source) group by source order by 3 desc, 2 desc, 1 limit 1
        """,
        [source],
    ).fetchone()
    if row is None:
        raise LookupError(f"there are no two vintages to compare; {_loaded(con)}")
    return row[0], row[1], row[2]


def read_reports(con: duckdb.DuckDBPyConnection, from_day: date, to_day: date, source: str | None) -> list[Report]:
    """Reports for each source (or the one given) with a newer vintage on `to_day` than on `from_day`.

    Raises LookupError, naming what is loaded, when there is none.
    """
    reports = _rows(con, REVISION_REPORT_OF, from_day, to_day, source)
    if not reports:
        raise LookupError(f"no newer vintage on {to_day} than on {from_day}; {_loaded(con)}")
    for report in reports:
        report["largest_changes"] = json.loads(report["largest_changes"] or "[]")
        report["flipped_flags"] = _rows(con, FLAGS_FLIPPED_BETWEEN, from_day, to_day, report["source"])
        report["flipped_claims"] = _rows(con, CLAIMS_FLIPPED_BETWEEN, from_day, to_day, report["source"])
    return reports


def print_reports(out: Console, reports: list[Report]) -> None:
    """Print each report: the sentence, what the files contain, the largest changes, what flipped."""
    for report in reports:
        out.print(f"\n[bold]{report['source']}[/bold]")
        out.print(Padding(report["sentence"], (0, 2)), markup=False)
        out.print(
            f"  series {report['series_from']:,} → {report['series_to']:,} (added {report['series_added']:,}, dropped "
            f"{report['series_dropped']:,}), figures {report['figures_from']:,} → {report['figures_to']:,}, newest "
            f"period {report['newest_period_from']} → {report['newest_period_to']}",
        )
        out.print(Padding(f"Schema: {report['schema_differences']}", (0, 2)), markup=False)
        _changes(out, report["largest_changes"])
        _flips(out, report["flipped_flags"])
        for claim in report["flipped_claims"]:
            turned = f"[bold]{claim['before']} → {claim['after']}[/bold]  {escape(claim['statement'])}"
            out.print(Padding(turned, (0, 2)))
            out.print(Padding(claim["sentence_after"], (0, 4)), style="dim", markup=False)


def _rows(
    con: duckdb.DuckDBPyConnection, macro: str, from_day: date, to_day: date, source: str | None
) -> list[dict[str, Any]]:
    cursor = con.execute(
        f"from {macro}(date {literal(from_day)}, date {literal(to_day)}) where source = coalesce(?, source) order by all",
        [source],
    )
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _changes(out: Console, changes: list[dict[str, Any]]) -> None:
    if not changes:
        return
    table = Table(
        box=None, padding=(0, 2, 0, 0), header_style="dim", title="Largest revisions, $bn", title_justify="left"
    )
    for name in ("partner", "commodity", "figure", "period", "from", "to", "change"):
        table.add_column(name, justify="right" if name in {"from", "to", "change"} else "left")
    for change in changes:
        before, after = change["from_usd"], change["to_usd"]
        table.add_row(
            change["partner"],
            change["commodity"] or "",
            f"{_words(change['concept'])} {change['basis']} {change['adjustment']} {change['measure']}",
            change["period"][:4] if change["frequency"] == "year" else change["period"][:7],
            *(f"{value / BILLION:,.3f}" for value in (before, after, after - before)),
        )
    out.print(Padding(table, (0, 2)))


def _flips(out: Console, flips: list[dict[str, Any]]) -> None:
    if not flips:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title="Flags that flipped", title_justify="left")
    for name in ("series", "measure", "frequency", "period end", "before", "after"):
        table.add_column(name, overflow="fold")
    for flip in flips[:SHOWN_FLIPS]:
        series = f"{_words(flip['concept'])} {flip['basis']} {flip['adjustment']}"
        name = " ".join(part for part in (flip["partner_name"], flip["commodity_code"]) if part)
        table.add_row(
            name or series, flip["measure"], flip["frequency"], str(flip["period_end"]), flip["before"], flip["after"]
        )
    out.print(Padding(table, (0, 2)))
    if len(flips) > SHOWN_FLIPS:
        out.print(f"  {len(flips):,} flags; the first {SHOWN_FLIPS} are shown. --json prints all.", style="dim")


def _words(concept: str) -> str:
    return concept.replace("_", " and ")


def _loaded(con: duckdb.DuckDBPyConnection) -> str:
    """Sources and their vintages in words."""
    rows = con.execute(
        "select source, string_agg(distinct cast(vintage as varchar), ', ' order by cast(vintage as varchar)) "
        f"from {marts.vintage_content} group by source order by source"
    ).fetchall()
    return "loaded are " + "; ".join(f"{source}: {days}" for source, days in rows)

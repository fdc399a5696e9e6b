"""What `tradewake diversion` shows: who took up what a reference partner lost between two periods.

Nothing is computed here; the comparison itself is `assets/methods/diversion`.
"""

from typing import Any

import duckdb
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from assets.methods.diversion.build import DiversionReport

BILLION = 1e9
SHOWN_PARTNERS = 12

_PARTNERS = """
    select * from flags.diversion
    where commodity_code is null order by cut = 'all' desc, cut, partner_code is null desc, diverted_usd desc nulls last, partner_code
"""


def partner_rows(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of all products together, by cut and partner; all partners first."""
    cursor = con.execute(_PARTNERS)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def print_comparison(out: Console, report: DiversionReport, rows: list[dict[str, Any]]) -> None:
    """Print the total's sentence, the partners that took up most, and what the figures are."""
    whole = [row for row in rows if row["cut"] == "all"]
    total = next(row for row in whole if row["partner_code"] is None)
    for comparison in report.comparisons:
        out.print(f"\n[bold]{comparison.pair.label}[/bold], {comparison.basis.text}")
    out.print(Padding(total["sentence"], (0, 2)), markup=False)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title="Billion dollars", title_justify="left")
    for name in ("partner", "diverted", "95 %", "of loss", "demand", "flag"):
        table.add_column(name, justify="left" if name in {"partner", "flag"} else "right", no_wrap=True)
    for row in [row for row in whole if row["partner_code"] is not None][:SHOWN_PARTNERS]:
        table.add_row(
            row["partner_name"],
            _billions(row["diverted_usd"]),
            f"{_billions(row['low_usd'])}-{_billions(row['high_usd'])}",
            f"{row['rate']:.1%}" if row["rate"] is not None else "",
            _billions(row["demand_usd"]),
            (row["flag"] or "").replace("re_", "re-").replace("_", " "),
        )
    out.print(Padding(table, (1, 2)))
    for note in report.notes:
        out.print(Padding(note, (0, 2)), style="dim", markup=False)
    out.print("  An upper bound from matching products, never a proof of cause. --json prints all cuts.", style="dim")


def _billions(value: int | None) -> str:
    return "" if value is None else f"{value / BILLION:,.1f}"

"""What `tradewake diversion` shows: who took up what a reference partner lost, and who moved the balance.

Nothing is computed here; the comparison itself is `assets/methods/diversion`.
"""

from typing import Any

import duckdb
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from assets.methods.diversion.build import DiversionReport
from assets.methods.diversion.levels import TOTAL
from assets.methods.diversion.table import DIVERSION

BILLION = 1e9
SHOWN_PARTNERS = 12
_STEPS = ("contribution_usd", "exports_change_usd", "imports_change_usd")

_PARTNERS = f"""
    select * from {DIVERSION}
    where commodity_code is null order by cut = 'all' desc, cut, partner_code is null desc, diverted_usd desc nulls last,
        share_change_pp desc nulls last, partner_code
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
    out.print(Padding(_shares(whole) if total["level"] == TOTAL.name else _matched(whole), (1, 2)))
    for note in report.notes:
        out.print(Padding(note, (0, 2)), style="dim", markup=False)
    if total["level"] == TOTAL.name:
        out.print("  Shares are accounting, never a proof of cause.", style="dim")
    else:
        out.print(
            "  An upper bound from matching products, never a proof of cause. --json prints all cuts.", style="dim"
        )


def print_waterfall(out: Console, rows: list[dict[str, Any]]) -> None:
    """Print what the largest partners, all others and the remainders added to the change of the goods balance."""
    first = rows[0]
    table = _table("balance", "exports", "imports", title="Change of the goods balance, billion dollars")
    shown, rest = rows[:SHOWN_PARTNERS], [row for row in rows[SHOWN_PARTNERS:] if row["rank"] is not None]
    others = {name: sum(row[name] for row in rest) for name in _STEPS} | {
        "partner_name": f"{len(rest)} other countries"
    }
    remainders = [row for row in rows if row["rank"] is None]
    world = {name: sum(row[name] for row in rows) for name in _STEPS} | {"partner_name": "World, as published"}
    for row in [*shown, others, *remainders, world]:
        table.add_row(row["partner_name"], *(f"{row[name] / BILLION:,.3f}" for name in _STEPS))
    out.print(f"\n[bold]{first['period1']} against {first['period0']}[/bold], vintage {first['vintage']}")
    out.print(Padding(table, (0, 2)))
    out.print("  Census basis, not seasonally adjusted. --waterfall --json prints every country.", style="dim")


def _matched(rows: list[dict[str, Any]]) -> Table:
    """Partners by what is matched."""
    table = _table("diverted", "95 %", "of loss", "demand", "flag", title="Billion dollars")
    for row in [row for row in rows if row["partner_code"] is not None][:SHOWN_PARTNERS]:
        table.add_row(
            row["partner_name"],
            _billions(row["diverted_usd"]),
            f"{_billions(row['low_usd'])}-{_billions(row['high_usd'])}",
            f"{row['rate']:.1%}" if row["rate"] is not None else "",
            _billions(row["demand_usd"]),
            (row["flag"] or "").replace("re_", "re-").replace("_", " "),
        )
    return table


def _shares(rows: list[dict[str, Any]]) -> Table:
    """Partners by change of share; matching is not testable."""
    table = _table("change", "share, points", "captured", "naive ratio", title="Billion dollars; not diversion")
    for row in [row for row in rows if row["partner_code"] is not None][:SHOWN_PARTNERS]:
        table.add_row(
            row["partner_name"],
            _billions(row["value1_usd"] - row["value0_usd"]),
            f"{row['share_change_pp']:+.2f}",
            "" if row["captured_share"] is None else f"{row['captured_share']:.1%}",
            "" if row["naive_ratio"] is None else f"{row['naive_ratio']:.3f}",
        )
    return table


def _table(*columns: str, title: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title=title, title_justify="left")
    for name in ("partner", *columns):
        table.add_column(name, justify="left" if name in {"partner", "flag"} else "right", no_wrap=True)
    return table


def _billions(value: int | None) -> str:
    return "" if value is None else f"{value / BILLION:,.1f}"

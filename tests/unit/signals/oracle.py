"""The record engine once more, as slow and plain as possible: every period compared with every earlier one."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

import duckdb
import pandas as pd

TOP_RANKS = 5
ORIGIN = date(1990, 1, 1)


class Cell(NamedTuple):
    """One period of a series."""

    series_id: int
    position: int
    value: int | float
    rounding: float

    @property
    def period_end(self) -> date:
        return ORIGIN + timedelta(days=self.position)


def write_panel(con: duckdb.DuckDBPyConnection, cells: Sequence[Cell], value_type: str) -> None:
    """Replace the table `panel` by the cells."""
    con.execute(
        "create or replace table panel "
        f"(series_id bigint, position integer, period_end date, value {value_type}, rounding double)"
    )
    frame = pd.DataFrame(
        {
            "series_id": [cell.series_id for cell in cells],
            "position": [cell.position for cell in cells],
            "period_end": [cell.period_end for cell in cells],
            "value": pd.Series([cell.value for cell in cells], dtype="int64" if value_type == "BIGINT" else "float64"),
            "rounding": [cell.rounding for cell in cells],
        }
    )
    con.register("cells", frame)
    con.execute("insert into panel select * from cells")
    con.unregister("cells")


def evidence_of(series: Sequence[Cell], exactly_published: float) -> list[dict[str, Any]]:
    """The evidence of every period of one series; roundings up to `exactly_published` round nothing."""
    ordered = sorted(series, key=lambda cell: cell.position)
    coarsest = max(cell.rounding for cell in ordered)
    rows = []
    for at, cell in enumerate(ordered):
        earlier = ordered[:at]
        rounds = coarsest > exactly_published and max(c.rounding for c in ordered[: at + 1]) == coarsest
        exact = _compared(cell.value, earlier, [c.value for c in earlier])
        rounded = _compared(
            _units(cell.value, coarsest, rounds), earlier, [_units(c.value, coarsest, rounds) for c in earlier]
        )
        row: dict[str, Any] = {
            "series_id": cell.series_id,
            "period_end": cell.period_end,
            "value": cell.value,
            "periods": at + 1,
            "first_period": ordered[0].period_end,
            "highest_before": max((c.value for c in earlier), default=None),
            "lowest_before": min((c.value for c in earlier), default=None),
            "is_tie": rounded["ties"] > 0,
            "is_tie_high": rounded["ties"] > 0 and rounded["rank_high"] == 1,
            "is_tie_low": rounded["ties"] > 0 and rounded["rank_low"] == 1,
            "sign_change": bool(earlier) and (earlier[-1].value < 0 < cell.value or cell.value < 0 < earlier[-1].value),
        }
        for name in ("is_record_high", "is_record_low", "rank_high", "rank_low", "highest_since", "lowest_since"):
            row[name] = exact[name]
            row[f"{name}_rounded"] = rounded[name]
        row.update(_headline(row, earlier))
        rows.append(row)
    return rows


def _units(value: int | float, unit: float, rounds: bool) -> Fraction:
    return Fraction((Fraction(value) / Fraction(unit) + Fraction(1, 2)).__floor__()) if rounds else Fraction(value)


def _compared(
    value: int | float | Fraction, earlier: Sequence[Cell], values: Sequence[int | float | Fraction]
) -> dict[str, Any]:
    at_least = [cell.period_end for cell, other in zip(earlier, values, strict=True) if other >= value]
    at_most = [cell.period_end for cell, other in zip(earlier, values, strict=True) if other <= value]
    return {
        "is_record_high": bool(earlier) and not at_least,
        "is_record_low": bool(earlier) and not at_most,
        "rank_high": 1 + sum(other > value for other in values),
        "rank_low": 1 + sum(other < value for other in values),
        "highest_since": max(at_least, default=None),
        "lowest_since": max(at_most, default=None),
        "ties": sum(other == value for other in values),
    }


def _headline(row: dict[str, Any], earlier: Sequence[Cell]) -> dict[str, Any]:
    if not earlier:
        return {"headline": "first", "side": None, "neighbour_value": None, "margin": None}
    value = row["value"]
    if row["is_record_high"] or row["is_record_low"]:
        side = "high" if row["is_record_high"] else "low"
        neighbour = row["highest_before"] if side == "high" else row["lowest_before"]
        headline = "record"
    elif row["periods"] >= 2 * TOP_RANKS and min(row["rank_high"], row["rank_low"]) <= TOP_RANKS:
        side = "high" if row["rank_high"] <= row["rank_low"] else "low"
        # The nearest earlier value; of two at one distance, the upper.
        neighbour = min((c.value for c in earlier), key=lambda other: (abs(other - value), -other))
        headline = "rank"
    else:
        side = "high" if row["highest_since"] <= row["lowest_since"] else "low"
        since = row["highest_since"] if side == "high" else row["lowest_since"]
        neighbour = next(c.value for c in earlier if c.period_end == since)
        headline = "since"
    return {"headline": headline, "side": side, "neighbour_value": neighbour, "margin": abs(neighbour - value)}

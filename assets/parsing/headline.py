"""What the published tables of total trade share: a two-line heading by flow, and rows of one period each.

Here belong reading such a table and checking that its figures agree with each other. Which tables there are
does not belong here: see `ft900.py` and `bea.py`.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from assets.errors import RefusedFile
from assets.parsing import cells
from assets.parsing.cells import MICRO, place
from assets.parsing.common import HEADLINE_SCHEMA
from assets.parsing.workbook import Cell, Rows
from assets.reference.calendar import Release, latest_release

ROUNDING_MUSD = 2
"""Three rounded figures that should add up; the worst in the real files is 2 (1960)."""
MIN_LEVEL_MUSD = 1_000
MAX_LEVEL_MUSD = 100_000_000
"""Exports and imports lie between: $ 6 billion (services 1960) and $ 4 trillion (imports of a year)."""

NSA_SUM_TOLERANCE_MUSD = 13 * 0.5
"""Months and their year rounded to $ 1 million each, as the tests of the staging models have it; the worst seen is 2."""
SA_SUM_TOLERANCE_MUSD = 20
"""Adjusted months are fitted to the year, not exactly; the worst in the real files is 5 (1992, 1993)."""

NET_ADJUSTMENT = "net adjustment"
_FOOTNOTE_MARK = re.compile(r"\s*\(?\d\)?$")


class Series(NamedTuple):
    """One column of a table. Basis NET_ADJUSTMENT is the step from Census to BOP: checked, not emitted."""

    concept: str
    basis: str
    flow: str


class Line(NamedTuple):
    """One row of a table: its figures in whole dollars for a year and month (None: the annual figure)."""

    row: int
    year: int
    month: int | None
    dollars: dict[Series, int]


class Heading(NamedTuple):
    """Where the table begins and which column holds which series."""

    first_row: int
    columns: dict[int, Series]


class Sheet(NamedTuple):
    """A sheet with what is needed to name a place in it."""

    file: str
    name: str
    rows: Rows

    def refuse(self, row: int, expected: str, seen: str, column: int | None = None) -> RefusedFile:
        return RefusedFile(self.file, place(self.name, row, column), expected, seen)


Totals = Mapping[Series, tuple[Series, Series, int]]
"""A series, and how it is made: the first part plus (1) or minus (-1) the second."""

GOODS_AND_SERVICES: Mapping[tuple[str, str], Series] = {
    (flow, label): Series(concept, "BOP", flow)
    for flow in ("balance", "exports", "imports")
    for label, concept in (("total", "goods_services"), ("goods", "goods"), ("services", "services"))
}
"""The nine columns that exhibit 1 and BEA's table 1 have in common."""


def balances(columns: Mapping[tuple[str, str], Series]) -> Totals:
    """Each balance among the columns as exports minus imports."""
    return {
        series: (series._replace(flow="exports"), series._replace(flow="imports"), -1)
        for series in columns.values()
        if series.flow == "balance"
    }


GOODS_AND_SERVICES_TOTALS: Totals = {
    **balances(GOODS_AND_SERVICES),
    **{
        Series("goods_services", "BOP", flow): (
            Series("goods", "BOP", flow),
            Series("services", "BOP", flow),
            1,
        )
        for flow in ("exports", "imports")
    },
}


def find_heading(sheet: Sheet, expected: Mapping[tuple[str, str], Series]) -> Heading:
    """Columns by their two-line heading (flow above, label below): every expected one, and no other."""
    for index, row in enumerate(sheet.rows[:-1]):
        if row and cells.text(row[0]).casefold() == "period":
            return Heading(index + 3, _columns(sheet, index, expected))
    raise sheet.refuse(1, "a header row that starts with 'Period'", f"none in {len(sheet.rows)} rows")


def _columns(sheet: Sheet, index: int, expected: Mapping[tuple[str, str], Series]) -> dict[int, Series]:
    columns: dict[int, Series] = {}
    flows = _flows(sheet.rows[index])
    for column, below in enumerate(sheet.rows[index + 1]):
        label = _FOOTNOTE_MARK.sub("", cells.text(below)).casefold()
        if not label:
            continue
        series = expected.get((flows[column], label))
        if series is None or series in columns.values():
            seen = f"column '{flows[column]}: {cells.text(below)}'"
            wanted = "each column once" if series else f"only the columns {_named(expected)}"
            raise sheet.refuse(index + 2, wanted, seen, column)
        columns[column] = series
    missing = [key for key, series in expected.items() if series not in columns.values()]
    if missing:
        raise sheet.refuse(index + 2, f"column {_named(missing)}", f"{len(columns)} of {len(expected)} columns")
    return columns


def _flows(titles: Sequence[Cell]) -> list[str]:
    """The flow over each column: its title stands over the first (FT-900) or the middle one (BEA)."""
    named = [(at, cells.text(title).casefold()) for at, title in enumerate(titles) if at and cells.text(title)]
    if not named:
        return [""] * len(titles)
    if named[0][0] == 1:
        return [max((at, name) for at, name in named if at <= max(column, 1))[1] for column in range(len(titles))]
    return [min(named, key=lambda title: abs(title[0] - column))[1] for column in range(len(titles))]


def _named(keys: Sequence[tuple[str, str]] | Mapping[tuple[str, str], Series]) -> str:
    return ", ".join(f"'{flow}: {label}'" for flow, label in keys)


def figures(sheet: Sheet, heading: Heading, row_number: int) -> dict[Series, int] | None:
    """The figures of a row in whole dollars; None where all are blank.

    Refused: text in a figure, a row half blank, a figure in a column without heading.
    """
    row = sheet.rows[row_number - 1]
    blanks = 0
    dollars: dict[Series, int] = {}
    for column, cell in enumerate(row[1:], start=1):
        series = heading.columns.get(column)
        if series is None:
            if not cells.blank(cell):
                raise sheet.refuse(row_number, "a blank cell: the column has no heading", repr(cell), column)
            continue
        try:
            value = cells.number(cell)
        except ValueError:
            raise sheet.refuse(row_number, "a number in $ million", repr(cell), column) from None
        if np.isnan(value):
            blanks += 1
            gap = column
        elif abs(value) > MAX_LEVEL_MUSD:
            raise sheet.refuse(row_number, "a value in $ million", f"{value:,.0f}, as if in dollars", column)
        else:
            dollars[series] = round(value * MICRO)
    if blanks and dollars:
        raise sheet.refuse(row_number, "a number in $ million", "a blank cell beside numbers", gap)
    return dollars or None


def check_lines(sheet: Sheet, lines: Sequence[Line], totals: Totals) -> None:
    """Refuse repeated periods, levels in another unit, and totals that are not what their parts make."""
    seen: dict[tuple[int, int | None], int] = {}
    for line in lines:
        before = seen.setdefault((line.year, line.month), line.row)
        if before != line.row:
            raise sheet.refuse(line.row, "each period once", f"{_period(line)} again, first in row {before}")
        for series, dollars in line.dollars.items():
            level = series.flow != "balance" and series.basis != NET_ADJUSTMENT
            if level and dollars < MIN_LEVEL_MUSD * MICRO:
                expected = f"{series.concept} {series.flow} in $ million, at least {MIN_LEVEL_MUSD:,}"
                raise sheet.refuse(line.row, expected, f"{dollars / MICRO:,.6g}")
        for series, (first, second, sign) in totals.items():
            made = line.dollars[first] + sign * line.dollars[second]
            if abs(made - line.dollars[series]) > ROUNDING_MUSD * MICRO:
                what = f"{_period(line)} {series.concept} {series.flow} {series.basis}"
                expected = f"{what} of {made / MICRO:,.0f}, as its parts make"
                raise sheet.refuse(line.row, expected, f"{line.dollars[series] / MICRO:,.0f}")


def check_sums(sheet: Sheet, lines: Sequence[Line], sums: Sequence[tuple[Line, int]], tolerance: float) -> None:
    """Refuse a sum row (a line, its last month) that the months do not make within `tolerance` $ million."""
    months: defaultdict[int, dict[int, Line]] = defaultdict(dict)
    for line in lines:
        if line.month is not None:
            months[line.year][line.month] = line
    for line, last in sums:
        parts = [months[line.year].get(month) for month in range(1, last + 1)]
        if months[line.year] and None in parts:
            missing = parts.index(None) + 1
            raise sheet.refuse(line.row, f"figures for {line.year}-{missing:02d}, part of the sum", "none")
        for series, dollars in line.dollars.items():
            made = sum(part.dollars[series] for part in parts if part is not None)
            if months[line.year] and abs(made - dollars) > tolerance * MICRO:
                what = f"{series.concept} {series.flow} {series.basis} of {made / MICRO:,.0f}"
                expected = (
                    f"{what} within {tolerance:g}, the sum of {last} month{'s' if last > 1 else ''} of {line.year}"
                )
                raise sheet.refuse(line.row, expected, f"{dollars / MICRO:,.0f}")


def newest_month(sheet: Sheet, lines: Sequence[Line]) -> date:
    """The newest month with figures; refused: none at all, one that is not over, a gap before it."""
    months = [(date(line.year, line.month, 1), line.row) for line in lines if line.month is not None]
    if not months:
        raise sheet.refuse(len(sheet.rows), "at least one month with figures", "none")
    newest, row = max(months)
    if newest > cells.last_ended_month():
        raise sheet.refuse(row, f"no month after {cells.last_ended_month():%Y-%m}", f"figures for {newest:%Y-%m}")
    given = {month for month, _ in months}
    oldest = min(given)
    for period in range(oldest.year * 12 + oldest.month - 1, newest.year * 12 + newest.month - 1):
        month = date(period // 12, period % 12 + 1, 1)
        if month not in given:
            raise sheet.refuse(row, f"figures for {month:%Y-%m}, before {newest:%Y-%m}", "no such month")
    return newest


def table(sheet: Sheet, lines: Sequence[Line], adjustment: str) -> pa.Table:
    """The lines as rows of HEADLINE_SCHEMA, net adjustments left out."""
    rows = [
        (sheet.name, line.row, *series[:2], adjustment, series.flow, line.year, line.month, dollars)
        for line in lines
        for series, dollars in line.dollars.items()
        if series.basis != NET_ADJUSTMENT
    ]
    return headline_table(rows)


def headline_table(rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """Tuples in the order of HEADLINE_SCHEMA, values in whole dollars, as an Arrow table."""
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(column, type=kind.type) for column, kind in zip(columns[:-1], HEADLINE_SCHEMA, strict=False)]
    dollars = np.array(columns[-1], dtype=np.int64)
    return pa.table([*arrays, cells.musd_array(dollars)], schema=HEADLINE_SCHEMA)


def release_on(day: date, newest: date) -> Release | None:
    """The release that a file printed on `day` is of; None where its day is an estimate or `newest` came after it."""
    release = latest_release(day)
    return None if release.is_estimate or release.reference_month < newest else release


def find_title(rows: Sequence[Sequence[Cell]], pattern: re.Pattern[str]) -> re.Match[str] | None:
    """The first match among the first cells of the rows above a table."""
    for row in rows[:12]:
        if row and (found := pattern.search(cells.text(row[0]))):
            return found
    return None


def _period(line: Line) -> str:
    return f"{line.year}" if line.month is None else f"{line.year}-{line.month:02d}"

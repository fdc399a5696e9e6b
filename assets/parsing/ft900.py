"""FT-900 release, exhibits 1 and 12 (.xlsx): total trade by month for three years.

Exhibit 1 is goods and services, BOP basis, seasonally adjusted; exhibit 12 is goods, BOP and Census basis,
not adjusted. The exhibit is told by its title. Other exhibits do not belong here.
"""

import calendar
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from assets.errors import UnknownLayout
from assets.parsing import cells, headline
from assets.parsing.common import HEADLINE_SCHEMA, Parsed
from assets.parsing.content import Content
from assets.parsing.headline import Line, Series, Sheet, Totals
from assets.parsing.workbook import Workbook, open_workbook

SOURCE = "ft900"
PARSER_VERSION = 2
SCHEMA = HEADLINE_SCHEMA
LAYOUT = "FT-900 exhibit 1 or 12 (a sheet with the title 'Exhibit 1. ...' or 'Exhibit 12. ...')"

_TITLE = re.compile(r"^Exhibit (\d+[a-z]?)\b\.?(.*)", re.IGNORECASE)
_PART = re.compile(r"^Part [ABC]:")
"""Stands above every exhibit of the release, and above none of its Supplement, which counts from 1 again."""
_UNIT = re.compile(r"^In millions of dollars", re.IGNORECASE)
_PRIOR_PRINT = re.compile(r"([a-z]+) data as published last month", re.IGNORECASE)
_SUM_OF_MONTHS = re.compile(r"jan[a-z]*\.?\s*-\s*(?:([a-z]{3})[a-z]*\.?)?", re.IGNORECASE)
"""A release of January prints 'Jan. -': the year to date of one month."""
_MONTHS = {month.casefold(): number for number, month in enumerate(calendar.month_name) if number}
_SHORT_MONTHS = {month.casefold(): number for number, month in enumerate(calendar.month_abbr) if number}
_YEAR = re.compile(r"(19|20)\d\d")
_BLANK_MONTHS = "months without figures yet"

_GOODS: Mapping[tuple[str, str], Series] = {
    ("balance", "total balance of payments basis"): Series("goods", "BOP", "balance"),
    ("balance", "total census basis"): Series("goods", "Census", "balance"),
    **{
        (flow, label): Series("goods", basis, flow)
        for flow in ("exports", "imports")
        for label, basis in (
            ("total balance of payments basis", "BOP"),
            ("net adjustments", headline.NET_ADJUSTMENT),
            ("total census basis", "Census"),
        )
    },
}
_GOODS_TOTALS: Totals = {
    **headline.balances(_GOODS),
    **{
        Series("goods", "BOP", flow): (
            Series("goods", "Census", flow),
            Series("goods", headline.NET_ADJUSTMENT, flow),
            1,
        )
        for flow in ("exports", "imports")
    },
}


@dataclass(frozen=True)
class _Exhibit:
    title: str
    part: str
    adjustment: str
    columns: Mapping[tuple[str, str], Series]
    totals: Totals
    tolerance: float


_EXHIBITS = {
    "1": _Exhibit(
        "U.S. International Trade in Goods and Services",
        "Part A: Seasonally Adjusted",
        "SA",
        headline.GOODS_AND_SERVICES,
        headline.GOODS_AND_SERVICES_TOTALS,
        headline.SA_SUM_TOLERANCE_MUSD,
    ),
    "12": _Exhibit(
        "U.S. Trade in Goods",
        "Part B: NOT Seasonally Adjusted",
        "NSA",
        _GOODS,
        _GOODS_TOTALS,
        headline.NSA_SUM_TOLERANCE_MUSD,
    ),
}


@dataclass
class _Body:
    """The rows below the heading, sorted by what they are."""

    lines: list[Line] = field(default_factory=list)
    sums: list[tuple[Line, int]] = field(default_factory=list)
    prior_month: tuple[int, int] | None = None
    """Row and number of the month whose prior print stands below the table: the one before the release's."""
    left_out: Counter[str] = field(default_factory=Counter)

    def take(self, sheet: Sheet, line: Line, last: int | None) -> None:
        """Add a line of one month, or the sum of those up to `last`: kept for its check, emitted if a full year."""
        if not line.dollars and last is not None:
            raise sheet.refuse(line.row, "figures for a sum of months", "blank cells", 1)
        if not line.dollars:
            self.left_out[_BLANK_MONTHS] += 1
            return
        if last is not None:
            self.sums.append((line, last))
        if last in {None, 12}:
            self.lines.append(line)
        else:
            self.left_out["year-to-date rows checked and left out"] += 1


class _Label(NamedTuple):
    """What the label of a row says: a year heading, a month, or the sum of the months up to `last`."""

    year: int | None = None
    month: int | None = None
    last: int | None = None


def matches(content: Content) -> bool:
    """Any sheet with the title of an exhibit above its table."""
    return content.kind == "workbook" and any(
        headline.find_title(content.top(sheet), _TITLE) for sheet in content.sheet_names
    )


def parse(path: Path, name: str) -> Parsed:
    """Read exhibit 1 or 12 into one row a period and series, $ million; month null for 'Jan. - Dec.'.

    Year-to-date rows, last month's prior print and months still blank are counted and left out.
    Raises `RefusedFile`.
    """
    sheet, exhibit = _exhibit(open_workbook(path, name))
    heading = headline.find_heading(sheet, exhibit.columns)
    body = _body(sheet, heading)
    headline.check_lines(sheet, body.lines, exhibit.totals)
    headline.check_sums(sheet, body.lines, body.sums, exhibit.tolerance)
    newest = headline.newest_month(sheet, body.lines)
    edge_is_told = _edge_is_told(sheet, body, newest)
    refused = sum(body.left_out.values())
    return Parsed(
        source=SOURCE,
        parser_version=PARSER_VERSION,
        table=headline.table(sheet, body.lines, exhibit.adjustment),
        rows_read=len(body.lines) + refused,
        rows_accepted=len(body.lines),
        rows_refused=refused,
        notes=tuple(f"{what}: {count}" for what, count in body.left_out.items()),
        newest_month=newest,
        release_month=newest if edge_is_told else None,
        edge_is_told=edge_is_told,
    )


def _edge_is_told(sheet: Sheet, body: _Body, newest: date) -> bool:
    """Whether blank months or the line of last month's prior print show that the release ends with `newest`."""
    if body.prior_month is None:
        return body.left_out[_BLANK_MONTHS] > 0
    row, prior = body.prior_month
    if prior % 12 + 1 != newest.month:
        expected = f"figures for {calendar.month_name[prior % 12 + 1]}: the release after {calendar.month_name[prior]}"
        raise sheet.refuse(row, expected, f"{newest:%Y-%m} as the newest month")
    return True


def _exhibit(book: Workbook) -> tuple[Sheet, _Exhibit]:
    others: list[str] = []
    for sheet_name in book.sheet_names:
        sheet = Sheet(book.name, sheet_name, book.rows(sheet_name))
        found = headline.find_title(sheet.rows, _TITLE)
        if found is None:
            continue
        number, title = found[1].casefold(), found[2].strip(" ,")
        exhibit = _EXHIBITS.get(number)
        is_supplement = headline.find_title(sheet.rows, _PART) is None
        if exhibit is None or (is_supplement and not title.casefold().startswith(exhibit.title.casefold())):
            others.append(f"exhibit {number} of the FT-900{' Supplement' if is_supplement else ''}, {title}")
            continue
        if not headline.find_title(sheet.rows, re.compile(f"^{re.escape(exhibit.part)}", re.IGNORECASE)):
            raise sheet.refuse(2, f"the line '{exhibit.part}' above exhibit {number}", "no such line")
        if not headline.find_title(sheet.rows, _UNIT):
            raise sheet.refuse(4, "the line 'In millions of dollars' above the table", "no such line")
        return sheet, exhibit
    seen = "; ".join(others) or f"a workbook of sheets {', '.join(map(repr, book.sheet_names))}, none with such a title"
    expected = "land exhibit 1 or 12 of the release"
    raise UnknownLayout(book.name, "workbook", expected, seen)


def _body(sheet: Sheet, heading: headline.Heading) -> _Body:
    """Sort the rows: a year heading sets the year, the first footer line ends the data."""
    body = _Body()
    year: int | None = None
    footer = prior_print = False
    for row in range(heading.first_row, len(sheet.rows) + 1):
        label = cells.label(sheet.rows[row - 1][0])
        dollars = headline.figures(sheet, heading, row)
        period = None if footer else _period(label)
        if not label and dollars is None:
            continue
        if period is None:
            if dollars is None:
                footer = True
                found = _PRIOR_PRINT.search(label)
                prior_print = found is not None
                if found and (month := _MONTHS.get(found[1].casefold())):
                    body.prior_month = row, month
                body.left_out["lines of notes below the table"] += 1
            elif prior_print:
                body.left_out["rows of last month's prior print left out"] += 1
                prior_print = False
            else:
                raise sheet.refuse(row, "a year, a month, 'Jan. - Dec.' or a footnote", f"{label!r} with figures", 0)
            continue
        if period.year is not None:
            if dollars is not None:
                raise sheet.refuse(row, "a year heading without figures", f"{label} with figures", 0)
            if year is not None and period.year <= year:
                raise sheet.refuse(row, f"a year after {year}", label, 0)
            year = period.year
            continue
        if year is None:
            raise sheet.refuse(row, "a year heading above the first period", label, 0)
        body.take(sheet, Line(row, year, period.month, dollars or {}), period.last)
    return body


def _period(label: str) -> _Label | None:
    """What a label says; None for other text."""
    if _YEAR.fullmatch(label):
        return _Label(year=int(label))
    if month := _MONTHS.get(label.casefold()):
        return _Label(month=month)
    if found := _SUM_OF_MONTHS.fullmatch(label):
        last = 1 if found[1] is None else _SHORT_MONTHS.get(found[1].casefold(), 0)
        return _Label(last=last) if found[1] is None or last > 1 else None
    return None

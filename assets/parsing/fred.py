"""FRED's series of the monthly balance of goods and services, BOPGSTB ($ million, BOP basis, SA), in the forms it comes in.

Here belong the site's download (CSV or workbook), the archive's (ALFRED: a column for each vintage, or a row for each
real-time period), the answer of the API, and what users make of them by saving them again. Of a file with several series
BOPGSTB alone is taken; other series do not belong here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from assets.errors import RefusedFile
from assets.parsing import cells
from assets.parsing.cells import MICRO, place
from assets.parsing.columns import BadRows, separator_of, wrapped_columns
from assets.parsing.common import HEADLINE_SCHEMA, Parsed
from assets.parsing.content import TOP_ROWS, Content
from assets.parsing.headline import headline_table, release_on
from assets.parsing.opening import ZIP_MAGIC, read_bytes
from assets.parsing.textfile import csv_lines, text_of
from assets.parsing.workbook import Cell, Rows, open_workbook_bytes

SOURCE = "fred"
PARSER_VERSION = 2
SCHEMA = HEADLINE_SCHEMA
LAYOUT = "FRED series BOPGSTB (CSV, workbook or API answer; also of one or more vintages)"
SERIES = "BOPGSTB"

MAX_BALANCE_MUSD = 10_000_000
"""A month beyond it is in dollars or thousands; the largest deficit of a month is 0.14 million $ million."""
MIN_BALANCE_MUSD = 500
"""A file in which no month reaches it is in billions; the smallest balance since 1992 is 831."""
FIRST_YEAR = 1992
FIRST_YEAR_MUSD = (-2026, -831, -2641, -3109, -3919, -2824, -2781, -4455, -3530, -3520, -3968, -5603)
"""Months of `FIRST_YEAR`, which identify the series where nothing names it: alike in every vintage from 2022-04 to 2026-08 (FRED)."""

_DATE_HEADINGS = ("date", "observation_date", "period_start_date")
_UNNAMED = ("", "unnamed: 0")
_NAMELESS = "value"
_START, _END = ("realtime_start", "realtime_start_date"), ("realtime_end", "realtime_end_date")
_OWN = re.compile(rf"{SERIES}(?:_(\d{{8}}))?", re.IGNORECASE)
_ID = re.compile(r"[A-Z][A-Z0-9]{2,}(_[A-Z0-9]+)*")
_OTHERS = {
    "BOPGTB": "the balance of goods alone",
    "BOPSTB": "the balance of services alone",
    "BOPTEXP": "exports of goods and services",
    "BOPTIMP": "imports of goods and services",
    "BOPGEXP": "exports of goods",
    "BOPGIMP": "imports of goods",
    "BOPSEXP": "exports of services",
    "BOPSIMP": "imports of services",
}
_OF_PARTNER = re.compile(r"(IMP|EXP)([A-Z]{2}|[0-9]{4})")
_LEVELS = "lin"
"""FRED's word for a series that is not made into changes, rates or an index."""
_TYPES = (1, 2)
"""Observations by real-time period, and by vintage with the day of each in its heading."""
_MISSING = ("", ".")
_SLASHED = re.compile(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})")
_MIDNIGHT = re.compile(r"[T ]00:00:00$")
_EXPECTED_DATE = "the first day of a month as YYYY-MM-DD"


class _Row(NamedTuple):
    """A row below the heading and its number in the file."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True)
class _Table:
    """The heading and rows of a file, whatever its form; `unit` is what a person counts in a file without sheets."""

    name: str
    sheet: str | None
    unit: str
    heading: _Row
    rows: list[_Row]
    notes: list[str] = field(default_factory=list)

    def refuse(self, row: _Row, expected: str, seen: str) -> RefusedFile:
        where = place(self.sheet, row.number) if self.sheet or self.unit == "line" else f"{self.unit} {row.number}"
        return RefusedFile(self.name, where, expected, seen)


class _Layout(NamedTuple):
    """Where a heading has the date, the value and the real-time period; `vintage` is the day that the value's names."""

    day: int
    value: int
    vintage: date | None
    period: tuple[int, int] | None
    is_named: bool


class _Value(NamedTuple):
    """The value of a month in whole dollars, None where missing."""

    row: _Row
    dollars: int | None


def matches(content: Content) -> bool:
    """A heading of a date and series near the top, or the observations of an API answer."""
    if content.kind == "workbook":
        return any(_heading_at(content.top(sheet)) is not None for sheet in content.sheet_names)
    if content.kind != "text":
        return False
    if content.head.lstrip().startswith("{"):
        return '"observations"' in content.head
    first = next((line for line in content.head.splitlines() if line.strip()), "")
    return _is_heading([cell.strip().strip('"') for cell in first.split(separator_of(first))])


def parse(path: Path, name: str) -> Parsed:
    """Read the series into one row a month, $ million; missing values (`.`, blank) are counted and left out.

    Of several vintages or real-time periods the newest is taken. A file that names the day its figures were known on
    tells its release. Raises `RefusedFile`.
    """
    table = _read(path, name)
    layout = _layout(table)
    current, as_of = _current(table, layout)
    values = _values(table, layout, current)
    _refuse_gap(table, values)
    taken = {month: value for month, value in values.items() if value.dollars is not None}
    if not taken:
        raise table.refuse(_Row(table.heading.number + 1, []), "at least one month with a value", "none")
    dollars = {month: value.dollars or 0 for month, value in taken.items()}
    if all(abs(value) < MIN_BALANCE_MUSD * MICRO for value in dollars.values()):
        raise RefusedFile(name, "values", "a series in $ million", f"none of {len(taken)} reaches {MIN_BALANCE_MUSD}")
    if not layout.is_named:
        _refuse_unnamed(name, dollars)
    newest = max(taken)
    missing = len(values) - len(taken)
    if missing:
        table.notes.append(f"{missing} months without a value left out")
    published_on, release_month = _release(as_of, newest, table.notes)
    return Parsed(
        source=SOURCE,
        parser_version=PARSER_VERSION,
        table=headline_table(
            [
                (
                    table.sheet,
                    taken[month].row.number,
                    "goods_services",
                    "BOP",
                    "SA",
                    "balance",
                    month.year,
                    month.month,
                    value,
                )
                for month, value in dollars.items()
            ]
        ),
        rows_read=len(table.rows),
        rows_accepted=len(taken),
        rows_refused=len(table.rows) - len(taken),
        notes=tuple(table.notes),
        newest_month=newest,
        published_on=published_on,
        release_month=release_month,
        edge_is_told=max(values) > newest or release_month == newest,
    )


def _read(path: Path, name: str) -> _Table:
    data = read_bytes(path, name)
    if data.startswith(ZIP_MAGIC):
        return _of_workbook(data, name)
    text = text_of(data, name)
    if text.lstrip().startswith("{"):
        return _of_answer(text, name)
    lines = csv_lines(text, name)
    return _without_row_numbers(_Table(name, None, "line", _Row(*lines[0]), [_Row(*line) for line in lines[1:]]))


def _of_workbook(data: bytes, name: str) -> _Table:
    book = open_workbook_bytes(data, name)
    for sheet in book.sheet_names:
        rows = book.rows(sheet)
        at = _heading_at(rows[:TOP_ROWS])
        if at is not None:
            width = max(column for column, cell in enumerate(rows[at]) if not cells.blank(cell)) + 1
            numbered = [
                _Row(number, row[:width] if all(map(cells.blank, row[width:])) else row)
                for number, row in enumerate(rows, start=1)
                if not all(map(cells.blank, row))
            ]
            below = [row for row in numbered if row.number > at + 1]
            return _without_row_numbers(_Table(name, sheet, "row", _Row(at + 1, rows[at][:width]), below))
    expected = f"a sheet with columns observation_date and {SERIES}"
    raise RefusedFile(name, "workbook", expected, f"sheets {', '.join(book.sheet_names)}")


def _of_answer(text: str, name: str) -> _Table:
    """The observations of an API answer; other `units` than levels and other types are refused."""
    try:
        found, rest = wrapped_columns(text, "observations")
    except BadRows as bad:
        where = "file" if bad.row is None else f"observation {bad.row + 1}"
        raise RefusedFile(name, where, bad.expected, bad.seen) from bad
    if (units := rest.get("units", _LEVELS)) != _LEVELS:
        raise RefusedFile(name, "field units", f"{_LEVELS!r}, the values themselves", repr(units))
    # Type 4 looks like type 1, but each value is as first released: no print as of one day.
    if (kind := rest.get("output_type", _TYPES[0])) not in _TYPES:
        raise RefusedFile(name, "field output_type", "1 or 2, by real-time period or vintage", repr(kind))
    columns = [column.fill_null("").to_pylist() for column in found.columns]
    rows = [_Row(number, row) for number, row in enumerate(zip(*columns, strict=True), start=1)]
    return _Table(name, None, "observation", _Row(0, found.heading), rows)


def _without_row_numbers(table: _Table) -> _Table:
    """The table without a first column that has no heading, which counts the rows."""
    first = cells.text(table.heading.cells[0]).casefold()
    if first not in _UNNAMED or len(table.heading.cells) < 2:
        return table
    rows = [_Row(row.number, row.cells[1:]) for row in table.rows]
    note = "the first column, which counts the rows, left out"
    heading = _Row(table.heading.number, table.heading.cells[1:])
    return _Table(table.name, table.sheet, table.unit, heading, rows, [note])


def _heading_at(rows: Rows) -> int | None:
    return next((at for at, row in enumerate(rows) if _is_heading([cells.text(cell) for cell in row])), None)


def _is_heading(texts: Sequence[str]) -> bool:
    """A date and one other column, or more that have the names of series."""
    shown = list(texts)
    while shown and not shown[-1]:
        shown.pop()
    if shown and shown[0].casefold() in _UNNAMED:
        shown = shown[1:]
    if len(shown) < 2 or shown[0].casefold() not in _DATE_HEADINGS:
        return False
    return len(shown) == 2 or any(_ID.fullmatch(text) for text in shown[1:])


def _layout(table: _Table) -> _Layout:
    """Columns by their headings; the series is named by one of them or, where that says only `value`, by the file."""
    headings = [cells.text(cell) for cell in table.heading.cells]
    names = [heading.casefold() for heading in headings]
    days = [at for at, heading in enumerate(names) if heading in _DATE_HEADINGS]
    if len(days) != 1 or len(names) < 2:
        expected = f"columns date,value or observation_date,{SERIES}"
        raise table.refuse(table.heading, expected, ",".join(headings))
    starts = [at for at, heading in enumerate(names) if heading in _START]
    ends = [at for at, heading in enumerate(names) if heading in _END]
    if not len(starts) == len(ends) <= 1:
        raise table.refuse(table.heading, "a start and an end of the real-time period", ",".join(headings))
    period = (starts[0], ends[0]) if starts else None
    own = {at: _vintage(table, heading) for at, heading in enumerate(headings) if _OWN.fullmatch(heading)}
    others = [
        heading
        for at, heading in enumerate(headings)
        if at not in (*days, *starts, *ends, *own) and names[at] != _NAMELESS
    ]
    if not own and _NAMELESS in names and not others:
        return _Layout(days[0], names.index(_NAMELESS), None, period, SERIES in table.name.upper())
    if not own or _NAMELESS in names:
        seen = ", ".join(map(_described, others)) or ",".join(headings)
        raise table.refuse(table.heading, f"column {SERIES} or value", seen)
    if others:
        table.notes.append(f"series left out: {', '.join(map(_described, others))}")
    return _newest_column(table, days[0], own, period)


def _newest_column(table: _Table, day: int, own: dict[int, date | None], period: tuple[int, int] | None) -> _Layout:
    dated = {at: vintage for at, vintage in own.items() if vintage is not None}
    if len(own) > 1 and len(set(dated.values())) < len(own):
        raise table.refuse(table.heading, f"{SERIES} once, or once for each vintage", f"{len(own)} columns of it")
    value = max(dated, key=lambda at: dated[at]) if dated else next(iter(own))
    if len(own) > 1:
        table.notes.append(f"{len(own) - 1} older vintages left out: each can be landed as a file of its own")
    return _Layout(day, value, own[value], period, is_named=True)


def _vintage(table: _Table, heading: str) -> date | None:
    found = _OWN.fullmatch(heading)
    if found is None or found[1] is None:
        return None
    try:
        return datetime.strptime(found[1], "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        raise table.refuse(table.heading, f"{SERIES}_ and a day as YYYYMMDD", repr(heading)) from None


def _described(series: str) -> str:
    """A series by its name, in words where they are known."""
    if described := _OTHERS.get(series):
        return f"{series!r}, {described}"
    if found := _OF_PARTNER.fullmatch(series):
        return f"{series!r}, {'imports from' if found[1] == 'IMP' else 'exports to'} one partner"
    return f"{series!r}, made from {SERIES}" if series.startswith(f"{SERIES}_") else repr(series)


def _current(table: _Table, layout: _Layout) -> tuple[list[_Row], date | None]:
    """The rows of the newest real-time period and the day on which the figures were known, where the file tells it."""
    width = len(table.heading.cells)
    for row in table.rows:
        if len(row.cells) != width:
            expected = f"{width} columns as in the heading"
            raise table.refuse(row, expected, f"{len(row.cells)} columns")
    if layout.period is None or not table.rows:
        return table.rows, layout.vintage
    first, last = layout.period
    starts = [_day(table, row, row.cells[first]) for row in table.rows]
    ends = [_day(table, row, row.cells[last]) for row in table.rows]
    newest = max(starts)
    current = [row for row, end in zip(table.rows, ends, strict=True) if end >= newest]
    if len(current) < len(table.rows):
        table.notes.append(
            f"{len(table.rows) - len(current)} older prints left out: the newest real-time period begins {newest}"
        )
    return current, newest


def _values(table: _Table, layout: _Layout, rows: Sequence[_Row]) -> dict[date, _Value]:
    is_day_first = _is_day_first([row.cells[layout.day] for row in rows])
    values: dict[date, _Value] = {}
    for row in rows:
        month = _month(table, row, row.cells[layout.day], is_day_first)
        if month in values:
            first = f"first in {table.unit} {values[month].row.number}"
            raise table.refuse(row, "each month once", f"{month} again, {first}")
        cell = row.cells[layout.value]
        values[month] = _Value(row, None if cells.text(cell) in _MISSING else _dollars(table, row, cell))
    return values


def _is_day_first(days: Sequence[Cell]) -> bool:
    """Whether dates with slashes or points have the day before the month: all are first days, which tells."""
    found = [match for day in days if (match := _SLASHED.fullmatch(cells.text(day)))]
    return not all(int(match[3]) == 1 for match in found) and all(int(match[1]) == 1 for match in found)


def _month(table: _Table, row: _Row, cell: Cell, is_day_first: bool) -> date:
    slashed = _SLASHED.fullmatch(cells.text(cell))
    if slashed:
        numbers = int(slashed[1]), int(slashed[3])
        day, number = numbers if is_day_first else numbers[::-1]
        if day != 1 or not 1 <= number <= 12:
            raise table.refuse(row, _EXPECTED_DATE, repr(cell))
        month = date(int(slashed[4]), number, 1)
    else:
        month = _day(table, row, cell)
    if month.day != 1:
        raise table.refuse(row, _EXPECTED_DATE, repr(cell))
    if month > cells.last_ended_month():
        raise table.refuse(row, f"no month after {cells.last_ended_month():%Y-%m}", cells.text(cell))
    return month


def _day(table: _Table, row: _Row, cell: Cell) -> date:
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    try:
        return date.fromisoformat(_MIDNIGHT.sub("", cells.text(cell)))
    except ValueError:
        raise table.refuse(row, _EXPECTED_DATE, repr(cell)) from None


def _refuse_gap(table: _Table, values: dict[date, _Value]) -> None:
    for month in sorted(values)[1:]:
        before = (month - timedelta(days=1)).replace(day=1)
        if before not in values:
            raise table.refuse(values[month].row, f"a {table.unit} for {before}", f"none before {month}")


def _dollars(table: _Table, row: _Row, cell: Cell) -> int:
    try:
        value = cells.number(cell)
    except ValueError:
        raise table.refuse(row, "a number in $ million", repr(cell)) from None
    if abs(value) > MAX_BALANCE_MUSD:
        raise table.refuse(row, "a value in $ million", f"{cell}, as if in dollars or thousands")
    return round(value * MICRO)


def _refuse_unnamed(name: str, dollars: dict[date, int]) -> None:
    """Refuse a series that neither heading nor file name tells, unless its first year does."""
    first = [dollars.get(date(FIRST_YEAR, month, 1)) for month in range(1, 13)]
    if first != [value * MICRO for value in FIRST_YEAR_MUSD]:
        expected = f"the series' name, {SERIES}, as nothing in the file names it (save it as {SERIES}.csv or .json)"
        raise RefusedFile(name, "file name", expected, name)


def _release(as_of: date | None, newest: date, notes: list[str]) -> tuple[date | None, date | None]:
    """Day and reference month of the release that was the newest on a day; the day itself where none is known for it."""
    if as_of is None:
        return None, None
    release = release_on(as_of, newest)
    if release is None:
        notes.append(f"figures as known on {as_of}")
        return as_of, None
    notes.append(f"figures as known on {as_of}: the release of {release.reference_month:%B %Y}")
    return release.released_on, release.reference_month

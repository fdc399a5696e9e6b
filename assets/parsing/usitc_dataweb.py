"""USITC DataWeb export (.xlsx), wide by year: general imports or total exports of all countries, whole USD.

The sheet `Query Parameters` says what was asked for, the other sheet holds one row a country and one column a
year and ends with a total. Only queries over all countries, commodities and districts belong here: the total
row is taken as World. Long layouts and quantities do not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from assets.errors import RefusedFile
from assets.parsing import cells
from assets.parsing.cells import Ints, place
from assets.parsing.columns import separator_of
from assets.parsing.common import Parsed
from assets.parsing.content import Content
from assets.parsing.opening import ZIP_MAGIC, read_bytes
from assets.parsing.textfile import text_of
from assets.parsing.workbook import Cell, Rows, Workbook, open_workbook_bytes
from assets.reference.partners import code_for_name, known_codes

SOURCE = "usitc_dataweb"
PARSER_VERSION = 2
LAYOUT = "USITC DataWeb export by country and year (sheets 'Query Parameters' and one measure)"
SCHEMA = pa.schema(
    [
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("partner_code", pa.string()),
        ("partner_name", pa.string()),
        ("flow", pa.string()),
        ("year", pa.int16()),
        ("value_usd", pa.int64()),
    ]
)

PARAMETERS = "Query Parameters"
WORLD = "0015"
MEASURES = {
    "General Imports": ("imports", "General Customs Value"),
    "Total Exports": ("exports", "FAS Value"),
}
MIN_WORLD_YEAR = 100_000_000_000
MAX_WORLD_YEAR = 100_000_000_000_000
"""A year of World lies between $ 0.1 and 100 trillion: it was $ 0.36 trillion in 1989 (exports)."""

_FIRST_HEADING = "Data Type"
_TIMEFRAMES = {"Annual": "year", "Monthly": "month", "Quarterly": "quarter"}
_FIRST_DATA_ROW = 4
_TITLE = re.compile(r"(.+)\|Annual Data")
_REQUIRED = {
    "Data Format": "1",
    "Timeframe Aggregation": "Annual",
    "Country Aggregation": "Break Out Countries",
}


@dataclass
class _Query:
    """What the file was asked for."""

    flow: str
    title: str
    measure: str
    years: list[int]
    retrieved_on: date | None


@dataclass
class _Measure:
    """The measure's sheet: `values` is (countries, years) in whole USD, `total` its last row."""

    sheet: str
    total_row: int
    years: list[int]
    names: list[str]
    rows: list[int]
    values: Ints
    total: Ints
    notes: list[str] = field(default_factory=list)


def matches(content: Content) -> bool:
    """A sheet of query parameters, as every DataWeb export has, or the title of an annual table; or its rows as text."""
    if content.kind == "text":
        first = next((line for line in content.head.splitlines() if line.strip()), "")
        return _columns(first)[:1] == [_FIRST_HEADING]
    return content.kind == "workbook" and (
        PARAMETERS in content.sheet_names
        or any(
            row and _TITLE.fullmatch(cells.text(row[0]))
            for sheet in content.sheet_names
            for row in content.top(sheet)[:1]
        )
    )


def parse(path: Path, name: str) -> Parsed:
    """Read an export into one row a partner and year, whole USD; World (0015) is the file's own total row.

    A year in which every country is 0 is not published and not emitted. Raises `RefusedFile`.
    """
    data = read_bytes(path, name)
    if not data.startswith(ZIP_MAGIC):
        headings = _columns(next(line for line in text_of(data, name).splitlines() if line.strip()))
        seen = f"text with columns {', '.join(headings)}, which does not tell what was asked for"
        raise RefusedFile(name, "file", f"the workbook that DataWeb exports, with its sheet {PARAMETERS!r}", seen)
    book = open_workbook_bytes(data, name)
    query = _query(book)
    measure = _measure(book, query)
    published = np.flatnonzero((measure.values != 0).any(axis=0))
    _check_total(name, measure, published)
    codes = _codes(name, measure)
    if unpublished := sorted(set(range(len(measure.years))) - set(published.tolist())):
        years = ", ".join(str(measure.years[at]) for at in unpublished)
        measure.notes.append(f"column {years} left out: 0 for every country, not published")
    table = _emit(measure, codes, query.flow, published)
    return Parsed(
        source=SOURCE,
        parser_version=PARSER_VERSION,
        table=table,
        rows_read=len(measure.names) + 1,
        rows_accepted=len(measure.names) + 1,
        rows_refused=0,
        notes=tuple(measure.notes),
        retrieved_on=query.retrieved_on,
    )


def _columns(line: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(separator_of(line))]


def _query(book: Workbook) -> _Query:
    pairs: list[tuple[int, str, Cell]] = [
        (at, cells.text(row[0]), row[1]) for at, row in enumerate(book.rows(PARAMETERS), start=1) if len(row) > 1
    ]
    given = {label: (at, value) for at, label, value in reversed(pairs)}

    def asked(label: str) -> tuple[int, str]:
        if label not in given:
            raise RefusedFile(book.name, f"sheet {PARAMETERS!r}", f"a line {label!r}", "no such line")
        at, value = given[label]
        return at, cells.text(value)

    at, title = asked("Trade Flow")
    if title not in MEASURES:
        expected = f"{' or '.join(MEASURES)} of all countries by year"
        raise RefusedFile(book.name, place(PARAMETERS, at, 1), expected, _described(given))
    flow, measure = MEASURES[title]
    for label, expected in {"Data To Report": measure, **_REQUIRED}.items():
        at, value = asked(label)
        if value != expected:
            raise RefusedFile(book.name, place(PARAMETERS, at, 1), f"{label} {expected!r}", repr(value))
    for at, label, cell in pairs:
        choice = cells.text(cell)
        if label == "Select Type" and choice != "Full Years" and not choice.startswith("Use All"):
            raise RefusedFile(
                book.name, place(PARAMETERS, at, 1), "all years, countries, commodities, districts", repr(choice)
            )
    at, listed = asked("Years")
    years = [cells.whole_number(year) for year in listed.split(",")]
    if None in years:
        raise RefusedFile(book.name, place(PARAMETERS, at, 1), "years separated by commas", repr(listed))
    return _Query(flow, title, measure, [year for year in years if year is not None], _retrieved_on(book, given))


def _described(given: dict[str, tuple[int, Cell]]) -> str:
    """What another query is about: its flow, what it is broken down by, and its measures."""
    asked = {label: cells.text(value) for label, (_, value) in given.items()}
    digits = asked.get("Commodity Aggregation Level", "")
    scheme = asked.get("Classification System", "").split(" ")[0]
    timeframe = asked.get("Timeframe Aggregation", "no period")
    parts = [
        *(["country"] if asked.get("Country Aggregation") == "Break Out Countries" else []),
        *([f"{scheme}{digits}"] if asked.get("Commodity Aggregation") == "Break Out Commodities" else []),
        _TIMEFRAMES.get(timeframe, timeframe.lower()),
    ]
    measures = asked.get("Data To Report", "no measure")
    return f"{asked['Trade Flow']!r} by {', '.join(parts)}: {measures}"


def _retrieved_on(book: Workbook, given: dict[str, tuple[int, Cell]]) -> date | None:
    if "Download Date" not in given:
        return None
    at, cell = given["Download Date"]
    if isinstance(cell, datetime):
        day = cell.date()
    elif isinstance(cell, date):
        day = cell
    else:
        try:
            day = datetime.fromisoformat(cells.text(cell)).date()
        except ValueError:
            raise RefusedFile(book.name, place(PARAMETERS, at, 1), "a date of download", repr(cell)) from None
    if day > cells.today():
        raise RefusedFile(book.name, place(PARAMETERS, at, 1), "a date of download not in the future", str(day))
    return day


def _measure(book: Workbook, query: _Query) -> _Measure:
    sheet, rows = _measure_sheet(book, query)
    header = [cells.text(cell) for cell in rows[2]] if len(rows) > 2 else []
    if header[:2] != [_FIRST_HEADING, "Country"]:
        raise RefusedFile(
            book.name, place(sheet, 3), "columns Data Type, Country and years", ", ".join(header[:4]) or "no such row"
        )
    while header and not header[-1]:
        header.pop()
    years = _years(book.name, sheet, header, query)
    body = rows[3:]
    while body and all(map(cells.blank, body[-1])):
        body.pop()
    total_row = _FIRST_DATA_ROW + len(body) - 1
    if not body or cells.text(body[-1][0]).rstrip(":").casefold() != "total":
        seen = repr(body[-1][0]) if body else "no rows"
        raise RefusedFile(book.name, place(sheet, max(total_row, 1), 0), "a last row 'Total:'", seen)
    countries = body[:-1]
    _check_rows(book.name, sheet, rows, countries, query)
    matrix = np.zeros((len(body), len(years)), dtype=np.int64)
    for at in range(len(years)):
        matrix[:, at] = _whole_usd(book.name, sheet, 2 + at, header[2 + at], [row[2 + at] for row in body])
    _refuse_beyond_header(book.name, sheet, body, len(header))
    return _Measure(
        sheet=sheet,
        total_row=total_row,
        years=years,
        names=[cells.text(row[1]) for row in countries],
        rows=list(range(_FIRST_DATA_ROW, total_row)),
        values=matrix[:-1],
        total=matrix[-1],
    )


def _measure_sheet(book: Workbook, query: _Query) -> tuple[str, Rows]:
    titles: list[str] = []
    for sheet in book.sheet_names:
        if sheet == PARAMETERS:
            continue
        rows = book.rows(sheet)
        title = cells.text(rows[0][0]) if rows and rows[0] else ""
        if title == f"{query.title}|Annual Data":
            return sheet, rows
        titles.append(f"{sheet!r} titled {title!r}")
    expected = f"a sheet titled '{query.title}|Annual Data'"
    raise RefusedFile(book.name, "workbook", expected, ", ".join(titles) or f"only {PARAMETERS!r}")


def _years(name: str, sheet: str, header: Sequence[str], query: _Query) -> list[int]:
    years: list[int] = []
    for column, heading in enumerate(header[2:], start=2):
        year = cells.whole_number(heading)
        if year is None or year not in query.years:
            raise RefusedFile(name, place(sheet, 3, column), "a year of the query", repr(heading))
        if year in years:
            raise RefusedFile(name, place(sheet, 3, column), "each year once", f"{year} again")
        years.append(year)
    if missing := [year for year in query.years if year not in years]:
        seen = f"{len(years)} year columns without it"
        raise RefusedFile(name, place(sheet, 3), f"column {', '.join(map(str, missing))}", seen)
    return years


def _check_rows(name: str, sheet: str, rows: Rows, countries: Rows, query: _Query) -> None:
    if cells.text(rows[1][0]) != "Data Row Count":
        raise RefusedFile(name, place(sheet, 2, 0), "'Data Row Count'", repr(rows[1][0]))
    count = cells.whole_number(rows[1][1])
    if count != len(countries):
        expected = f"{cells.text(rows[1][1])} country rows, as 'Data Row Count' says"
        raise RefusedFile(name, place(sheet, 2, 1), expected, f"{len(countries)} before the total")
    first: dict[str, int] = {}
    for at, row in enumerate(countries, start=_FIRST_DATA_ROW):
        if cells.text(row[0]) != query.measure:
            raise RefusedFile(name, place(sheet, at, 0), repr(query.measure), repr(row[0]))
        country = cells.text(row[1])
        if (before := first.setdefault(country, at)) != at:
            raise RefusedFile(name, place(sheet, at, 1), "each country once", f"{country} again, first in row {before}")


def _whole_usd(name: str, sheet: str, column: int, heading: str, body: Sequence[Cell]) -> Ints:
    values, wrong = cells.numbers(body)
    if wrong is None:
        blank_or_part = np.flatnonzero(~(np.isfinite(values) & (values == np.floor(values)) & (values >= 0)))
        wrong = int(blank_or_part[0]) if blank_or_part.size else None
    if wrong is not None:
        where = place(sheet, _FIRST_DATA_ROW + wrong, column, heading)
        raise RefusedFile(name, where, "a whole number of US dollars", repr(body[wrong]))
    for at in np.flatnonzero(values > MAX_WORLD_YEAR):
        where = place(sheet, _FIRST_DATA_ROW + int(at), column, heading)
        raise RefusedFile(name, where, f"at most {MAX_WORLD_YEAR:,} US dollars", f"{values[at]:,.0f}")
    return values.astype(np.int64)


def _refuse_beyond_header(name: str, sheet: str, body: Rows, width: int) -> None:
    for at, row in enumerate(body, start=_FIRST_DATA_ROW):
        for column, cell in enumerate(row[width:], start=width):
            if not cells.blank(cell):
                raise RefusedFile(name, place(sheet, at, column), "a blank cell: the column has no heading", repr(cell))


def _check_total(name: str, measure: _Measure, published: Ints) -> None:
    sums = measure.values.sum(axis=0)
    for at in np.flatnonzero(sums != measure.total):
        where = place(measure.sheet, measure.total_row, 2 + int(at), str(measure.years[at]))
        expected = f"the sum of the countries, {sums[at]:,}"
        raise RefusedFile(name, where, expected, f"{measure.total[at]:,}")
    if not published.size:
        raise RefusedFile(name, place(measure.sheet, _FIRST_DATA_ROW), "at least one year with values", "0 throughout")
    for at in published:
        year = measure.years[at]
        where = place(measure.sheet, measure.total_row, 2 + int(at), str(year))
        if year >= cells.today().year:
            raise RefusedFile(name, where, f"no full year after {cells.today().year - 1}", f"values for {year}")
        if measure.total[at] < MIN_WORLD_YEAR:
            expected = f"a World total in US dollars, at least {MIN_WORLD_YEAR:,}"
            raise RefusedFile(name, where, expected, f"{measure.total[at]:,}")


def _codes(name: str, measure: _Measure) -> list[str]:
    known = known_codes()
    codes: list[str] = []
    for row, country in zip(measure.rows, measure.names, strict=True):
        code = code_for_name(SOURCE, country)
        if code is None or code not in known:
            raise RefusedFile(name, place(measure.sheet, row, 1), "a country of Schedule C", repr(country))
        codes.append(code)
    return codes


def _emit(measure: _Measure, codes: list[str], flow: str, published: Ints) -> pa.Table:
    """Rows by country, then World; names that share a code are added up, with a note that names them."""
    members: dict[str, list[int]] = {}
    for at, code in enumerate(codes):
        members.setdefault(code, []).append(at)
    names: list[str] = []
    for code, ats in members.items():
        names.append(" + ".join(measure.names[at] for at in ats))
        if len(ats) > 1:
            measure.notes.append(f"{names[-1]} added up: one partner, {code}")
    values = np.array([measure.values[ats].sum(axis=0) for ats in members.values()] + [measure.total])
    row_numbers = [measure.rows[ats[0]] for ats in members.values()] + [measure.total_row]
    partner_codes, partner_names = [*members, WORLD], [*names, "World (total row)"]
    width, count = len(published), len(published) * len(row_numbers)
    return pa.table(
        [
            pa.array([measure.sheet] * count, type=pa.string()),
            pa.array(np.repeat(row_numbers, width), type=pa.int32()),
            pa.array(np.repeat(np.array(partner_codes, dtype=object), width), type=pa.string()),
            pa.array(np.repeat(np.array(partner_names, dtype=object), width), type=pa.string()),
            pa.array([flow] * count, type=pa.string()),
            pa.array(np.tile(np.array(measure.years)[published], len(row_numbers)), type=pa.int16()),
            pa.array(values[:, published].ravel(), type=pa.int64()),
        ],
        schema=SCHEMA,
    )

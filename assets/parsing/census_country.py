"""Census country table: `country.xlsx`, and the same columns on another sheet or as text, as users save it again.

One row a partner and year; $ million, Census basis, general imports (customs value) and total exports (FAS),
not seasonally adjusted except partner 0004. What the file contradicts itself in is refused here; which vintage it is, and
what is merely unlikely (`plausible.py`), does not belong here.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from assets.errors import RefusedFile
from assets.parsing import cells
from assets.parsing.cells import MICRO, Floats, Ints, place
from assets.parsing.columns import separator_of
from assets.parsing.common import MUSD, Parsed
from assets.parsing.content import Content
from assets.parsing.opening import ZIP_MAGIC, read_bytes
from assets.parsing.textfile import csv_lines, text_of
from assets.parsing.workbook import Cell, Rows, Workbook, open_workbook_bytes
from assets.reference.known_gaps import known_gap_usd
from assets.reference.partners import is_aggregate, known_codes, partners_of_year

SOURCE = "census_country"
PARSER_VERSION = 2
LAYOUT = "Census country table (a sheet or CSV with year, CTY_CODE, CTYNAME, IJAN..EYR; World and all partners)"
SHEET = "country"
WORLD = "0015"

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
KEYS = ("year", "CTY_CODE", "CTYNAME")
FLOWS = ("imports", "exports")
VALUE_COLUMNS = tuple(f"{letter}{month}" for letter in "IE" for month in (*_MONTHS, "YR"))
COLUMNS = KEYS + VALUE_COLUMNS

FIRST_YEAR = 1900
MAX_MONTH = 10_000_000 * MICRO
"""$10 trillion in one month of one row: a file in dollars or thousands. World reached $0.4 trillion."""
MIN_WORLD_MONTH = 1_000 * MICRO
"""$1 billion in a month of World: a file in billions. World was $16 billion in January 1987."""
FIRST_WORLD_YEAR = 1987
"""The table has no World before."""
OPEN_YEAR_GAP = 2_000
"""World is revised every month, partners only in June: until then their sum may be off by this part of World."""
CLOSING_MONTH = 4
"""The release of June, with the figures of April, closes the year before."""
DECIMALS = 6
"""Values are published to the dollar; what a file shows beyond is noise, or a model's result (0004)."""
NAMED = 4
"""So many partners are named in a refusal, the others counted."""

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d*")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_UNNAMED = frozenset({"", "Unnamed: 0"})
"""The heading over the row numbers of pandas and R."""

SCHEMA = pa.schema(
    [
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("partner_code", pa.string()),
        ("partner_name", pa.string()),
        ("flow", pa.string()),
        ("year", pa.int16()),
        ("month", pa.int8()),
        ("value_musd", MUSD),
        ("decimals", pa.int8()),
    ]
)


@dataclass(frozen=True)
class _Grid:
    """The file as read: the rows below the header, their row or line numbers, the place of each column."""

    name: str
    sheet: str | None
    rows: Rows
    row_numbers: list[int]
    position: dict[str, int]
    notes: tuple[str, ...]

    def column(self, heading: str) -> list[Cell]:
        at = self.position[heading]
        return [row[at] for row in self.rows]

    def where(self, index: int, heading: str) -> str:
        return place(self.sheet, self.row_numbers[index], self.position[heading], heading)


@dataclass(frozen=True)
class _Table:
    """Rows with a year. `dollars` and `given` are (rows, 2 flows, 13): twelve months, then the year."""

    grid: _Grid
    index: Ints
    years: Ints
    codes: list[str]
    names: list[str]
    dollars: Ints
    given: np.ndarray

    @property
    def periods(self) -> Ints:
        """(rows, 12): months counted from year 0."""
        return self.years[:, None] * 12 + np.arange(12)

    @property
    def is_world(self) -> np.ndarray:
        """(rows,): the rows of World, not adjusted."""
        return np.array([code == WORLD for code in self.codes], dtype=bool)

    @property
    def is_partner(self) -> np.ndarray:
        """(rows,): the rows of single partners."""
        return np.array([not is_aggregate(code) for code in self.codes], dtype=bool)

    @cached_property
    def decimals(self) -> Ints:
        """(rows, 2, 13): decimals of $ million that each value is printed to.

        A value may end with zeros that are not shown, so a value alone does not tell. What tells is the most decimals of
        any value and the most digits of any: Excel shows eleven characters, hence fewer decimals the larger a value is.
        """
        shown = np.zeros_like(self.dollars)
        for decimal in range(DECIMALS):
            shown[self.dollars % 10 ** (DECIMALS - decimal) != 0] = decimal + 1
        whole = np.floor(np.log10(np.maximum(self.dollars // MICRO, 1))).astype(np.int64) + 1
        digits = np.max(whole + shown, where=shown > 0, initial=0)
        decimals: Ints = np.clip(digits - whole, 0, shown.max(initial=0))
        return decimals

    @property
    def rounding(self) -> Ints:
        """(rows, 2, 13): the unit in whole dollars that each value is rounded to."""
        return np.power(10, DECIMALS - self.decimals)

    def refuse(self, row: int, flow: int, month: int, expected: str, seen: str) -> RefusedFile:
        where = self.grid.where(int(self.index[row]), VALUE_COLUMNS[flow * 13 + month])
        return RefusedFile(self.grid.name, where, expected, seen)


def matches(content: Content) -> bool:
    """A sheet `country`, or the heading of the table at the top of any sheet or text."""
    if content.kind == "workbook":
        return SHEET in content.sheet_names or any(_is_headed(content.top(sheet)) for sheet in content.sheet_names)
    return content.kind == "text" and _is_headed([_split(line) for line in content.head.splitlines() if line.strip()])


def _split(line: str) -> list[Cell]:
    return list(line.split(separator_of(line)))


def _is_headed(rows: Rows) -> bool:
    """Whether the first row that shows anything is the heading of the table."""
    heading = next((row for row in rows if not all(map(cells.blank, row))), [])
    seen = {cells.text(cell).strip('"').casefold() for cell in heading}
    known = seen & {column.casefold() for column in COLUMNS}
    return "cty_code" in known and "ctyname" in known and len(known) > len(COLUMNS) // 2


def parse(path: Path, name: str) -> Parsed:
    """Read a country table into one row a partner, flow, year and month (null: the published calendar year).

    Values are $ million, to the dollar or as far as the file shows them: `decimals` says how far. Months after the
    newest published one are not emitted, nor is the running sum that the file gives for a year not yet complete. Refused,
    besides what is no such table: months that do not make their year, partners that do not make World. Raises
    `RefusedFile`.
    """
    grid = _read(path, name)
    notes = list(grid.notes)
    table = _typed(grid, notes)
    newest = _newest_period(table)
    _check_values(table, newest)
    _check_years(table, newest)
    _check_partners(table, newest)
    arrow, accepted = _emit(table, newest, notes)
    newest_month = date(newest // 12, newest % 12 + 1, 1)
    return Parsed(
        source=SOURCE,
        parser_version=PARSER_VERSION,
        table=arrow,
        rows_read=len(grid.rows),
        rows_accepted=accepted,
        rows_refused=len(grid.rows) - accepted,
        notes=tuple(notes),
        newest_month=newest_month,
        edge_is_told=bool((table.periods > newest).any()),
    )


def _read(path: Path, name: str) -> _Grid:
    data = read_bytes(path, name)
    sheet: str | None = None
    if data.startswith(ZIP_MAGIC):
        book = open_workbook_bytes(data, name)
        sheet = _sheet(book)
        numbered = list(enumerate(book.rows(sheet), start=1))
    else:
        numbered = [(line, list[Cell](row)) for line, row in csv_lines(text_of(data, name), name)]
    numbered = [(row_number, row) for row_number, row in numbered if not all(map(cells.blank, row))]
    if not numbered:
        raise RefusedFile(name, place(sheet, 1), "a header row", "no rows")
    header_number, header = numbered[0]
    position = _positions(header, name, place(sheet, header_number))
    width = len(header)
    rows = [row for _, row in numbered[1:]]
    counted = 0 not in position.values() and _are_row_numbers([row[0] for row in rows])
    for row_number, row in numbered[1:]:
        if sheet is None and len(row) != width:
            raise RefusedFile(
                name, place(sheet, row_number), f"{width} columns as in the header", f"{len(row)} columns"
            )
        for column in set(range(counted, len(row))).difference(position.values()):
            if not cells.blank(row[column]):
                expected = "a blank cell: the column has no heading"
                raise RefusedFile(name, place(sheet, row_number, column), expected, repr(row[column]))
    if sheet is None:
        _use_points(rows, [position[heading] for heading in VALUE_COLUMNS])
    notes = ("the first column, which numbers the rows, left out",) if counted else ()
    return _Grid(name, sheet, rows, [number for number, _ in numbered[1:]], position, notes)


def _sheet(book: Workbook) -> str:
    """The sheet `country`, else the only one with the heading of the table."""
    if SHEET in book.sheet_names:
        return SHEET
    headed = [sheet for sheet in book.sheet_names if _is_headed(book.rows(sheet))]
    if len(headed) != 1:
        seen = f"{len(headed)} among sheets {', '.join(map(repr, book.sheet_names)) or 'none'}"
        raise RefusedFile(book.name, "workbook", f"a sheet {SHEET!r}, or one sheet with its heading", seen)
    return headed[0]


def _are_row_numbers(column: list[Cell]) -> bool:
    numbers = [cells.whole_number(cell) for cell in column]
    return None not in numbers and 0 < len(numbers) == len(set(numbers))


def _use_points(rows: Rows, columns: list[int]) -> None:
    """Write decimal commas as points, where the file has commas that cannot separate thousands, and no points."""
    shown = [text for row in rows for column in columns if (text := str(row[column])) and not text.isdigit()]
    commas = [text for text in shown if _DECIMAL_COMMA.fullmatch(text)]
    if not any("." in text for text in shown) and not all(map(_THOUSANDS.fullmatch, commas)):
        for row in rows:
            for column in columns:
                row[column] = str(row[column]).replace(",", ".")


def _positions(header: list[Cell], name: str, where: str) -> dict[str, int]:
    headings = [cells.text(cell) for cell in header]
    canonical = {column.casefold(): column for column in COLUMNS}
    position: dict[str, int] = {}
    unknown: list[str] = []
    for index, heading in enumerate(headings):
        column = canonical.get(heading.casefold())
        if column in position:
            raise RefusedFile(name, where, f"column {column} once", f"{column} twice")
        if column is not None:
            position[column] = index
        elif heading and not (index == 0 and heading in _UNNAMED):
            unknown.append(heading)
    missing = [column for column in COLUMNS if column not in position]
    if missing:
        seen = f"unknown column {', '.join(unknown)}" if unknown else f"no such column among {len(position)}"
        raise RefusedFile(name, where, f"column {', '.join(missing)}", seen)
    if unknown:
        raise RefusedFile(name, where, f"no column besides {KEYS[0]}..{COLUMNS[-1]}", f"column {', '.join(unknown)}")
    return position


def _typed(grid: _Grid, notes: list[str]) -> _Table:
    raw_years = grid.column("year")
    index = [at for at, year in enumerate(raw_years) if not cells.blank(year)]
    if left_out := len(raw_years) - len(index):
        _refuse_values_without_year(grid, [at for at, year in enumerate(raw_years) if cells.blank(year)])
        notes.append(f"{left_out} rows without a year left out: templates of partners without trade")
    years = [_year(grid, at, raw_years[at]) for at in index]
    raw_codes = grid.column("CTY_CODE")
    codes = [_code(grid, at, raw_codes[at]) for at in index]
    raw_names = grid.column("CTYNAME")
    _refuse_unknown_or_repeated(grid, index, years, codes, raw_names)
    values = np.empty((len(index), len(VALUE_COLUMNS)), dtype=np.float64)
    for at_column, heading in enumerate(VALUE_COLUMNS):
        column = grid.column(heading)
        values[:, at_column] = _numbers(grid, heading, index, [column[at] for at in index])
    shaped = values.reshape(len(index), 2, 13)
    return _Table(
        grid=grid,
        index=np.array(index, dtype=np.int64),
        years=np.array(years, dtype=np.int64),
        codes=codes,
        names=[cells.text(raw_names[at]) for at in index],
        dollars=cells.micro(shaped),
        given=~np.isnan(shaped),
    )


def _refuse_values_without_year(grid: _Grid, index: list[int]) -> None:
    for heading in VALUE_COLUMNS:
        column = grid.column(heading)
        values = _numbers(grid, heading, index, [column[at] for at in index])
        for at in np.flatnonzero(np.nan_to_num(values)):
            raise RefusedFile(
                grid.name,
                grid.where(index[at], "year"),
                "a year beside values",
                f"blank, with {heading} {values[at]}",
            )


def _numbers(grid: _Grid, heading: str, index: list[int], column: list[Cell]) -> Floats:
    values, wrong = cells.numbers(column)
    if wrong is not None:
        where = grid.where(index[wrong], heading)
        raise RefusedFile(grid.name, where, "a number in $ million", repr(column[wrong]))
    for row in np.flatnonzero(values < 0):
        raise RefusedFile(grid.name, grid.where(index[row], heading), "a value of 0 or more", str(values[row]))
    for row in np.flatnonzero(values > MAX_MONTH // MICRO * 12):
        seen = f"{values[row]:,.0f}, as if in dollars or thousands"
        raise RefusedFile(grid.name, grid.where(index[row], heading), "a value in $ million", seen)
    return values


def _year(grid: _Grid, at: int, cell: Cell) -> int:
    year = cells.whole_number(cell)
    if year is None or not FIRST_YEAR <= year <= 9999:
        raise RefusedFile(grid.name, grid.where(at, "year"), "a year", repr(cell))
    return year


def _code(grid: _Grid, at: int, cell: Cell) -> str:
    code = cells.whole_number(cell)
    if code is None or code > 9999:
        raise RefusedFile(grid.name, grid.where(at, "CTY_CODE"), "a Schedule C code of four digits", repr(cell))
    return f"{code:04d}"


def _refuse_unknown_or_repeated(
    grid: _Grid, index: list[int], years: list[int], codes: list[str], names: list[Cell]
) -> None:
    known = known_codes()
    first: dict[tuple[int, str], int] = {}
    for at, year, code in zip(index, years, codes, strict=True):
        if code not in known:
            seen = f"{code} ({cells.text(names[at])})"
            raise RefusedFile(grid.name, grid.where(at, "CTY_CODE"), "a partner code of Schedule C", seen)
        before = first.setdefault((year, code), at)
        if before != at:
            raise RefusedFile(
                grid.name,
                place(grid.sheet, grid.row_numbers[at]),
                "each year and partner once",
                f"{year} {code} ({cells.text(names[at])}) again, first in row {grid.row_numbers[before]}",
            )


def _newest_period(table: _Table) -> int:
    """The newest published month: World is not zero in it."""
    world = table.is_world
    if not world.any():
        names = list(dict.fromkeys(table.names))
        seen = f"{len(table.codes)} rows of {_listed(names)} alone" if names else "no rows"
        raise RefusedFile(table.grid.name, place(table.grid.sheet, 1), f"rows of World ({WORLD})", seen)
    traded = (table.dollars[:, :, :12] != 0).any(axis=1)
    for row in np.flatnonzero(traded.any(axis=1) & (table.years >= FIRST_WORLD_YEAR)):
        if not (world & (table.years == table.years[row])).any():
            where = place(table.grid.sheet, table.grid.row_numbers[int(table.index[row])])
            seen = f"{table.names[row]} without it"
            raise RefusedFile(table.grid.name, where, f"a row of World ({WORLD}) in {table.years[row]}", seen)
    traded &= world[:, None]
    if not traded.any():
        raise RefusedFile(
            table.grid.name,
            place(table.grid.sheet, 1),
            "at least one month with values",
            "none that is not zero",
        )
    newest = int(table.periods[traded].max())
    limit = cells.last_ended_month()
    if newest > limit.year * 12 + limit.month - 1:
        row, month = np.argwhere(traded & (table.periods == newest))[0]
        raise table.refuse(row, 0, month, f"no month after {limit:%Y-%m}", f"values for {_period(newest)}")
    return newest


def _check_values(table: _Table, newest: int) -> None:
    months = table.dollars[:, :, :12]
    published = np.broadcast_to((table.periods <= newest)[:, None, :], months.shape)
    world = table.is_world[:, None, None]
    for row, flow, month in np.argwhere(published & ~table.given[:, :, :12]):
        raise table.refuse(row, flow, month, "a number in $ million", "a blank cell in a published month")
    for row, flow, month in np.argwhere(~published & (months != 0)):
        expected = f"0: World ({WORLD}) has nothing after {_period(newest)}"
        raise table.refuse(row, flow, month, expected, _musd(months[row, flow, month]))
    for row, flow, month in np.argwhere(months > MAX_MONTH):
        seen = f"{_musd(months[row, flow, month])} in one month, as if in dollars or thousands"
        raise table.refuse(row, flow, month, "a value in $ million", seen)
    for row, flow, month in np.argwhere(published & world & (months < MIN_WORLD_MONTH)):
        expected = f"a World total in $ million, at least {_musd(MIN_WORLD_MONTH)} a month"
        raise table.refuse(row, flow, month, expected, _musd(months[row, flow, month]))


def _check_years(table: _Table, newest: int) -> None:
    """Months must sum to the published year, within half of each rounding."""
    tolerance = table.rounding.sum(axis=2) / 2
    sums = table.dollars[:, :, :12].sum(axis=2)
    year = table.dollars[:, :, 12]
    begun = (table.years * 12 <= newest)[:, None]
    complete = (table.years * 12 + 11 <= newest)[:, None]
    given = table.given[:, :, 12]
    for row, flow in np.argwhere(complete & ~given):
        raise table.refuse(row, flow, 12, "the total of a complete year", "a blank cell")
    for row, flow in np.argwhere(begun & given & (np.abs(sums - year) > tolerance)):
        within = f"within {tolerance[row, flow] / MICRO:.7f}".rstrip("0")
        expected = f"the sum of its months, {_musd(sums[row, flow])} {within}"
        raise table.refuse(row, flow, 12, expected, _musd(year[row, flow]))
    for row, flow in np.argwhere(~begun & (year != 0)):
        raise table.refuse(row, flow, 12, "0 in a year not begun", _musd(year[row, flow]))


def _check_partners(table: _Table, newest: int) -> None:
    """The partners of a year must sum to its World; years before the first with partners may have World alone."""
    partner_years = table.years[table.is_partner]
    first = int(partner_years.min()) if partner_years.size else newest // 12
    for year in sorted(set(table.years.tolist())):
        if not first <= year <= newest // 12:
            continue
        of_year = np.flatnonzero(table.years == year)
        partners = of_year[table.is_partner[of_year]]
        world = of_year[table.is_world[of_year]]
        if not partners.size:
            raise table.refuse(world[0] if world.size else of_year[0], 0, 12, f"rows of partners in {year}", "none")
        if world.size:
            _check_sum(table, year, newest, partners, int(world[0]))


def _check_sum(table: _Table, year: int, newest: int, partners: Ints, world: int) -> None:
    rounding = table.rounding[np.append(partners, world), :, :12].max(axis=(0, 2))
    for flow, of_world, of_partners in zip(
        range(2),
        table.dollars[world, :, :12].sum(axis=1),
        table.dollars[partners, :, :12].sum(axis=(0, 2)),
        strict=True,
    ):
        known = known_gap_usd(SOURCE, year, FLOWS[flow])
        is_open = known is None and newest < (year + 1) * 12 + CLOSING_MONTH - 1
        tolerance = of_world // OPEN_YEAR_GAP if is_open else len(partners) * rounding[flow] / 2
        if abs(of_partners - of_world - (known or 0)) > tolerance:
            listed = {table.codes[row] for row in partners}
            missing = [name for code, name in partners_of_year(year).items() if code not in listed]
            without = f"; without {_listed(missing)}" if missing else ""
            expected = f"partners that make the {FLOWS[flow]} of World in {year}, {_musd(of_world)}"
            seen = f"{_musd(of_partners)} from {len(partners)} partners{without}"
            raise table.refuse(world, flow, 12, expected, seen)


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return f"{', '.join(names[:NAMED])} and {more} more" if more > 0 else ", ".join(names)


def _emit(table: _Table, newest: int, notes: list[str]) -> tuple[pa.Table, int]:
    taken = np.zeros(table.dollars.shape, dtype=bool)
    taken[:, :, :12] = (table.periods <= newest)[:, None, :]
    taken[:, :, 12] = (table.years * 12 + 11 <= newest)[:, None]
    accepted = taken.any(axis=(1, 2))
    if later := int((~accepted).sum()):
        notes.append(f"{later} rows of years after {_period(newest)} left out: not published yet")
    if newest % 12 != 11 and (table.years == newest // 12).any():
        notes.append(f"IYR and EYR of {newest // 12} end with {_period(newest)}: checked, not taken as a year")
    row, flow, month = np.nonzero(taken)
    source_row = np.array(table.grid.row_numbers, dtype=np.int32)[table.index]
    count = len(row)
    arrow = pa.table(
        [
            pa.array([table.grid.sheet] * count, type=pa.string()),
            pa.array(source_row[row], type=pa.int32()),
            pa.array(np.array(table.codes, dtype=object)[row], type=pa.string()),
            pa.array(np.array(table.names, dtype=object)[row], type=pa.string()),
            pa.array(np.array(FLOWS, dtype=object)[flow], type=pa.string()),
            pa.array(table.years[row], type=pa.int16()),
            pa.array(month + 1, type=pa.int8(), mask=month == 12),
            cells.musd_array(table.dollars[row, flow, month]),
            pa.array(table.decimals[row, flow, month], type=pa.int8()),
        ],
        schema=SCHEMA,
    )
    return arrow, int(accepted.sum())


def _period(period: int) -> str:
    return f"{period // 12}-{period % 12 + 1:02d}"


def _musd(dollars: int) -> str:
    return f"{dollars / MICRO:,.6f}".rstrip("0").rstrip(".")

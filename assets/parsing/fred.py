"""FRED series as CSV: the monthly balance of goods and services, BOPGSTB ($ million, BOP basis, SA).

Here belong the two headings under which the series is found: the site's download (`observation_date,BOPGSTB`)
and the archive of vintages (`date,value`, the series named by the file). Other series do not belong here.
"""

from datetime import date, timedelta
from pathlib import Path

from assets.errors import RefusedFile
from assets.parsing import cells
from assets.parsing.cells import MICRO, place
from assets.parsing.common import HEADLINE_SCHEMA, Parsed
from assets.parsing.content import Content
from assets.parsing.headline import headline_table
from assets.parsing.textfile import Line, csv_lines, read_text

SOURCE = "fred"
PARSER_VERSION = 1
SCHEMA = HEADLINE_SCHEMA
LAYOUT = "FRED series BOPGSTB (CSV with date,value or observation_date,BOPGSTB)"
SERIES = "BOPGSTB"

MAX_BALANCE_MUSD = 10_000_000
"""A month beyond it is in dollars or thousands; the largest deficit of a month is 0.14 million $ million."""
MIN_BALANCE_MUSD = 500
"""A file in which no month reaches it is in billions; the smallest balance since 1992 is 831."""

_DATE_HEADINGS = ("date", "observation_date")
_MISSING = ("", ".")


def matches(content: Content) -> bool:
    """A text of two columns that starts with a date heading."""
    if content.kind != "text":
        return False
    first = [cell.strip().strip('"').casefold() for cell in content.head.split("\n", 1)[0].split(",")]
    return first[0] in _DATE_HEADINGS and len(first) == 2


def parse(path: Path, name: str) -> Parsed:
    """Read the series into one row a month, $ million; missing values (`.`, blank) are counted and left out.

    Raises `RefusedFile`.
    """
    lines = csv_lines(read_text(path, name), name)
    _check_header(lines, name)
    values: dict[date, tuple[int, int | None]] = {}
    for line, row in lines[1:]:
        if len(row) != 2:
            raise RefusedFile(name, place(None, line), "two columns, a date and a value", f"{len(row)} columns")
        month = _month(name, line, row[0])
        if month in values:
            seen = f"{month} again, first in line {values[month][0]}"
            raise RefusedFile(name, place(None, line), "each month once", seen)
        values[month] = line, None if row[1] in _MISSING else _dollars(name, line, row[1])
    _refuse_gap(name, values)
    taken = {month: (line, dollars) for month, (line, dollars) in values.items() if dollars is not None}
    if not taken:
        raise RefusedFile(name, place(None, 2), "at least one month with a value", "none")
    if all(abs(dollars) < MIN_BALANCE_MUSD * MICRO for _, dollars in taken.values()):
        raise RefusedFile(name, "values", "a series in $ million", f"none of {len(taken)} reaches {MIN_BALANCE_MUSD}")
    missing = len(values) - len(taken)
    return Parsed(
        source=SOURCE,
        parser_version=PARSER_VERSION,
        table=headline_table(
            [
                (None, line, "goods_services", "BOP", "SA", "balance", month.year, month.month, dollars)
                for month, (line, dollars) in taken.items()
            ]
        ),
        rows_read=len(values),
        rows_accepted=len(taken),
        rows_refused=missing,
        notes=(f"{missing} months without a value left out",) if missing else (),
        newest_month=max(taken),
    )


def _check_header(lines: list[Line], name: str) -> None:
    """Two columns; the series named by its heading or, where that says only `value`, by the file's name."""
    line, header = lines[0]
    headings = [heading.casefold() for heading in header]
    where = place(None, line)
    if len(headings) != 2 or headings[0] not in _DATE_HEADINGS:
        raise RefusedFile(name, where, f"columns date,value or observation_date,{SERIES}", ",".join(header))
    if headings[1] == "value":
        if SERIES not in name.upper():
            raise RefusedFile(name, "file name", f"the series' name, {SERIES}, as its heading is only 'value'", name)
    elif headings[1] != SERIES.casefold():
        raise RefusedFile(name, where, f"column {SERIES} or value", repr(header[1]))


def _month(name: str, line: int, cell: str) -> date:
    try:
        month = date.fromisoformat(cell)
    except ValueError:
        month = None
    if month is None or month.day != 1:
        raise RefusedFile(name, place(None, line), "the first day of a month as YYYY-MM-DD", repr(cell))
    if month > cells.last_ended_month():
        raise RefusedFile(name, place(None, line), f"no month after {cells.last_ended_month():%Y-%m}", cell)
    return month


def _refuse_gap(name: str, values: dict[date, tuple[int, int | None]]) -> None:
    for month in sorted(values)[1:]:
        before = (month - timedelta(days=1)).replace(day=1)
        if before not in values:
            raise RefusedFile(name, place(None, values[month][0]), f"a line for {before}", f"none before {month}")


def _dollars(name: str, line: int, cell: str) -> int:
    try:
        value = cells.number(cell)
    except ValueError:
        raise RefusedFile(name, place(None, line), "a number in $ million", repr(cell)) from None
    if abs(value) > MAX_BALANCE_MUSD:
        raise RefusedFile(name, place(None, line), "a value in $ million", f"{cell}, as if in dollars or thousands")
    return round(value * MICRO)

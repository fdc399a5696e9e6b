"""Cells to exact numbers, codes and labels, and what a person calls the place of a cell.

Here belongs what all layouts share in reading one cell. Layouts do not belong here.
"""

import calendar
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.parsing.common import MUSD
from assets.parsing.workbook import Cell

MICRO = 1_000_000
"""Units of 1 $ in $ million: values are carried as whole dollars, exact in an int64."""
CLOCK_FLOOR = date(2026, 11, 1)
"""The bundled figures were published before this day: a clock that shows less is wrong, not the file."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|[+-]?\.\d+|[+-]?\d(\.\d+)?[eE][+-]\d{2}")
"""The last form is how programs write what is small: 5e-05."""
_LONGEST_NUMBER = 40
_REVISED = re.compile(r"\(\s*r\s*\)", re.IGNORECASE)


def today() -> date:
    """The present day (UTC), never before `CLOCK_FLOOR`."""
    return max(datetime.now(UTC).date(), CLOCK_FLOOR)


def last_ended_month() -> date:
    """First day of the newest month that is over: no publisher has figures for a later one."""
    return (today().replace(day=1) - timedelta(days=1)).replace(day=1)


def last_day(month: date) -> date:
    """The last day of the month that `month` lies in."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def text(cell: Cell) -> str:
    """A cell as a label: blanks collapsed, whole floats without their `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


def blank(cell: Cell) -> bool:
    """True for a cell that shows nothing."""
    return isinstance(cell, str) and not cell.strip()


def label(cell: Cell) -> str:
    """A cell as a period label: without the mark of a revised figure, `(R)`."""
    return text(_REVISED.sub(" ", text(cell)))


def number(cell: Cell) -> float:
    """A cell as a number; NaN where blank. Text counts only in plain digits, with or without commas.

    Raises ValueError for anything else (text, a date, true/false, infinity).
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
        return float(cell)
    if blank(cell):
        return math.nan
    if isinstance(cell, str) and _NUMBER.fullmatch(cell.strip()) and len(cell) <= _LONGEST_NUMBER:
        return float(cell.replace(",", ""))
    raise ValueError(f"{cell!r} is not a number")


def numbers(cells: Sequence[Cell]) -> tuple[Floats, int | None]:
    """Cells as numbers (NaN where blank) and the index of the first that is none; None where all are."""
    if {type(cell) for cell in cells} <= {float, int}:
        values = np.array(cells, dtype=np.float64)
        wrong = np.flatnonzero(~np.isfinite(values))
        return values, int(wrong[0]) if wrong.size else None
    values = np.full(len(cells), np.nan)
    for index, cell in enumerate(cells):
        try:
            values[index] = number(cell)
        except (ValueError, OverflowError):
            return values, index
    return values, None


def micro(values: Floats) -> Ints:
    """$ million to whole dollars (0 where NaN); exact below 9 billion $ million, far above any total."""
    return np.rint(np.nan_to_num(values) * MICRO).astype(np.int64)


def whole_number(cell: Cell) -> int | None:
    """A cell as a whole number of 0 or more (a year, a code), typed as a number or as digits, 2024.0 as well; else None."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return int(cell) if math.isfinite(cell) and cell >= 0 and cell == int(cell) else None
    digits = re.fullmatch(r"([0-9]{1,9})(\.0)?", str(cell).strip())
    return int(digits[1]) if digits else None


def column_letters(index: int) -> str:
    """Name of a spreadsheet column, index 0 being A."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def place(sheet: str | None, row: int, column: int | None = None, heading: str = "") -> str:
    """Where a cell is: `sheet 'country', cell F9 (IMAR)` or `line 9, column IMAR`; column 0 is A."""
    if sheet is None:
        return f"line {row}" + (f", column {heading or column_letters(column)}" if column is not None else "")
    if column is None:
        return f"sheet {sheet!r}, row {row}"
    return f"sheet {sheet!r}, cell {column_letters(column)}{row}" + (f" ({heading})" if heading else "")


def musd_array(dollars: Ints) -> pa.Array:
    """Whole dollars as DECIMAL(18,6) $ million, without passing through text or float."""
    words = np.column_stack([dollars, dollars >> 63]).astype("<i8")
    return pa.Array.from_buffers(MUSD, len(dollars), [None, pa.py_buffer(words.tobytes())])

"""One answer of the Census International Trade API as columns of text: a JSON array of arrays, heading first.

Here belongs what holds for every answer: its JSON, its heading, equally long rows, whole numbers written as text. What
a variable means does not belong here.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import isnan

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.errors import RefusedFile
from assets.parsing.opening import refuse_html
from assets.parsing.textfile import text_of

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ERROR = "error:"
_DIGITS = r"^[0-9]{1,15}$"
"""Measures are 15-digit fields; none has a sign."""
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Answer:
    """The rows of one answer below the heading; a column is text or null, without blanks around it.

    `repeated` names the variables that came back twice: those were asked for and pinned to values as well, so that the
    answer need not hold all their values.
    """

    file: str
    member: str | None
    rows: int
    columns: dict[str, pa.Array]
    repeated: frozenset[str]

    def where(self, row: int | None = None, variable: str | None = None) -> str:
        """The place of a cell; `row` counts from 0 below the heading, the place from 0 at the heading."""
        parts = (
            self.member and f"member {self.member}",
            None if row is None else f"row {row + 1}",
            variable and f"column {variable}",
        )
        return ", ".join(part for part in parts if part) or "file"

    def refuse(self, expected: str, seen: str, row: int | None = None, variable: str | None = None) -> RefusedFile:
        """A refusal that names the place."""
        return RefusedFile(self.file, self.where(row, variable), expected, seen)

    def text(self, variable: str) -> pa.DictionaryArray:
        """A column whose cells must not be blank, as codes into its distinct values."""
        column = self.columns[variable]
        if row := _first(pc.equal(pc.fill_null(column, ""), "")):
            raise self.refuse("a value", "a blank", row - 1, variable)
        return column.dictionary_encode()

    def integers(self, variable: str, largest: int) -> Integers:
        """A column of whole numbers from 0 to `largest`."""
        column = self.columns[variable]
        good = pc.fill_null(pc.match_substring_regex(column, _DIGITS), False)
        if row := _first(pc.invert(good)):
            raise self.refuse("a whole number of 0 or more", repr(column[row - 1].as_py()), row - 1, variable)
        numbers: Integers = column.cast(pa.int64()).to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(numbers > largest)[:1].tolist():
            raise self.refuse(f"at most {largest:,}", f"{numbers[row]:,}", row, variable)
        return numbers


def read_answer(data: bytes, file: str, member: str | None) -> Answer | None:
    """The answer in `data`, gzipped or not; None for an empty body, the API's way to say no trade (HTTP 204).

    Raises `RefusedFile` for anything else than an array of equally long arrays with a heading.
    """
    if not data.strip():
        return None
    inside = file if member is None else f"{file}, member {member}"
    refuse_html(data, inside)
    place = Answer(file, member, 0, {}, frozenset())
    rows = _loaded(text_of(data, inside), place)
    heading = _heading(rows, place)
    for row, cells in enumerate(rows[1:]):
        if not isinstance(cells, list) or len(cells) != len(heading):
            seen = f"{len(cells)} values" if isinstance(cells, list) else type(cells).__name__
            raise place.refuse(f"{len(heading)} values as in the heading", seen, row)
        if cells == heading:
            raise place.refuse("the heading once", "the heading again", row)
    flat = list(chain.from_iterable(rows[1:]))
    columns: dict[str, pa.Array] = {}
    for index, variable in enumerate(heading):
        column = _text_column(flat[index :: len(heading)], place, variable)
        if not columns.setdefault(variable, column).equals(column):
            raise place.refuse("the same values in both columns of this name", "different ones", variable=variable)
    repeated = frozenset(name for name in columns if heading.count(name) > 1)
    return Answer(file, member, len(rows) - 1, columns, repeated)


def _loaded(text: str, place: Answer) -> list[list[object]]:
    if text.lstrip()[: len(_ERROR)].casefold() == _ERROR:
        raise place.refuse("an answer (a JSON array of arrays)", f"an error of the API: {text.strip()}")
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        seen = f"{text.strip()[:60]!r} ({error}): truncated or no JSON"
        raise place.refuse("an answer (a JSON array of arrays)", seen) from error
    if not isinstance(rows, list):
        raise place.refuse("an answer (a JSON array of arrays)", f"a JSON {type(rows).__name__}")
    return rows


def _heading(rows: list[list[object]], place: Answer) -> list[str]:
    heading = rows[0] if rows else None
    if not isinstance(heading, list) or not heading or not all(isinstance(name, str) for name in heading):
        raise place.refuse("a heading of variable names first", repr(heading)[:80])
    return [str(name) for name in heading]


def _text_column(cells: Sequence[object], place: Answer, variable: str) -> pa.Array:
    try:
        column = pa.array(cells, pa.string())
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        column = pa.array([_text(cell, place, row, variable) for row, cell in enumerate(cells)], pa.string())
    return pc.utf8_trim_whitespace(column)


def _text(cell: object, place: Answer, row: int, variable: str) -> str | None:
    """A cell that is not plain text: null and NaN (seen for the name of code 8220) are missing, integers are digits."""
    if cell is None or (isinstance(cell, float) and isnan(cell)):
        return None
    if isinstance(cell, str) and not _SURROGATE.search(cell):
        return cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    raise place.refuse("text", repr(cell)[:60], row, variable)


def _first(flags: pa.Array) -> int:
    """1 + the index of the first true flag, 0 where there is none."""
    return int(pc.index(flags, True).as_py()) + 1

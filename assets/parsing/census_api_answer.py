"""One answer of the Census International Trade API as columns of text.

Here belongs what holds for every answer: its forms, its heading, whole numbers written as text. What a variable means
does not belong here.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.errors import RefusedFile
from assets.parsing.columns import BadRows, Columns, after_blanks, csv_columns, json_columns
from assets.parsing.opening import refuse_html
from assets.parsing.textfile import text_of

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ERROR = "error:"
_DIGITS = r"^([0-9]{1,15})(\.0+)?$"
"""Measures are 15-digit fields; none has a sign. Tables saved again may show the whole numbers with a decimal."""


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
    notes: tuple[str, ...] = ()

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
        if pc.any(pc.match_substring(column, ".")).as_py():
            column = pc.replace_substring_regex(column, r"\..*", "")
        numbers: Integers = column.cast(pa.int64()).to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(numbers > largest)[:1].tolist():
            raise self.refuse(f"at most {largest:,}", f"{numbers[row]:,}", row, variable)
        return numbers


def read_answer(data: bytes, file: str, member: str | None) -> Answer | None:
    """The answer in `data`, gzipped or not; None for an empty body, the API's way to say no trade (HTTP 204).

    An array of arrays as the API sends it, or what is made of it: an array of records, or CSV. Raises `RefusedFile` for
    anything else.
    """
    if not data.strip():
        return None
    inside = file if member is None else f"{file}, member {member}"
    refuse_html(data, inside)
    place = Answer(file, member, 0, {}, frozenset())
    try:
        found = _taken_apart(text_of(data, inside), place)
    except BadRows as bad:
        raise place.refuse(bad.expected, bad.seen, bad.row, bad.column) from bad
    columns: dict[str, pa.Array] = {}
    for variable, column in zip(found.heading, found.columns, strict=True):
        if not columns.setdefault(variable, column).equals(column):
            raise place.refuse("the same values in both columns of this name", "different ones", variable=variable)
    repeated = frozenset(name for name in columns if found.heading.count(name) > 1)
    return Answer(file, member, found.rows, columns, repeated, found.notes)


def _taken_apart(text: str, place: Answer) -> Columns:
    start = after_blanks(text)
    if text[start : start + len(_ERROR)].casefold() == _ERROR:
        raise place.refuse("an answer (a JSON array of arrays)", f"an error of the API: {text.strip()}")
    if text.startswith("{", start):
        raise place.refuse("an answer (a JSON array of arrays)", "a JSON object")
    if not text.startswith("[", start):
        return csv_columns(text)
    found, end = json_columns(text, start)
    if after_blanks(text, end) < len(text):
        raise place.refuse("nothing after the answer", repr(text[end : end + 60]))
    if not found.heading:
        raise place.refuse("a heading of variable names first", "an empty array")
    return found


def _first(flags: pa.Array) -> int:
    """1 + the index of the first true flag, 0 where there is none."""
    return int(pc.index(flags, True).as_py()) + 1

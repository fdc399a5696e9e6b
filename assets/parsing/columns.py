"""Rows of JSON or CSV as columns of text, in memory that depends on the length of the text and not on what is in it.

Here belongs taking rows apart, whatever they are about: a value of JSON becomes text (true and false too), null or NaN
becomes null. What a column means does not belong here.
"""

import csv
import io
import json
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

WINDOW_CHARACTERS = 1024 * 1024
"""No row of JSON may be longer: what is taken apart at a time. Real rows have a few hundred characters."""
BATCH_CELLS = 200_000
"""Cells that wait as Python values until they become part of a column."""
MAX_CELLS = 12_000_000
"""Of one table. The largest that a publisher gives at once, 250,000 rows of UN Comtrade, has 11,750,000."""
MAX_COLUMNS = 1_000
MAX_HEADING_CHARACTERS = 64 * 1024
SEPARATORS = (",", ";", "\t", "|")

_DECODE = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=lambda _: None).raw_decode
_BLANKS = re.compile(r"[ \t\r\n]*")
_AFTER = re.compile(r"[ \t\r\n]*([,\]]?)[ \t\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_UNNAMED = ("", "Unnamed: 0")


@dataclass
class BadRows(Exception):
    """Text that is no table; `row` counts from 0 below the heading, -1 is the heading, None no row in particular."""

    expected: str
    seen: str
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True)
class Columns:
    """A heading and, for each of its names, a column of text without blanks around it; all are equally long."""

    heading: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows stand below the heading."""
        return len(self.columns[0]) if self.columns else 0


def json_columns(text: str, at: int = 0) -> tuple[Columns, int]:
    """The rows of the JSON array that opens at `at`, and where it ends; raises BadRows.

    Rows are arrays as long as the first, which is the heading, or records with the names of the first, of which any may
    be left out.
    """
    elements = _elements(text, at)
    try:
        first = next(elements)
    except StopIteration as stop:
        return Columns((), ()), stop.value
    table = _Table(_heading(first))
    if isinstance(first, dict):
        table.add_record(first)
    while True:
        try:
            element = next(elements)
        except StopIteration as stop:
            return table.columns(), stop.value
        if isinstance(first, dict):
            table.add_record(element)
        else:
            table.add_array(element)


def wrapped_columns(text: str, key: str) -> tuple[Columns, dict[str, object]]:
    """The rows of the array under `key` in a JSON object, and all else that the object says; raises BadRows."""
    start = text.find("[", text.find(f'"{key}"') + 1)
    if f'"{key}"' not in text or start < 0:
        raise BadRows(f"a JSON object with an array {key!r}", text.lstrip()[:60])
    columns, end = json_columns(text, start)
    if start + len(text) - end > WINDOW_CHARACTERS:
        raise BadRows(f"at most {WINDOW_CHARACTERS:,} characters beside the array {key!r}", "more than that")
    try:
        rest = json.loads(f"{text[:start]}[]{text[end:]}")
    except (ValueError, RecursionError) as error:
        raise BadRows("well-formed JSON", str(error)) from error
    if not isinstance(rest, dict) or rest.pop(key, None) != []:
        raise BadRows(f"a JSON object with an array {key!r}", text.lstrip()[:60])
    return columns, rest


def after_blanks(text: str, at: int = 0) -> int:
    """Where the next character stands that is no blank."""
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def csv_columns(text: str) -> Columns:
    """The columns of a CSV text with a heading, whatever separates them; raises BadRows.

    A first column without name that counts the rows, as pandas and R write it, is left out with a note.
    """
    text = text.lstrip("\r\n")
    first = _first_line(text)
    if len(first) > MAX_HEADING_CHARACTERS:
        raise BadRows(f"a heading of at most {MAX_HEADING_CHARACTERS:,} characters", f"{len(first):,}", -1)
    separator = separator_of(first)
    heading = [cell.strip() for cell in next(csv.reader([first], delimiter=separator), [])]
    if len(heading) > MAX_COLUMNS:
        raise BadRows(f"at most {MAX_COLUMNS:,} columns", f"{len(heading):,}", -1)
    _refuse_more_cells(text.count(separator) + text.count("\n") + text.count("\r"))
    places = [str(place) for place in range(len(heading))]
    try:
        table = pacsv.read_csv(
            io.BytesIO(text.encode()),
            read_options=pacsv.ReadOptions(column_names=places, skip_rows=1, use_threads=False),
            parse_options=pacsv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise BadRows("a well-formed CSV", str(error)) from error
    columns = [pc.utf8_trim_whitespace(table.column(place).combine_chunks()) for place in places]
    return _without_row_numbers(heading, columns)


def separator_of(line: str) -> str:
    """What separates the cells of a heading: the mark that stands in it most often."""
    return max(SEPARATORS, key=line.count)


def _refuse_more_cells(count: int) -> None:
    if count > MAX_CELLS:
        raise BadRows(f"at most {MAX_CELLS:,} cells", "more than that")


def _first_line(text: str) -> str:
    end = _LINE_END.search(text)
    return text[: end.start()] if end else text


def _without_row_numbers(heading: list[str], columns: list[pa.Array]) -> Columns:
    if len(heading) > 1 and heading[0] in _UNNAMED and _counts(columns[0]):
        return Columns(tuple(heading[1:]), tuple(columns[1:]), ("the first column, which counts the rows, left out",))
    return Columns(tuple(heading), tuple(columns))


def _counts(column: pa.Array) -> bool:
    """Whether the cells are 0, 1, 2, ... or 1, 2, 3, ..."""
    first = column[0].as_py() if len(column) else None
    if first not in ("0", "1"):
        return False
    expected = pa.array(range(int(first), int(first) + len(column)), pa.int64()).cast(pa.string())
    return bool(column.equals(expected))


def _elements(text: str, at: int) -> Generator[object, None, int]:
    """The elements of the JSON array that opens at `at`, one by one; returns where it ends."""
    at = after_blanks(text, at + 1)
    if text.startswith("]", at):
        return at + 1
    while True:
        window = text[at : at + WINDOW_CHARACTERS]
        is_last = at + len(window) == len(text)
        done = 0
        fault = "cut off"
        while True:
            try:
                element, end = _DECODE(window, done)
            except (ValueError, RecursionError) as error:
                fault = str(error)
                break
            after = _AFTER.match(window, end)
            if after is None or not after[1] or (after.end() == len(window) and not is_last):
                break
            yield element
            done = after.end()
            if after[1] == "]":
                return at + after.end(1)
        if is_last:
            raise BadRows("a complete JSON array", f"{window[done : done + 60]!r} ({fault}): truncated or no JSON")
        if not done:
            raise BadRows(f"JSON rows of at most {WINDOW_CHARACTERS:,} characters", f"{window[:60]!r} ({fault})")
        at += done


def _heading(first: object) -> tuple[str, ...]:
    names = list(first) if isinstance(first, dict | list) else []
    if not names or len(names) > MAX_COLUMNS or not all(isinstance(name, str) for name in names):
        raise BadRows("a heading of variable names first", repr(first)[:80])
    return tuple(names)


@dataclass
class _Table:
    """Rows that become columns batch by batch."""

    heading: tuple[str, ...]
    rows: int = 0
    _waiting: list[object] = field(default_factory=list)
    _parts: list[list[pa.Array]] = field(default_factory=list)

    def add_array(self, row: object) -> None:
        if not isinstance(row, list) or len(row) != len(self.heading):
            seen = f"{len(row)} values" if isinstance(row, list) else type(row).__name__
            raise BadRows(f"{len(self.heading)} values as in the heading", seen, self.rows)
        if row[0] == self.heading[0] and tuple(row) == self.heading:
            raise BadRows("the heading once", "the heading again", self.rows)
        self._add(row)

    def add_record(self, row: object) -> None:
        if not isinstance(row, dict):
            raise BadRows("a record like the first", type(row).__name__, self.rows)
        cells = [row.get(name) for name in self.heading]
        if len(row) > len(cells) or not row.keys() <= set(self.heading):
            other = next(name for name in row if name not in self.heading)
            raise BadRows(f"only names of the first record: {', '.join(self.heading)}", str(other), self.rows)
        self._add(cells)

    def columns(self) -> Columns:
        self._flush()
        parts = self._parts or [[pa.array([], pa.string())] * len(self.heading)]
        return Columns(
            self.heading, tuple(pa.concat_arrays([part[at] for part in parts]) for at in range(len(self.heading)))
        )

    def _add(self, cells: Sequence[object]) -> None:
        _refuse_more_cells(self.rows * len(self.heading))
        self._waiting.extend(cells)
        self.rows += 1
        if len(self._waiting) >= BATCH_CELLS:
            self._flush()

    def _flush(self) -> None:
        width = len(self.heading)
        first_row = self.rows - len(self._waiting) // width
        if self._waiting:
            self._parts.append(
                [_text_column(self._waiting[at::width], first_row, name) for at, name in enumerate(self.heading)]
            )
            self._waiting.clear()


def _text_column(cells: Sequence[object], first_row: int, name: str) -> pa.Array:
    if any(isinstance(cell, bool) for cell in cells):
        cells = [str(cell).lower() if isinstance(cell, bool) else cell for cell in cells]
    try:
        column = pa.array(cells, pa.string())
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        for row, cell in enumerate(cells, start=first_row):
            if not (cell is None or (isinstance(cell, str) and not _SURROGATE.search(cell))):
                raise BadRows("text", repr(cell)[:60], row, name) from error
        raise
    return pc.utf8_trim_whitespace(column)

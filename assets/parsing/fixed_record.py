"""Fixed-width records: their fields, and the lines that are not records.

Here belongs what a record is; how records are read fast is in `fixed_width.py`, which fields a publisher's records
have is in `bulk_layouts.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kind = Literal["code", "int", "text"]

HEAD_BYTES = 80
LISTED_LINES = 100
MAX_DIGITS = 18


@dataclass(frozen=True)
class Field:
    """Columns `start` to `end` of a record, counted from 1, both included.

    `code`: digits only, read as an integer. `int`: digits, blanks allowed before them. `text`: any bytes.
    """

    name: str
    start: int
    end: int
    kind: Kind

    @property
    def width(self) -> int:
        return self.end - self.start + 1


@dataclass(frozen=True)
class Record:
    """A record's length and fields; the fields must cover it without gap or overlap (else `ValueError`)."""

    length: int
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        position = 0
        for field in self.fields:
            if field.start != position + 1 or field.end < field.start:
                raise ValueError(
                    f"{field.name} is at {field.start}-{field.end}; the field before it ends at {position}"
                )
            if field.kind not in ("code", "int", "text"):
                raise ValueError(f"{field.name} has the unknown kind {field.kind!r}")
            if field.kind != "text" and field.width > MAX_DIGITS:
                raise ValueError(f"{field.name} has {field.width} digits; 64 bits hold {MAX_DIGITS}")
            position = field.end
        if position != self.length:
            raise ValueError(f"the fields end at {position}; the record is {self.length} characters long")
        if len({field.name for field in self.fields}) != len(self.fields):
            raise ValueError("two fields have the same name")


@dataclass(frozen=True)
class BadLine:
    """A line that is not a record: its number in the file (from 1), why, and its first 80 bytes as latin-1."""

    member: str
    line_number: int
    reason: str
    head: str

    def __str__(self) -> str:
        return f"{self.member} line {self.line_number}: {self.reason}"


class BadLines:
    """Counts all bad lines and lists the first of them; bounded, however bad a file is."""

    def __init__(self) -> None:
        self.count = 0
        self._listed: list[BadLine] = []

    @property
    def listed(self) -> tuple[BadLine, ...]:
        """At most `LISTED_LINES` of them, in the order of the file."""
        return tuple(sorted(self._listed, key=lambda line: (line.member, line.line_number)))

    @property
    def room(self) -> int:
        """How many more lines will be listed."""
        return LISTED_LINES - len(self._listed)

    def add(self, member: str, line_numbers: Integers, reasons: Sequence[str], heads: Sequence[bytes]) -> None:
        """Count all of `line_numbers`; `reasons` and `heads` are needed for the first `room` of them only."""
        self.count += len(line_numbers)
        for number, reason, head in zip(line_numbers[: self.room].tolist(), reasons, heads, strict=False):
            self._listed.append(BadLine(member, number, reason, head.decode("latin-1")))

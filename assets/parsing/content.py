"""What a file is made of, seen cheaply: enough for a parser to say whether the layout is its own.

Here belongs looking, not reading: no value is taken from a file here.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assets.parsing.opening import ZIP_MAGIC, read_bytes
from assets.parsing.textfile import text_of
from assets.parsing.workbook import Rows, Workbook, open_workbook_bytes, open_zip

WORKBOOK_MEMBER = "xl/workbook.xml"
HEAD_CHARACTERS = 2_000
TOP_ROWS = 12


@dataclass
class Content:
    """A file by its kind: a workbook has `sheet_names`, an archive `members`, a text its `head`."""

    name: str
    kind: Literal["workbook", "archive", "text"]
    sheet_names: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    head: str = ""
    workbook: Workbook | None = None
    _tops: dict[str, Rows] = field(default_factory=dict)

    def top(self, sheet: str) -> Rows:
        """The first rows of a sheet; the sheet is read when asked for, and once."""
        if self.workbook is None:
            return []
        if sheet not in self._tops:
            self._tops[sheet] = self.workbook.rows(sheet)[:TOP_ROWS]
        return self._tops[sheet]

    @property
    def seen(self) -> str:
        """What a person is told when nobody knows the layout."""
        if self.kind == "workbook":
            first = self.top(self.sheet_names[0])[:1] if self.sheet_names else []
            cells = ", ".join(str(cell) for row in first for cell in row if str(cell).strip())
            return f"a workbook with sheets {', '.join(self.sheet_names)}; first row {cells or 'blank'}"
        if self.kind == "archive":
            return f"a zip archive of {', '.join(self.members) or 'nothing'}"
        return f"text that starts {self.head[:100]!r}"


def look(path: Path, name: str) -> Content:
    """Open a file safely and say what it is made of; raises `RefusedFile` for one that cannot be opened."""
    data = read_bytes(path, name)
    if data.startswith(ZIP_MAGIC):
        with open_zip(data, name) as archive:
            members = tuple(archive.namelist())
        if WORKBOOK_MEMBER not in members:
            return Content(name, "archive", members=members)
        workbook = open_workbook_bytes(data, name)
        return Content(name, "workbook", sheet_names=workbook.sheet_names, workbook=workbook)
    return Content(name, "text", head=text_of(data, name)[:HEAD_CHARACTERS])

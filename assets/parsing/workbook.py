"""Safe opening of .xlsx files: every check that a hostile or damaged workbook calls for, then its cells.

Here belongs what holds for any workbook. What a sheet means does not belong here.

The reader is given a copy of the workbook rebuilt from the members that were inflated and measured here, so
that it never sees a size or a name that was not checked.
"""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from xml.parsers import expat

from python_calamine import CalamineWorkbook, SheetTypeEnum

from assets.errors import RefusedFile
from assets.parsing.opening import ZIP_MAGIC, read_bytes

MAX_MEMBERS = 1_000
MAX_INFLATED_BYTES = 256 * 1024 * 1024
"""All members together; the largest real workbook inflates to 8 MB."""
MAX_RATIO = 200
"""Inflated to compressed size of one member; real members stay below 15."""
RATIO_FREE_BYTES = 1024 * 1024
"""Members below this size may compress as well as they like."""
MAX_SHEET_CELLS = 4_000_000
"""Last row times last column: the reader allocates the whole rectangle. Real sheets reach 250,000."""

Cell = str | int | float | bool | datetime | date | time | timedelta
"""What a cell holds; '' where blank."""
Rows = list[list[Cell]]

_T = TypeVar("_T")
_PLAIN_REFERENCE = re.compile(rb'<(?:c|row) r="([A-Z]{0,3})(\d{1,7})"')
_OTHER_FORMS = tuple(
    start + tag + end
    for tag in (b"c", b"row")
    for start, ends in ((b"<", b"\t\r\n/>"), (b":", b" \t\r\n/>"))
    for end in (bytes([code]) for code in ends)
)
_REFERENCE = re.compile(rb"([A-Za-z]*)(\d*)")
_REFERENCE_DIGITS = 12
_FORBIDDEN_IN_MEMBER = re.compile(r"[\x00\\:]|^/|(^|/)\.\.(/|$)")


class Workbook:
    """An opened workbook; `rows` gives a sheet from its first line on, so that index 0 is row 1."""

    def __init__(self, name: str, book: CalamineWorkbook) -> None:
        self.name = name
        self._book = book
        self.sheet_names: tuple[str, ...] = tuple(
            sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet
        )

    def rows(self, sheet: str) -> Rows:
        """All rows of a sheet, padded to the same width; refused when the workbook has no such sheet."""
        if sheet not in self.sheet_names:
            seen = ", ".join(map(repr, self.sheet_names)) or "no sheet"
            raise RefusedFile(self.name, "workbook", f"a sheet {sheet!r}", f"sheets {seen}")
        return _guarded(
            self.name,
            f"sheet {sheet!r}",
            lambda: self._book.get_sheet_by_name(sheet).to_python(skip_empty_area=False),
        )


def open_workbook(path: Path, name: str) -> Workbook:
    """Open a workbook after all checks; raises `RefusedFile` for anything that is not a sound .xlsx."""
    return open_workbook_bytes(read_bytes(path, name), name)


def open_workbook_bytes(data: bytes, name: str) -> Workbook:
    """As `open_workbook`, for bytes that `opening.read_bytes` has read."""
    if not data.startswith(ZIP_MAGIC):
        raise RefusedFile(name, "file", "an .xlsx workbook (a zip archive)", f"first bytes {data[:8]!r}")
    checked = io.BytesIO()
    with zipfile.ZipFile(checked, "w", zipfile.ZIP_STORED) as rebuilt:
        for member, content in _checked_members(data, name).items():
            rebuilt.writestr(member, content)
    checked.seek(0)
    return _guarded(name, "file", lambda: Workbook(name, CalamineWorkbook.from_filelike(checked)))


def open_zip(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive with its directory checked: names, count, declared sizes and ratios, no encryption."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:
        raise RefusedFile(
            name,
            "file",
            "a complete zip archive",
            f"a truncated or damaged one ({error}), {len(data):,} bytes",
        ) from error
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise RefusedFile(name, "zip directory", f"at most {MAX_MEMBERS:,} members", f"{len(members):,}")
    names = [member.orig_filename for member in members]
    if len(set(names)) < len(names):
        raise RefusedFile(name, "zip directory", "each member once", "two members of the same name")
    total = sum(member.file_size for member in members)
    if total > MAX_INFLATED_BYTES:
        raise RefusedFile(
            name,
            "zip directory",
            f"at most {MAX_INFLATED_BYTES:,} bytes inflated",
            f"{total:,} bytes declared",
        )
    for member in members:
        where = f"zip member {member.orig_filename!r}"
        if _FORBIDDEN_IN_MEMBER.search(member.orig_filename):
            raise RefusedFile(name, where, "a plain relative path", "an absolute path, '..', a drive or a backslash")
        if member.flag_bits & 0x1:
            raise RefusedFile(name, where, "an unencrypted member", "an encrypted one")
        ratio = member.file_size / max(1, member.compress_size)
        if member.file_size > RATIO_FREE_BYTES and ratio > MAX_RATIO:
            raise RefusedFile(
                name,
                where,
                f"at most {MAX_RATIO} bytes from each compressed byte",
                f"{ratio:,.0f} (a zip bomb)",
            )
    return archive


def _checked_members(data: bytes, name: str) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    with open_zip(data, name) as archive:
        for member in archive.infolist():
            where = f"zip member {member.orig_filename!r}"
            try:
                # zipfile stops at the declared size and compares checksums: a lie in the directory ends here
                content = archive.read(member)
            except Exception as error:
                raise RefusedFile(name, where, "a readable member", f"a damaged one ({error})") from error
            if b"sheetData" in content:
                _refuse_sparse_bomb(content, name, where)
            contents[member.filename] = content
    return contents


def _refuse_sparse_bomb(sheet_xml: bytes, name: str, where: str) -> None:
    """Refuse a sheet whose far corner would make the reader allocate a giant rectangle for a few cells."""
    if _within_plain_references(sheet_xml):
        return
    corner = _Corner(name, where)
    corner.read(sheet_xml)
    if corner.row * corner.column > MAX_SHEET_CELLS:
        expected = f"a sheet of at most {MAX_SHEET_CELLS:,} cells"
        raise RefusedFile(name, where, expected, f"a last cell at row {corner.row:,}, column {corner.column:,}")


def _within_plain_references(sheet_xml: bytes) -> bool:
    """Whether every row and cell says its place in the common form, and all lie within the limit: no XML is parsed.

    False settles nothing: spreadsheet programs leave formatted rows without cells at the far end of a sheet.
    """
    places = _PLAIN_REFERENCE.findall(sheet_xml)
    if len(places) < sheet_xml.count(b"<c ") + sheet_xml.count(b"<row "):
        return False
    if any(form in sheet_xml for form in _OTHER_FORMS):
        return False
    rows = max((int(digits) for digits in {digits for _, digits in places}), default=1)
    columns = max((_column_number(letters) for letters in {letters for letters, _ in places}), default=1)
    return rows * columns <= MAX_SHEET_CELLS


class _Corner:
    """The last row and column of a sheet that hold a value; cells without a reference follow the one before."""

    def __init__(self, name: str, where: str) -> None:
        self.name, self.where = name, where
        self.row = self.column = 1
        self._at_row = self._at_column = 0
        self._in_cell = False

    def read(self, sheet_xml: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(sheet_xml, True)
        except expat.ExpatError as error:
            raise RefusedFile(self.name, self.where, "well-formed XML", str(error)) from error

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        tag = element.rpartition(" ")[2]
        reference = _REFERENCE.match(attributes.get("r", "").encode())
        letters, digits = reference.groups() if reference else (b"", b"")
        if tag == "row":
            self._at_row = _row_number(digits) if digits else self._at_row + 1
            self._at_column = 0
        elif tag == "c":
            self._at_row = _row_number(digits) if digits else self._at_row
            self._at_column = _column_number(letters) if letters else self._at_column + 1
            self._in_cell = True
        elif self._in_cell:
            self.row, self.column = max(self.row, self._at_row), max(self.column, self._at_column)

    def _end(self, element: str) -> None:
        if element.rpartition(" ")[2] == "c":
            self._in_cell = False


def _row_number(digits: bytes) -> int:
    return int(digits[:_REFERENCE_DIGITS] or b"1")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:_REFERENCE_DIGITS]:
        number = number * 26 + letter - 64
    return max(1, number)


def _guarded(name: str, where: str, read: Callable[[], _T]) -> _T:
    """Run the reader; whatever it throws at a damaged workbook becomes one refusal."""
    try:
        return read()
    except (KeyboardInterrupt, SystemExit, MemoryError, RefusedFile):
        raise
    except BaseException as error:  # a panic inside the reader is not an Exception
        text = str(error) or type(error).__name__
        raise RefusedFile(name, where, "a readable workbook", f"a damaged one ({text})") from error

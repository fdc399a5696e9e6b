"""Files whose bytes follow from their content alone: gzipped CSV and workbooks without clock or host in them.

What goes into the cells does not belong here.
"""

import csv
import gzip
import io
import os
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

# lxml, where an extra has brought it, writes other bytes.
os.environ["OPENPYXL_LXML"] = "False"

from openpyxl import Workbook
from openpyxl.xml.functions import tostring

Cell = str | int | float | datetime
Sheet = Sequence[Sequence[Cell]]

FIXED_TIME = datetime(1980, 1, 1)  # noqa: DTZ001 - zip and workbook times have no zone; the first day a zip can hold
GZIP_MAGIC = b"\x1f\x8b"
CORE_PROPERTIES = "docProps/core.xml"


def csv_gz(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as a gzipped CSV (UTF-8, line feed)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as stream:
        stream.write(text.getvalue().encode())
    return packed.getvalue()


def xlsx(sheets: Mapping[str, Sheet]) -> bytes:
    """Sheets of cells as a workbook; row and column of a cell are its place in the sequence, '' leaves it out."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row_number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row, start=1):
                if cell != "":
                    sheet.cell(row_number, column, cell)
    saved = io.BytesIO()
    book.save(saved)
    book.properties.created = book.properties.modified = FIXED_TIME
    core = tostring(book.properties.to_tree())
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(saved) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target,
    ):
        for name in source.namelist():
            member = zipfile.ZipInfo(name, FIXED_TIME.timetuple()[:6])
            member.compress_type, member.create_system = zipfile.ZIP_DEFLATED, 0
            target.writestr(member, core if name == CORE_PROPERTIES else source.read(name))
    return packed.getvalue()


def content_hash(data: bytes) -> str:
    """SHA-256 of what is inside a packed file: the same for every build of the compression library."""
    digest = sha256()
    if data.startswith(GZIP_MAGIC):
        digest.update(gzip.decompress(data))
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                digest.update(name.encode() + b"\0" + archive.read(name) + b"\0")
    return digest.hexdigest()

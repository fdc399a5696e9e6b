"""Safe opening of .csv and .csv.gz files: the text, or its rows with their line numbers.

Here belongs what holds for any text file. What a column means does not belong here.
"""

import csv
import gzip
import io
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from assets.errors import RefusedFile
from assets.parsing.columns import separator_of
from assets.parsing.opening import GZIP_MAGIC, OLE_MAGIC, ZIP_MAGIC, read_bytes, refuse_html

MAX_INFLATED_BYTES = 128 * 1024 * 1024
"""A country table from 1985 on is 2 MB of text."""
_CHUNK = 1024 * 1024

Line = tuple[int, list[str]]


def read_text(path: Path, name: str) -> str:
    """The text of a plain or gzipped file: UTF-8 with or without byte order mark, UTF-16 with one, else latin-1."""
    return text_of(read_bytes(path, name), name)


def text_of(data: bytes, name: str) -> str:
    """As `read_text`, for bytes that `opening.read_bytes` has read."""
    if data.startswith(GZIP_MAGIC):
        data = _inflated(data, name)
        if not data.strip():
            raise RefusedFile(name, "file", "a file with content", "a gzip of an empty file")
        refuse_html(data, name)
    if data.startswith((ZIP_MAGIC, OLE_MAGIC)):
        raise RefusedFile(name, "file", "a text file", "a zip archive or a workbook")
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        data = _utf8(data, name)
    if b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        raise RefusedFile(
            name, f"line {line}", "text", "a NUL byte: a binary file, or UTF-16 without its byte order mark"
        )
    if not data.removeprefix(BOM_UTF8).strip():
        raise RefusedFile(name, "file", "a file with content", "blanks only")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def csv_lines(text: str, name: str) -> list[Line]:
    """The rows of a CSV text that are not wholly blank, at least one, each with the number of its last line.

    Commas, semicolons, tabs or bars may separate the cells, and any of the three line ends the rows.
    """
    heading = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator_of(heading))
    lines: list[Line] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                lines.append((reader.line_num, cells))
    except csv.Error as error:
        raise RefusedFile(name, f"line {reader.line_num}", "a well-formed CSV row", str(error)) from error
    if not lines:
        raise RefusedFile(name, "file", "a header row", "only blank rows")
    return lines


def _utf8(data: bytes, name: str) -> bytes:
    try:
        return data.decode("utf-16").encode()
    except UnicodeError as error:
        raise RefusedFile(name, "file", "text in UTF-16, as its byte order mark says", str(error)) from error


def _inflated(data: bytes, name: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while part := stream.read(_CHUNK):
                size += len(part)
                if size > MAX_INFLATED_BYTES:
                    raise RefusedFile(
                        name,
                        "file",
                        f"at most {MAX_INFLATED_BYTES:,} bytes inflated",
                        "more than that (a gzip bomb)",
                    )
                parts.append(part)
    except EOFError as error:
        raise RefusedFile(name, "file", "a complete gzip file", "a truncated one") from error
    except (OSError, zlib.error) as error:
        raise RefusedFile(name, "file", "a sound gzip file", f"a damaged one ({error})") from error
    return b"".join(parts)

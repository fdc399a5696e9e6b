"""What opening any input file has in common: its size, an empty file, an HTML page, an OLE container.

Here belongs what the first bytes tell. What is inside a workbook or a text file does not belong here: see
`workbook.py` and `textfile.py`.
"""

from pathlib import Path

from assets.errors import RefusedFile

MAX_FILE_BYTES = 64 * 1024 * 1024
"""No file of these publishers comes near it: a full country workbook is 2 MB."""
HEAD_BYTES = 8192

ZIP_MAGIC = b"PK"
GZIP_MAGIC = b"\x1f\x8b"
OLE_MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")


def read_bytes(path: Path, name: str) -> bytes:
    """The bytes of a file, refused when empty, over `MAX_FILE_BYTES`, an HTML page or an OLE container."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise RefusedFile(name, "file", f"at most {MAX_FILE_BYTES:,} bytes", f"{size:,} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise RefusedFile(name, "file", "a readable file", error.strerror or type(error).__name__) from error
    if not data:
        raise RefusedFile(name, "file", "a file with content", "an empty file (0 bytes)")
    if data.startswith(OLE_MAGIC):
        raise RefusedFile(
            name,
            "file",
            "an unprotected .xlsx",
            "an OLE container: an encrypted workbook or one in the old .xls format",
        )
    refuse_html(data, name)
    return data


def refuse_html(data: bytes, name: str) -> None:
    """Refuse a web page saved under the name of a data file; no layout of a publisher starts with `<`."""
    head = data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        text = head[:80].decode("latin-1")
        raise RefusedFile(name, "file", "a data file", f"an HTML or XML page that starts {text!r}")

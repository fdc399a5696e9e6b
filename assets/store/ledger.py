"""The ledger: one row for every file ever seen, taken in or refused.

Here belongs the row's shape and how it is kept (one small Parquet file each, so that writing one never rewrites
another). Deciding what the row says belongs in `parse.py` and `prints.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from assets.store.files import write_atomically
from assets.store.lake import SCHEMA_FILE, ensure_dataset

Status = Literal["accepted", "refused", "superseded", "undated", "quarantined", "withdrawn"]
"""`accepted` alone reaches the marts. `refused`: cannot be read. `superseded`: every figure is here from another file of the
same release. `undated`: nothing tells its vintage. `quarantined`: evidence speaks against it, or another file of the same
release says otherwise. `withdrawn`: an operator took it back."""
OriginKind = Literal["bundled", "landed"]

DATASET = "ledger"
SCHEMA = pa.schema(
    [
        ("file_id", pa.string()),
        ("source", pa.string()),
        ("file_name", pa.string()),
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("publisher", pa.string()),
        ("title", pa.string()),
        ("licence", pa.string()),
        ("url", pa.string()),
        ("published_on", pa.date32()),
        ("retrieved_at", pa.timestamp("us", tz="UTC")),
        ("vintage", pa.date32()),
        ("vintage_rule", pa.string()),
        ("part", pa.string()),
        ("parser_version", pa.int32()),
        ("rows_read", pa.int64()),
        ("rows_accepted", pa.int64()),
        ("rows_refused", pa.int64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("newest_reference_month", pa.date32()),
        ("origin_kind", pa.string()),
        ("lake_sha256", pa.string()),
        ("rows_zero_month", pa.int64()),
        ("bad_lines", pa.int64()),
        ("content_sha256", pa.string()),
        ("coverage", pa.string()),
        ("why", pa.string()),
        ("extract_note", pa.string()),
        ("derivation", pa.string()),
        ("approximate_share", pa.float64()),
        ("told", pa.string()),
        ("evidence", pa.string()),
    ]
)
DIGEST = b"tradewake.digest"
"""Key of the file's metadata with the hash of the row it was written with."""


@dataclass(frozen=True)
class LedgerRow:
    """What is known of one file. `source` and `vintage` are None for a file that could not be recognised.

    `part` names what the file covers within its source (an exhibit, a flow, a month range): two files of one source
    and part are successive prints of the same figures. `reason` says why rows or the file were refused. `lake_sha256`
    are the hashes of the file's Parquet files in the lake, in the order of `recognise.datasets`, parted by blanks.
    rows_read = rows_accepted + rows_refused + rows_zero_month for a file that was read; `rows_zero_month` are an archive's
    lines without trade in its month, `bad_lines` the lines of all its members that could not be taken, of a refused one
    too. `content_sha256` identifies what a file says,
    whatever its container. `coverage` is JSON: what it gives figures of. `why` explains every status but accepted, and what
    an operator accepted all the same. `told` is JSON: what the file itself tells about its days. `evidence` is what speaks
    against its figures.
    """

    file_id: str
    source: str | None
    file_name: str
    sha256: str
    bytes: int
    publisher: str | None
    title: str | None
    licence: str | None
    url: str | None
    published_on: date | None
    retrieved_at: datetime
    vintage: date | None
    vintage_rule: str | None
    part: str | None
    parser_version: int | None
    rows_read: int
    rows_accepted: int
    rows_refused: int
    status: Status
    reason: str | None
    newest_reference_month: date | None
    origin_kind: OriginKind
    lake_sha256: str | None = None
    rows_zero_month: int = 0
    bad_lines: int = 0
    content_sha256: str | None = None
    coverage: str | None = None
    why: str | None = None
    extract_note: str | None = None
    derivation: str | None = None
    approximate_share: float | None = None
    told: str | None = None
    evidence: str | None = None

    @property
    def placed_under(self) -> date | None:
        """The vintage under which the lake holds the file's rows; None where they are aside, or nowhere."""
        return self.vintage if self.status == "accepted" else None


def read_ledger(lake: Path) -> dict[str, LedgerRow]:
    """All rows by file id."""
    folder = lake / DATASET
    files = [path for path in sorted(folder.glob("*.parquet")) if path.name != SCHEMA_FILE]
    rows = [_read_row(path, path.stat().st_mtime_ns, path.stat().st_ino) for path in files]
    return {row.file_id: row for row in rows}


@cache
def _read_row(path: Path, _modified: int, _inode: int) -> LedgerRow:
    """One row, read once: a run asks for the ledger with every step, and a row that changes is another file."""
    return read_row(path)


def read_row(path: Path) -> LedgerRow:
    """The row in a file; columns that an older version did not write have their defaults."""
    return LedgerRow(**_values(path))


def _values(path: Path) -> dict[str, Any]:
    """The columns that a file has, in the order of the row's fields."""
    (row,) = pq.ParquetFile(path).read().to_pylist()
    return {field.name: row[field.name] for field in fields(LedgerRow) if field.name in row}


def ledger_table(rows: Iterable[LedgerRow]) -> pa.Table:
    """Rows as a table (schema SCHEMA)."""
    return pa.Table.from_pylist([asdict(row) for row in rows], schema=SCHEMA)


def write_row(lake: Path, row: LedgerRow) -> None:
    """Write the row of one file, in place of an earlier one of the same file."""
    table = ledger_table([row]).replace_schema_metadata({DIGEST: _digest(asdict(row))})
    write_atomically(row_file(lake, row.file_id), lambda part: pq.write_table(table, part, compression="zstd"))


def drop_row(lake: Path, file_id: str) -> None:
    """Forget the row of a file that is about to be parsed again as if it were new."""
    row_file(lake, file_id).unlink(missing_ok=True)


def row_file(lake: Path, file_id: str) -> Path:
    """Where the row of one file is."""
    return lake / DATASET / f"{file_id}.parquet"


def is_row_intact(path: Path) -> bool:
    """True when a row still reads as it was written; rows of an older version, without a hash, count as damaged."""
    try:
        values = _values(path)
        digest = (pq.read_schema(path).metadata or {}).get(DIGEST)
        return bool(digest == _digest(values) and path.stem == LedgerRow(**values).file_id)
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        pa.ArrowException,
    ):  # whatever flipped bits make of a Parquet file
        return False


def _digest(values: Mapping[str, Any]) -> bytes:
    text = "\n".join(f"{name}={value!r}" for name, value in values.items() if name != "retrieved_at")
    return sha256(f"{text}\n{values['retrieved_at'].timestamp()!r}".encode()).hexdigest().encode()


def ensure_ledger(lake: Path) -> None:
    """Make the ledger readable before its first row."""
    ensure_dataset(lake, DATASET, SCHEMA)

"""Why files were refused, and what others were taken in with, in full: every difference and every listed bad line.

Here belongs how the details are kept, one Parquet file a file, so that they can be shown as long as they matter. The
reason in one sentence is in the ledger; whether a file is refused is decided by the parsers.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from assets.errors import RefusedFile
from assets.parsing.census_api_checks import AnswerNotReconciled
from assets.parsing.census_bulk import BadLinesFound, NotReconciled
from assets.parsing.fixed_record import BadLine
from assets.store.files import numbered, write_atomically
from assets.store.ledger import LedgerRow
from assets.store.origin import record_of

NOTE_SUFFIX = ".reason.txt"
LAST_LINE = re.compile(r"\nfile (\w+), (\d{1,18}) bytes\n\Z")
"""What a reason ends with: which file it is about."""
PLAIN_BYTES = 200
DATASET = "refusal"
SCHEMA = pa.schema(
    [
        ("file_id", pa.string()),
        ("where", pa.string()),
        ("measure", pa.string()),
        ("expected", pa.string()),
        ("seen", pa.string()),
        ("line_number", pa.int32()),
        ("reason", pa.string()),
    ]
)
"""One row a difference (with its measure) or a bad line (with its number and reason; `seen` is how it starts); for a file
refused for anything else one row that says what was expected and seen."""


@dataclass(frozen=True)
class About:
    """Which file a reason is about: its id, and its size when it was read."""

    file_id: str
    bytes: int


def write_refusal(lake: Path, file_id: str, problem: RefusedFile) -> None:
    """Keep the details of a refusal, in place of earlier ones of the same file."""
    _write(lake, file_id, _rows(problem))


def write_remarks(lake: Path, file_id: str, differences: pa.Table | None, bad_lines: Iterable[BadLine]) -> None:
    """Keep what a file was taken in with, in place of earlier details: differences that are no values, bad lines."""
    rows = [*([] if differences is None else _differences(differences)), *_bad_lines(bad_lines)]
    if rows:
        _write(lake, file_id, rows)
    else:
        _file(lake, file_id).unlink(missing_ok=True)


def leave_note(folder: Path, name: str, about: About, text: str) -> None:
    """Write why a file was not taken in beside refused files, where a person looks for it."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_note(_place(folder, name, about), about, text)


def set_aside(folder: Path, path: Path, name: str, about: About, text: str) -> None:
    """Move a file, with its origin record, among the refused ones and write the reason beside it.

    What is there stays: another file of the same name gets a number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = _place(folder, name, about)
    path.replace(place)
    record = record_of(path)
    if os.path.lexists(record):
        record.replace(record_of(place))
    _write_note(place, about, text)


def note_of(path: Path) -> Path:
    """Where the reason of a refused file is."""
    return path.with_name(path.name + NOTE_SUFFIX)


def changed_since_refused(path: Path) -> bool:
    """Whether a refused file has another size than its reason says, or it or its origin record was written since."""
    noted = _noted(path)
    if noted is None or not os.path.lexists(path):
        return False
    written = note_of(path).lstat().st_mtime_ns
    since = any(one.lstat().st_ctime_ns > written for one in (path, record_of(path)) if os.path.lexists(one))
    # Within one tick of the clock the times are equal.
    return since or path.lstat().st_size != noted.bytes


def plain_name(name: str) -> str:
    """A name that any file system takes, with room for what is put behind it, made of a file's own."""
    plain = re.sub(r"[^\w.() -]", "_", name).replace("..", "_")
    return plain.encode()[-PLAIN_BYTES:].decode(errors="ignore").lstrip(".") or "_"


def _place(folder: Path, name: str, about: About) -> Path:
    """Where a refused file is to be: its own place from before, else one that no other file has."""
    for place in numbered(folder / plain_name(name)):
        if not os.path.lexists(place) and not os.path.lexists(note_of(place)):
            return place
        noted = _noted(place)
        if noted is not None and noted.file_id == about.file_id and not changed_since_refused(place):
            return place
    raise AssertionError("numbers do not end")


def _noted(place: Path) -> About | None:
    """The file that a reason is about; None where there is none, or one that a person wrote."""
    try:
        found = LAST_LINE.search(note_of(place).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return About(found[1], int(found[2])) if found else None


def _write_note(place: Path, about: About, text: str) -> None:
    note_of(place).write_text(f"{text}\nfile {about.file_id}, {about.bytes} bytes\n", encoding="utf-8")


def read_details(lake: Path, file_id: str) -> pa.Table:
    """The details of one file (schema SCHEMA); no rows where none were kept."""
    path = _file(lake, file_id)
    return pq.read_table(path, schema=SCHEMA) if path.exists() else SCHEMA.empty_table()


def remarked(lake: Path, ledger: Iterable[LedgerRow]) -> list[LedgerRow]:
    """The files that were taken in with something to remark, as long as no newer print of the same has come; newest first."""
    newest: dict[tuple[str | None, str | None], LedgerRow] = {}
    for row in sorted((row for row in ledger if row.status == "accepted"), key=lambda row: row.retrieved_at):
        newest[row.source, row.part] = row
    found = [row for row in newest.values() if _file(lake, row.file_id).exists()]
    return sorted(found, key=lambda row: (row.retrieved_at, row.file_name), reverse=True)


def standing_refusals(ledger: Iterable[LedgerRow]) -> list[LedgerRow]:
    """The refused files, newest first, but for those that no longer matter: whose name a later file of the same source was
    taken in under, or whose very content is here. One that no layout was known for may have become a file of any source, a
    zip the files in it."""
    rows = list(ledger)
    contents = {(row.source, row.content_sha256) for row in rows if row.status != "refused" and row.content_sha256}
    taken: dict[tuple[str | None, str], datetime] = {}
    for row in rows:
        if row.status != "refused":
            path = PurePosixPath(row.file_name)
            for name in ((row.source, row.file_name), *((None, str(one)) for one in (path, *path.parents))):
                taken[name] = max(row.retrieved_at, taken.get(name, row.retrieved_at))
    standing = [
        row
        for row in rows
        if row.status == "refused"
        and row.retrieved_at >= taken.get((row.source, row.file_name), row.retrieved_at)
        and (row.source, row.content_sha256) not in contents
    ]
    return sorted(standing, key=lambda row: (row.retrieved_at, row.file_name), reverse=True)


def _rows(problem: RefusedFile) -> list[Mapping[str, object]]:
    if isinstance(problem, NotReconciled | AnswerNotReconciled) and len(problem.differences):
        return _differences(problem.differences)
    if isinstance(problem, BadLinesFound) and problem.bad_lines:
        return _bad_lines(problem.bad_lines)
    return [{"where": problem.where, "expected": problem.expected, "seen": problem.seen}]


def _differences(found: pa.Table) -> list[Mapping[str, object]]:
    return [{**row, "expected": str(row["expected"]), "seen": str(row["seen"])} for row in found.to_pylist()]


def _bad_lines(found: Iterable[BadLine]) -> list[Mapping[str, object]]:
    return [
        {"where": line.member, "line_number": line.line_number, "reason": line.reason, "seen": line.head}
        for line in found
    ]


def _write(lake: Path, file_id: str, rows: Iterable[Mapping[str, object]]) -> None:
    table = pa.Table.from_pylist([{"file_id": file_id, **row} for row in rows], schema=SCHEMA)
    write_atomically(_file(lake, file_id), lambda part: pq.write_table(table, part, compression="zstd"))


def _file(lake: Path, file_id: str) -> Path:
    return lake / DATASET / f"{file_id}.parquet"

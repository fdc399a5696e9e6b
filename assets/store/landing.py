"""Taking waiting files into the raw store: from the landing folder, or the bundled figures.

Here belongs finding what waits, recognising it, storing it once and clearing it away; a file of no known layout leaves
a ledger row and a note. What a stored file says belongs in `parse.py`.
"""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from assets.errors import RefusedFile
from assets.home import Home
from assets.parsing.recognise import recognise
from assets.store.clock import never_back
from assets.store.files import sha256_of
from assets.store.ledger import LedgerRow, OriginKind, ensure_ledger, read_ledger, write_row
from assets.store.origin import ORIGIN_SUFFIX, Origin, read_origin
from assets.store.raw_store import FILE_ID_DIGITS, RawFile, put, received_moments
from assets.store.refusals import leave_note, plain_name
from assets.store.unrecognised import record_unrecognised, unrecognised

SAFE_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,200}")
UNFINISHED = (".part", ".tmp", ".crdownload", ".download")


@dataclass(frozen=True)
class Waiting:
    """A file that waits to be taken in."""

    path: Path
    kind: OriginKind

    @property
    def name(self) -> str:
        return self.path.name


def waiting_files(home: Home, bundled: Path | None) -> list[Waiting]:
    """Bundled files, then the files in the landing folder, by name; origin records and unfinished downloads are left
    out."""
    found = [Waiting(path, "bundled") for path in _entries(bundled)] if bundled else []
    return found + [Waiting(path, "landed") for path in _entries(home.landing)]


@dataclass(frozen=True)
class Received:
    """What became of the files that waited: names newly stored, refusals, and landed files whose bytes were here already,
    each with the name that they came in under first."""

    stored: list[str]
    repeated: dict[str, str]
    refused: list[LedgerRow]


def receive(home: Home, waiting: Iterable[Waiting], now: datetime) -> Received:
    """Store each waiting file under its source and hash.

    A landed file leaves the landing folder: its bytes are in the raw store, or, if no known layout matches, in
    `landing/refused/` with the reason beside it. Bytes that were refused before are reported as refused again.
    """
    ensure_ledger(home.lake)
    restore_unrecognised(home)
    ledger = read_ledger(home.lake)
    moment = never_back(
        now, [*received_moments(home.raw), *(row.retrieved_at for row in ledger.values() if row.source is None)]
    )
    result = Received([], {}, [])
    came: dict[str, str] = {}
    for file in waiting:
        try:
            raw_file = _receive_one(home, file, moment)
        except RefusedFile as problem:
            result.refused.append(_refuse_unknown(home, file, problem, moment))
            continue
        known = ledger.get(raw_file.file_id)
        first = known.file_name if known else came.get(raw_file.file_id)
        if first is None:
            result.stored.append(file.name)
            came[raw_file.file_id] = file.name
        elif file.kind == "landed":
            result.repeated[file.name] = first
            if known and known.status == "refused":
                result.refused.append(known)
    return result


def restore_unrecognised(home: Home) -> None:
    """Give the ledger back the rows of unrecognised files that the raw store remembers and the ledger does not."""
    known = read_ledger(home.lake)
    for row in unrecognised(home.raw):
        if row.file_id not in known:
            write_row(home.lake, row)


def _entries(folder: Path | None) -> list[Path]:
    if folder is None or not folder.is_dir():
        return []
    return [
        entry
        for entry in sorted(folder.iterdir())
        if (entry.is_symlink() or entry.is_file())
        and not (entry.name.startswith(".") and not entry.name.startswith(".."))
        and not entry.name.endswith((ORIGIN_SUFFIX, *UNFINISHED))
        and entry.suffix not in {".py", ".pyc", ".md"}
    ]


def _receive_one(home: Home, file: Waiting, now: datetime) -> RawFile:
    if file.path.is_symlink():
        raise RefusedFile(file.name, "file", "a regular file", "a symbolic link")
    if not SAFE_NAME.fullmatch(file.name) or ".." in file.name or "\\" in file.name:
        raise RefusedFile(
            file.name, "file name", "a plain name without path parts or control characters", repr(file.name)
        )
    source = recognise(file.path, file.name)
    raw_file = put(home.raw, source, file.path, sha256_of(file.path), _origin_of(file, now))
    if file.kind == "landed":
        file.path.unlink()
        _sidecar(file.path).unlink(missing_ok=True)
    return raw_file


def _origin_of(file: Waiting, now: datetime) -> Origin:
    """The origin record beside the file, completed with what is known without it."""
    sidecar = _sidecar(file.path)
    origin = read_origin(sidecar) if sidecar.is_file() else Origin()
    return origin.model_copy(
        update={
            "file_name": file.name,
            "origin_kind": file.kind,
            "retrieved_at": origin.retrieved_at or now,
            "received_at": now,
        }
    )


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ORIGIN_SUFFIX)


def _refuse_unknown(home: Home, file: Waiting, problem: RefusedFile, now: datetime) -> LedgerRow:
    """Ledger row of a file that could not be recognised; a landed one moves out of the way."""
    link = file.path.is_symlink()
    digest = sha256(str(file.path.readlink()).encode()).hexdigest() if link else sha256_of(file.path)
    row = LedgerRow(
        file_id=digest[:FILE_ID_DIGITS],
        source=None,
        file_name=file.name,
        sha256=digest,
        bytes=0 if link else file.path.stat().st_size,
        publisher=None,
        title=None,
        licence=None,
        url=None,
        published_on=None,
        retrieved_at=now,
        vintage=None,
        vintage_rule=None,
        part=None,
        parser_version=None,
        rows_read=0,
        rows_accepted=0,
        rows_refused=0,
        status="refused",
        reason=problem.reason,
        newest_reference_month=None,
        origin_kind=file.kind,
    )
    record_unrecognised(home.raw, row)
    write_row(home.lake, row)
    if file.kind == "landed":
        home.refused.mkdir(parents=True, exist_ok=True)
        shutil.move(file.path, home.refused / plain_name(file.name))
        leave_note(home.refused, file.name, problem)
    return row

"""Whether every file is still what it was: raw store, ledger and lake against each other.

Here belongs finding damage and saying what to do about it; nothing is changed. Published files are in
`verify_published.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from assets.errors import RefusedFile
from assets.home import Home
from assets.parsing.recognise import SOURCES, datasets
from assets.store import refusals
from assets.store.decisions import DECISIONS_FILE, read_decisions
from assets.store.files import sha256_of
from assets.store.lake import AWAY, SCHEMA_FILE, dataset_file
from assets.store.ledger import LedgerRow, is_row_intact, read_row, row_file
from assets.store.raw_store import (
    ORIGIN_FILE,
    content_file,
    is_intact,
    is_stored,
    stored_file,
)
from assets.store.unrecognised import FOLDER, read_record, record_path

Place = Literal["raw", "ledger", "lake", "published"]

REBUILD = "tradewake rebuild derives it again from the raw store."
REFRESH = "tradewake refresh takes it in."
RESTORE = "Restore it from a backup."


@dataclass(frozen=True)
class Damage:
    """One damaged thing: where it is, its path below the data folder, what is wrong, what to do."""

    place: Place
    path: str
    what: str
    remedy: str


@dataclass(frozen=True)
class Verified:
    """What was looked at, counted by place, and the damage found."""

    checked: Mapping[str, int]
    damages: tuple[Damage, ...]


def verify_store(home: Home) -> Verified:
    """Hash every raw file and every file of the lake, and compare raw store, ledger and lake with each other."""
    ledger, damages = _read_ledger(home)
    raw = [folder for source in SOURCES for folder in sorted((home.raw / source).glob("[!.]*")) if folder.is_dir()]
    for folder in raw:
        damages += _raw_file(home, folder, ledger)
    records = sorted((home.raw / FOLDER).glob("*.json"))
    for path in records:
        damages += _record(home, path, ledger)
    for row in ledger.values():
        damages += _without_raw(home, row)
    expected = {path: row for row in ledger.values() for path in _lake_files(home, row)}
    damages += [one for row in ledger.values() for one in _lake_rows(home, row)]
    present = [
        path
        for pattern in ("*/vintage=*/*", f"{AWAY}/*/*")
        for path in sorted(home.lake.glob(pattern))
        if not path.name.startswith(".")
    ]
    damages += [
        Damage("lake", _short(home, path), "no file of the ledger has these rows", REBUILD)
        for path in present
        if path not in expected
    ]
    checked = {"raw files": len(raw) + len(records), "ledger rows": len(ledger), "lake files": len(expected)}
    return Verified(checked, tuple(damages))


def _read_ledger(home: Home) -> tuple[dict[str, LedgerRow], list[Damage]]:
    rows: dict[str, LedgerRow] = {}
    damages = []
    for path in sorted(home.ledger.glob("[!.]*.parquet")):
        if path.name == SCHEMA_FILE:
            continue
        if is_row_intact(path):
            row = read_row(path)
            rows[row.file_id] = row
        else:
            damages.append(Damage("ledger", _short(home, path), "the row does not read as it was written", REBUILD))
    return rows, damages


def _raw_file(home: Home, folder: Path, ledger: Mapping[str, LedgerRow]) -> Iterator[Damage]:
    path = _short(home, folder)
    row = next((row for row in ledger.values() if row.sha256 == folder.name), None)
    again = _land_again(row)
    if content_file(folder) is None:
        yield Damage("raw", path, "the file is not in its folder", again)
        return
    try:
        file = stored_file(folder.parent.name, folder)
    except (RefusedFile, OSError) as problem:
        yield Damage("raw", f"{path}/{ORIGIN_FILE}", f"the origin record cannot be read: {problem}", again)
        return
    if not is_intact(file):
        yield Damage(
            "raw", _short(home, file.path), "the bytes no longer have the SHA-256 they are stored under", again
        )
    if row is None:
        if not row_file(home.lake, file.file_id).exists():
            yield Damage("raw", path, "the ledger does not know the file", REFRESH)
        return
    origin = file.origin
    told = (file.source, origin.file_name, origin.retrieved_at, origin.url, origin.publisher, origin.origin_kind)
    known = (row.source, row.file_name, row.retrieved_at, row.url, row.publisher, row.origin_kind)
    if told != known:
        yield Damage("raw", f"{path}/{ORIGIN_FILE}", "the origin record differs from the ledger", again)
    try:
        read_decisions(file.path)
    except RefusedFile as problem:
        yield Damage("raw", f"{path}/{DECISIONS_FILE}", f"the decisions cannot be read: {problem}", RESTORE)


def _record(home: Home, path: Path, ledger: Mapping[str, LedgerRow]) -> Iterator[Damage]:
    """The record of an unrecognised file; one that a later version recognised has a row of its own by now."""
    try:
        row = read_record(path)
    except ValueError as problem:
        yield Damage("raw", _short(home, path), f"the record cannot be read: {problem}", RESTORE)
        return
    known = ledger.get(row.file_id)
    if known is None and not row_file(home.lake, row.file_id).exists():
        yield Damage("raw", _short(home, path), "the ledger does not know the refused file", REFRESH)
    if row.sha256 != path.stem or (known is not None and known.source is None and known != row):
        yield Damage("raw", _short(home, path), "the record differs from the ledger", RESTORE)


def _without_raw(home: Home, row: LedgerRow) -> Iterator[Damage]:
    if row.source is None:
        if not record_path(home.raw, row.sha256).exists():
            yield Damage("raw", _short(home, record_path(home.raw, row.sha256)), "the record is gone", _land_again(row))
    elif not is_stored(home.raw, row.source, row.sha256):
        yield Damage("raw", _short(home, home.raw / row.source / row.sha256), "the file is gone", _land_again(row))


def _lake_files(home: Home, row: LedgerRow) -> list[Path]:
    """The files of the lake that a file which was read has."""
    if row.status == "refused" or row.source is None:
        return []
    return [dataset_file(home.lake, dataset, row.placed_under, row.file_id) for dataset in datasets(row.source)]


def _lake_rows(home: Home, row: LedgerRow) -> Iterator[Damage]:
    files = _lake_files(home, row)
    hashes = (row.lake_sha256 or "").split()
    if files and len(hashes) != len(files):
        yield Damage("ledger", _short(home, row_file(home.lake, row.file_id)), "no hash of its rows", REBUILD)
        return
    for path, sha256 in zip(files, hashes, strict=True):
        if not path.exists():
            yield Damage("lake", _short(home, path), f"the rows of {row.file_name} are gone", REBUILD)
        elif sha256_of(path) != sha256:
            yield Damage("lake", _short(home, path), "the bytes no longer have the SHA-256 in the ledger", REBUILD)
        elif what := _wrong_rows(path, row):
            yield Damage("lake", _short(home, path), what, REBUILD)
    details = home.lake / refusals.DATASET / f"{row.file_id}.parquet"
    if details.exists():
        try:
            refusals.read_details(home.lake, row.file_id)
        except (OSError, pa.ArrowException):
            yield Damage("lake", _short(home, details), "its details cannot be read", REBUILD)


def _wrong_rows(path: Path, row: LedgerRow) -> str | None:
    """What an intact file holds other than the ledger says: rows of another file or vintage."""
    metadata = pq.read_metadata(path)
    names = metadata.schema.names
    for group in range(metadata.num_row_groups):
        for name, value in (("file_id", row.file_id), ("vintage", row.placed_under)):
            statistics = metadata.row_group(group).column(names.index(name)).statistics
            if statistics is None or (statistics.min, statistics.max) != (value, value):
                return f"rows with another {name} than {value}"
    return None


def _land_again(row: LedgerRow | None) -> str:
    if row is None:
        return RESTORE
    source = f" from {row.url}" if row.url else ""
    return (
        f"Restore it from a backup, or remove the folder, land {row.file_name}{source} again and run tradewake rebuild."
    )


def _short(home: Home, path: Path) -> str:
    return path.relative_to(home.root).as_posix()

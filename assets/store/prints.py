"""Successive prints of the same figures: their order, and the vintage of one among the others.

Prints are files of one source and part. They count in the order of their retrieval, whatever the order they came in.
The rule for a single file is in `vintage.py`; parsing and writing are in `parse.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assets.errors import RefusedFile
from assets.store.ledger import LedgerRow
from assets.store.raw_store import RawFile, is_stored, recorded_vintage
from assets.store.vintage import Told, Vintage, decide_vintage

Age = tuple[datetime, str, str]

_FIRST = datetime.min.replace(tzinfo=UTC)


class EarlierPrint(Exception):
    """The file at hand was retrieved before a print that was decided without it: all of these have to be taken again."""

    def __init__(self, prints: list[str]) -> None:
        super().__init__()
        self.prints = prints


@dataclass
class SameContent(RefusedFile):
    """A file with the content of the print before it: no new print. It keeps its place among the prints of `part`."""

    part: str = ""
    content_sha256: str = ""


def age(file: RawFile) -> Age:
    """Sorts files by their retrieval; those of one moment by name and hash."""
    return file.origin.retrieved_at or _FIRST, file.origin.file_name or "", file.sha256


def rivals(file: RawFile, part: str, ledger: Mapping[str, LedgerRow]) -> list[LedgerRow]:
    """Rows of the other prints of the same figures that were taken in."""
    return [row for row in _others(file, part, ledger) if row.status != "refused"]


def refuse_same_content(
    file: RawFile, name: str, part: str, content_sha256: str, ledger: Mapping[str, LedgerRow]
) -> None:
    """Raise `SameContent` when the print before this one says the same.

    Only that one counts: a publisher that goes back to earlier figures has made a new print.
    """
    earlier = [row for row in rivals(file, part, ledger) if _age_of(row) < age(file)]
    before = max(earlier, key=_age_of, default=None)
    if before is not None and before.content_sha256 == content_sha256:
        seen = f"same content as {before.file_name} (file {before.file_id})"
        raise SameContent(name, "members", "figures that are not here yet", seen, part, content_sha256)


def _others(file: RawFile, part: str, ledger: Mapping[str, LedgerRow]) -> list[LedgerRow]:
    """The other prints, and the files refused for having the content of one: of the refused, only those have a part."""
    return [
        row for row in ledger.values() if (row.source, row.part) == (file.source, part) and row.file_id != file.file_id
    ]


def _age_of(row: LedgerRow) -> Age:
    return row.retrieved_at, row.file_name, row.sha256


def vintage_of(raw: Path, file: RawFile, told: Told, part: str, ledger: Mapping[str, LedgerRow]) -> Vintage:
    """The vintage that was decided for the file before, else the one that the vintage rule gives.

    Raises EarlierPrint when a print of the same figures is here already that was retrieved later than this file.
    """
    decided = recorded_vintage(file) or _in_ledger(ledger.get(file.file_id))
    if decided is not None:
        return decided
    others = [row for row in _others(file, part, ledger) if is_stored(raw, str(row.source), row.sha256)]
    if any(_age_of(row) > age(file) for row in others):
        raise EarlierPrint([row.file_id for row in others])
    return decide_vintage(
        told,
        published_on=file.origin.published_on,
        retrieved_on=age(file)[0].date(),
        taken={row.vintage for row in rivals(file, part, ledger) if row.vintage},
    )


def _in_ledger(row: LedgerRow | None) -> Vintage | None:
    if row is None or row.vintage is None or row.vintage_rule is None:
        return None
    return Vintage(row.vintage, row.vintage_rule)

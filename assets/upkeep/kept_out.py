"""The files that came and have no row in the marts: which they are, why, and what a person types next.

Here belongs telling them, from the ledger alone. How a file gets its status is decided in `assets/store`.
"""

import shlex
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from assets.errors import visible
from assets.store.ledger import LedgerRow, Status
from assets.store.refusals import standing_refusals

MEANING: dict[Status, str] = {
    "refused": "cannot be taken in as they are",
    "quarantined": "set aside, because evidence speaks against their figures",
    "undated": "kept, but nothing tells which release they are",
    "superseded": "their figures are here from another file",
    "withdrawn": "taken back by an operator",
}
"""Every status but accepted, those that wait for a person first."""
WAIT_FOR_A_PERSON: tuple[Status, ...] = ("refused", "quarantined", "undated")


@dataclass(frozen=True)
class KeptOut:
    """One file, by the words to show for it: all are safe for a terminal. `command` is empty where nothing can be done."""

    file_id: str
    status: Status
    name: str
    why: str
    command: str

    @property
    def waits(self) -> bool:
        """Whether a person has something to do about it."""
        return self.status in WAIT_FOR_A_PERSON


def kept_out(ledger: Collection[LedgerRow]) -> list[KeptOut]:
    """The files that came and are in no mart, in the order of MEANING, the newest first.

    Refused ones that no longer matter are left out (see `standing_refusals`).
    """
    names = [row.file_name for row in ledger]
    rows: list[LedgerRow] = standing_refusals(ledger)
    for status in MEANING:
        if status != "refused":
            found = [row for row in ledger if row.status == status]
            rows += sorted(found, key=lambda row: (row.retrieved_at, row.file_name), reverse=True)
    order = list(MEANING)
    return [
        KeptOut(
            row.file_id,
            row.status,
            visible(row.file_name),
            visible(row.why or row.reason or "no reason is recorded"),
            _command(row, is_named_once=names.count(row.file_name) == 1),
        )
        for row in sorted(rows, key=lambda row: order.index(row.status))
    ]


def by_status(files: Iterable[KeptOut]) -> dict[Status, list[KeptOut]]:
    """The files of each status that has any, in the order of MEANING."""
    files = list(files)
    return {status: found for status in MEANING if (found := [one for one in files if one.status == status])}


def _command(row: LedgerRow, *, is_named_once: bool) -> str:
    """What to type, with the file by its name, or by its id where the name is another's too or no plain word."""
    is_plain = is_named_once and row.file_name.isascii() and row.file_name.isprintable()
    file = shlex.quote(row.file_name) if is_plain else row.file_id
    match row.status:
        case "refused":
            return "land a sound file under the same name, then: tradewake refresh"
        case "quarantined":
            return f"tradewake accept {file} --why REASON"
        case "undated":
            return f"tradewake date {file} YYYY-MM-DD"
        case "withdrawn":
            return f"tradewake undo {file}"
    return ""

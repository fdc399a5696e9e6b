"""Files by the names that people give them, and an operator's decisions about one of them.

Here belongs finding the file that is meant, what of it is told, and writing a decision down once it is possible. What a
decision does to the figures is in `assets/store/prints.py`, and happens with the next refresh.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date

from assets.errors import RefusedFile
from assets.home import Home
from assets.store.decisions import Action, Decision, add_decision, decided, read_decisions
from assets.store.ledger import LedgerRow, Status, read_ledger
from assets.store.raw_store import RawFile, stored
from assets.store.vintage import Days, read_told, refuse_impossible

ID_DIGITS = 4
"""So many first digits of an id are enough, if no other file has them."""
_POSSIBLE: Mapping[Action, frozenset[Status]] = {
    "date": frozenset({"undated", "accepted", "superseded", "quarantined"}),
    "withdraw": frozenset({"accepted", "superseded", "undated", "quarantined"}),
    "accept": frozenset({"quarantined"}),
}
"""Which decisions can be taken about a file of which status."""


class CannotDecide(Exception):
    """The file is not here, or the decision cannot be taken about it; the message says why."""


def find_file(ledger: Iterable[LedgerRow], named: str) -> LedgerRow:
    """The file with this name or id (its first digits do); raises CannotDecide when there is none or more than one."""
    rows = list(ledger)
    found = [row for row in rows if row.file_id == named] or [row for row in rows if row.file_name == named]
    found = found or [row for row in rows if len(named) >= ID_DIGITS and row.file_id.startswith(named)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CannotDecide(f"no file is called {named}; tradewake files lists what is here")
    ids = ", ".join(f"{row.file_id} ({row.status})" for row in found)
    raise CannotDecide(f"{len(found)} files are called {named}; name one by its id: {ids}")


def chosen(home: Home, source: str | None = None, status: str | None = None) -> list[LedgerRow]:
    """The files that are here, by source and vintage; of one source or status if named."""
    rows = [
        row for row in read_ledger(home.lake).values() if source in {None, row.source} and status in {None, row.status}
    ]
    return sorted(rows, key=lambda row: (row.source or "", row.vintage or date.max, row.file_name, row.file_id))


def marts_of(home: Home) -> dict[str, list[str]]:
    """The marts that figures of each source reach, by dbt's lineage; empty before the first build."""
    try:
        nodes = json.loads((home.dbt_target / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    children: dict[str, list[str]] = nodes["child_map"]
    found = {}
    for key, node in nodes["sources"].items():
        reached, waiting = set(), [key]
        while waiting:
            for child in children.get(waiting.pop(), ()):
                if child.startswith("model.") and child not in reached:
                    reached.add(child)
                    waiting.append(child)
        named = [nodes["nodes"][one] for one in reached]
        found[str(node["name"])] = sorted(str(one["name"]) for one in named if one["schema"] == "marts")
    return found


def decide(home: Home, named: str, decision: Decision, today: date) -> LedgerRow:
    """Write down a decision about a file; the ledger's row of it as it was before.

    Raises CannotDecide when the file is not here or is of a status that the decision does not fit, and for a day on which
    the file's figures cannot have been published.
    """
    row = find_file(read_ledger(home.lake).values(), named)
    file = _raw_file(home, row)
    if decision.action == "undo":
        if not any(vars(decided(read_decisions(file.path))).values()):
            raise CannotDecide(f"nothing that was decided about {row.file_name} still stands")
    elif row.status not in _POSSIBLE[decision.action]:
        fits = ", ".join(sorted(_POSSIBLE[decision.action]))
        raise CannotDecide(f"{row.file_name} is {row.status}; this can be said of files that are {fits}")
    if decision.day is not None:
        if decision.day > today:
            raise CannotDecide(f"{decision.day}: expected a day not after today, {today}")
        try:
            refuse_impossible(row.file_name, read_told(row.told), Days(today, published_on=decision.day), today)
        except RefusedFile as problem:
            raise CannotDecide(f"{decision.day}: expected {problem.expected}") from problem
    add_decision(file.path, decision)
    return row


def _raw_file(home: Home, row: LedgerRow) -> RawFile:
    for file in stored(home.raw, row.source) if row.source else ():
        if file.file_id == row.file_id:
            return file
    raise CannotDecide(f"the bytes of {row.file_name} are not kept: it was of no known layout. Land it again")


def copies(home: Home, row: LedgerRow) -> list[LedgerRow]:
    """Other files whose figures are those of this one, and which count once it does not."""
    return [
        other
        for other in read_ledger(home.lake).values()
        if other.status == "superseded" and row.content_sha256 and other.content_sha256 == row.content_sha256
    ]


def history(home: Home, row: LedgerRow) -> list[Decision]:
    """All decisions about a file, oldest first; none for a file whose bytes are not kept."""
    try:
        return read_decisions(_raw_file(home, row).path)
    except CannotDecide:
        return []

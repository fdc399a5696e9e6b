"""What an operator decided about a stored file: its day, that it is taken back, or taken all the same.

Here belongs how decisions are kept, beside the raw file, and what they add up to. What they do to the file's figures is
decided in `prints.py`; a file's bytes and origin record never change.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from assets.errors import RefusedFile
from assets.store.files import write_atomically

DECISIONS_FILE = "decisions.json"

Action = Literal["date", "withdraw", "accept", "set_aside", "undo"]
"""`date` gives the release day. `withdraw` takes the file back. `accept` takes it although evidence speaks against it.
`set_aside` keeps it out because a test of the marts failed on its rows. `undo` takes back the decision before it."""


class Decision(BaseModel):
    """One decision: who took it, when (UTC) and why; `day` belongs to `date` alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Action
    at: datetime
    who: str
    why: str = ""
    day: date | None = None


_DECISIONS = TypeAdapter(list[Decision])


@dataclass(frozen=True)
class Decided:
    """What the decisions about one file come to: the last one of each kind that was not undone."""

    date: Decision | None = None
    withdraw: Decision | None = None
    accept: Decision | None = None
    set_aside: Decision | None = None

    @property
    def key(self) -> str:
        """Text that changes whenever one of them does."""
        return json.dumps([one and one.model_dump(mode="json") for one in vars(self).values()])


def read_decisions(path: Path) -> list[Decision]:
    """The decisions about the raw file `path`, oldest first; raises RefusedFile when they cannot be read."""
    record = path.with_name(DECISIONS_FILE)
    try:
        return _DECISIONS.validate_json(record.read_bytes()) if record.exists() else []
    except (ValueError, RecursionError) as problem:
        raise RefusedFile(DECISIONS_FILE, "file", "a list of decisions as JSON", str(problem)) from problem


def add_decision(path: Path, decision: Decision) -> None:
    """Write down one more decision about the raw file `path`."""
    text = _DECISIONS.dump_json([*read_decisions(path), decision], indent=1) + b"\n"
    write_atomically(path.with_name(DECISIONS_FILE), lambda part: part.write_bytes(text))


def decided(decisions: Iterable[Decision]) -> Decided:
    """What stands of the decisions, in their order."""
    standing: list[Decision] = []
    for one in decisions:
        if one.action != "undo":
            standing.append(one)
        elif standing:
            standing.pop()
    last: dict[str, Decision] = {one.action: one for one in standing}
    # To accept a file answers what the tests found before, and a later finding stands against it again.
    if (
        last.get("accept")
        and last.get("set_aside")
        and standing.index(last["set_aside"]) < standing.index(last["accept"])
    ):
        del last["set_aside"]
    return Decided(**{str(action): one for action, one in last.items()})

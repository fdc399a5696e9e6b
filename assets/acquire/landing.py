"""Putting a fetched file into the landing folder, what became of it, and what is remembered between runs.

Here belongs how things are written, so that a run that was cut off leaves whole files and a true memory behind.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from assets.acquire.http import FetchError
from assets.home import Home
from assets.store.clock import arrival
from assets.store.files import write_atomically
from assets.store.origin import ORIGIN_SUFFIX, Origin, write_origin
from assets.store.raw_store import received_moments

Status = Literal["downloaded", "unchanged", "not published", "missing"]

HAD: frozenset[Status] = frozenset({"downloaded", "unchanged"})
"""What is here after it was asked for."""

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Outcome:
    """What became of one file that was asked for; `message` is for a person."""

    name: str
    status: Status
    message: str


def memory_folder(home: Home) -> Path:
    """Where the modules of this package keep what they remember, and downloads that are not finished."""
    return home.root / "acquire"


def land_origin(home: Home, name: str, origin: Origin) -> Path:
    """Write the origin record of a file that is about to land; returns the path that the file is to have.

    The record goes first: whoever takes the file finds its record there. Its retrieval is never earlier than what was
    taken in before, however the clock was set.
    """
    if origin.retrieved_at is not None:
        moment = arrival(origin.retrieved_at, received_moments(home.raw))
        origin = origin.model_copy(update={"retrieved_at": moment})
    path = home.landing / name
    write_atomically(path.with_name(name + ORIGIN_SUFFIX), lambda part: write_origin(part, origin))
    return path


def remembered(path: Path, empty: _Model) -> _Model:
    """The state in a file, or `empty` where there is none yet; raises `FetchError` for one that cannot be read."""
    if not path.exists():
        return empty
    try:
        return type(empty).model_validate_json(path.read_bytes())
    except ValidationError as error:
        seen = error.errors()[0]["msg"]
        raise FetchError(f"{path} is damaged ({seen}): look at it, then delete it to start afresh") from error


def remember(path: Path, state: BaseModel) -> None:
    """Keep the state for the next run."""
    write_atomically(path, lambda part: part.write_text(state.model_dump_json(indent=1) + "\n", encoding="utf-8"))

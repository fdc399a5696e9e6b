"""Deriving ledger and lake again from the raw store, beside the present ones, and putting them in their place.

Nothing is read but the raw store. The present lake stays until the new one is complete and verified; what a cut-off left
behind is removed by the next attempt. Warehouse and publication are built from the lake by `orchestration/rebuild.py`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from assets.home import Home
from assets.parsing.recognise import SOURCES
from assets.store.landing import restore_unrecognised
from assets.store.ledger import ensure_ledger
from assets.store.parse import parse_stored
from assets.upkeep.verify import Damage, Verified, verify_store

FOLDER = ".rebuild"


class RawStoreDamaged(Exception):
    """The raw store cannot be derived from: `damages` say why. Nothing was changed."""

    def __init__(self, damages: tuple[Damage, ...]) -> None:
        super().__init__(f"{len(damages)} damaged files in the raw store; nothing was changed")
        self.damages = damages


def workplace(home: Home) -> Path:
    """Where a rebuild works; it is there only while one runs, or after one was killed."""
    return home.root / FOLDER


def derive_store(home: Home, now: datetime, bad_line_limit: int = 0) -> Verified:
    """Parse every raw file into a new ledger and lake beside the present ones; what was verified of them.

    Raises RawStoreDamaged when raw store and new lake do not fit each other.
    """
    shutil.rmtree(workplace(home), ignore_errors=True)
    beside = Home(workplace(home) / "new")
    beside.root.mkdir(parents=True)
    home.raw.mkdir(exist_ok=True)
    beside.raw.symlink_to(home.raw, target_is_directory=True)
    ensure_ledger(beside.lake)
    restore_unrecognised(beside)
    for source in SOURCES:
        parse_stored(beside, source, now, bad_line_limit)
    found = verify_store(beside)
    if found.damages:
        shutil.rmtree(workplace(home))
        raise RawStoreDamaged(found.damages)
    return found


@contextmanager
def in_place(home: Home) -> Iterator[None]:
    """Put the derived ledger and lake in place, with no warehouse and no dbt state; put all back if the block fails."""
    old = workplace(home) / "old"
    old.mkdir()
    places = (home.lake, home.warehouse.parent, home.dbt_target)
    kept = [place for place in places if place.exists()]
    for place in kept:
        place.replace(old / place.name)
    try:
        (workplace(home) / "new" / home.lake.name).replace(home.lake)
        yield
    except BaseException:
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
        for place in kept:
            (old / place.name).replace(place)
        raise
    finally:
        shutil.rmtree(workplace(home), ignore_errors=True)

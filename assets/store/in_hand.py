"""Landed files while they are taken in: moved by a rename into a private folder, where nobody else finds them.

A program that still writes to such a file keeps writing to it there, so that nothing of it is lost: it goes back to the
landing folder, whether it changed, the process was killed or the disk was full. Only moving belongs here; what becomes of
a file is decided in `landing.py`.
"""

import os
from contextlib import suppress
from pathlib import Path

from assets.home import Home
from assets.store.files import numbered
from assets.store.origin import ORIGIN_SUFFIX, record_of
from assets.store.refusals import note_of


def take_in_hand(home: Home, path: Path) -> Path:
    """Move a file with its origin record out of the landing folder, or out of the refused ones; where it is now.

    Raises FileNotFoundError for a file that is gone, OSError when the folder cannot be written.
    """
    was_refused = path.is_relative_to(home.refused)
    held = _free(home.in_hand / path.relative_to(home.refused if was_refused else home.landing))
    held.parent.mkdir(parents=True, exist_ok=True)
    _move(path, held)
    if was_refused:
        note_of(path).unlink(missing_ok=True)
    return held


def give_back(home: Home, held: Path) -> None:
    """Move a file with its origin record to the landing folder, beside whatever has its name there by now."""
    back = _free(home.landing / held.relative_to(home.in_hand))
    back.parent.mkdir(parents=True, exist_ok=True)
    _move(held, back)


def give_all_back(home: Home) -> None:
    """Move back what a process that was killed had in hand, as far as the landing folder can be written."""
    held = [path for path in home.in_hand.rglob("*") if path.is_symlink() or not path.is_dir()]
    for path in sorted(held, key=lambda path: path.name.endswith(ORIGIN_SUFFIX)):
        with suppress(OSError):  # a record is gone with its file
            give_back(home, path)
    clear(home)


def release(held: Path) -> None:
    """Remove a file whose bytes are in the raw store, with its origin record."""
    # The record first: a file that is left without one is found to be here, a record without a file would meet another.
    if os.path.lexists(record_of(held)):
        record_of(held).unlink()
    held.unlink()


def clear(home: Home) -> None:
    """Remove the private folder unless something is still in it."""
    for folder, _, _ in os.walk(home.in_hand, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()


def _free(path: Path) -> Path:
    return next(one for one in numbered(path) if not os.path.lexists(one) and not os.path.lexists(record_of(one)))


def _move(path: Path, target: Path) -> None:
    path.rename(target)
    if os.path.lexists(record_of(path)):
        record_of(path).rename(record_of(target))

"""The one writer of a data folder: whoever takes in, builds or publishes holds this lock, all others wait.

Only the lock belongs here. The kernel gives it back when its holder ends in any way, so nothing has to be cleared after
a crash or a restart. Readers never take it: they read the published file, which is replaced as a whole.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from assets.home import Home
from assets.store.files import write_atomically


@dataclass(frozen=True)
class Holder:
    """The process that holds the lock, since when (UTC, ISO 8601), and the Dagster run it works on, if any."""

    process: int
    since: str
    run_id: str = ""


def lock_file(home: Home) -> Path:
    """The file that is locked; its presence says nothing, it stays for ever."""
    return home.root / "writer.lock"


@contextmanager
def writer_lock(home: Home, *, tell: Callable[[str], object], run_id: str = "") -> Iterator[Holder | None]:
    """Hold the data folder for writing; a second hold in the same thread is free.

    Gives the holder before, if it did not come to its end: it left its name and what it worked on. Waits as long as another
    process holds the folder, and says so once through `tell`. Raises OSError when the folder cannot be written.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lock_file(home), is_singleton=True)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        tell(f"{_who(holder(home))} writes to {home.root}; waiting until it is done.")
        lock.acquire()
    try:
        killed = holder(home) if lock.lock_counter == 1 else None
        if lock.lock_counter == 1:
            _sign(home, run_id)
        yield killed
        # After an error the name stays, so that the next holder closes what was left open.
        if lock.lock_counter == 1:
            _card(home).unlink(missing_ok=True)
    finally:
        lock.release()


def holder(home: Home) -> Holder | None:
    """Who wrote its name down last: the holder while the lock is held, else a process that was killed; None if nobody."""
    try:
        return Holder(**json.loads(_card(home).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def is_held(home: Home) -> bool:
    """True while any process writes."""
    if not lock_file(home).exists():
        return False
    try:
        with FileLock(lock_file(home), blocking=False):
            return False
    except Timeout:
        return True


def _sign(home: Home, run_id: str) -> None:
    text = json.dumps(asdict(Holder(os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"), run_id)))
    write_atomically(_card(home), lambda part: part.write_text(text, encoding="utf-8"))


def _card(home: Home) -> Path:
    return lock_file(home).with_name("writer.json")


def _who(known: Holder | None) -> str:
    return f"Process {known.process} (since {known.since})" if known else "Another process"

"""What processes that were killed left behind, and dbt's old logs: finding it and removing it.

Everything here is under a name that only unfinished work has, or is written again by the next build. Nothing in the raw
store that is complete is ever named, nor a download in landing/ that goes on where it ended. Whoever removes holds the
writer's lock: a running refresh has such files too.
"""

import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.home import Home
from assets.publication.publish import PARQUET_FOLDER
from assets.store.lake import AWAY
from assets.store.parse import ASIDE
from assets.store.raw_store import INCOMING
from assets.upkeep.derive import workplace

DBT_DAYS = 30
"""dbt's rotated logs, and compiled SQL that no build has written for so long, are old."""
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Leftover:
    """A file or folder that may go, its size and why."""

    path: Path
    bytes: int
    why: str


def leftovers(home: Home) -> list[Leftover]:
    """Everything that may go while nobody writes, by path."""
    found = dict(_unfinished(home))
    found.update(_old_dbt(home, time.time() - DBT_DAYS * DAY_SECONDS))
    return [Leftover(path, size_of(path), why) for path, why in sorted(found.items())]


def remove(found: Iterable[Leftover]) -> int:
    """Remove them; the bytes that came free."""
    freed = 0
    for one in found:
        if one.path.is_dir() and not one.path.is_symlink():
            shutil.rmtree(one.path, ignore_errors=True)
        else:
            one.path.unlink(missing_ok=True)
        freed += one.bytes
    return freed


def size_of(path: Path) -> int:
    """Bytes of a file, or of everything in a folder; links count nothing."""
    if path.is_dir() and not path.is_symlink():
        return sum(size_of(entry) for entry in path.iterdir())
    return 0 if path.is_symlink() else path.lstat().st_size


def _unfinished(home: Home) -> Iterator[tuple[Path, str]]:
    published = home.published_folder
    places: dict[str, list[Iterable[Path]]] = {
        "file that was not taken in": [home.raw.glob(f"{INCOMING}*"), [home.lake / ASIDE]],
        "file that was not written to its end": [
            folder.glob(pattern)
            for folder, pattern in (
                (home.raw, "*/.*.part"),
                (home.raw, "*/*/.*.part"),
                (home.lake, "*/.*.part"),
                (home.lake, "*/vintage=*/.*.part"),
                (home.lake, f"{AWAY}/*/.*.part"),
                (home.warehouse.parent, ".*.part"),
                (home.dbt_target, ".*.part"),
                (published / PARQUET_FOLDER, ".*.part"),
                (home.root, ".*.part"),
            )
        ],
        "publication that was not swapped in": [published.glob(".trade.*")],
        "what DuckDB spilled": [[home.warehouse.parent / "tmp", published / "tmp"]],
        "rebuild that was killed": [[workplace(home)]],
    }
    for why, groups in places.items():
        for group in groups:
            for path in group:
                if path.exists():
                    yield path, why


def _old_dbt(home: Home, before: float) -> Iterator[tuple[Path, str]]:
    for pattern in ("dbt.log.*", "run/**/*", "compiled/**/*"):
        for path in home.dbt_target.glob(pattern):
            if path.is_file() and path.stat().st_mtime < before:
                yield path, f"not written by dbt for {DBT_DAYS} days"

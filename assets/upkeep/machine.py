"""The doctor's checks of the machine and the data folder: versions, disk, lock, files, leftovers, run history.

Each check is told what it needs, clock and paths included, so that it can be tried for its good and its bad case. Checks
of the figures are in `figures.py`.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import distributions
from pathlib import Path

import duckdb
import yaml

from assets.home import PROJECT_ROOT, Home
from assets.publication.publish import changes_beside, exports
from assets.settings import Settings, WrongSetting
from assets.store.writer_lock import Holder
from assets.upkeep.finding import Finding
from assets.upkeep.leftovers import Leftover, size_of
from assets.upkeep.verify_published import CHANGES, SET_ASIDE

SUPPORTED = ((3, 11), (3, 14))
"""The first version of Python that is supported, and the first that is not any more."""
LEAST_FREE = 1_000_000_000
LONGEST_RUN = timedelta(hours=3)
LARGEST_HISTORY = 2_000_000_000


def python(version: tuple[int, int] = (sys.version_info[0], sys.version_info[1])) -> Finding:
    """Whether this Python is one that the pins were made for."""
    first, after = SUPPORTED
    words = f"Python {version[0]}.{version[1]}"
    if first <= version < after:
        return Finding("python", words)
    wanted = f"Python {first[0]}.{first[1]} to {after[0]}.{after[1] - 1}"
    return Finding("python", words, f"Install {wanted}, then: uv sync")


def packages(pinned: Mapping[str, str], installed: Mapping[str, str]) -> Finding:
    """Whether every installed package that is pinned has its pinned version."""
    wrong = sorted(name for name, version in installed.items() if pinned.get(name, version) != version)
    if not wrong:
        return Finding("packages", f"{len(installed):,} packages, those that are pinned in their exact version")
    shown = ", ".join(f"{name} {installed[name]} instead of {pinned[name]}" for name in wrong[:5])
    return Finding("packages", f"{len(wrong)} other than pinned: {shown}", "Install the pinned versions: uv sync")


def pinned_packages(project: Path = PROJECT_ROOT / "pyproject.toml") -> dict[str, str]:
    """The pins of the checkout by name; none where the project was installed without it."""
    if not project.exists():
        return {}
    settings = tomllib.loads(project.read_text(encoding="utf-8"))
    pins = (line.split("==") for line in settings["tool"]["uv"]["constraint-dependencies"])
    return {_plain(name): version for name, version in pins}


def installed_packages() -> dict[str, str]:
    """The installed packages by name."""
    return {_plain(item.metadata["Name"]): item.version for item in distributions()}


def settings() -> Finding:
    """Whether the environment's settings have allowed values."""
    try:
        told = Settings.from_environment()
    except WrongSetting as problem:
        return Finding("settings", str(problem), "Set the variable to one of its values, or leave it out.")
    alerts = "alerts are posted" if told.webhook_url else "alerts are in the log alone"
    return Finding("settings", f"automation {told.automation}, fetch {told.fetch}, strict {told.strict}; {alerts}")


def needed_bytes(home: Home) -> int:
    """What a refresh may take: a warehouse that doubles, and one more publication with its Parquet copy."""
    present = [home.warehouse.parent, home.published]
    present += [folder for _, folder in exports(home)[-1:]]
    return max(LEAST_FREE, 2 * sum(size_of(path) for path in present if path.exists()))


def disk(free: int, needed: int) -> Finding:
    """Whether a refresh has room."""
    words = f"{free / 1e9:,.1f} GB free, a refresh needs up to {needed / 1e9:,.1f} GB"
    todo = (
        "" if free >= needed else "Make room: tradewake tidy, then move published/history/ elsewhere or grow the disk."
    )
    return Finding("disk", words, todo)


def lock(held: bool, holder: Holder | None, now: datetime) -> Finding:
    """Who writes, or who was killed while writing."""
    if holder is None:
        return Finding("lock", "A process writes just now." if held else "Nobody writes.")
    who = f"process {holder.process} since {holder.since}"
    if not held:
        words = f"Nobody writes; {who} did not come to its end. The lock is free, nothing has to be cleared."
        return Finding("lock", words, "Run tradewake refresh: it goes on where the other was cut off.")
    began = datetime.fromisoformat(holder.since)
    if now - (began if began.tzinfo else began.replace(tzinfo=UTC)) > LONGEST_RUN:
        hours = LONGEST_RUN // timedelta(hours=1)
        return Finding("lock", f"{who} writes, for more than {hours} hours", f"See what process {holder.process} does.")
    return Finding("lock", f"{who} writes")


def database(name: str, path: Path, *, held: bool) -> Finding:
    """Whether a DuckDB file opens; the working file is left alone while a process writes it."""
    if not path.exists():
        return Finding(name, f"{path.name} is not there yet", "Run tradewake refresh.")
    if held:
        return Finding(name, f"{path.name} is being written")
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            con.execute("select count(*) from duckdb_tables()").fetchone()
    except duckdb.Error as problem:
        todo = "Close the program that holds it open, or run tradewake rebuild if the file is damaged."
        return Finding(name, f"{path.name} cannot be opened: {str(problem).splitlines()[0]}", todo)
    return Finding(name, f"{path.name} opens ({path.stat().st_size / 1e6:,.0f} MB)")


def changes(home: Home) -> Finding:
    """Whether a client that opened the published file to write left changes beside it."""
    beside = changes_beside(home)
    if not beside.exists():
        return Finding("changes", "No client has changed the published file.")
    words = f"{beside.name}: {CHANGES}"
    return Finding("changes", words, SET_ASIDE)


def clutter(found: Iterable[Leftover], *, held: bool) -> Finding:
    """What killed processes left; files of a running one are none."""
    rows = list(found)
    if held or not rows:
        return Finding("leftovers", "none" if not held else "not looked at while a process writes")
    size = sum(row.bytes for row in rows) / 1e6
    return Finding(
        "leftovers", f"{len(rows)} files and folders, {size:,.1f} MB, e.g. {rows[0].path.name}", "tradewake tidy"
    )


def instance(folder: Path, *, shared: bool) -> Finding:
    """Where Dagster keeps its run history, and whether that is what the environment asks for."""
    file = folder / "dagster.yaml"
    if not file.exists():
        return Finding("run history", f"none yet in {folder.name}/; the first refresh writes its settings")
    settings = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    is_postgres = "postgres" in (settings.get("storage") or {})
    size = size_of(folder)
    words = f"{'PostgreSQL' if is_postgres else 'SQLite'}, {size / 1e6:,.0f} MB in {folder.name}/"
    if shared and not is_postgres:
        return Finding("run history", f"{words}, though the environment names PostgreSQL", f"Remove {file} once.")
    if is_postgres and not shared:
        return Finding(
            "run history", f"{words}, but the environment does not name it", "Set the TRADEWAKE_PG_ variables."
        )
    return Finding("run history", words, "tradewake tidy" if size > LARGEST_HISTORY else "")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

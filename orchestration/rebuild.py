"""`tradewake rebuild`: ledger, lake, warehouse and publication again from the raw store alone.

Only the order of the steps belongs here: the store is derived by `assets/upkeep/derive.py`, marts and publication by
the refresh job.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
import duckdb

from assets.contracts.meta import PUBLISHED_MANIFEST
from assets.home import Home
from assets.settings import Settings
from assets.store.writer_lock import writer_lock
from assets.upkeep.derive import derive_store, in_place
from orchestration.executor import report_killed
from orchestration.progress import console
from orchestration.refresh import Outcome, run_refresh


class RebuildFailed(Exception):
    """Marts could not be built from the new lake; everything is as it was before."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("; ".join(outcome.failures) or "the refresh failed without giving a reason")


@dataclass(frozen=True)
class Rebuilt:
    """What was derived, and the content hashes before (None: nothing readable was published) and after."""

    raw_files: int
    lake_files: int
    hash_before: str | None
    hash_after: str | None


def rebuild(home: Home) -> Rebuilt:
    """Rebuild everything from the raw store; the published file stays readable throughout.

    Raises RawStoreDamaged or RebuildFailed, and leaves everything as it was.
    """
    with writer_lock(home, tell=console.print) as killed:
        with dg.DagsterInstance.get() as instance:
            report_killed(instance, killed)
        before = _content_hash(home)
        console.print(f"Deriving ledger and lake of {home.root} from the raw store")
        found = derive_store(home, datetime.now(UTC), Settings.from_environment().bad_lines)
        with in_place(home):
            outcome = run_refresh(home, strict=False, rebuild=True, take_in=False)
            if not outcome.success:
                raise RebuildFailed(outcome)
        return Rebuilt(found.checked["raw files"], found.checked["lake files"], before, _content_hash(home))


def _content_hash(home: Home) -> str | None:
    if not home.published.exists():
        return None
    try:
        with duckdb.connect(str(home.published), read_only=True) as con:
            row = con.execute(f"select content_hash from {PUBLISHED_MANIFEST}").fetchone()
    except duckdb.Error:
        return None
    return str(row[0]) if row else None

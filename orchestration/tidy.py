"""Tidying: what killed processes left, and run history that is too old; as a command and as the weekly job `tidy`.

Here belongs the age of run history and how Dagster is told to forget; files are in `assets/upkeep/leftovers.py`.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from assets.dagster_kit import WRITER_POOL
from assets.home import Home
from assets.publication.publish import set_changes_aside
from assets.upkeep.leftovers import Leftover, leftovers, remove, size_of
from orchestration.releases import RELEASE_TAG

TIDY = "tidy"
RUN_DAYS = 90
"""Finished runs, with events and logs, are kept so long."""
BATCH = 500


@dataclass(frozen=True)
class Tidied:
    """What went: files, runs, and the bytes that came free; and what was moved."""

    files: list[Leftover]
    runs: int
    bytes: int
    changes: Path | None
    """Where the changes of a client to the published file were moved."""


def tidy(home: Home, instance: dg.DagsterInstance, now: datetime) -> Tidied:
    """Remove leftovers and old run history, set a client's changes aside; whoever calls holds the writer's lock."""
    files = leftovers(home)
    freed = remove(files)
    changes = set_changes_aside(home)
    runs = _old_runs(instance, now - timedelta(days=RUN_DAYS))
    for run_id in runs:
        instance.delete_run(run_id)
    freed += _orphaned_folders(instance)
    return Tidied(files, len(runs), freed, changes)


def _old_runs(instance: dg.DagsterInstance, before: datetime) -> list[str]:
    """Finished runs last touched before a moment, but for those of releases and those that tell an asset's present state."""
    last = {
        record.asset_entry.last_materialization_record.run_id
        for record in instance.get_asset_records()
        if record.asset_entry.last_materialization_record is not None
    }
    records = instance.get_run_records(dg.RunsFilter(updated_before=before), limit=BATCH, ascending=True)
    return [
        record.dagster_run.run_id
        for record in records
        if record.dagster_run.is_finished
        and RELEASE_TAG not in record.dagster_run.tags
        and record.dagster_run.run_id not in last
    ]


def _orphaned_folders(instance: dg.DagsterInstance) -> int:
    """Remove logs and values of runs that are no longer known; the bytes that came free."""
    storage = Path(instance.storage_directory())
    freed = 0
    for folder in storage.iterdir() if storage.is_dir() else ():
        if folder.is_dir() and folder.name.count("-") == 4 and not instance.has_run(folder.name):
            freed += size_of(folder)
            shutil.rmtree(folder, ignore_errors=True)
    return freed


@dg.op(
    name="sweep", pool=WRITER_POOL, description="Remove leftovers of killed processes and run history that is too old."
)
def sweep(context: dg.OpExecutionContext, home: dg.ResourceParam[Home]) -> None:
    """Tidy under the writer's lock, which the executor holds for the pool."""
    done = tidy(home, context.instance, datetime.now(UTC))
    for one in done.files:
        context.log.info(f"removed {one.path.relative_to(home.root)}: {one.why}")
    if done.changes:
        context.log.info(f"moved changes of a client to the published file to {done.changes.relative_to(home.root)}")
    context.add_output_metadata({"files": len(done.files), "runs": done.runs, "bytes": done.bytes})


@dg.job(name=TIDY, description="Retention: removes what killed processes left and run history that is too old.")
def tidy_job() -> None:
    """One step."""
    sweep()


tidy_weekly = dg.ScheduleDefinition(
    name="tidy_weekly",
    job=tidy_job,
    cron_schedule="0 4 * * 0",
    execution_timezone="America/New_York",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Sunday mornings; off until switched on.",
)

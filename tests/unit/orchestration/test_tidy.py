"""Run history: what is old goes, with its logs; what still tells something stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import time_machine

from assets.home import Home
from assets.store.writer_lock import is_held
from orchestration.releases import RELEASE_TAG
from orchestration.tidy import RUN_DAYS, tidy, tidy_job

NOW = datetime.now(UTC)


@dg.asset
def figure(context: dg.AssetExecutionContext) -> None:
    """An asset whose present state a run tells."""
    context.log.info("made")


@dg.job
def nothing() -> None:
    """A run that tells nothing of an asset."""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        yield instance


def _run(instance: dg.DagsterInstance, days_ago: int, *, asset: bool = False, release: bool = False) -> str:
    tags = {RELEASE_TAG: "release-2026-08"} if release else {}
    with time_machine.travel(NOW - timedelta(days=days_ago)):
        if asset:
            return dg.materialize([figure], instance=instance, tags=tags).run_id
        return nothing.execute_in_process(instance=instance, tags=tags).run_id


def test_old_runs_go_but_for_releases_and_the_last_of_each_asset(home: Home, instance: dg.DagsterInstance) -> None:
    old = RUN_DAYS + 5
    gone = [_run(instance, old), _run(instance, old, asset=True)]
    kept = [_run(instance, old, asset=True), _run(instance, old, release=True), _run(instance, 1)]
    logs = Path(instance.storage_directory())
    for run_id in (*gone, *kept):
        (logs / run_id).mkdir(parents=True, exist_ok=True)
        (logs / run_id / "out").write_text("words")
    done = tidy(home, instance, NOW)
    assert done.runs == len(gone)
    assert {run.run_id for run in instance.get_runs()} == set(kept)
    assert {path.name for path in logs.iterdir()} == set(kept)
    assert instance.all_logs(gone[0]) == []
    assert done.bytes >= 5 * len(gone)
    latest = instance.get_latest_materialization_event(dg.AssetKey("figure"))
    assert latest is not None and latest.run_id == kept[0]
    assert tidy(home, instance, NOW).runs == 0


def test_the_job_tidies(home: Home, instance: dg.DagsterInstance) -> None:
    leftover = home.raw / ".incoming-x"
    leftover.mkdir(parents=True)
    assert tidy_job.execute_in_process(instance=instance, resources={"home": home}).success
    assert not leftover.exists()
    assert not is_held(home)

"""kill -9 in the middle of each stage, then the next refresh: as if nothing had happened, and nothing half to be seen."""

import os
import signal
from pathlib import Path

import dagster as dg
import pytest

from assets.home import Home
from tests.conftest import Tally
from tests.integration.faults.small import Project, content_hash, copy_of, half_written, reissue
from tests.integration.faults.stages import MOMENTS, Moment, after, refresh_at

KILLS = 20
LONGEST_SECONDS = 90
"""About the length of a refresh with everything; a refresh that ends before is no kill and is not counted."""


def kill_at(project: Project, home: Home, moment: Moment) -> None:
    """Start a refresh; kill it and all it started at the moment."""
    with refresh_at(project, home, moment) as run:
        os.killpg(run.process.pid, signal.SIGKILL)
    assert run.process.returncode == -signal.SIGKILL


def test_killed_in_each_stage_of_the_first_refresh(
    project: Project, undisturbed: Home, tmp_path: Path, tally: Tally
) -> None:
    home = Home(tmp_path / "data")
    for stage, moment in MOMENTS.items():
        kill_at(project, home, moment)
        assert not home.published.exists(), stage
        assert half_written(home) == [], stage
    code, output = project.run(home, "refresh")
    assert code == 0, output
    assert content_hash(home) == content_hash(undisturbed)
    assert half_written(home) == []
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        statuses = [run.status for run in instance.get_runs()]
    failed = [dg.DagsterRunStatus.FAILURE] * len(MOMENTS)
    assert statuses == [dg.DagsterRunStatus.SUCCESS, *failed], "a killed run stays open in the history"
    tally["kill -9 in a stage of the first refresh"] += len(MOMENTS)


def test_killed_while_publishing_over_an_older_publication(
    project: Project, undisturbed: Home, hash_after_reissue: str, tmp_path: Path, tally: Tally
) -> None:
    home = copy_of(undisturbed, tmp_path / "data")
    before = content_hash(home)
    reissue(home)
    kill_at(project, home, MOMENTS["publication"])
    assert content_hash(home) == before
    assert half_written(home) == []
    code, output = project.run(home, "refresh")
    assert code == 0, output
    assert content_hash(home) == hash_after_reissue
    tally["kill -9 while publishing over an older publication"] += 1


@pytest.mark.scale
def test_killed_at_any_moment(
    project: Project, undisturbed: Home, hash_after_reissue: str, tmp_path: Path, tally: Tally
) -> None:
    """Moments spread over the whole length of a refresh, one after the other on one folder."""
    home = copy_of(undisturbed, tmp_path / "data")
    before = content_hash(home)
    reissue(home)
    for number in range(1, KILLS + 1):
        with refresh_at(project, home, after(LONGEST_SECONDS * number / KILLS)) as run:
            if run.process.poll() is None:
                os.killpg(run.process.pid, signal.SIGKILL)
        assert half_written(home) == []
        assert content_hash(home) in {before, hash_after_reissue}
        tally["kill -9 at any moment"] += run.process.returncode == -signal.SIGKILL
    code, output = project.run(home, "refresh")
    assert code == 0, output
    assert content_hash(home) == hash_after_reissue

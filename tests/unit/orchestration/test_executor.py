"""Runs that write hold the data folder from their first step to their last; runs that only fetch do not."""

import os
from pathlib import Path

import dagster as dg
import pytest

from assets.dagster_kit import WRITER_POOL
from assets.home import HOME_VARIABLE, Home
from assets.store.writer_lock import is_held
from orchestration.executor import one_writer


def _definitions() -> dg.Definitions:
    home = Home(Path(os.environ[HOME_VARIABLE]))

    @dg.asset(pool=WRITER_POOL)
    def writes() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"held": is_held(home)})

    @dg.asset(pool="another")
    def fetches() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"held": is_held(home)})

    jobs = [dg.define_asset_job(name, selection=[name]) for name in ("writes", "fetches")]
    return dg.Definitions(assets=[writes, fetches], jobs=jobs, executor=one_writer(home))


def writing_job() -> dg.JobDefinition:
    return _definitions().resolve_job_def("writes")


def fetching_job() -> dg.JobDefinition:
    return _definitions().resolve_job_def("fetches")


@pytest.mark.parametrize(("name", "held"), [("writing_job", True), ("fetching_job", False)])
def test_the_lock_follows_the_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, held: bool) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "data"))
    job = dg.reconstructable(writing_job if name == "writing_job" else fetching_job)
    with dg.instance_for_test() as instance, dg.execute_job(job, instance=instance, raise_on_error=True) as result:
        events = [event for event in result.all_events if event.event_type_value == "ASSET_MATERIALIZATION"]
        assert [event.materialization.metadata["held"].value for event in events] == [held]
    assert not is_held(Home(tmp_path / "data"))

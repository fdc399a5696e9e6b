"""A run with nothing new leaves the results of checks as they were, those of its own step and those behind it."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from assets.kept_checks import keep_last_results

Status = AssetCheckExecutionRecordStatus


class Config(dg.Config):
    is_new: bool = True


@dg.multi_asset(
    specs=[dg.AssetSpec("table", skippable=True)],
    can_subset=True,
    check_specs=[
        dg.AssetCheckSpec("holds", asset="table", blocking=True),
        dg.AssetCheckSpec("is_even", asset="table"),
    ],
)
def table(context: dg.AssetExecutionContext, config: Config) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
    if not config.is_new:
        assert keep_last_results(context.instance, context.run) in {0, 3}
        return
    yield dg.Output(None, output_name="table")
    yield dg.AssetCheckResult(asset_key="table", check_name="holds", passed=True, metadata={"rows": 3})
    yield dg.AssetCheckResult(
        asset_key="table", check_name="is_even", passed=False, severity=dg.AssetCheckSeverity.WARN
    )


@dg.asset(deps=[table], check_specs=[dg.AssetCheckSpec("holds", asset="flags", blocking=True)])
def flags() -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads it
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="holds", passed=True)])


KEYS = [
    dg.AssetCheckKey(dg.AssetKey(asset), name)
    for asset, name in (("table", "holds"), ("table", "is_even"), ("flags", "holds"))
]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as one:
        yield one


def run(instance: dg.DagsterInstance, *, is_new: bool) -> str:
    config = dg.RunConfig(ops={"table": Config(is_new=is_new)})
    return dg.materialize([table, flags], instance=instance, run_config=config).run_id


def latest(instance: dg.DagsterInstance) -> dict[str, tuple[Status, str, float]]:
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(KEYS)
    return {
        key.to_user_string(): (record.status, record.run_id, record.event.timestamp if record.event else 0.0)
        for key, record in found.items()
    }


def test_results_stay_with_the_time_they_came(instance: dg.DagsterInstance) -> None:
    run(instance, is_new=True)
    before = latest(instance)
    assert [one[0] for one in before.values()].count(Status.SUCCEEDED) == 2
    for _ in range(2):
        again = run(instance, is_new=False)
        after = latest(instance)
        assert {key: (status, at) for key, (status, _, at) in after.items()} == {
            key: (status, at) for key, (status, _, at) in before.items()
        }
        assert {one[1] for one in after.values()} == {again}
    run(instance, is_new=True)
    assert all(after[2] > before[key][2] for key, after in latest(instance).items())


def test_a_check_without_a_result_keeps_none(instance: dg.DagsterInstance) -> None:
    run(instance, is_new=False)
    assert {one[0] for one in latest(instance).values()} == {Status.PLANNED}

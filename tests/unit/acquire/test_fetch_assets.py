"""The assets of the group `fetch` against a local publisher: months as partitions, and what is missing said, not raised."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context

from assets.acquire import bulk_download, census_api
from assets.home import Home
from assets.raw.fetch import FETCH
from tests.unit.acquire.fake_server import FakeServer, Reply
from tests.unit.acquire.test_bulk_download import ARCHIVE
from tests.unit.acquire.test_fetching import answer

IMDB = dg.AssetKey(["fetch", "imdb"])
API = dg.AssetKey(["fetch", "census_api"])


@pytest.fixture
def instance(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """A run history of its own; the publisher is the fake one."""
    monkeypatch.setattr(bulk_download, "BASE_URL", server.url)
    monkeypatch.setattr(census_api, "BASE_URL", server.url)
    monkeypatch.delenv("CENSUS_API_KEY", raising=False)
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def fetch(
    instance: dg.DagsterInstance,
    home: Home,
    key: dg.AssetKey,
    months: list[str],
    run_config: dict[str, object] | None = None,
) -> dg.ExecuteInProcessResult:
    """Materialise a range of months in one run."""
    tags = {"dagster/asset_partition_range_start": months[0], "dagster/asset_partition_range_end": months[-1]}
    return dg.materialize(
        FETCH, selection=[key], tags=tags, resources={"home": home}, instance=instance, run_config=run_config
    )


def test_a_range_of_months_is_one_run_and_only_months_that_were_had_are_materialised(
    instance: dg.DagsterInstance, server: FakeServer, home: Home
) -> None:
    server.files["/2024/Merch/im_m/IMDB2401.ZIP"] = ARCHIVE
    server.files["/2024/Merch/im_m/IMDB2403.ZIP"] = ARCHIVE
    result = fetch(instance, home, IMDB, ["2024-01-01", "2024-03-01"])
    assert result.success
    assert instance.get_materialized_partitions(IMDB) == {"2024-01-01", "2024-03-01"}
    assert sorted(path.name for path in home.landing.glob("*.ZIP")) == ["IMDB2401.ZIP", "IMDB2403.ZIP"]
    observed = instance.fetch_observations(IMDB, limit=10).records
    assert [record.partition_key for record in observed] == ["2024-02-01"]
    assert observed[0].asset_observation is not None
    assert observed[0].asset_observation.metadata["missing"].value == 1
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.severity, check.blocking) == (False, dg.AssetCheckSeverity.WARN, False)
    assert "IMDB2402.ZIP is not at" in str(check.metadata["outcomes"].value)


def test_without_an_answer_nothing_is_materialised_and_nothing_fails(
    instance: dg.DagsterInstance, server: FakeServer, home: Home
) -> None:
    server.script = [Reply(403, b"no")] * 2
    result = fetch(instance, home, IMDB, ["2024-01-01", "2024-02-01"])
    assert result.success
    assert instance.get_materialized_partitions(IMDB) == set()
    assert len(instance.fetch_observations(IMDB, limit=10).records) == 2
    assert not result.asset_materializations_for_node("fetch__imdb")


def test_a_month_of_answers_needs_all_its_requests(
    instance: dg.DagsterInstance, server: FakeServer, home: Home
) -> None:
    """Of four answers (imports and exports of two months, level HS2) the last is refused."""
    server.script = [answer("2024-01"), answer("2024-02"), answer("2024-01"), Reply(400, b"error: no")]
    config: dict[str, object] = {"ops": {"fetch__census_api": {"config": {"dataset": "hs", "level": "HS2"}}}}
    result = fetch(instance, home, API, ["2024-01-01", "2024-02-01"], config)
    assert result.success
    assert instance.get_materialized_partitions(API) == {"2024-01-01"}
    assert len(list(home.landing.glob("*_2024-0?_*.json"))) == 6  # three answers with their origin records
    server.script = [answer("2024-02")]
    assert fetch(instance, home, API, ["2024-02-01"], config).success
    assert instance.get_materialized_partitions(API) == {"2024-01-01", "2024-02-01"}
    assert len(server.asked) == 5


def test_months_start_with_the_harmonized_system_and_leave_out_the_month_that_just_ended() -> None:
    months = FETCH[0].partitions_def
    assert isinstance(months, dg.TimeWindowPartitionsDefinition)
    assert months.get_first_partition_key() == "1989-01-01"
    with partition_loading_context(effective_dt=datetime(2026, 11, 22, tzinfo=UTC)):
        assert months.get_last_partition_key() == "2026-09-01"

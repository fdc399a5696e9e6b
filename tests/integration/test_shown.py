"""What the UI shows after the refresh of the bundled figures: months, counts, previews, the table of differences."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.events import DagsterEventType

from tests.integration.conftest import Refreshed


@pytest.fixture(scope="module")
def instance(refreshed: Refreshed) -> Iterator[dg.DagsterInstance]:
    """The run history of the data folder."""
    with dg.DagsterInstance.from_config(str(refreshed.home.dagster)) as history:
        yield history


def latest(instance: dg.DagsterInstance, *key: str) -> dict[str, object]:
    event = instance.get_latest_materialization_event(dg.AssetKey(key))
    assert event is not None and event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_landed_months_are_partitions(instance: dg.DagsterInstance) -> None:
    """The bundled archive is of January 2025; the bundled answers run from 2013 to November 2025."""
    assert instance.get_materialized_partitions(dg.AssetKey(["raw", "imdb_month"])) == {"2025-01-01"}
    answers = instance.get_materialized_partitions(dg.AssetKey(["raw", "census_api_month"]))
    assert (min(answers), max(answers), len(answers)) == ("2013-01-01", "2025-11-01", 12 * 13 - 1)
    shown = latest(instance, "raw", "imdb_month")
    assert "IMP_DU" in str(shown["control_totals_usd"])


@pytest.mark.parametrize("mart", ["commodity_month", "commodity_partner_month", "duty_rate", "partner_year"])
def test_marts_show_their_rows(instance: dg.DagsterInstance, refreshed: Refreshed, mart: str) -> None:
    shown = latest(instance, "marts", mart)
    assert shown["dagster/row_count"] == refreshed.rows(f"select count(*) from marts.{mart}")[0][0]
    assert len(str(shown["preview"]).splitlines()) == 2 + 10


def test_the_reconciliation_shows_its_table_when_all_is_equal(instance: dg.DagsterInstance) -> None:
    run = next(run for run in reversed(instance.get_runs(filters=dg.RunsFilter(job_name="refresh"))))
    events = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records
    evaluations = [record.event_log_entry.get_dagster_event().asset_check_evaluation_data for record in events]
    (check,) = [one for one in evaluations if one.check_name == "sums_equal_their_totals"]
    assert check.passed
    assert "| archive_control |" in str(check.metadata["comparisons"].value)
    assert "| expected | seen |" in str(check.metadata["largest_differences"].value)

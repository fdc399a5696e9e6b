"""The release-morning schedule on fixed days; release days are those of methods section 11."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from orchestration.schedules import RELEASE_TAG, release_morning


def _tick(instance: dg.DagsterInstance, day: str) -> dg.RunRequest | dg.SkipReason:
    moment = datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=ZoneInfo("America/New_York"))
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=moment)
    result = release_morning(context)
    assert isinstance(result, dg.RunRequest | dg.SkipReason)
    return result


@pytest.mark.parametrize(
    ("day", "month"),
    [("2026-02-19", "2025-12"), ("2025-11-19", "2025-08"), ("2025-12-11", "2025-09"), ("2026-06-09", "2026-04")],
)
def test_a_release_morning_requests_the_refresh_under_the_release_as_run_key(day: str, month: str) -> None:
    with dg.DagsterInstance.local_temp() as instance:
        request = _tick(instance, day)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == f"release-{month}"


def test_a_release_missed_over_a_long_weekend_is_still_requested() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        request = _tick(instance, "2025-07-07")
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "release-2025-05"


def test_once_requested_it_is_not_requested_again() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        instance.create_run_for_job(_job(), tags={RELEASE_TAG: "release-2025-12"})
        skip = _tick(instance, "2026-02-20")
    assert isinstance(skip, dg.SkipReason)
    assert "19 February 2026 (December 2025) was refreshed already" in str(skip.skip_message)
    assert "January 2026, is set for 12 March 2026" in str(skip.skip_message)


def test_in_the_shutdown_nothing_is_requested_and_the_reason_says_when() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        skip = _tick(instance, "2025-10-07")
    assert isinstance(skip, dg.SkipReason)
    assert "No release this morning" in str(skip.skip_message)
    assert "August 2025, is set for 19 November 2025" in str(skip.skip_message)


def test_past_the_known_calendar_the_day_is_called_an_estimate() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        skip = _tick(instance, "2026-10-26")
    assert isinstance(skip, dg.SkipReason)
    assert "September 2026, is estimated for 04 November 2026" in str(skip.skip_message)


def _job() -> dg.JobDefinition:
    @dg.op
    def nothing() -> None: ...

    @dg.job(name="refresh")
    def refresh() -> None:
        nothing()

    return refresh

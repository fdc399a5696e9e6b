"""The release-morning schedule on single days; release days are those of methods section 11."""

from datetime import date

import dagster as dg

from assets.settings import Settings
from orchestration.releases import RELEASE_TAG
from tests.unit.orchestration.simulated import Simulation

DECEMBER, JANUARY = date(2025, 12, 1), date(2026, 1, 1)


def test_a_release_morning_requests_the_refresh_under_the_release_as_run_key() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        request = Simulation(date(2026, 2, 19), date(2025, 11, 1)).tick(instance, Settings(strict="on"))
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "release-2025-12"
    assert request.tags[RELEASE_TAG] == "release-2025-12"
    steps = request.run_config["ops"]
    assert steps["raw__census_country"]["config"]["strict"] is True
    assert steps["raw__landing"]["config"]["fetch_from"] == "off"


def test_what_is_in_is_not_requested_and_the_reason_tells_the_next() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        skip = Simulation(date(2026, 2, 20), DECEMBER).tick(instance)
    assert isinstance(skip, dg.SkipReason)
    reason = "December 2025 is in already. The next, January 2026, is set for 12 March 2026"
    assert str(skip.skip_message).startswith(reason)


def test_on_its_day_but_not_out_yet() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        skip = Simulation(date(2026, 3, 12), DECEMBER, delays={JANUARY: date(2026, 3, 13)}).tick(instance)
    assert isinstance(skip, dg.SkipReason)
    assert str(skip.skip_message) == ("January 2026 is due today and not here yet: the publisher does not have it yet.")


def test_a_run_on_its_way_is_left_alone() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        instance.create_run_for_job(_job(), tags={RELEASE_TAG: "release-2025-12"}, status=dg.DagsterRunStatus.STARTED)
        skip = Simulation(date(2026, 2, 19), date(2025, 11, 1)).tick(instance)
    assert isinstance(skip, dg.SkipReason)
    assert str(skip.skip_message).endswith("Its refresh is under way.")


def test_a_run_that_did_not_take_it_in_is_tried_again_another_day() -> None:
    with dg.DagsterInstance.local_temp() as instance:
        instance.create_run_for_job(_job(), tags={RELEASE_TAG: "release-2025-12"}, status=dg.DagsterRunStatus.FAILURE)
        # The run is of today by the machine's clock; the simulated days are before and after it.
        same_day = Simulation(date(2026, 2, 19), date(2025, 11, 1)).tick(instance)
        later = Simulation(date(2099, 2, 19), date(2025, 11, 1), delays=dict.fromkeys([date(2098, 12, 1)], DECEMBER))
        assert isinstance(same_day, dg.SkipReason)
        assert "ran today already and did not take it in" in str(same_day.skip_message)
        instance.create_run_for_job(_job(), tags={RELEASE_TAG: "release-2098-12"}, status=dg.DagsterRunStatus.FAILURE)
        again = later.tick(instance)
    assert isinstance(again, dg.RunRequest)
    assert again.run_key == "release-2098-12/2"


def _job() -> dg.JobDefinition:
    @dg.op
    def nothing() -> None: ...

    @dg.job(name="refresh")
    def refresh() -> None:
        nothing()

    return refresh

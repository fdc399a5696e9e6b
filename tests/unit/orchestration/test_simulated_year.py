"""The schedule day by day from January 2025 to October 2026, with the lapse of appropriations in it.

The days on which releases came out are those of methods section 11; they are written out here once more.
"""

from datetime import date

import dagster as dg
import pytest

from assets.settings import Settings
from tests.unit.orchestration.simulated import Simulation, as_known_on, weekdays

CAME_OUT = {
    "2024-12": "2025-02-05", "2025-01": "2025-03-06", "2025-02": "2025-04-03", "2025-03": "2025-05-06",
    "2025-04": "2025-06-05", "2025-05": "2025-07-03", "2025-06": "2025-08-05", "2025-07": "2025-09-04",
    "2025-08": "2025-11-19", "2025-09": "2025-12-11", "2025-10": "2026-01-08", "2025-11": "2026-01-29",
    "2025-12": "2026-02-19", "2026-01": "2026-03-12", "2026-02": "2026-04-02", "2026-03": "2026-05-05",
    "2026-04": "2026-06-09", "2026-05": "2026-07-07", "2026-06": "2026-08-04", "2026-07": "2026-09-03",
    "2026-08": "2026-10-06",
}  # fmt: skip
FIRST, LAST = date(2025, 1, 8), date(2026, 10, 30)


def _simulate(world: Simulation, days: list[date]) -> dict[str, str]:
    """Run keys by the day of their request; each requested month counts as taken in afterwards."""
    requested: dict[str, str] = {}
    with dg.DagsterInstance.local_temp() as instance:
        for day in days:
            world.today = day
            result = world.answer(instance)
            if isinstance(result, dg.RunRequest):
                assert result.run_key is not None
                assert result.run_key not in requested, f"{result.run_key} twice"
                requested[result.run_key] = day.isoformat()
                world.taken_in = date.fromisoformat(result.run_key.removeprefix("release-") + "-01")
                repeated = world.answer(instance)
                assert isinstance(repeated, dg.SkipReason)
    return requested


def test_every_release_is_refreshed_once_on_its_day() -> None:
    world = Simulation(FIRST, date(2024, 11, 1))
    requested = _simulate(world, weekdays(FIRST, LAST))
    assert requested == {f"release-{month}": day for month, day in CAME_OUT.items()}


def test_the_same_when_no_day_is_known_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was to live through: estimates alone, the sources say what is out."""
    world = Simulation(FIRST, date(2024, 11, 1))
    monkeypatch.setattr("orchestration.schedules.bundled_calendar", lambda: as_known_on(world.today))
    requested = _simulate(world, weekdays(FIRST, LAST))
    assert requested == {f"release-{month}": day for month, day in CAME_OUT.items()}
    # One small request a day, two at most where an estimate is near.
    assert len(world.asked) < 1.5 * len(weekdays(FIRST, LAST))


def test_a_machine_that_was_off_catches_up_with_one_run_for_the_newest() -> None:
    world = Simulation(FIRST, date(2024, 11, 1))
    days = [day for day in weekdays(FIRST, LAST) if not date(2025, 11, 10) <= day <= date(2026, 2, 6)]
    requested = _simulate(world, days)
    missed = {"release-2025-08", "release-2025-09", "release-2025-10", "release-2025-11"}
    assert missed & set(requested) == {"release-2025-11"}
    assert requested["release-2025-11"] == "2026-02-09"
    assert requested["release-2025-12"] == "2026-02-19"


def test_what_was_missed_is_fetched_with_it_and_june_brings_five_years_again() -> None:
    settings = Settings(fetch="bulk")
    with dg.DagsterInstance.local_temp() as instance:
        missed = Simulation(date(2026, 2, 9), date(2025, 7, 1)).answer(instance, settings)
        june = Simulation(date(2026, 6, 9), date(2026, 3, 1)).answer(instance, settings)
        offline = Simulation(date(2026, 6, 9), date(2026, 3, 1)).answer(instance)
    assert isinstance(missed, dg.RunRequest) and isinstance(june, dg.RunRequest) and isinstance(offline, dg.RunRequest)
    assert _fetched(missed) == ["2025-08-01", "2025-09-01", "2025-10-01", "2025-11-01"]
    assert len(_fetched(june)) == 61
    assert (_fetched(june)[0], _fetched(june)[-1]) == ("2021-04-01", "2026-04-01")
    assert june.tags["tradewake/months"] == "2021-04 to 2026-04"
    assert (_fetched(offline), offline.tags["tradewake/months"]) == ([], "2021-04 to 2026-04")


def test_months_that_could_not_be_fetched_are_asked_for_again_each_morning() -> None:
    world = Simulation(date(2026, 6, 10), date(2026, 4, 1), missed=[date(2023, 5, 1), date(2024, 1, 1)])
    with dg.DagsterInstance.local_temp() as instance:
        again = world.answer(instance, Settings(fetch="bulk"))
        world.missed = []
        done = world.answer(instance, Settings(fetch="bulk"))
        world.missed, world.today = [date(2024, 1, 1)], date(2026, 7, 7)
        july = world.answer(instance, Settings(fetch="bulk"))
    assert isinstance(again, dg.RunRequest) and isinstance(done, dg.SkipReason) and isinstance(july, dg.RunRequest)
    assert _fetched(again) == ["2023-05-01", "2024-01-01"]
    assert _fetched(july) == ["2024-01-01", "2026-05-01"]
    assert july.run_key == "release-2026-05"


def test_in_the_lapse_the_reason_counts_the_days(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Simulation(date(2025, 10, 20), date(2025, 7, 1))
    monkeypatch.setattr("orchestration.schedules.bundled_calendar", lambda: as_known_on(world.today))
    with dg.DagsterInstance.local_temp() as instance:
        skip = world.answer(instance)
    assert isinstance(skip, dg.SkipReason)
    # October 6 + 10 weekdays less Columbus Day.
    assert str(skip.skip_message) == (
        "August 2025 was estimated for 06 October 2025, 9 business days ago, and is not here yet: "
        "the publisher does not have it yet."
    )


def _fetched(request: dg.RunRequest) -> list[str]:
    months: list[str] = request.run_config["ops"]["raw__landing"]["config"]["fetch_months"]
    return months

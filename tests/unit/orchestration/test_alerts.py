"""Alerts: a late release once, a failed run with its cause, a publication that sets records or turns a claim."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import dagster as dg
import pytest
import time_machine
from pydantic import SecretStr

from assets.home import Home
from assets.notify import HIDDEN, Alert
from assets.settings import Settings
from assets.store.ledger import ensure_ledger, write_row
from orchestration.sensors import failed_run_alert, kept_out_alert, late_release_alert, publication_news
from tests.unit.orchestration.simulated import Simulation
from tests.unit.publication.prints import Print, publication
from tests.unit.upkeep.test_kept_out import LEDGER, row

KEY = "0123456789abcdef0123456789abcdef01234567"
SETTINGS = Settings(webhook_url=SecretStr("https://hooks.example/T0PS3CRET"), webhook_token=SecretStr("T0K3N"))


@dataclass
class Kept:
    """A notifier that keeps what it was given, or is down."""

    alerts: list[Alert] = field(default_factory=list)
    is_down: bool = False

    def send(self, alert: Alert) -> None:
        if self.is_down:
            raise OSError("down")
        self.alerts.append(alert)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def _late(world: Simulation, kept: Kept, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    noon = datetime(world.today.year, world.today.month, world.today.day, 17, tzinfo=UTC)
    resources = {"sources": world, "settings": SETTINGS, "ways": [kept]}
    with time_machine.travel(noon, tick=False), dg.build_sensor_context(cursor=cursor, resources=resources) as context:
        result = late_release_alert(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


@pytest.mark.parametrize(
    ("day", "is_late"),
    [
        (date(2026, 2, 19), False),  # Thursday, the day itself
        (date(2026, 2, 23), False),  # two business days later
        (date(2026, 2, 24), True),
    ],
)
def test_late_is_more_than_two_business_days(kept: Kept, day: date, is_late: bool) -> None:
    result = _late(Simulation(day, date(2025, 11, 1)), kept)
    assert bool(kept.alerts) == is_late
    assert isinstance(result, dg.SensorResult) == is_late


def test_a_late_release_is_told_once_and_the_next_one_again(kept: Kept) -> None:
    world = Simulation(date(2026, 2, 26), date(2025, 11, 1))
    first = _late(world, kept)
    assert isinstance(first, dg.SensorResult)
    assert isinstance(_late(world, kept, first.cursor), dg.SkipReason)
    (alert,) = kept.alerts
    assert alert.kind == "release late"
    assert alert.title == (
        "The release of December 2025, expected on 19 February 2026, is not in 5 business days later"
    )
    world.today, world.taken_in = date(2026, 3, 20), date(2025, 12, 1)
    _late(world, kept, first.cursor)
    assert [one.title[:30] for one in kept.alerts] == [
        "The release of December 2025, ",
        "The release of January 2026, e",
    ]


def test_nothing_is_late_when_all_is_in(kept: Kept) -> None:
    assert isinstance(_late(Simulation(date(2026, 2, 26), date(2025, 12, 1)), kept), dg.SkipReason)
    assert kept.alerts == []


@dg.op
def breaks() -> None:
    """Fails with secrets in its message, as an error of a library might."""
    raise dg.Failure(f"GET https://api.example?key={KEY} with T0K3N to https://hooks.example/T0PS3CRET")


@dg.job(name="breaking")
def breaking_job() -> None:
    """One failing step."""
    breaks()


def _failures(instance: dg.DagsterInstance, kept: Kept, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    resources = {"settings": SETTINGS, "ways": [kept]}
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources) as context:
        result = failed_run_alert(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def _break(instance: dg.DagsterInstance) -> str:
    return breaking_job.execute_in_process(instance=instance, raise_on_error=False).dagster_run.run_id


def test_failed_runs_are_told_one_by_one_with_step_and_cause_and_without_secrets(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    with dg.DagsterInstance.local_temp() as instance:
        _break(instance)
        cursor = _cursor(_failures(instance, kept, None))
        assert isinstance(_failures(instance, kept, cursor), dg.SkipReason)
        assert kept.alerts == [], "what failed before is not told"
        told = [_break(instance), _break(instance)]
        kept.is_down = True
        with pytest.raises(OSError, match="down"):
            _failures(instance, kept, cursor)
        kept.is_down = False
        for _ in told:
            cursor = _cursor(_failures(instance, kept, cursor))
        assert isinstance(_failures(instance, kept, cursor), dg.SkipReason)
    assert [alert.title for alert in kept.alerts] == [
        f"Run {run} of breaking failed; what was published stands" for run in told
    ]
    hidden = f"breaks: GET https://api.example?key={HIDDEN} with {HIDDEN} to {HIDDEN}"
    assert {alert.lines for alert in kept.alerts} == {(hidden,)}


def _news(home: Home, kept: Kept, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    resources = {"home": home, "settings": SETTINGS, "ways": [kept]}
    with dg.build_sensor_context(cursor=cursor, resources=resources) as context:
        result = publication_news(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def _cursor(result: dg.SensorResult | dg.SkipReason) -> str:
    assert isinstance(result, dg.SensorResult) and result.cursor is not None
    return result.cursor


def test_news_is_told_once_and_no_publication_is_passed_over(home: Home, kept: Kept) -> None:
    assert isinstance(_news(home, kept, None), dg.SkipReason)
    publication(home, Print([5, 9, 7]))
    cursor = _cursor(_news(home, kept, None))
    assert kept.alerts == []
    assert isinstance(_news(home, kept, cursor), dg.SkipReason)
    # Two publications between two looks: the record came with the first of them.
    publication(home, Print([5, 9, 7, 11]))
    publication(home, Print([5, 9, 7, 11], verdict="not supported"))
    cursor = _cursor(_news(home, kept, cursor))
    (alert,) = kept.alerts
    assert alert.title == "1 new record, 1 claim turned"
    assert isinstance(_news(home, kept, cursor), dg.SkipReason)


def test_news_that_could_not_be_told_is_told_at_the_next_look(home: Home, kept: Kept) -> None:
    publication(home, Print([5, 9, 7]))
    cursor = _cursor(_news(home, kept, None))
    publication(home, Print([5, 9, 7, 11]))
    kept.is_down = True
    with pytest.raises(OSError, match="down"):
        _news(home, kept, cursor)
    kept.is_down = False
    _cursor(_news(home, kept, cursor))
    assert len(kept.alerts) == 1


def test_a_publication_without_news_is_no_alert(home: Home, kept: Kept) -> None:
    publication(home, Print([5, 9, 7]))
    cursor = _cursor(_news(home, kept, None))
    publication(home, Print([5, 9, 7, 8]))
    assert _cursor(_news(home, kept, cursor)) > cursor
    assert kept.alerts == []


def _kept_out(home: Home, kept: Kept, cursor: str | None) -> str:
    resources = {"home": home, "settings": SETTINGS, "ways": [kept]}
    with dg.build_sensor_context(cursor=cursor, resources=resources) as context:
        result = kept_out_alert(context)
    assert isinstance(result, dg.SensorResult)
    return _cursor(result)


def test_files_that_wait_for_a_person_are_told_once_in_each_status(home: Home, kept: Kept) -> None:
    ensure_ledger(home.lake)
    cursor = _kept_out(home, kept, None)
    assert kept.alerts == []
    for one in LEDGER:
        write_row(home.lake, one)
    kept.is_down = True
    with pytest.raises(OSError, match="down"):
        _kept_out(home, kept, cursor)
    kept.is_down = False
    cursor = _kept_out(home, kept, _kept_out(home, kept, cursor))
    (alert,) = kept.alerts
    assert (alert.kind, alert.title) == ("files kept out", "3 files kept out: 1 refused, 1 quarantined, 1 undated")
    assert alert.lines[1] == (
        "quarantined: japan.xlsx: imports of Japan are twice those of DataWeb -> tradewake accept japan.xlsx --why REASON"
    )
    write_row(home.lake, replace(LEDGER[3], status="quarantined", why=f"{KEY} in a cell"))
    _kept_out(home, kept, cursor)
    assert [one.title for one in kept.alerts[1:]] == ["1 file kept out: 1 quarantined"]


def test_of_many_files_the_first_are_told_and_how_many_more(home: Home, kept: Kept) -> None:
    ensure_ledger(home.lake)
    for number in range(25):
        write_row(home.lake, row(number, f"{number}.csv", status="refused", reason="cut off"))
    _kept_out(home, kept, None)
    (alert,) = kept.alerts
    assert alert.title == "25 files kept out: 25 refused"
    assert (len(alert.lines), alert.lines[-1]) == (11, "and 15 more")

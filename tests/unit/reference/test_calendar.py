"""The release calendar on fixed days: known releases, the lapse of appropriations in 2025, estimates."""

import csv
from datetime import date

import pytest

from assets.reference.calendar import CALENDAR_FILE, KINDS, latest_release, months_between, next_release, release_of


@pytest.mark.parametrize(
    ("month", "released_on", "kind"),
    [
        (date(2018, 8, 1), date(2018, 10, 5), "regular"),
        (date(2023, 1, 1), date(2023, 3, 8), "regular"),
        (date(2024, 8, 1), date(2024, 10, 8), "regular"),
        (date(2025, 4, 1), date(2025, 6, 5), "annual_revision"),
        (date(2025, 8, 1), date(2025, 11, 19), "delayed"),
        (date(2025, 12, 31), date(2026, 2, 19), "delayed"),
        (date(2026, 4, 1), date(2026, 6, 9), "annual_revision"),
        (date(2026, 7, 1), date(2026, 9, 3), "regular"),
    ],
)
def test_known_releases(month: date, released_on: date, kind: str) -> None:
    release = release_of(month)
    assert (release.released_on, release.kind, release.is_estimate) == (released_on, kind, False)
    assert release.reference_month == month.replace(day=1)


def test_estimate_is_35_days_after_the_month_on_a_weekday() -> None:
    assert release_of(date(2026, 9, 1)).released_on == date(2026, 11, 4)
    assert release_of(date(2026, 9, 1)).is_estimate
    saturday = date(2026, 10, 31).toordinal() + 35
    assert date.fromordinal(saturday).weekday() == 5
    assert release_of(date(2026, 10, 1)).released_on == date.fromordinal(saturday + 2)
    assert release_of(date(2027, 4, 1)).kind == "annual_revision"


def test_no_release_falls_into_the_lapse_of_appropriations() -> None:
    for day in (date(2025, 9, 4), date(2025, 10, 7), date(2025, 11, 18)):
        assert latest_release(day).reference_month == date(2025, 7, 1)
        upcoming = next_release(day)
        assert (upcoming.reference_month, upcoming.released_on) == (date(2025, 8, 1), date(2025, 11, 19))
    assert latest_release(date(2025, 11, 19)).reference_month == date(2025, 8, 1)
    assert next_release(date(2025, 11, 19)).released_on == date(2025, 12, 11)
    assert latest_release(date(2025, 12, 31)).reference_month == date(2025, 9, 1)


def test_after_the_last_known_day_estimates_go_on() -> None:
    last_known = latest_release(date(2026, 11, 3))
    assert (last_known.reference_month, last_known.released_on) == (date(2026, 8, 1), date(2026, 10, 6))
    assert not last_known.is_estimate
    estimated = next_release(date(2026, 11, 3))
    assert (estimated.reference_month, estimated.released_on) == (date(2026, 9, 1), date(2026, 11, 4))
    assert latest_release(date(2026, 11, 22)) == estimated and estimated.is_estimate
    assert next_release(date(2026, 11, 22)).reference_month == date(2026, 10, 1)


def test_day_of_release_counts_as_out() -> None:
    assert latest_release(date(2026, 2, 18)).reference_month == date(2025, 11, 1)
    assert latest_release(date(2026, 2, 19)).reference_month == date(2025, 12, 1)


def test_rows_are_sound() -> None:
    with CALENDAR_FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    months = [date.fromisoformat(row["reference_month"]) for row in rows]
    days = [date.fromisoformat(row["released_on"]) for row in rows]
    assert months == sorted(set(months)) and days == sorted(set(days))
    assert all(day.weekday() < 5 and (day - month).days > 58 for month, day in zip(months, days, strict=True))
    assert {row["kind"] for row in rows} == set(KINDS)


def test_months_between_cross_years_and_include_both_ends() -> None:
    assert months_between(date(2024, 11, 1), date(2025, 2, 28)) == [
        date(2024, 11, 1),
        date(2024, 12, 1),
        date(2025, 1, 1),
        date(2025, 2, 1),
    ]
    assert months_between(date(2024, 11, 1), date(2024, 10, 31)) == []

"""The release calendar on fixed days: known releases, the lapse of appropriations in 2025, estimates."""

from datetime import date
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.reference.calendar import (
    KINDS,
    bundled_calendar,
    business_days_late,
    latest_release,
    months_between,
    next_release,
    read_calendar,
    release_of,
    usual_day,
)


@pytest.mark.parametrize(
    ("month", "released_on", "kind"),
    [
        (date(2013, 8, 1), date(2013, 10, 24), "delayed"),
        (date(2013, 9, 1), date(2013, 11, 14), "delayed"),
        (date(2013, 10, 1), date(2013, 12, 4), "regular"),
        (date(2018, 8, 1), date(2018, 10, 5), "regular"),
        (date(2018, 11, 1), date(2019, 2, 6), "delayed"),
        (date(2018, 12, 1), date(2019, 3, 6), "delayed"),
        (date(2019, 1, 1), date(2019, 3, 27), "delayed"),
        (date(2019, 2, 1), date(2019, 4, 17), "delayed"),
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


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        (date(2013, 10, 1), date(2013, 10, 23), date(2013, 7, 1)),
        (date(2018, 12, 22), date(2019, 2, 5), date(2018, 10, 1)),
        (date(2025, 10, 1), date(2025, 11, 18), date(2025, 7, 1)),
    ],
)
def test_nothing_came_out_from_the_begin_of_a_lapse_to_the_first_release_after_it(
    first: date, last: date, before: date
) -> None:
    """Whatever is estimated between known days: a vintage never falls into a lapse."""
    assert latest_release(first).reference_month == latest_release(last).reference_month == before
    assert next_release(first).released_on == date.fromordinal(last.toordinal() + 1)


def test_releases_come_in_the_order_of_their_months() -> None:
    """Known and estimated ones together: an estimate never overtakes the known release of a later month."""
    days = [release_of(month).released_on for month in months_between(date(2010, 1, 1), date(2027, 12, 1))]
    assert days == sorted(set(days))


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
    known = list(bundled_calendar().known.values())
    months = [release.reference_month for release in known]
    days = [release.released_on for release in known]
    assert months == sorted(months) and days == sorted(set(days))
    assert all(day.weekday() < 5 and (day - month).days > 58 for month, day in zip(months, days, strict=True))
    assert {release.kind for release in known} == set(KINDS)


def test_rows_that_are_estimates_are_what_the_rule_gives() -> None:
    estimates = [release for release in bundled_calendar().known.values() if release.is_estimate]
    assert len(estimates) > 1
    for release in estimates:
        assert (release.planned, release.actual) == (usual_day(release.reference_month), None)


HEADING = "reference_month,planned,actual,status,kind,source,note\n"
GOOD = "2026-08-01,2026-10-06,2026-10-06,released,regular,publisher,\n"


@pytest.mark.parametrize(
    ("text", "where", "expected"),
    [
        (HEADING.replace("planned", "plan") + GOOD, "line 1", "the columns reference_month, planned"),
        (HEADING + GOOD + GOOD, "column reference_month", "each month once"),
        (HEADING + GOOD.replace("2026-08-01", "2026-08-02"), "line 2, column reference_month", "the first day"),
        (HEADING + GOOD.replace("2026-10-06", "6 October", 1), "line 2, column planned", "a day as YYYY-MM-DD"),
        (HEADING + GOOD.replace("released", "out"), "line 2, column status", "one of released, scheduled, estimated"),
        (HEADING + GOOD.replace("regular", "late"), "line 2, column kind", "one of regular, annual_revision"),
        (HEADING + GOOD.replace("released", "scheduled"), "line 2, column actual", "a day if, and only if"),
        (HEADING + "2026-09-01,,,scheduled,regular,publisher,\n", "line 2, column planned", "a day, as there is no"),
        (HEADING + GOOD.replace("-10-06", "-08-30"), "line 2, column planned or actual", "a day after the end"),
        (HEADING + GOOD.replace("publisher", " "), "line 2, column source", "who tells the day"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(tmp_path: Path, text: str, where: str, expected: str) -> None:
    file = tmp_path / "release_calendar.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RefusedFile) as caught:
        read_calendar(file)
    assert caught.value.file == "release_calendar.csv"
    assert caught.value.where == where
    assert caught.value.expected.startswith(expected)


def test_an_edited_calendar_moves_a_release(tmp_path: Path) -> None:
    file = tmp_path / "release_calendar.csv"
    file.write_text(HEADING + GOOD + "2026-09-01,2026-11-12,,scheduled,delayed,publisher,moved\n", encoding="utf-8")
    calendar = read_calendar(file)
    assert calendar.latest_release(date(2026, 11, 11)).reference_month == date(2026, 8, 1)
    assert calendar.latest_release(date(2026, 11, 12)).reference_month == date(2026, 9, 1)


@pytest.mark.parametrize(
    ("expected", "today", "days"),
    [
        (date(2026, 10, 6), date(2026, 10, 6), 0),
        (date(2026, 10, 6), date(2026, 10, 7), 1),
        (date(2026, 10, 8), date(2026, 10, 12), 1),  # the 12th is Columbus Day: Friday alone counts
        (date(2026, 10, 8), date(2026, 10, 14), 3),
        (date(2025, 10, 6), date(2025, 11, 18), 29),  # 31 weekdays less Columbus and Veterans Day
    ],
)
def test_business_days_late(expected: date, today: date, days: int) -> None:
    assert business_days_late(expected, today) == days


def test_months_between_cross_years_and_include_both_ends() -> None:
    assert months_between(date(2024, 11, 1), date(2025, 2, 28)) == [
        date(2024, 11, 1),
        date(2024, 12, 1),
        date(2025, 1, 1),
        date(2025, 2, 1),
    ]
    assert months_between(date(2024, 11, 1), date(2024, 10, 31)) == []

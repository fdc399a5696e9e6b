"""The vintage rule, with release days of methods section 11."""

from datetime import date

import pytest

from assets.store.vintage import Told, decide_vintage


@pytest.mark.parametrize(
    ("newest", "retrieved", "expected"),
    [
        (date(2025, 12, 1), date(2026, 2, 22), date(2026, 2, 19)),
        (date(2026, 4, 1), date(2026, 6, 14), date(2026, 6, 9)),
        (date(2025, 8, 1), date(2025, 11, 20), date(2025, 11, 19)),
    ],
)
def test_the_calendar_tells_the_release_of_the_newest_month(newest: date, retrieved: date, expected: date) -> None:
    vintage = decide_vintage(Told("fred", newest_month=newest), published_on=None, retrieved_on=retrieved, taken=())
    assert vintage.day == expected
    assert vintage.rule.startswith("release calendar")


def test_what_the_file_says_comes_first_then_the_origin_record() -> None:
    told = Told("fred", published_on=date(2025, 5, 6), newest_month=date(2025, 3, 1))
    day = date(2025, 5, 7)
    assert decide_vintage(told, published_on=day, retrieved_on=date(2025, 6, 1), taken=()).day == date(2025, 5, 6)
    untold = Told("fred", newest_month=date(2025, 3, 1))
    assert decide_vintage(untold, published_on=day, retrieved_on=date(2025, 6, 1), taken=()).day == day


def test_a_query_answer_counts_from_its_retrieval() -> None:
    answer = Told("usitc_dataweb", retrieved_on=date(2026, 3, 27))
    vintage = decide_vintage(answer, published_on=None, retrieved_on=date(2026, 11, 1), taken=())
    assert (vintage.day, vintage.rule) == (date(2026, 3, 27), "retrieval day told by the file")


def test_a_release_day_later_than_the_retrieval_cannot_be() -> None:
    early = Told("fred", newest_month=date(2026, 9, 1))
    vintage = decide_vintage(early, published_on=None, retrieved_on=date(2026, 10, 30), taken=())
    assert (vintage.day, vintage.rule) == (date(2026, 10, 30), "retrieval day")


def test_a_taken_day_gives_way_to_the_retrieval() -> None:
    parsed = Told("fred", newest_month=date(2025, 12, 1))
    vintage = decide_vintage(parsed, published_on=None, retrieved_on=date(2026, 2, 25), taken={date(2026, 2, 19)})
    assert vintage.day == date(2026, 2, 25)
    assert "another file stands for the release of 2026-02-19" in vintage.rule

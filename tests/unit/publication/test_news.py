"""What is news: the newest period is a record and was not, or was not known; a claim has another verdict."""

from pathlib import Path

import pytest

from assets.home import Home
from assets.publication.news import News, news
from tests.unit.publication.prints import Print, publication


@pytest.fixture
def told(tmp_path: Path) -> "Told":
    return Told(tmp_path)


class Told:
    """News between two publications, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._before, self._after = Home(folder / "before"), Home(folder / "after")

    def of(self, before: Print, after: Print) -> News:
        publication(self._before, before)
        publication(self._after, after)
        return news(self._before.published, self._after.published)


def test_a_new_period_that_is_a_record(told: Told) -> None:
    found = told.of(Print([5, 9, 7]), Print([5, 9, 7, 11]))
    assert found == News("1 new record, 0 claims turned", ["Record: The deficit of 2003 was 11"])


def test_a_new_low_is_a_record_too(told: Told) -> None:
    assert told.of(Print([5, 9, 7]), Print([5, 9, 7, 2])).lines == ["Record: The deficit of 2003 was 2"]


def test_a_revision_that_makes_the_newest_period_a_record(told: Told) -> None:
    found = told.of(Print([5, 9, 7]), Print([5, 9, 10]))
    assert found.lines == ["Record: The deficit of 2002 was 10"]


def test_a_record_of_a_partner(told: Told) -> None:
    found = told.of(Print([5, 9, 7], partner="5830"), Print([5, 9, 7, 11], partner="5830"))
    assert found.lines == ["Record: The deficit of 2003 was 11"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([5, 9, 7, 11], [5, 9, 7, 11]),  # known before
        ([5, 9, 7, 11], [5, 9, 7, 12]),  # revised, a record before and after
        ([5, 9, 7, 11], [5, 9, 7, 8]),  # no record any more
        ([5, 9, 7, 11], [5, 10, 7, 8]),  # an old period is one, not the newest
        ([5, 9], [5, 9, 7]),
    ],
)
def test_what_is_no_news(told: Told, before: list[int], after: list[int]) -> None:
    assert told.of(Print(before), Print(after)).lines == []


def test_a_short_history_sets_no_records(told: Told) -> None:
    short = Print([5, 9, 11], has_minimum_history=False)
    assert told.of(Print([5, 9]), short).lines == []


def test_a_claim_that_turned_comes_first(told: Told) -> None:
    found = told.of(Print([5, 9], verdict="supported"), Print([5, 9, 10], verdict="not supported"))
    assert found.title == "1 new record, 1 claim turned"
    assert found.lines == [
        "Claim: It is so. Was supported, is now not supported: Here is why.",
        "Record: The deficit of 2002 was 10",
    ]

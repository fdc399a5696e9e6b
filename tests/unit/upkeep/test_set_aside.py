"""Which files are set aside for rows that fail a test of the marts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from assets.home import Home
from assets.store.decisions import Decision
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.parse import parse_stored
from assets.upkeep.decide import decide, find_file
from assets.upkeep.set_aside import behind, new_arrivals, set_aside
from tests.unit.upkeep.conftest import NOW

LATER = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def arrivals(small: Home) -> list[LedgerRow]:
    return new_arrivals(small)


def test_what_is_accepted_and_not_published_is_new_and_the_newest_comes_first(arrivals: list[LedgerRow]) -> None:
    assert {row.file_name for row in arrivals} == {"country.csv", "again.csv", "IMDB2512.ZIP"}
    assert arrivals == sorted(arrivals, key=lambda row: row.retrieved_at, reverse=True)


def test_rows_name_files_by_id_or_by_source_and_vintage(arrivals: list[LedgerRow]) -> None:
    archive = next(row for row in arrivals if row.file_name == "IMDB2512.ZIP")
    again = next(row for row in arrivals if row.file_name == "again.csv")
    assert behind({"t": [{"file_id": archive.file_id, "vintage": again.vintage}]}, arrivals) == [archive]
    assert behind({"t": [{"source": "census_country", "vintage": again.vintage}]}, arrivals) == [again]
    assert behind({"t": [{"vintage": again.vintage}]}, arrivals) == [again]


def test_where_rows_name_none_the_newest_arrival_is_meant(arrivals: list[LedgerRow]) -> None:
    assert behind({"t": [{"partner_code": "1220"}]}, arrivals) == arrivals[:1]
    assert behind({"t": [{"source": "fred", "vintage": date(2026, 1, 8)}]}, arrivals) == arrivals[:1]
    assert behind({"t": []}, []) == []


def test_a_file_set_aside_says_why_and_comes_back_when_accepted_until_it_fails_again(small: Home) -> None:
    row = find_file(read_ledger(small.lake).values(), "again.csv")
    failing = {"months_make_the_year": [{"file_id": row.file_id, "partner_code": "1220", "year": 2024}]}
    (kept,) = set_aside(small, failing, NOW, 0)
    assert (kept.status, kept.vintage) == ("quarantined", None)
    assert kept.why == (
        "set aside, so that the rest is published: it fails months_make_the_year (1 rows); for instance "
        f"file_id {row.file_id}, partner_code 1220, year 2024"
    )
    assert new_arrivals(small) and row.file_id not in {one.file_id for one in new_arrivals(small)}
    _accept(small)
    assert find_file(read_ledger(small.lake).values(), "again.csv").status == "accepted"
    (again,) = set_aside(small, failing, NOW + timedelta(days=2), 0)
    assert again.status == "quarantined"


def _accept(home: Home) -> None:
    decision = Decision(action="accept", at=LATER, who="operator", why="checked by hand")
    decide(home, "again.csv", decision, LATER.date())
    parse_stored(home, "census_country", LATER)

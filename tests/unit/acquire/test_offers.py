"""What can be taken in: the ledger, waiting files and the publisher; and months that a scheduled refresh could not have."""

from datetime import UTC, date, datetime

import pytest

from assets.acquire import bulk_download, census_api
from assets.acquire.fetching import fetch_release, owed_months
from assets.acquire.offers import KnownSources, Offer
from assets.home import Home
from assets.store.landing import receive, waiting_files
from assets.store.parse import parse_stored
from tests.files import HTML_PAGE, country
from tests.unit.acquire.fake_server import FakeServer, Reply
from tests.unit.acquire.test_bulk_download import ARCHIVE
from tests.unit.acquire.test_fetching import answer

NOW = datetime(2025, 2, 20, 12, tzinfo=UTC)
DECEMBER = date(2024, 12, 1)
NEWEST = date(2025, 2, 1)
"""The newest month of the workbook that `country` writes."""


@pytest.fixture(autouse=True)
def publisher(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The publisher is the fake one."""
    monkeypatch.setattr(bulk_download, "BASE_URL", server.url)
    monkeypatch.setattr(census_api, "BASE_URL", server.url)
    monkeypatch.delenv("CENSUS_API_KEY", raising=False)


def test_the_newest_month_that_was_taken_in(home: Home) -> None:
    assert KnownSources(home, "off").loaded() is None
    home.landing.mkdir(parents=True)
    country(home.landing / "country.csv")
    receive(home, waiting_files(home, None), NOW)
    parse_stored(home, "census_country", NOW)
    assert KnownSources(home, "off").loaded() == NEWEST
    # Where archives are fetched, what counts is how far the archives have come.
    assert KnownSources(home, "bulk").loaded() is None


def test_a_waiting_file_that_reaches_the_month_is_an_offer(home: Home) -> None:
    home.landing.mkdir(parents=True)
    country(home.landing / "country.csv")
    (home.landing / "page.xlsx").write_bytes(HTML_PAGE)
    sources = KnownSources(home, "off")
    assert sources.offer(NEWEST) == Offer(True, "country.csv waits in the landing folder")
    assert sources.offer(date(2025, 3, 1)) == Offer(
        False, "no file with it waits in the landing folder, and fetching is off"
    )


def test_archives_are_out_when_both_flows_are(home: Home, server: FakeServer) -> None:
    sources = KnownSources(home, "bulk")
    server.files["/2024/Merch/im_m/IMDB2412.ZIP"] = ARCHIVE
    assert sources.offer(DECEMBER) == Offer(False, "the publisher does not have it yet")
    server.files["/2024/Merch/ex_m/EXDB2412.ZIP"] = ARCHIVE
    assert sources.offer(DECEMBER) == Offer(True, "the publisher has it")
    assert {asked.headers["range"] for asked in server.asked} == {"bytes=0-3"}


@pytest.mark.parametrize(("reply", "is_out"), [(Reply(204), False), (answer("2024-12"), True)])
def test_the_api_has_a_month_when_it_has_canada(home: Home, server: FakeServer, reply: Reply, is_out: bool) -> None:
    server.script = [reply]
    assert KnownSources(home, "api").offer(DECEMBER).is_there is is_out
    (asked,) = server.asked
    assert "CTY_CODE=1220" in asked.path and "time=2024-12" in asked.path


def test_a_publisher_that_cannot_be_asked_is_no_offer(home: Home, server: FakeServer) -> None:
    server.script = [Reply(403, b"closed")]
    offer = KnownSources(home, "bulk").offer(DECEMBER)
    assert not offer.is_there
    assert offer.words.startswith("the publisher could not be asked: ") and "403 Forbidden: closed" in offer.words


def test_months_that_could_not_be_had_stay_owed_until_they_are(home: Home, server: FakeServer) -> None:
    months = [date(2024, 11, 1), DECEMBER]
    for flow, name in (("im_m", "IMDB"), ("ex_m", "EXDB")):
        server.files[f"/2024/Merch/{flow}/{name}2411.ZIP"] = ARCHIVE
        server.files[f"/2024/Merch/{flow}/{name}2412.ZIP"] = ARCHIVE
    server.script = [Reply(403, b"closed")]
    outcomes = fetch_release(home, "bulk", months, NOW)
    assert [one.status for one in outcomes] == ["missing", "downloaded", "downloaded", "downloaded"]
    assert KnownSources(home, "bulk").owed() == [date(2024, 11, 1)]
    assert KnownSources(home, "off").owed() == []
    server.script = [Reply(403, b"closed")]
    fetch_release(home, "bulk", [date(2024, 10, 1)], NOW)  # another refresh owes one more
    assert owed_months(home) == [date(2024, 10, 1), date(2024, 11, 1)]
    assert {one.status for one in fetch_release(home, "bulk", months, NOW)} == {"downloaded", "unchanged"}
    assert owed_months(home) == [date(2024, 10, 1)]


def test_answers_of_a_release_are_hs2_by_partner_of_both_flows(home: Home, server: FakeServer) -> None:
    exports = Reply(body=answer("2024-12").body.replace(b"I_COMMODITY", b"E_COMMODITY").replace(b"GEN_VAL", b"ALL_VAL"))
    server.script = [answer("2024-12"), exports]
    outcomes = fetch_release(home, "api", [DECEMBER], NOW)
    assert [one.status for one in outcomes] == ["downloaded", "downloaded"], outcomes
    assert [asked.path.split("?")[0] for asked in server.asked] == ["/imports/hs", "/exports/hs"]
    assert all("COMM_LVL=HS2" in asked.path for asked in server.asked)


def test_a_key_that_cannot_be_one_is_told_and_the_refresh_goes_on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", "abc&get=secret")
    outcomes = fetch_release(home, "api", [DECEMBER], NOW)
    assert {one.status for one in outcomes} == {"missing"}
    assert all("is not an API key" in one.message and "secret" not in one.message for one in outcomes)
    assert owed_months(home) == [DECEMBER]


def test_nothing_is_fetched_where_it_is_off_or_no_month_is_named(home: Home, server: FakeServer) -> None:
    assert fetch_release(home, "off", [DECEMBER], NOW) == fetch_release(home, "bulk", [], NOW) == []
    assert server.asked == []
    assert not home.root.exists()

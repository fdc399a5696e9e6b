"""What an operator asks for: months and years as requests, outcomes in words, and the exit codes of the command."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from typer.testing import CliRunner, Result

from assets.acquire import bulk_download, census_api
from assets.acquire.fetching import Question, fetch_answers
from assets.home import HOME_VARIABLE, Home
from orchestration.cli import app
from tests.unit.acquire.fake_server import FakeServer, Reply
from tests.unit.acquire.test_bulk_download import ARCHIVE

KEY = "0123456789abcdef0123456789abcdef01234567"
NOW = datetime(2025, 2, 20, 12, tzinfo=UTC)
"""December 2024 is the newest month that is out: it was released on 2025-02-05, January on 2025-03-06."""
Run = Callable[..., Result]


@pytest.fixture
def run(server: FakeServer, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs `tradewake fetch` against the fake publisher, on an empty data folder."""
    monkeypatch.setenv(HOME_VARIABLE, str(home.root))
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    monkeypatch.setattr(bulk_download, "BASE_URL", server.url)
    monkeypatch.setattr(census_api, "BASE_URL", server.url)

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(app, ["fetch", *arguments])
        assert KEY not in result.output
        return result

    yield invoke


def answer(month: str) -> Reply:
    """An answer of one row."""
    rows = [["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"], ["85", "5700", "5", month, "HS2"]]
    return Reply(body=json.dumps(rows).encode())


def test_the_highest_level_is_one_request_a_month_and_lower_ones_are_split() -> None:
    months = [date(2024, 1, 1), date(2024, 2, 1)]
    assert [request.words for request in Question("imports", "hs", "HS2").by_month(months)] == [
        "imports hs HS2 2024-01",
        "imports hs HS2 2024-02",
    ]
    assert len(Question("exports", "hs", "HS6").by_month(months)) == 2 * 10  # codes begin with 0 to 9
    assert len(Question("imports", "enduse", "EU5").by_month(months)) == 2 * 6  # with 0 to 5
    by_partner = Question("imports", "hs", "HS6", ("5700", "5520")).by_month(months[:1])
    assert [request.words for request in by_partner] == [
        "imports hs HS6 5700 2024-01",
        "imports hs HS6 5520 2024-01",
    ]


def test_a_year_is_the_running_total_of_december() -> None:
    (request,) = Question("exports", "naics", "NA2").by_year([2023])
    assert request.month == date(2023, 12, 1)
    assert [name for name in request.variables if name.endswith(("_MO", "_YR"))] == ["ALL_VAL_YR"]


def test_months_that_are_not_out_are_not_asked_for(
    run: Run, server: FakeServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API answers "no content" for them, which would land as a month without trade."""
    server.script = [answer("2024-12")]
    requests = Question("imports", "hs", "HS2").by_month([date(2024, 12, 1), date(2025, 1, 1)])
    outcomes = list(fetch_answers(home, requests, NOW))
    assert [one.status for one in outcomes] == ["downloaded", "not published"]
    assert outcomes[1].message == "imports hs HS2 2025-01: not published yet, set for 2025-03-06"
    assert len(server.asked) == 1


def test_fetch_bulk_tells_landed_unchanged_and_not_published(run: Run, server: FakeServer, home: Home) -> None:
    server.files["/2024/Merch/im_m/IMDB2401.ZIP"] = ARCHIVE
    first = run("bulk", "--flow", "imports", "--from", "2024-01")
    assert first.exit_code == 0
    assert re.search(rf"landed +IMDB2401\.ZIP: {len(ARCHIVE):,} bytes", first.output)
    assert "1 landed, 0 unchanged, 0 could not be had.\nNext: tradewake refresh" in first.output
    assert (home.landing / "IMDB2401.ZIP").read_bytes() == ARCHIVE
    second = run("bulk", "--flow", "imports", "--from", "2024-01", "--to", "2024-02")
    assert second.exit_code == 1
    assert "unchanged      IMDB2401.ZIP is as it was" in second.output
    assert "not published  IMDB2402.ZIP is not at" in second.output
    assert "0 landed, 1 unchanged, 1 could not be had." in second.output
    assert "Next" not in second.output
    assert run("bulk", "--flow", "imports", "--from", "2024-01").exit_code == 0


def test_fetch_bulk_names_the_archive_that_was_refused(run: Run, server: FakeServer) -> None:
    server.script = [Reply(403, b"no")]
    result = run("bulk", "--flow", "exports", "--from", "2024-01")
    assert result.exit_code == 1
    assert re.search(
        r"missing +http://127\.0\.0\.1:\d+/2024/Merch/ex_m/EXDB2401\.ZIP: 403 Forbidden: no", result.output
    )


def test_fetch_api_goes_on_where_it_stopped(run: Run, server: FakeServer, home: Home) -> None:
    arguments = [
        "api",
        "--flow",
        "imports",
        "--dataset",
        "hs",
        "--level",
        "HS2",
        "--from",
        "2024-01",
        "--to",
        "2024-02",
    ]
    server.script = [answer("2024-01"), Reply(400, b"error: unknown")]
    first = run(*arguments)
    assert first.exit_code == 1
    assert re.search(r"landed +imports hs HS2 2024-01: census_api_imports_hs_HS2_2024-01_", first.output)
    assert re.search(r"missing +imports hs HS2 2024-02: .*the API says 400 Bad Request: error: unknown", first.output)
    server.script = [answer("2024-02")]
    second = run(*arguments)
    assert second.exit_code == 0
    assert "unchanged      imports hs HS2 2024-01: fetched before, no release since" in second.output
    assert len(server.asked) == 3
    assert len(list(home.landing.glob("*.json"))) == 4  # two answers with their origin records


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bulk", "--flow", "imports", "--from", "2024-02", "--to", "2024-01"], "--to is earlier than --from"),
        (["bulk", "--flow", "imports", "--from", "2024"], "2024"),
        (["api", "--flow", "imports", "--dataset", "hs", "--level", "NA3", "--from", "2024-01"], "hs has the levels"),
        (["api", "--flow", "imports", "--dataset", "hs", "--level", "HS2"], "either --year or --from"),
        (
            ["api", "--flow", "imports", "--dataset", "hs", "--level", "HS2", "--year", "2024", "--to", "2024-01"],
            "either --year or --from",
        ),
    ],
)
def test_questions_that_make_no_sense_are_told_before_anything_is_asked(
    run: Run, server: FakeServer, arguments: list[str], words: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert server.asked == []


def test_a_key_that_cannot_be_one_is_told_without_repeating_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENSUS_API_KEY", "abc&get=secret")
    result = run("api", "--flow", "imports", "--dataset", "hs", "--level", "HS2", "--year", "2024")
    assert result.exit_code == 1
    assert "CENSUS_API_KEY is not an API key" in result.output
    assert "secret" not in result.output

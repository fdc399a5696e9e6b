"""The API client against a local server with the API's habits: what is asked, landed, repeated, refused and counted."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from assets.acquire import census_api as client
from assets.acquire.census_api import CensusApi, LimitReached, key_from_environment
from assets.acquire.census_request import ApiRequest, monthly_requests
from assets.acquire.http import ATTEMPTS, FetchError, NoConnection, Refusal, Unavailable
from assets.acquire.landing import Outcome
from assets.home import Home
from assets.parsing import census_api as parser
from assets.store.origin import ORIGIN_SUFFIX, read_origin
from tests.unit.acquire.fake_server import FakeServer, Reply

KEY = "0123456789abcdef0123456789abcdef01234567"
MONTH = date(2024, 12, 1)
NOON = datetime(2025, 2, 20, 12, tzinfo=UTC)
REQUEST = ApiRequest("imports", "hs", ("I_COMMODITY", "CTY_CODE", "GEN_VAL_MO"), MONTH, (("COMM_LVL", "HS2"),))
LATER = replace(REQUEST, month=date(2025, 1, 1))
ANSWER = json.dumps(
    [["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"], ["85", "5700", "5", "2024-12", "HS2"]]
).encode()
GOOD = Reply(body=ANSWER)

Open = Callable[..., CensusApi]


@pytest.fixture
def api(server: FakeServer, home: Home, pauses: list[float]) -> Iterator[Open]:
    """Opens clients of the fake API."""
    opened: list[CensusApi] = []

    def open_api(key: str | None = KEY, now: datetime = NOON, **options: object) -> CensusApi:
        secret = SecretStr(key) if key else None
        given = {"base_url": server.url, "sleep": pauses.append, "now": lambda: now, **options}
        opened.append(CensusApi(home, secret, **given))  # type: ignore[arg-type]
        return opened[-1]

    yield open_api
    for one in opened:
        one.__exit__(None, None, None)


@contextmanager
def raised(kind: type[FetchError]) -> Iterator[pytest.ExceptionInfo[FetchError]]:
    """The block raises exactly this kind, and nothing of the error holds the key."""
    with pytest.raises(FetchError) as caught:
        yield caught
    assert type(caught.value) is kind
    assert KEY not in repr(caught.value) + str(caught.value)


def test_an_answer_is_landed_as_it_came_with_its_origin(api: Open, server: FakeServer, home: Home) -> None:
    server.script = [GOOD]
    (landed,) = api().fetch([REQUEST])
    path = home.landing / landed.name
    message = f"imports hs HS2 2024-12: {landed.name}, {len(ANSWER)} bytes"
    assert landed == Outcome(REQUEST.file_name, "downloaded", message)
    assert path.read_bytes() == ANSWER
    origin = read_origin(path.with_name(path.name + ORIGIN_SUFFIX))
    assert origin.url == f"{server.url}/imports/hs?get=I_COMMODITY,CTY_CODE,GEN_VAL_MO&time=2024-12&COMM_LVL=HS2"
    assert (origin.publisher, origin.retrieved_at, origin.published_on) == ("US Census Bureau", NOON, None)
    assert parser.parse(path, path.name).rows_accepted == 1
    assert sorted(entry.name for entry in home.landing.iterdir()) == [path.name, path.name + ORIGIN_SUFFIX]


def test_the_key_is_sent_and_appears_nowhere_else(
    api: Open, server: FakeServer, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script = [Reply(503), GOOD, Reply(400, f"error: invalid key {KEY}".encode())]
    one = api()
    list(one.fetch([REQUEST]))
    with raised(Refusal) as caught:
        one.ask(REQUEST)
    assert str(caught.value).endswith("400 Bad Request: error: invalid key (key)")
    assert all(asked.path.endswith(f"&key={KEY}") for asked in server.asked)
    assert len(server.asked) == 3
    assert caplog.text.count("/imports/hs?get=") >= 3  # the HTTP library does log addresses
    assert KEY not in caplog.text
    assert KEY not in repr(vars(one))
    saved = [path for path in home.root.rglob("*") if path.is_file()]
    assert len(saved) == 3
    assert not [path for path in saved if KEY.encode() in path.read_bytes()]


def test_an_answer_that_repeats_the_key_is_not_kept(api: Open, server: FakeServer, home: Home) -> None:
    server.script = [Reply(body=ANSWER.replace(b"5700", KEY.encode()))]
    (outcome,) = api().fetch([REQUEST])
    assert outcome.status == "missing"
    assert outcome.message.endswith("the answer repeats the API key and was not kept")
    assert KEY not in outcome.message
    assert not home.landing.exists()


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CENSUS_API_KEY", raising=False)
    assert key_from_environment() is None
    monkeypatch.setenv("CENSUS_API_KEY", f" {KEY} ")
    key = key_from_environment()
    assert key is not None
    assert key.get_secret_value() == KEY
    monkeypatch.setenv("CENSUS_API_KEY", "abc&get=secret")
    with pytest.raises(FetchError) as caught:
        key_from_environment()
    assert "secret" not in str(caught.value)


def test_no_content_is_an_answer_without_trade(api: Open, server: FakeServer, home: Home) -> None:
    server.script = [Reply(204)]
    ((name, status, message),) = map(astuple, api().fetch([REQUEST]))
    assert (status, message.endswith(", no trade")) == ("downloaded", True)
    path = home.landing / name
    assert json.loads(path.read_bytes()) == [["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"]]
    assert parser.parse(path, name).rows_read == 0
    assert "no trade" in (read_origin(path.with_name(name + ORIGIN_SUFFIX)).extract_note or "")


@pytest.mark.parametrize(
    "bad",
    [
        Reply(500),
        Reply(503, b"<html>maintenance</html>"),
        Reply(429),
        Reply(body=b"<!DOCTYPE html><html><body>Sorry, the system is down</body></html>"),
        Reply(body=ANSWER, cut=len(ANSWER) - 9, lie=True),
        Reply(body=ANSWER, cut=len(ANSWER) - 9),
        Reply(body=b"[]"),
        Reply(body=b'{"a": 1}'),
        Reply(200, b" "),
    ],
    ids=["500", "503", "429", "web page", "truncated", "reset", "empty array", "object", "blank"],
)
def test_an_answer_that_is_not_whole_is_asked_for_again(
    api: Open, server: FakeServer, pauses: list[float], bad: Reply
) -> None:
    server.script = [bad, bad, GOOD]
    assert api().ask(REQUEST) == ANSWER
    assert len(server.asked) == 3
    assert 1 <= pauses[0] <= 2 <= pauses[1] <= 3  # doubling, with up to a second of jitter


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Reply(500), "127.0.0.1 answered 500 Internal Server Error"),
        (Reply(body=b"<html>Sorry</html>"), "a web page instead of an answer, it starts '<html>Sorry</html>'"),
        (Reply(body=ANSWER, cut=50, lie=True), "truncated after 50 bytes, or no JSON"),
        (Reply(body=ANSWER, cut=50), "the connection to 127.0.0.1 broke"),
    ],
    ids=["500", "web page", "truncated", "reset"],
)
def test_a_server_that_stays_ill_is_named(api: Open, server: FakeServer, bad: Reply, words: str) -> None:
    server.script = [bad] * 9
    with raised(Unavailable) as caught:
        api().ask(REQUEST)
    assert words in str(caught.value)
    assert len(server.asked) == ATTEMPTS


@pytest.mark.parametrize(
    "bad",
    [
        Reply(400, b"error: error: unknown variable 'GEN_VAL_MO'"),
        Reply(200, b"error: error: unknown variable 'GEN_VAL_MO'"),
        Reply(404, b"<html>no such dataset</html>"),
        Reply(302, headers={"Location": "https://elsewhere.invalid/"}),
    ],
    ids=["400", "200 with error text", "404", "moved"],
)
def test_an_answer_that_says_no_is_not_asked_for_again(api: Open, server: FakeServer, home: Home, bad: Reply) -> None:
    server.script = [bad, GOOD]
    first, second = api().fetch([REQUEST, LATER])
    assert len(server.asked) == 1
    assert first.status == second.status == "missing"
    assert first.message.startswith(f"imports hs HS2 2024-12: imports/hs?{REQUEST.query}: the API says")
    assert bad.body[:30].decode() in first.message
    assert second.message == first.message.replace("imports hs HS2 2024-12", LATER.words)
    assert not home.landing.exists()


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_pause_that_the_server_asks_for_is_kept(
    api: Open, server: FakeServer, pauses: list[float], form: str
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    server.script = [Reply(429, headers={"Retry-After": "40" if form == "seconds" else later}), GOOD]
    api().ask(REQUEST)
    assert len(pauses) == 1
    assert 35 <= pauses[0] <= 41


def test_a_server_that_asks_for_hours_is_left_alone(api: Open, server: FakeServer, pauses: list[float]) -> None:
    server.script = [Reply(429, headers={"Retry-After": "7200"}), GOOD]
    (outcome,) = api().fetch([REQUEST])
    assert outcome.message == f"{REQUEST.words}: 127.0.0.1 answered 429 Too Many Requests"
    assert (len(server.asked), pauses) == (1, [])


def test_a_silent_server_is_given_up(api: Open, server: FakeServer) -> None:
    server.script = [Reply(body=ANSWER, pause=0.3)] * ATTEMPTS
    with raised(Unavailable) as caught:
        api(timeout=httpx.Timeout(0.1)).ask(REQUEST)
    assert str(caught.value) == "127.0.0.1 gave no whole answer in time"
    assert len(server.asked) == ATTEMPTS


def test_a_server_that_drips_is_given_up(api: Open, server: FakeServer) -> None:
    server.script = [Reply(body=ANSWER, pause=0.05), GOOD]
    assert api(deadline=0.2).ask(REQUEST) == ANSWER
    assert len(server.asked) == 2


def test_without_a_connection_the_rest_is_left_for_later(api: Open, server: FakeServer) -> None:
    outcomes = list(api(base_url="http://127.0.0.1:9").fetch([REQUEST, LATER]))
    assert [(one.name, one.status) for one in outcomes] == [
        (REQUEST.file_name, "missing"),
        (LATER.file_name, "missing"),
    ]
    assert all(": no connection to 127.0.0.1" in one.message for one in outcomes)
    with raised(NoConnection):
        api(base_url="http://127.0.0.1:9").ask(REQUEST)


def test_calls_without_a_key_end_at_the_limit_of_the_day(
    api: Open, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CALLS_A_DAY", 3)
    requests = list(monthly_requests("imports", "hs", "HS6", [MONTH], split="digit"))
    server.script = [GOOD, Reply(503), *[GOOD] * 4]  # a repeated try is a call too
    first = list(api(key=None).fetch(requests))
    assert [one.status for one in first] == ["downloaded"] * 2 + ["missing"] * 8
    assert len(server.asked) == 3
    used_up = "the 3 calls of 2025-02-20 (UTC) are used up: go on tomorrow, or set CENSUS_API_KEY"
    assert first[-1].message == f"imports hs HS6 9* 2024-12: {used_up}"
    with raised(LimitReached):
        api(key=None).ask(requests[5])
    assert len(server.asked) == 3
    second = api(key=None, now=NOON + timedelta(days=1)).fetch(requests)
    assert [one.status for one in second] == ["unchanged"] * 2 + ["downloaded"] * 3 + ["missing"] * 5
    assert "key=" not in "".join(asked.path for asked in server.asked)


def test_with_a_key_there_is_no_limit(api: Open, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CALLS_A_DAY", 0)
    server.script = [GOOD]
    assert api().ask(REQUEST) == ANSWER


@pytest.mark.parametrize(
    ("then", "now", "asked_again"),
    [
        (NOON, NOON + timedelta(hours=6), False),
        (NOON, NOON + timedelta(days=5), False),
        # the release of January 2025 came out on 2025-03-06
        (NOON, datetime(2025, 3, 6, 18, tzinfo=UTC), True),
        (datetime(2025, 3, 6, 9, tzinfo=UTC), datetime(2025, 3, 6, 18, tzinfo=UTC), False),
        (datetime(2025, 3, 6, 9, tzinfo=UTC), datetime(2025, 3, 7, 9, tzinfo=UTC), True),
    ],
    ids=["same day", "same release", "new release", "again on the day of release", "fetched on the day of release"],
)
def test_a_finished_request_is_asked_again_only_after_a_release(
    api: Open, server: FakeServer, then: datetime, now: datetime, asked_again: bool
) -> None:
    server.script = [GOOD, GOOD]
    list(api(now=then).fetch([REQUEST]))
    (outcome,) = api(now=now).fetch([REQUEST])
    assert len(server.asked) == 1 + asked_again
    assert outcome.status == ("downloaded" if asked_again else "unchanged")


def test_a_damaged_memory_is_named(api: Open, home: Home) -> None:
    memory = home.root / "acquire" / "census_api.json"
    memory.parent.mkdir(parents=True)
    memory.write_text('{"day": "2025-')
    with pytest.raises(FetchError, match=r"census_api\.json is damaged"):
        api()


def test_a_write_that_fails_lands_nothing_and_is_asked_again(
    api: Open, server: FakeServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.script = [GOOD, GOOD]
    one = api()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", _disk_full)
        with pytest.raises(OSError, match="No space left"):
            list(one.fetch([REQUEST]))
    assert [entry.name for entry in home.landing.iterdir() if not entry.name.endswith(ORIGIN_SUFFIX)] == []
    assert [outcome.status for outcome in one.fetch([REQUEST])] == ["downloaded"]


def _disk_full(path: Path, _: bytes) -> int:
    raise OSError(28, "No space left on device", str(path))


def test_requests_split_by_the_leading_digit() -> None:
    requests = list(monthly_requests("imports", "hs", "HS10", [MONTH, date(2025, 1, 31)], split="digit"))
    assert len(requests) == 20
    assert requests[8].query == (
        "get=I_COMMODITY,I_COMMODITY_LDESC,CTY_CODE,CTY_NAME,SUMMARY_LVL,GEN_VAL_MO,CON_VAL_MO,DUT_VAL_MO,CAL_DUT_MO,"
        "GEN_QY1_MO,GEN_QY1_MO_FLAG,UNIT_QY1&time=2024-12&COMM_LVL=HS10&I_COMMODITY=8*"
    )
    assert requests[10].month == date(2025, 1, 1)
    assert len({request.file_name for request in requests}) == len({request.identity for request in requests}) == 20
    assert requests[8].file_name.startswith("census_api_imports_hs_HS10_8_2024-12_")


def test_requests_split_by_country() -> None:
    requests = list(monthly_requests("exports", "naics", "NA3", [MONTH], split="country", partners=["5700", "5830"]))
    assert [request.predicates for request in requests] == [
        (("COMM_LVL", "NA3"), ("CTY_CODE", "5700")),
        (("COMM_LVL", "NA3"), ("CTY_CODE", "5830")),
    ]
    assert requests[0].variables == ("NAICS", "NAICS_LDESC", "CTY_CODE", "CTY_NAME", "SUMMARY_LVL", "ALL_VAL_MO")


def test_year_to_date_measures_and_escaped_values() -> None:
    (request,) = monthly_requests("imports", "enduse", "EU5", [MONTH], measures=["GEN_VAL_YR"])
    assert request.variables[-1] == "GEN_VAL_YR"
    assert request.variables[0] == "I_ENDUSE"
    escaped = ApiRequest("imports", "hs", ("GEN_VAL_MO",), MONTH, (("CTY_SUBCODE", "P+"),))
    assert escaped.query.endswith("CTY_SUBCODE=P%2B")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"endpoint": "naics", "level": "HS2"}, "naics has the levels NA2"),
        ({"endpoint": "hs", "level": "HS2", "measures": ["GEN_VAL"]}, "no measure GEN_VAL"),
        ({"endpoint": "hs", "level": "HS2", "split": "country"}, "if and only if"),
        ({"endpoint": "hs", "level": "HS2", "partners": ["5700"]}, "if and only if"),
    ],
)
def test_questions_that_the_api_does_not_have(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        list(monthly_requests("imports", months=[MONTH], **arguments))  # type: ignore[arg-type]

"""Alerts through the log and a webhook on this machine: delivered once, tried again, and never with a secret in a text.

The server is that of the tests of fetching, whose bad days a webhook has too.
"""

import json
import logging
from time import monotonic
from traceback import format_exception

import httpx
import pytest
from pydantic import SecretStr

from assets.acquire import http
from assets.acquire.http import ATTEMPTS, FetchError, Refusal
from assets.notify import HIDDEN, Alert, LogNotifier, WebhookNotifier, notifiers
from assets.settings import Settings
from tests.unit.acquire.fake_server import FakeServer, Reply

PATH, TOKEN = "/hook/T0PS3CRET", "T0K3N"
LINE = b"X-More: yes\r\n"
ALERT = Alert("news", "1 new record, 0 claims turned", ("Record: the largest of any July",))


def hook(server: FakeServer, pauses: list[float], timeout: float = 5.0) -> WebhookNotifier:
    settings = Settings(webhook_url=SecretStr(server.url + PATH), webhook_token=SecretStr(TOKEN))
    return WebhookNotifier(settings, sleep=pauses.append, timeout=httpx.Timeout(timeout))


def test_an_alert_is_posted_as_json_with_the_token(server: FakeServer, pauses: list[float]) -> None:
    server.script = [Reply(200, b"ok")]
    hook(server, pauses).send(ALERT)
    (asked,) = server.asked
    assert asked.path == PATH
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(asked.body) == {
        "kind": "news",
        "title": ALERT.title,
        "lines": list(ALERT.lines),
        "text": f"{ALERT.title}\n{ALERT.lines[0]}",
    }
    assert pauses == []


def test_a_server_that_is_not_up_to_it_is_asked_again_with_growing_pauses(
    server: FakeServer, pauses: list[float]
) -> None:
    server.script = [Reply(503, b"busy"), Reply(429, b"slow down"), Reply(204)]
    hook(server, pauses).send(ALERT)
    assert len(server.asked) == 3
    assert len(pauses) == 2 and pauses[1] > pauses[0] > 0


FAILURES = {
    "no such hook": ([Reply(404, b"T0PS3CRET is no hook")], "the webhook answered 404"),
    "moved": ([Reply(302, headers={"Location": "http://127.0.0.1:9/"})], "the webhook answered 302"),
    "down": ([Reply(500, b"T0K3N")] * ATTEMPTS, "the webhook answered 500"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_told_without_address_or_token(
    server: FakeServer, pauses: list[float], caplog: pytest.LogCaptureFixture, failure: str
) -> None:
    script, words = FAILURES[failure]
    server.script = list(script)
    with caplog.at_level(logging.DEBUG), pytest.raises(FetchError) as failed:
        hook(server, pauses).send(ALERT)
    assert words in str(failed.value)
    assert len(server.asked) == len(script)
    # What whoever logs the error prints, and all that the libraries log themselves.
    told = " ".join(["".join(format_exception(failed.value)), *(record.getMessage() for record in caplog.records)])
    assert "https://webhook/" in told
    assert TOKEN not in told
    assert "T0PS3CRET" not in told


def test_no_server_and_a_silent_one(server: FakeServer, pauses: list[float]) -> None:
    server.script = [Reply(200, LINE, drip=1.0)] * ATTEMPTS
    with pytest.raises(FetchError, match="could not be reached \\(ReadTimeout\\)"):
        hook(server, pauses, timeout=0.2).send(ALERT)
    gone = Settings(webhook_url=SecretStr("http://127.0.0.1:9/T0PS3CRET"))
    with pytest.raises(FetchError, match="could not be reached \\(ConnectError\\)") as failed:
        WebhookNotifier(gone, sleep=pauses.append).send(ALERT)
    assert "T0PS3CRET" not in str(failed.value)


def test_an_answer_without_end_is_not_read(server: FakeServer, pauses: list[float]) -> None:
    """Nor is one that breaks off: its status tells that the alert has arrived."""
    server.script = [Reply(200, b"x" * 1_000, endless=True), Reply(200, b"x" * 100, cut=10)]
    hook(server, pauses).send(ALERT)
    hook(server, pauses).send(ALERT)
    assert pauses == []


def test_headers_without_end_are_given_up(
    server: FakeServer, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of the pauses between two of them is as long as the limit of silence."""
    monkeypatch.setattr(http, "HEADER_SECONDS", 0.2)
    server.script = [Reply(200, LINE, drip=0.02)] * ATTEMPTS
    started = monotonic()
    with pytest.raises(FetchError, match=r"could not be reached \(ReadTimeout\)"):
        hook(server, pauses).send(ALERT)
    assert monotonic() - started < 0.2 * ATTEMPTS + 2


def test_an_address_that_is_none_is_refused_without_repeating_it(pauses: list[float]) -> None:
    wrong = Settings(webhook_url=SecretStr("http://hook:T0PS3CRET"))
    with pytest.raises(Refusal) as failed:
        WebhookNotifier(wrong, sleep=pauses.append).send(ALERT)
    assert str(failed.value) == "the address of the webhook is none"


def test_the_log_gets_one_warning_an_alert(caplog: pytest.LogCaptureFixture) -> None:
    LogNotifier(logging.getLogger("alerts")).send(ALERT)
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", f"news: {ALERT.title}\n  {ALERT.lines[0]}")


def test_secrets_in_details_are_hidden() -> None:
    alert = Alert("run failed", "https://a/S1 failed", ("key S2 in an error", "and S1"))
    assert alert.without(["S1", "S2"]) == Alert(
        "run failed", f"https://a/{HIDDEN} failed", (f"key {HIDDEN} in an error", f"and {HIDDEN}")
    )


def test_the_log_is_always_a_way_and_the_webhook_where_one_is_set() -> None:
    log = logging.getLogger("alerts")
    assert [type(way) for way in notifiers(Settings(), log)] == [LogNotifier]
    both = notifiers(Settings(webhook_url=SecretStr("https://hooks.example/x")), log)
    assert [type(way) for way in both] == [LogNotifier, WebhookNotifier]

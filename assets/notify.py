"""Telling people: alerts, and the ways they go out.

What is worth an alert is decided by whoever sends it (the sensors). Only the message and its delivery belong here.
"""

import logging
from dataclasses import asdict, dataclass
from time import sleep as wait
from typing import Literal, Protocol

import httpx
from pydantic import SecretStr

from assets.acquire.http import InTime, Refusal, Sleep, Unavailable, open_client, with_retries
from assets.settings import Settings

Kind = Literal["release late", "run failed", "files kept out", "news"]
HIDDEN = "(secret)"
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_NO_ADDRESS = "https://webhook/"
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Alert:
    """One message: its kind, a sentence, and the details, one line each."""

    kind: Kind
    title: str
    lines: tuple[str, ...] = ()

    def without(self, secrets: list[str]) -> "Alert":
        """The same with every secret hidden: details may come from anywhere, an error's text too."""

        def hidden(text: str) -> str:
            for secret in secrets:
                text = text.replace(secret, HIDDEN)
            return text

        return Alert(self.kind, hidden(self.title), tuple(hidden(line) for line in self.lines))


class Notifier(Protocol):
    """One way for an alert to go out."""

    def send(self, alert: Alert) -> None:
        """Deliver the alert; raises FetchError when it could not be, without a secret in its text."""
        ...


class LogNotifier:
    """Writes alerts to a log as warnings."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log

    def send(self, alert: Alert) -> None:
        """One record an alert."""
        self._log.warning("\n".join([f"{alert.kind}: {alert.title}", *(f"  {line}" for line in alert.lines)]))


class WebhookNotifier:
    """Posts alerts as JSON: `kind`, `title`, `lines`, and `text` with all of it for services that show one field."""

    def __init__(self, settings: Settings, *, sleep: Sleep = wait, timeout: httpx.Timeout = TIMEOUT) -> None:
        if settings.webhook_url is None:
            raise ValueError("no webhook is set")
        self._url = settings.webhook_url
        self._token = settings.webhook_token
        self._sleep = sleep
        self._timeout = timeout

    def send(self, alert: Alert) -> None:
        """Post it, again after a pause while the server is not up to it."""
        content = {**asdict(alert), "text": "\n".join([alert.title, *alert.lines])}
        with open_client(_HookTransport(self._url, self._token), self._timeout) as client:
            with_retries(lambda: self._try(client, content), self._sleep)

    def _try(self, client: httpx.Client, content: dict[str, object]) -> None:
        try:
            # What the answer says does not matter, and it may have no end: it is not read.
            with client.stream("POST", _NO_ADDRESS, json=content) as response:
                pass
        except httpx.HTTPError as error:
            # The chain is cut: errors of the connection carry the request, and with it address and token.
            raise Unavailable(f"the webhook could not be reached ({type(error).__name__})") from None
        except httpx.InvalidURL:
            raise Refusal("the address of the webhook is none") from None
        if response.status_code in _AGAIN:
            raise Unavailable(f"the webhook answered {response.status_code}")
        if not response.is_success:
            raise Refusal(f"the webhook answered {response.status_code}")


class _HookTransport(httpx.BaseTransport):
    """Puts address and token into the request on its way out: the client above logs what it asks for."""

    def __init__(self, url: SecretStr, token: SecretStr | None) -> None:
        self._url = url
        self._token = token
        self._below = InTime(httpx.HTTPTransport())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpx.URL(self._url.get_secret_value())
        headers = {**request.headers, "host": url.netloc.decode("ascii")}
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token.get_secret_value()}"
        secret = httpx.Request(
            request.method, url, headers=headers, content=request.read(), extensions=request.extensions
        )
        return self._below.handle_request(secret)

    def close(self) -> None:
        self._below.close()


def notifiers(settings: Settings, log: logging.Logger) -> list[Notifier]:
    """The ways that are set up: the log always, the webhook where one is set."""
    return [LogNotifier(log), *([WebhookNotifier(settings)] if settings.webhook_url else [])]

"""HTTP as every publisher is asked: time limits, tries with growing pauses, errors that a person can act on.

Here belongs what holds for any server. Which addresses are asked and what an answer must be is in the modules beside.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import inf
from ssl import SSLContext
from time import monotonic
from typing import Any, TypeVar

import httpcore
import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

USER_AGENT = "tradewake/0.1 (trade statistics)"
TIMEOUT = httpx.Timeout(60.0, connect=15.0)
"""Seconds of silence that end a try; `InTime` limits the whole of the headers as well, `body_parts` the whole body."""
HEADER_SECONDS = 90.0
"""From asking to the last header, however steadily bytes come."""
ATTEMPTS = 5
FIRST_PAUSE, LONGEST_PAUSE, JITTER = 1.0, 60.0, 1.0
LONGEST_RETRY_AFTER = 900.0
"""A server that asks for a longer pause is left alone until the next run."""
SHOWN_TEXT = 300

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})

_T = TypeVar("_T")
Sleep = Callable[[float], None]


class FetchError(Exception):
    """A file that could not be fetched, in words for a person; never holds a key."""


class Refusal(FetchError):
    """The server understood and said no: asking again gives the same."""


class Unavailable(FetchError):
    """The server did not give a whole answer; a later try may. `retry_after` is the pause in seconds it asked for."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NoConnection(Unavailable):
    """No connection to the server at all: nothing else can be fetched from it now."""


class InTime(httpx.BaseTransport):
    """A transport whose answers have all their headers within HEADER_SECONDS, or end in httpx.ReadTimeout.

    httpx limits only the silence between two reads: a server that sends a byte a minute is never silent.
    """

    def __init__(self, below: httpx.HTTPTransport) -> None:
        self._below = below
        self._clock = _Clock()
        # Neither httpx nor its transport has an argument for it.
        below._pool._network_backend = _TimedBackend(self._clock)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._clock.ends_at = monotonic() + HEADER_SECONDS
        try:
            return self._below.handle_request(request)
        finally:
            self._clock.ends_at = inf

    def close(self) -> None:
        self._below.close()


@dataclass
class _Clock:
    """When the headers of the present answer must be there."""

    ends_at: float = inf

    def left(self, timeout: float | None) -> float | None:
        """The seconds that one operation may take; raises httpcore.ReadTimeout when there are none."""
        left = self.ends_at - monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the headers did not come in time")
        return timeout if left == inf else min(left, inf if timeout is None else timeout)


class _TimedBackend(httpcore.SyncBackend):
    """Connections that keep to the clock."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, self._clock.left(timeout), local_address, socket_options)
        return _TimedStream(stream, self._clock)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, below: httpcore.NetworkStream, clock: _Clock) -> None:
        self._below = below
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._below.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._below.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._below.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        below = self._below.start_tls(ssl_context, server_hostname, self._clock.left(timeout))
        return _TimedStream(below, self._clock)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as in httpcore
        return self._below.get_extra_info(info)


def open_client(transport: httpx.BaseTransport | None = None, timeout: httpx.Timeout = TIMEOUT) -> httpx.Client:
    """A client that follows no redirects: a publisher that moved a file is to be looked at by a person.

    Without a transport it goes through the proxies of the environment, and its answers come `InTime`.
    """
    client = httpx.Client(transport=transport, timeout=timeout, headers={"User-Agent": USER_AGENT})
    if transport is None:
        # Not handed over at the start: a client with a transport looks for no proxies.
        client._transport = _in_time(client._transport)
        client._mounts = {pattern: below and _in_time(below) for pattern, below in client._mounts.items()}
    return client


def _in_time(below: httpx.BaseTransport) -> httpx.BaseTransport:
    return InTime(below) if isinstance(below, httpx.HTTPTransport) else below


def with_retries(attempt: Callable[[], _T], sleep: Sleep) -> _T:
    """What `attempt` returns, tried up to `ATTEMPTS` times while it raises `Unavailable`, with growing random pauses.

    A pause is never shorter than the server's Retry-After; one longer than `LONGEST_RETRY_AFTER` ends the tries.
    """
    tries = Retrying(
        stop=lambda state: stop_after_attempt(ATTEMPTS)(state) or _asked_pause(state) > LONGEST_RETRY_AFTER,
        wait=lambda state: max(_backoff(state), _asked_pause(state)),
        retry=retry_if_exception_type(Unavailable),
        sleep=sleep,
        reraise=True,
    )
    return tries(attempt)


@contextmanager
def asked(client: httpx.Client, url: str, headers: dict[str, str] | None = None) -> Iterator[httpx.Response]:
    """The response to a GET, its body not read yet; a broken connection, there or while reading, is `Unavailable`.

    Statuses that pass are `Unavailable` too; what else a status means is for the caller.
    """
    host = httpx.URL(url).host
    try:
        with client.stream("GET", url, headers=headers) as response:
            if response.status_code in _AGAIN:
                raise Unavailable(f"{host} answered {_status(response)}", _retry_after(response))
            yield response
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NoConnection(f"no connection to {host} ({_cause(error)})") from None
    except httpx.TimeoutException:
        raise Unavailable(f"{host} gave no whole answer in time") from None
    except httpx.RequestError as error:
        raise Unavailable(f"the connection to {host} broke ({_cause(error)})") from None


def body_parts(response: httpx.Response, largest: int, deadline: float) -> Iterator[bytes]:
    """The body as it arrives; `Unavailable` after more than `deadline` seconds, `Refusal` above `largest` bytes."""
    host, start, size = response.url.host, monotonic(), 0
    for part in response.iter_bytes():
        size += len(part)
        if size > largest:
            raise Refusal(f"{host} sent more than {largest:,} bytes")
        if monotonic() - start > deadline:
            raise Unavailable(f"{host} sent {size:,} bytes in {deadline:g} seconds and was not done")
        yield part


def refusal_text(response: httpx.Response, deadline: float) -> str:
    """The status and the first words of the body, for a message."""
    body = b""
    for part in body_parts(response, 1 << 20, deadline):
        body += part
        if len(body) > SHOWN_TEXT:
            break
    text = " ".join(body[:SHOWN_TEXT].decode("latin-1").split())
    return f"{_status(response)}: {text}" if text else _status(response)


def _status(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".strip()


def _cause(error: Exception) -> str:
    return str(error) or type(error).__name__


def _backoff(state: RetryCallState) -> float:
    return float(wait_exponential_jitter(initial=FIRST_PAUSE, max=LONGEST_PAUSE, jitter=JITTER)(state))


def _asked_pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, Unavailable) else 0.0


def _retry_after(response: httpx.Response) -> float:
    """Seconds of a Retry-After header, which may be a number or a date; 0 where there is none."""
    value: str = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return 0.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())

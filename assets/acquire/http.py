"""HTTP as every publisher is asked: time limits, tries with growing pauses, errors that a person can act on.

Here belongs what holds for any server. Which addresses are asked and what an answer must be is in the modules beside.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TypeVar

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

USER_AGENT = "tradewake/0.1 (trade statistics)"
TIMEOUT = httpx.Timeout(60.0, connect=15.0)
"""Seconds of silence that end a try; `body_parts` limits the whole answer as well."""
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


def open_client(transport: httpx.BaseTransport | None = None, timeout: httpx.Timeout = TIMEOUT) -> httpx.Client:
    """A client that follows no redirects: a publisher that moved a file is to be looked at by a person."""
    return httpx.Client(transport=transport, timeout=timeout, headers={"User-Agent": USER_AGENT})


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
        raise Unavailable(f"{host} was silent for too long") from None
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

"""The client of the Census International Trade API: asks, waits, keeps count, and lands each answer.

Here belongs how the API is asked politely and when an answer is whole. What to ask is in `census_request.py`, what an
answer means in `assets/parsing/census_api.py`.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from time import sleep as wait
from types import TracebackType
from typing import Self

import httpx
from pydantic import BaseModel, SecretStr

from assets.acquire.census_request import ApiRequest
from assets.acquire.http import (
    TIMEOUT,
    FetchError,
    InTime,
    Refusal,
    Sleep,
    Unavailable,
    asked,
    body_parts,
    open_client,
    refusal_text,
    with_retries,
)
from assets.acquire.landing import Outcome, land_origin, memory_folder, remember, remembered
from assets.home import Home
from assets.reference.calendar import latest_release
from assets.store.files import write_atomically
from assets.store.origin import Origin

BASE_URL = "https://api.census.gov/data/timeseries/intltrade"
KEY_VARIABLE = "CENSUS_API_KEY"
CALLS_A_DAY = 500
"""Without a key; the publisher's limit."""
LARGEST_BODY = 128 << 20
DEADLINE = 600.0
"""Seconds for one answer."""

_KEY = re.compile(r"[0-9A-Za-z]{8,80}")
_MEMORY_FILE = "census_api.json"
_HIDDEN = "(key)"


class LimitReached(FetchError):
    """The calls of the day are used up; what is finished stays finished."""


class _Memory(BaseModel):
    """`calls` made on `day` (UTC) without a key, and when each request was `finished`."""

    day: date
    calls: int = 0
    finished: dict[str, datetime] = {}


def key_from_environment() -> SecretStr | None:
    """The API key, None where the variable is not set; raises `FetchError` for something that cannot be one."""
    text = os.environ.get(KEY_VARIABLE, "").strip()
    if text and not _KEY.fullmatch(text):
        raise FetchError(f"{KEY_VARIABLE} is not an API key: letters and digits are expected")
    return SecretStr(text) if text else None


class CensusApi:
    """Asks the API and lands the answers below a data folder; use it as a context manager.

    Every try counts as a call. Without a key at most `CALLS_A_DAY` are made a day, over all runs on the same folder.
    The key goes into the address below the client, so that no message, log, file or record can hold it.
    """

    def __init__(
        self,
        home: Home,
        key: SecretStr | None,
        *,
        base_url: str = BASE_URL,
        sleep: Sleep = wait,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout: httpx.Timeout = TIMEOUT,
        deadline: float = DEADLINE,
    ) -> None:
        self._home = home
        self._key = key
        self._base_url = base_url.rstrip("/")
        self._sleep = sleep
        self._now = now
        self._deadline = deadline
        self._client = open_client(_KeyedTransport(key), timeout)
        self._memory_path = memory_folder(home) / _MEMORY_FILE
        self._memory = remembered(self._memory_path, _Memory(day=now().date()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def fetch(self, requests: Iterable[ApiRequest]) -> Iterator[Outcome]:
        """Land the answer of each request that is not finished since the latest release, one after the other.

        Raises nothing about the network. After a request that could not be had (the calls of the day are used up, no
        answer, a question that the API does not understand) no other is asked: they are `missing` with that reason,
        and the next run goes on there.
        """
        stopped: str | None = None
        for request in requests:
            name = request.file_name
            if self._is_finished(request):
                yield Outcome(name, "unchanged", f"{request.words}: fetched before, no release since")
            elif stopped is not None:
                yield Outcome(name, "missing", f"{request.words}: {stopped}")
            else:
                try:
                    message = self._land(request)
                except FetchError as problem:
                    stopped = str(problem)
                    yield Outcome(name, "missing", f"{request.words}: {stopped}")
                else:
                    yield Outcome(name, "downloaded", f"{request.words}: {message}")

    def ask(self, request: ApiRequest) -> bytes | None:
        """The body of one answer, a whole JSON array; None for no trade (204). Raises `FetchError`."""
        return with_retries(lambda: self._try(request), self._sleep)

    def _try(self, request: ApiRequest) -> bytes | None:
        self._count_call()
        with asked(self._client, f"{self._base_url}/{request.identity}") as response:
            if response.status_code == httpx.codes.NO_CONTENT:
                return None
            if response.status_code != httpx.codes.OK:
                raise self._refusal(request, refusal_text(response, self._deadline))
            body = b"".join(body_parts(response, LARGEST_BODY, self._deadline))
        return self._checked(request, body)

    def _checked(self, request: ApiRequest, body: bytes) -> bytes:
        if self._key is not None and self._key.get_secret_value().encode() in body:
            raise Refusal(f"{request.identity}: the answer repeats the API key and was not kept")
        start = body[:80].decode("latin-1").strip()
        if start.casefold().startswith("error:"):
            raise self._refusal(request, start)
        if start.startswith("<"):
            raise Unavailable(f"{request.identity}: a web page instead of an answer, it starts {start!r}")
        try:
            rows = json.loads(body)
        except (ValueError, RecursionError):
            raise Unavailable(f"{request.identity}: truncated after {len(body):,} bytes, or no JSON") from None
        if not isinstance(rows, list) or not rows:
            raise Unavailable(f"{request.identity}: no array of arrays, it starts {start!r}")
        return body

    def _refusal(self, request: ApiRequest, text: str) -> Refusal:
        shown = text.replace(self._key.get_secret_value(), _HIDDEN) if self._key else text
        return Refusal(f"{request.identity}: the API says {shown}")

    def _land(self, request: ApiRequest) -> str:
        body = self.ask(request)
        moment = self._now()
        note = None
        if body is None:
            body = json.dumps([request.heading]).encode()
            note = (
                "The publisher answered that there was no trade (no content); the heading was written from the request."
            )
        origin = Origin(
            publisher="US Census Bureau",
            title=f"International Trade API, {request.flow} {request.endpoint}, {request.month:%Y-%m}",
            licence="Public domain (US government work)",
            url=f"{self._base_url}/{request.identity}",
            retrieved_at=moment,
            extract_note=note,
        )
        path = land_origin(self._home, request.file_name, origin)
        write_atomically(path, lambda part: part.write_bytes(body))
        self._memory.finished[request.identity] = moment
        remember(self._memory_path, self._memory)
        return f"{path.name}, {len(body):,} bytes" + (", no trade" if note else "")

    def _is_finished(self, request: ApiRequest) -> bool:
        """Whether the answer was fetched today, or after the day on which the latest release came out."""
        moment = self._memory.finished.get(request.identity)
        today = self._now().date()
        return moment is not None and (moment.date() == today or moment.date() > latest_release(today).released_on)

    def _count_call(self) -> None:
        if self._key is not None:
            return
        today = self._now().date()
        if self._memory.day != today:
            self._memory.day, self._memory.calls = today, 0
        if self._memory.calls >= CALLS_A_DAY:
            raise LimitReached(
                f"the {CALLS_A_DAY} calls of {today} (UTC) are used up: go on tomorrow, or set {KEY_VARIABLE}"
            )
        self._memory.calls += 1
        remember(self._memory_path, self._memory)


class _KeyedTransport(httpx.BaseTransport):
    """Adds the key to the address on its way out, where nothing that logs or raises above can see it."""

    def __init__(self, key: SecretStr | None) -> None:
        self._key = key
        self._below = InTime(httpx.HTTPTransport())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._key is not None:
            query = request.url.query + b"&key=" + self._key.get_secret_value().encode()
            request = httpx.Request(
                request.method,
                request.url.copy_with(query=query),
                headers=request.headers,
                extensions=request.extensions,
            )
        return self._below.handle_request(request)

    def close(self) -> None:
        self._below.close()

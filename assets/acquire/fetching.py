"""What an operator asks for, as months of archives or answers of the API, and what became of each.

Here belongs turning such a question into downloads and requests. How they are made is in `bulk_download.py` and
`census_api.py`; how it is told to a person, in `orchestration`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import get_args

from pydantic import BaseModel

from assets.acquire import bulk_download, census_api
from assets.acquire.bulk_download import BulkDownloads
from assets.acquire.census_api import CensusApi, key_from_environment
from assets.acquire.census_request import LEVELS, ApiRequest, Endpoint, Split, monthly_requests
from assets.acquire.http import FetchError
from assets.acquire.landing import Outcome, memory_folder, remember, remembered
from assets.home import Home
from assets.parsing.census_api_variables import PERIODS, VALUES, Flow, Period
from assets.reference.calendar import Release, latest_release, release_of
from assets.settings import FetchFrom

DECEMBER = 12
_OWED_FILE = "release_months.json"


class _Owed(BaseModel):
    """Months that scheduled refreshes were to fetch and could not have."""

    months: list[date] = []


@dataclass(frozen=True)
class Question:
    """Figures of one level by commodity and partner; of all partners, unless some are named (Schedule C)."""

    flow: Flow
    endpoint: Endpoint
    level: str
    partners: tuple[str, ...] = ()

    def by_month(self, months: Sequence[date]) -> list[ApiRequest]:
        """Requests for the figures of each month. Raises `ValueError` for a level that the endpoint does not have."""
        return list(self._requests(months, "month"))

    def by_year(self, years: Sequence[int]) -> list[ApiRequest]:
        """Requests for the figures of whole years: the running total of December. Raises as `by_month` does."""
        return list(self._requests([date(year, DECEMBER, 1) for year in years], "year_to_date"))

    def _requests(self, months: Sequence[date], period: Period) -> Iterator[ApiRequest]:
        measures = [name + PERIODS[period] for name, (flow, _) in VALUES.items() if flow == self.flow]
        return monthly_requests(
            self.flow,
            self.endpoint,
            self.level,
            months,
            measures=measures,
            split=self._split,
            partners=self.partners,
        )

    @property
    def _split(self) -> Split:
        if self.partners:
            return "country"
        return "none" if self.level == LEVELS[self.endpoint][0] else "digit"


def fetch_archives(home: Home, flow: Flow, months: Sequence[date]) -> Iterator[Outcome]:
    """Land the bulk archive of each month, one after the other; see `BulkDownloads.fetch`."""
    for outcome in BulkDownloads(home, base_url=bulk_download.BASE_URL).fetch(flow, months):
        named = outcome.name in outcome.message
        yield outcome if named else replace(outcome, message=f"{outcome.name}: {outcome.message}")


def fetch_answers(home: Home, requests: Sequence[ApiRequest], now: datetime) -> Iterator[Outcome]:
    """Land the answer to each request, one after the other; see `CensusApi.fetch`.

    Months that the release calendar does not have out yet are not asked for: the API would answer "no trade". The key
    comes from the environment. Raises `FetchError` for a key that cannot be one, or a damaged memory.
    """
    newest = latest_release(now.date()).reference_month
    with CensusApi(home, key_from_environment(), base_url=census_api.BASE_URL) as api:
        yield from api.fetch([request for request in requests if request.month <= newest])
    for request in requests:
        if request.month > newest:
            message = f"{request.words}: {_due(release_of(request.month))}"
            yield Outcome(request.file_name, "not published", message)


def fetch_release(home: Home, fetch: FetchFrom, months: Sequence[date], now: datetime) -> list[Outcome]:
    """Land imports and exports of the months: bulk archives, or API answers of HS2 by partner, one call a month.

    Raises nothing about the network; what could not be had is told and stays owed (`owed_months`), and what has landed
    stays.
    """
    if fetch == "off" or not months:
        return []
    fetched = list(_archives(home, months) if fetch == "bulk" else _answers(home, months, now))
    missing = {month for month, outcome in fetched if outcome.status == "missing"}
    owed = _Owed(months=sorted(missing | (set(owed_months(home)) - set(months))))
    remember(memory_folder(home) / _OWED_FILE, owed)
    return [outcome for _, outcome in fetched]


def owed_months(home: Home) -> list[date]:
    """Months that refreshes were to fetch and could not have for want of an answer, the oldest first."""
    return remembered(memory_folder(home) / _OWED_FILE, _Owed()).months


def _archives(home: Home, months: Sequence[date]) -> Iterator[tuple[date, Outcome]]:
    for flow in get_args(Flow):
        yield from zip(months, fetch_archives(home, flow, months), strict=True)


def _answers(home: Home, months: Sequence[date], now: datetime) -> Iterator[tuple[date, Outcome]]:
    requests = [one for flow in get_args(Flow) for one in Question(flow, "hs", LEVELS["hs"][0]).by_month(months)]
    month_of = {request.file_name: request.month for request in requests}
    try:
        yield from ((month_of[one.name], one) for one in fetch_answers(home, requests, now))
    except FetchError as problem:
        for request in requests:
            yield request.month, Outcome(request.file_name, "missing", f"{request.words}: {problem}")


def _due(release: Release) -> str:
    kind = "estimated for" if release.is_estimate else "set for"
    return f"not published yet, {kind} {release.released_on}"

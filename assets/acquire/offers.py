"""Which release months are here, and which are to be had: what the calendar alone cannot know.

Asked once a tick of the schedule, so the publisher gets one small request at most. Deciding what follows from the
answers belongs in `orchestration/releases.py`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol, get_args

from assets.acquire import bulk_download, census_api
from assets.acquire.bulk_download import BulkDownloads
from assets.acquire.census_api import CensusApi, key_from_environment
from assets.acquire.fetching import Question, owed_months
from assets.acquire.http import FetchError
from assets.errors import RefusedFile
from assets.home import Home
from assets.parsing.census_api_variables import Flow
from assets.parsing.trial import try_out
from assets.settings import FetchFrom
from assets.store.landing import Waiting, waiting_files
from assets.store.ledger import read_ledger

CANADA = "1220"
"""Asked for alone: there is no month without trade with Canada."""
_MADE_OF: dict[FetchFrom, tuple[str, ...]] = {
    "bulk": ("census_bulk_imports", "census_bulk_exports"),
    "api": ("census_api",),
}


@dataclass(frozen=True)
class Offer:
    """Whether a month is to be had, and where or why not, in words that end a sentence."""

    is_there: bool
    words: str


class Sources(Protocol):
    """What the schedule asks."""

    def loaded(self) -> date | None:
        """The newest reference month that was taken in."""
        ...

    def offer(self, month: date) -> Offer:
        """Whether a month can be taken in now."""
        ...

    def owed(self) -> list[date]:
        """Months that were to be fetched and could not be had, the oldest first."""
        ...


@dataclass(frozen=True)
class KnownSources:
    """The ledger, the landing folder, and the publisher where fetching is on."""

    home: Home
    fetch: FetchFrom

    def loaded(self) -> date | None:
        """The newest month of any source; with fetching, the newest that all fetched sources have."""
        newest: dict[str, date] = {}
        for row in read_ledger(self.home.lake).values():
            if row.status == "accepted" and row.source and row.newest_reference_month:
                newest[row.source] = max(newest.get(row.source, date.min), row.newest_reference_month)
        if self.fetch == "off":
            return max(newest.values(), default=None)
        months = [newest.get(source) for source in _MADE_OF[self.fetch]]
        return None if None in months else min(month for month in months if month is not None)

    def offer(self, month: date) -> Offer:
        """A waiting file that reaches the month, else the publisher's answer."""
        for file in waiting_files(self.home, bundled=None):
            newest = _newest_month(file)
            if newest is not None and newest >= month:
                return Offer(True, f"{file.name} waits in the landing folder")
        if self.fetch == "off":
            return Offer(False, "no file with it waits in the landing folder, and fetching is off")
        try:
            is_out = self._is_out(month)
        except FetchError as problem:
            return Offer(False, f"the publisher could not be asked: {problem}")
        return Offer(is_out, "the publisher has it" if is_out else "the publisher does not have it yet")

    def owed(self) -> list[date]:
        """What the fetching of earlier releases remembers; nothing while fetching is off."""
        return [] if self.fetch == "off" else owed_months(self.home)

    def _is_out(self, month: date) -> bool:
        if self.fetch == "bulk":
            downloads = BulkDownloads(self.home, base_url=bulk_download.BASE_URL)
            return all(downloads.is_out(flow, month) for flow in get_args(Flow))
        (request,) = Question("imports", "hs", "HS2", (CANADA,)).by_month([month])
        with CensusApi(self.home, key_from_environment(), base_url=census_api.BASE_URL) as api:
            return api.ask(request) is not None


def _newest_month(file: Waiting) -> date | None:
    """The newest month in a waiting file; None for one that will be refused."""
    if not file.is_regular:
        return None
    try:
        return try_out(file.path, file.name).newest_month
    except (RefusedFile, OSError):
        return None

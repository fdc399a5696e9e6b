"""Which release the figures of one file come from: the vintage rule.

A vintage is the day of the publisher's release, or, of an answer to a query, the day it was asked. Here belongs what one
file and its origin record tell about that day, in which order they are believed, and which days are impossible. What other
files say about it, by their figures, is in `figures.py` and `prints.py`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from enum import IntEnum

import pyarrow as pa
import pyarrow.compute as pc

from assets.errors import RefusedFile
from assets.parsing.common import Parsed
from assets.reference.calendar import ESTIMATED_DAY, Release, latest_release, month_after, release_of, releases_between
from assets.store.origin import ORIGIN_SUFFIX, Origin

QUERY_SOURCES = frozenset({"census_api", "comtrade", "usitc_dataweb"})
"""Answers to queries: their newest month is what was asked for, and their figures are those of the day of asking."""
SERIES_SOURCES = frozenset({"fred"})
"""Series that a service prints again with each release: what is downloaded is the release before the download."""
EARLIEST_RELEASE = timedelta(days=20)
"""No month was ever released sooner after its end."""


class Rank(IntEnum):
    """What a vintage rests on, the strongest first."""

    ACCEPTED = 0
    OPERATOR = 1
    BUNDLED = 2
    FILE = 3
    ORIGIN = 4
    LAST_MODIFIED = 5
    CALENDAR = 6
    FIGURES = 7


@dataclass(frozen=True)
class Vintage:
    """The day that a file's figures count from, the rule that decided, and what that rests on."""

    day: date
    rule: str
    rank: Rank


@dataclass(frozen=True)
class Told:
    """What a file itself tells about its days (see `Parsed`); `oldest_month` is the first month it has figures of."""

    oldest_month: date | None = None
    newest_month: date | None = None
    published_on: date | None = None
    retrieved_on: date | None = None
    release_month: date | None = None
    edge_is_told: bool = False

    @classmethod
    def by(cls, parsed: Parsed) -> "Told":
        """What a parsed file tells."""
        return cls(
            _oldest_month(parsed.table) or parsed.newest_month,
            parsed.newest_month,
            parsed.published_on,
            parsed.retrieved_on,
            parsed.release_month,
            parsed.edge_is_told,
        )

    def as_json(self) -> str:
        """One line of JSON; what is not told is left out."""
        told = {name: value for name, value in vars(self).items() if value}
        return json.dumps({name: value if value is True else value.isoformat() for name, value in told.items()})

    @classmethod
    def of_json(cls, text: str) -> "Told":
        """What `as_json` wrote."""
        told = json.loads(text)
        days = {name: date.fromisoformat(value) for name, value in told.items() if isinstance(value, str)}
        return cls(**days, edge_is_told=told.get("edge_is_told", False))


def _oldest_month(table: pa.Table) -> date | None:
    if "reference_month" in table.schema.names:
        return pc.min(table.column("reference_month")).as_py()  # type: ignore[no-any-return]
    if "month" not in table.schema.names or not table.num_rows:
        return None
    oldest = pc.min(table.column("year")).as_py()
    return date(oldest, 1, 1)


@dataclass(frozen=True)
class Days:
    """What the origin record tells about a file's days, and when the file came in.

    `retrieved_on` is None unless the record tells it: the day of landing says nothing about the figures.
    """

    received_on: date
    published_on: date | None = None
    retrieved_on: date | None = None
    last_modified: date | None = None
    is_bundled: bool = False

    @classmethod
    def by(cls, origin: Origin, today: date) -> "Days":
        """The days in an origin record; `today` stands for a file without the moment it was taken in."""
        received = origin.received_at
        told = origin.retrieved_at if origin.retrieved_at != received else None
        return cls(
            received.astimezone(UTC).date() if received else today,
            origin.published_on,
            told.astimezone(UTC).date() if told else None,
            origin.last_modified.astimezone(UTC).date() if origin.last_modified else None,
            origin.origin_kind == "bundled",
        )


@dataclass(frozen=True)
class Bounds:
    """What the figures of other prints say: the file was printed after `after` and before `before`; None: nothing."""

    after: date | None = None
    before: date | None = None


def refuse_impossible(name: str, told: Told, days: Days, today: date) -> None:
    """Raise RefusedFile for a day that cannot be: not after the newest month's end, too soon after it, or in the future."""
    record = f"{name}{ORIGIN_SUFFIX}"
    for file, where, day in (
        (name, "release day in the file", told.published_on),
        (name, "day of download in the file", told.retrieved_on),
        (record, "field published_on", days.published_on),
        (record, "field retrieved_at", days.retrieved_on),
        (record, "field last_modified", days.last_modified),
    ):
        if day is None:
            continue
        if day > today + timedelta(days=1):
            raise RefusedFile(file, where, f"a day not after today, {today}", f"{day}")
        if told.newest_month and day < first_possible_day(told.newest_month):
            expected = f"a day on which figures of {told.newest_month:%B %Y}, the newest month in the file, were out"
            raise RefusedFile(file, where, expected, f"{day}")
    if told.newest_month and told.newest_month > today.replace(day=1):
        raise RefusedFile(name, "newest month", f"a month before today, {today}", f"{told.newest_month:%Y-%m}")
    month = release_of_file(told)
    if month and days.published_on and not _is_in_release(month, days.published_on):
        expected = f"a day between the releases of {month:%B %Y} and of the month after it, as later months are blank"
        raise RefusedFile(record, "field published_on", expected, f"{days.published_on}")


def first_possible_day(newest: date) -> date:
    """The first day on which figures of the month can have been out."""
    release = release_of(newest)
    return month_after(newest) + EARLIEST_RELEASE if release.is_estimate else release.released_on


def _is_in_release(month: date, day: date) -> bool:
    """Whether figures that end with `month` could be current on `day`; estimated days give the benefit of the doubt."""
    following = release_of(month_after(month))
    slack = timedelta(days=31 if following.is_estimate else 0)
    return first_possible_day(month) <= day < following.released_on + slack


def own_vintage(source: str, told: Told, days: Days, decided_on: date | None = None) -> Vintage | None:
    """The vintage that a file and its origin record tell, the strongest evidence first; None when they do not."""
    if decided_on is not None:
        return Vintage(decided_on, "release day told by an operator", Rank.OPERATOR)
    found = _told_by_file(told, days) or _told_by_record(source, told, days)
    if found is not None and days.is_bundled:
        return Vintage(found.day, found.rule, Rank.BUNDLED)
    return found


def first_print(told: Told, days: Days) -> Vintage | None:
    """The vintage of the only bulk archive of a month: it came with the release of that month, unless its record tells."""
    return _told_by_file(Told(release_month=told.newest_month), days)


def _told_by_file(told: Told, days: Days) -> Vintage | None:
    if told.published_on is not None:
        return Vintage(told.published_on, "release day told by the file", Rank.FILE)
    month = release_of_file(told)
    if month is None:
        return None
    if days.published_on is not None:
        return Vintage(days.published_on, "release day told by the origin record", Rank.ORIGIN)
    return _of_release(release_of(month), f"newest month {month:%Y-%m}", days)


def _told_by_record(source: str, told: Told, days: Days) -> Vintage | None:
    if days.published_on is not None:
        return Vintage(days.published_on, "release day told by the origin record", Rank.ORIGIN)
    if told.retrieved_on is not None:
        return Vintage(told.retrieved_on, "retrieval day told by the file", Rank.FILE)
    if days.retrieved_on is not None and source in QUERY_SOURCES:
        return Vintage(days.retrieved_on, "retrieval day told by the origin record", Rank.ORIGIN)
    if days.retrieved_on is not None and source in SERIES_SOURCES:
        release = latest_release(days.retrieved_on)
        is_newest = release.reference_month == told.newest_month
        which = (
            f"newest month {told.newest_month:%Y-%m}" if is_newest else "the newest at the retrieval the record tells"
        )
        return _of_release(release, which, days)
    return _last_modified(source, told, days.last_modified) if days.last_modified else None


def _last_modified(source: str, told: Told, day: date) -> Vintage | None:
    """The vintage by what the server said of the file: an answer's own day, else the release before it."""
    if source in QUERY_SOURCES:
        return Vintage(day, "day of its last modification", Rank.LAST_MODIFIED)
    release = latest_release(day)
    if told.newest_month is not None and release.reference_month < told.newest_month:
        return None
    rule = f"release of {release.reference_month:%Y-%m}, the newest at its last modification"
    return Vintage(release.released_on, rule, Rank.LAST_MODIFIED)


def release_of_file(told: Told) -> date | None:
    """The reference month of the release that the file itself shows it is of; None where it does not."""
    return told.release_month or (told.newest_month if told.edge_is_told else None)


def reissue_day(told: Told, days: Days) -> date | None:
    """The day of a second print of one release, where the record tells a retrieval before the next release."""
    month, day = release_of_file(told), days.retrieved_on
    return day if month and day and _is_in_release(month, day) else None


def _of_release(release: Release, which: str, days: Days) -> Vintage:
    """The vintage of a release by the calendar; a file that came before its day counts from when it came."""
    if release.released_on > days.received_on:
        return Vintage(days.received_on, f"day it came, before the day of the calendar, {which}", Rank.CALENDAR)
    kind = ESTIMATED_DAY if release.is_estimate else "release calendar"
    return Vintage(release.released_on, f"{kind}, {which}", Rank.CALENDAR)


def possible_releases(told: Told, days: Days, bounds: Bounds) -> list[Release]:
    """The releases that the file can be of: with its newest month out, before it came, within what figures say."""
    if told.newest_month is None:
        return []
    return [
        one
        for one in releases_between(told.newest_month, days.received_on)
        if (bounds.after is None or one.released_on > bounds.after)
        and (bounds.before is None or one.released_on < bounds.before)
    ]


def only_release(possible: Iterable[Release], days: Days) -> Vintage | None:
    """The vintage of a file that can be of one release alone."""
    match list(possible):
        case [release]:
            return _of_release(release, f"the only release it can be of, of {release.reference_month:%Y-%m}", days)
    return None


def read_told(text: str | None) -> Told:
    """What a ledger row keeps of it; a file that tells nothing where the row keeps nothing."""
    return Told.of_json(text) if text else Told()

"""When the monthly trade release (FT-900) came out, and when the next one is due.

`release_calendar.csv` holds the days that are known, irregular ones after a lapse of appropriations included. A month
without a row gets the usual distance from its end, marked as an estimate. `note` says why a day is irregular, or what
confirms a day from before December 2024. Every function takes its day as an argument: asking the clock does not belong
here.
"""

import csv
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, cast

CALENDAR_FILE = Path(__file__).with_name("release_calendar.csv")
USUAL_DISTANCE = timedelta(days=35)
"""From the end of the reference month to its release, as the publisher states it."""
SATURDAY = 5

Kind = Literal["regular", "annual_revision", "delayed"]
KINDS: tuple[Kind, ...] = ("regular", "annual_revision", "delayed")


@dataclass(frozen=True)
class Release:
    """One monthly release; `reference_month` is the first day of the newest month in it."""

    reference_month: date
    released_on: date
    is_estimate: bool
    kind: Kind
    note: str


def release_of(month: date) -> Release:
    """The release in which `month` (any day of it) was the newest month: a known day, else an estimate.

    An estimate is month end + 35 days, moved to the next weekday. Annual revisions come with the release of April.
    """
    first = month.replace(day=1)
    known = _known().get(first)
    if known is not None:
        return known
    day = first.replace(day=monthrange(first.year, first.month)[1]) + USUAL_DISTANCE
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    kind: Kind = "annual_revision" if first.month == 4 else "regular"
    return Release(first, day, True, kind, "usual distance: 35 days after the end of the month")


def latest_release(on: date) -> Release:
    """The release with the newest reference month that is out on day `on`, the day itself included."""
    month = on.replace(day=1)
    while (release := release_of(month)).released_on > on:
        month = _month_before(month)
    return release


def next_release(after: date) -> Release:
    """The first release to come out later than day `after`."""
    return release_of(_month_after(latest_release(after).reference_month))


def months_between(first: date, last: date) -> list[date]:
    """The months from `first` to `last`, both included, as their first days; none if `last` is earlier."""
    start, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(start, end + 1)]


def _month_before(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def _month_after(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


@cache
def _known() -> dict[date, Release]:
    with CALENDAR_FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    releases = {}
    for row in rows:
        month = date.fromisoformat(row["reference_month"])
        if row["kind"] not in KINDS:
            raise ValueError(f"{CALENDAR_FILE.name}: {month}: kind {row['kind']!r} is none of {', '.join(KINDS)}")
        releases[month] = Release(
            month, date.fromisoformat(row["released_on"]), False, cast(Kind, row["kind"]), row["note"]
        )
    return releases

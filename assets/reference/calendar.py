"""When the monthly trade release (FT-900) came out, and when the next one is due.

`release_calendar.csv` is the calendar as data, to be edited as releases are announced and come out: `planned` is the
day the publisher announced, `actual` the day it came out, `source` says who tells. A month without a row gets the usual
distance from its end, marked as an estimate. Every function takes its day as an argument: asking the clock does not
belong here, nor does asking the publisher (see `assets/acquire/offers.py`).
"""

import csv
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np

from assets.errors import RefusedFile

CALENDAR_FILE = Path(__file__).with_name("release_calendar.csv")
COLUMNS = ("reference_month", "planned", "actual", "status", "kind", "source", "note")
USUAL_DISTANCE = timedelta(days=35)
"""From the end of the reference month to its release, as the publisher states it."""
ESTIMATED_DAY = "release calendar, estimated day"
"""How the rule of a vintage begins that rests on an estimated release day."""
SATURDAY = 5

Kind = Literal["regular", "annual_revision", "delayed"]
Status = Literal["released", "scheduled", "estimated"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Release:
    """One monthly release; `reference_month` is the first day of the newest month in it.

    `actual` is set when its status is released, `planned` otherwise; a released one may have both.
    """

    reference_month: date
    planned: date | None
    actual: date | None
    status: Status
    kind: Kind
    source: str
    note: str = ""

    @property
    def released_on(self) -> date:
        """The day it came out, else the day it is to come out."""
        return cast(date, self.actual or self.planned)

    @property
    def expected_on(self) -> date:
        """The day on which it was to come out, before that was known: planned, else at the usual distance."""
        return self.planned or usual_day(self.reference_month)

    @property
    def is_estimate(self) -> bool:
        return self.status == "estimated"


@dataclass(frozen=True)
class Calendar:
    """Known releases by the first day of their reference month."""

    known: dict[date, Release]

    def release_of(self, month: date) -> Release:
        """The release in which `month` (any day of it) was the newest month: a known one, else an estimate.

        Annual revisions come with the release of April.
        """
        first = month.replace(day=1)
        kind: Kind = "annual_revision" if first.month == 4 else "regular"
        usual = Release(first, usual_day(first), None, "estimated", kind, "35 days after the end of the month")
        return self.known.get(first, usual)

    def latest_release(self, on: date) -> Release:
        """The release with the newest reference month that is out on day `on`, the day itself included."""
        month = on.replace(day=1)
        while (release := self.release_of(month)).released_on > on:
            month = _month_before(month)
        return release

    def next_release(self, after: date) -> Release:
        """The first release to come out later than day `after`."""
        return self.release_of(month_after(self.latest_release(after).reference_month))

    def releases_between(self, month: date, day: date) -> list[Release]:
        """The releases from that of `month` to the last one out on `day`, in order."""
        last = self.latest_release(day).reference_month
        return [self.release_of(one) for one in months_between(month, last)]


def read_calendar(path: Path) -> Calendar:
    """The calendar in a file; raises RefusedFile naming the line and column that is wrong."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise RefusedFile(
                path.name, "line 1", f"the columns {', '.join(COLUMNS)}", ", ".join(reader.fieldnames or ())
            )
        releases = [_release(path.name, reader.line_num, row) for row in reader]
    known = {release.reference_month: release for release in releases}
    if len(known) != len(releases):
        repeated = next(one for one in releases if known[one.reference_month] is not one)
        raise RefusedFile(path.name, "column reference_month", "each month once", f"{repeated.reference_month} again")
    return Calendar(known)


@cache
def bundled_calendar() -> Calendar:
    """The calendar of the project."""
    return read_calendar(CALENDAR_FILE)


def release_of(month: date) -> Release:
    """See `Calendar.release_of`."""
    return bundled_calendar().release_of(month)


def latest_release(on: date) -> Release:
    """See `Calendar.latest_release`."""
    return bundled_calendar().latest_release(on)


def next_release(after: date) -> Release:
    """See `Calendar.next_release`."""
    return bundled_calendar().next_release(after)


def releases_between(month: date, day: date) -> list[Release]:
    """See `Calendar.releases_between`."""
    return bundled_calendar().releases_between(month, day)


def last_known_day() -> date:
    """The day of the last release of which it is known that it came out: today is not before it."""
    return max(release.actual for release in bundled_calendar().known.values() if release.actual)


def usual_day(month: date) -> date:
    """The usual release day of a month: its end + 35 days, moved to the next weekday."""
    day = _last_day(month) + USUAL_DISTANCE
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day


def business_days_late(expected: date, today: date) -> int:
    """Business days of the federal government after the expected day, up to and including today; 0 if it is not past."""
    from pandas.tseries.holiday import USFederalHolidayCalendar  # noqa: PLC0415 - slow to import, asked for once a tick

    if today <= expected:
        return 0
    holidays = USFederalHolidayCalendar().holidays(expected, today).to_numpy(dtype="datetime64[D]")
    return int(np.busday_count(expected + timedelta(days=1), today + timedelta(days=1), holidays=holidays))


def months_between(first: date, last: date) -> list[date]:
    """The months from `first` to `last`, both included, as their first days; none if `last` is earlier."""
    start, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(start, end + 1)]


def month_after(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def _month_before(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def _release(name: str, line: int, row: dict[str, str]) -> Release:
    days = {column: _day(name, line, column, row[column]) for column in ("reference_month", "planned", "actual")}
    month = days["reference_month"]
    if month is None or month.day != 1:
        raise _wrong(name, line, "reference_month", "the first day of a month", row)
    for column, allowed in (("status", STATUSES), ("kind", KINDS)):
        if row[column] not in allowed:
            raise _wrong(name, line, column, f"one of {', '.join(allowed)}", row)
    if (row["status"] == "released") != (days["actual"] is not None):
        raise _wrong(name, line, "actual", "a day if, and only if, the status is released", row)
    if days["actual"] is None and days["planned"] is None:
        raise _wrong(name, line, "planned", "a day, as there is no actual one", row)
    if any(day <= _last_day(month) for day in (days["planned"], days["actual"]) if day is not None):
        raise _wrong(name, line, "planned or actual", "a day after the end of the month", row)
    if not row["source"].strip():
        raise _wrong(name, line, "source", "who tells the day", row)
    return Release(
        month,
        days["planned"],
        days["actual"],
        cast(Status, row["status"]),
        cast(Kind, row["kind"]),
        row["source"],
        row["note"],
    )


def _last_day(month: date) -> date:
    """The last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def _day(name: str, line: int, column: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RefusedFile(name, f"line {line}, column {column}", "a day as YYYY-MM-DD", repr(text)) from None


def _wrong(name: str, line: int, column: str, expected: str, row: dict[str, str]) -> RefusedFile:
    return RefusedFile(name, f"line {line}, column {column}", expected, ",".join(str(cell) for cell in row.values()))

"""What a tick of the schedule decides: refresh for a release now, or why not.

Pure: the calendar, the sources and the runs so far come in as arguments, Dagster's objects are made in `schedules.py`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from assets.acquire.offers import Offer, Sources
from assets.reference.calendar import Calendar, Release, business_days_late, month_after, months_between

RELEASE_TAG = "tradewake/release"
"""Tag of the runs that were requested for a release; its value is the release's key."""
GRACE_BUSINESS_DAYS = 2
"""A release that comes later than this is worth an alert."""
EARLIEST = timedelta(days=10)
"""Where the day of a release is an estimate, the sources are asked from so long before it."""
ASKED_MONTHS = 6
"""At most so many months are asked for in one tick, the newest."""
REVISED_MONTHS = 61
"""The annual revision reaches back five years at least; its own month is the last of them."""


@dataclass(frozen=True)
class Decision:
    """A release to refresh for, with the months to fetch for it; or none, and why."""

    release: Release | None
    months: tuple[date, ...]
    reason: str


def release_key(release: Release) -> str:
    """Run key and tag of a release: one refresh for each."""
    return f"release-{release.reference_month:%Y-%m}"


def decide(today: date, calendar: Calendar, sources: Sources) -> Decision:
    """The newest release that is due and can be taken in.

    A release is due from the day it came out, or was to come out. What the sources have decides whether it is out: a
    month that is not there yet is never refreshed as new, and one that is in already only for months that could not be
    fetched with it. A release missed for however long is caught up, with all months since the newest that is in.
    """
    due = calendar.latest_release(today)
    loaded = sources.loaded()
    ahead = calendar.release_of(month_after(due.reference_month))
    newest = ahead if ahead.is_estimate and ahead.released_on - today <= EARLIEST else due
    oldest = month_after(loaded) if loaded else due.reference_month
    # Newest first; older ones count while a series that stopped comes back in irregular steps.
    for month in reversed(months_between(oldest, newest.reference_month)[-ASKED_MONTHS:]):
        offer = sources.offer(month)
        if offer.is_there:
            return _refresh(calendar.release_of(month), loaded, calendar, sources, offer)
    if oldest > due.reference_month:
        if owed := sources.owed():
            reason = f"{_month(due)} is in already, but {len(owed)} month(s) could not be fetched with it."
            return Decision(due, tuple(owed), reason)
        return Decision(None, (), f"{_month(due)} is in already. {_upcoming(calendar, due)}")
    missing = calendar.release_of(oldest)
    return Decision(None, (), f"{_month(missing)} {_lateness(today, missing)}: {offer.words}.")


def late_release(today: date, calendar: Calendar, sources: Sources) -> Release | None:
    """The oldest release that is not in and was to come out more than the days of grace ago."""
    due = calendar.latest_release(today)
    loaded = sources.loaded()
    oldest = calendar.release_of(month_after(loaded)) if loaded else due
    is_due = oldest.reference_month <= due.reference_month
    return oldest if is_due and business_days_late(oldest.released_on, today) > GRACE_BUSINESS_DAYS else None


def _refresh(release: Release, loaded: date | None, calendar: Calendar, sources: Sources, offer: Offer) -> Decision:
    months = set(months_between(month_after(loaded) if loaded else release.reference_month, release.reference_month))
    revised = [month for month in months if calendar.release_of(month).kind == "annual_revision"]
    if revised:
        months |= set(months_between(_months_before(max(revised), REVISED_MONTHS - 1), max(revised)))
    return Decision(release, tuple(sorted(months | set(sources.owed()))), f"{_month(release)} is out: {offer.words}.")


def _lateness(today: date, release: Release) -> str:
    day = release.released_on
    kind = "was estimated for" if release.is_estimate else "came out on" if release.actual else "was set for"
    if day == today:
        return "is due today and not here yet"
    late = business_days_late(day, today)
    return f"{kind} {day:%d %B %Y}, {late} business day{'' if late == 1 else 's'} ago, and is not here yet"


def _upcoming(calendar: Calendar, after: Release) -> str:
    release = calendar.release_of(month_after(after.reference_month))
    kind = "estimated for" if release.is_estimate else "set for"
    note = f" ({release.note})" if release.note else ""
    return f"The next, {_month(release)}, is {kind} {release.released_on:%d %B %Y}{note}."


def _month(release: Release) -> str:
    return f"{release.reference_month:%B %Y}"


def _months_before(month: date, count: int) -> date:
    index = month.year * 12 + month.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)

"""A publisher and a platform on simulated days: what the schedule and the late alert ask.

Only the simulation belongs here; what must come of it is asserted in the tests.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from assets.acquire.offers import Offer
from assets.reference.calendar import Calendar, bundled_calendar
from assets.settings import Settings
from orchestration.schedules import answer, release_morning

NEW_YORK = ZoneInfo("America/New_York")


@dataclass
class Simulation:
    """`today` moves; the publisher has a month from its `actual` day on, and `taken_in` is what refreshes left."""

    today: date
    taken_in: date | None
    delays: dict[date, date] = field(default_factory=dict)
    """Months that come out on another day than the calendar says."""
    asked: list[date] = field(default_factory=list)
    missed: list[date] = field(default_factory=list)
    """Months that fetching could not have."""

    def loaded(self) -> date | None:
        return self.taken_in

    def offer(self, month: date) -> Offer:
        self.asked.append(month)
        release = bundled_calendar().known.get(month)
        out = self.delays.get(month, release.actual if release else None)
        is_out = out is not None and out <= self.today
        return Offer(is_out, "the publisher has it" if is_out else "the publisher does not have it yet")

    def owed(self) -> list[date]:
        return self.missed

    def tick(self, instance: dg.DagsterInstance, settings: Settings | None = None) -> dg.RunRequest | dg.SkipReason:
        """The schedule at 9:00 Eastern of the day."""
        moment = datetime.combine(self.today, datetime.min.time(), NEW_YORK) + timedelta(hours=9)
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=moment)
        result = release_morning(context, sources=self, settings=settings or Settings())
        assert isinstance(result, dg.RunRequest | dg.SkipReason)
        return result

    def answer(self, instance: dg.DagsterInstance, settings: Settings | None = None) -> dg.RunRequest | dg.SkipReason:
        """The same without the schedule around it, which opens the instance anew each time (0.1 s)."""
        return answer(self.today, instance, self, settings or Settings())


def as_known_on(day: date) -> Calendar:
    """The calendar as it was on a day: what came out later is an estimate still."""
    known = bundled_calendar().known.items()
    return Calendar({month: release for month, release in known if release.actual and release.actual <= day})


def weekdays(first: date, last: date) -> list[date]:
    """The days from first to last on which the schedule ticks."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]

"""The moment that something is recorded under: the clock's, but never earlier than what was recorded before.

Order of arrival decides which print of a figure came first, and names by time decide what is oldest. A clock that was
set back must change neither. Only that rule belongs here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from assets.reference.calendar import last_known_day

STEP = timedelta(microseconds=1)
AHEAD = timedelta(days=1)
"""No clock that can be right is further behind what was recorded."""


def never_back(now: datetime, recorded: Iterable[datetime]) -> datetime:
    """`now`, or just after the newest recorded moment where the clock is not later than that."""
    newest = max(recorded, default=None)
    return now if newest is None or now > newest else newest + STEP


def arrival(now: datetime, recorded: Iterable[datetime]) -> datetime:
    """The moment under which a file is taken in: `never_back`, but for moments of a clock that was once far ahead.

    Which of two clocks was wrong is told by the last release day that is known: one that is behind it was set back, and the
    recorded moments hold; else those more than `AHEAD` later than `now` date nothing.
    """
    if can_be_right(now):
        recorded = [moment for moment in recorded if moment <= now + AHEAD]
    return never_back(now, recorded)


def can_be_right(now: datetime) -> bool:
    """Whether a clock is not behind the last release day that is known."""
    return now.date() >= last_known_day()

"""The moment that something is recorded under: the clock's, but never earlier than what was recorded before.

Order of arrival decides which print of a figure came first, and names by time decide what is oldest. A clock that was
set back must change neither. Only that rule belongs here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

STEP = timedelta(microseconds=1)


def never_back(now: datetime, recorded: Iterable[datetime]) -> datetime:
    """`now`, or just after the newest recorded moment where the clock is not later than that."""
    newest = max(recorded, default=None)
    return now if newest is None or now > newest else newest + STEP

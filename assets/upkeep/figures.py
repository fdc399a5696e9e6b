"""The doctor's checks of the figures: releases that are out, months that lack, files that wait or were kept out.

Each check is told its day and what is here, so that it can be tried for its good and its bad case. Checks of the machine
are in `machine.py`.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from assets.errors import visible
from assets.parsing.coverage import fold
from assets.reference.calendar import latest_release, months_between, next_release
from assets.store.clock import AHEAD, can_be_right
from assets.store.coverage import Coverage
from assets.store.landing import Waiting
from assets.store.ledger import LedgerRow
from assets.upkeep.finding import Finding
from assets.upkeep.kept_out import MEANING, by_status, kept_out

DETAIL = "census_country"
"""The source of partner detail: a release is in when its month is."""
SHOWN = 5
CLOCK_SLACK = timedelta(minutes=5)


def releases(ledger: Iterable[LedgerRow], today: date) -> Finding:
    """Which releases are out and not in, and when the next one is due."""
    coming = next_release(today)
    kind = "estimated for" if coming.is_estimate else "set for"
    due = f"The next, {coming.reference_month:%B %Y}, is {kind} {coming.released_on:%d %B %Y}."
    months = [
        row.newest_reference_month
        for row in ledger
        if row.source == DETAIL and row.status == "accepted" and row.newest_reference_month
    ]
    out = latest_release(today)
    if not months:
        return Finding("releases", f"No partner detail is here. {due}", "Run tradewake refresh.")
    newest = max(months)
    lacking = months_between(newest, out.reference_month)[1:]
    if not lacking:
        return Finding("releases", f"Partner detail is here up to {newest:%B %Y}, the newest that is out. {due}")
    words = f"Out but not in: {fold(lacking)} (the newest since {out.released_on:%d %B %Y}). {due}"
    return Finding("releases", words, "Put the new country workbook into landing/ and run tradewake refresh.")


def publication(published: str | None, present: str) -> Finding:
    """Whether the last publication was made from the present files and code (fingerprints of both)."""
    if published is None:
        return Finding("publication", "Nothing was published yet.", "Run tradewake refresh.")
    if published != present:
        words = "Files or code have changed since the last publication: what people read is stale."
        return Finding("publication", words, "Run tradewake refresh.")
    return Finding("publication", "What is published was made from the present files and code.")


def months(found: Collection[Coverage]) -> Finding:
    """Months that lack in the monthly datasets of which files have landed."""
    lacking = [one for one in found if one.missing]
    if not lacking:
        return Finding("months", f"None is missing in {len(found)} monthly datasets that have landed.")
    words = "; ".join(f"{one.source} {one.dataset}: {fold(one.missing)}" for one in lacking)
    return Finding("months", f"Missing: {words}", "Get them with tradewake fetch, then run tradewake refresh.")


def files(ledger: Collection[LedgerRow]) -> Finding:
    """Every file that came and is in no mart, by its status; those that wait for a person with the next thing to type."""
    groups = by_status(kept_out(ledger))
    if not groups:
        return Finding("files", "Every file that came is in the marts.")
    told = []
    todo = []
    for status, found in groups.items():
        shown = found if found[0].waits else found[:SHOWN]
        names = "; ".join(f"{one.name}: {one.why}" for one in shown)
        more = (
            f"; and {len(found) - len(shown)} more, see tradewake files --status {status}"
            if len(found) > len(shown)
            else ""
        )
        told.append(f"{len(found)} {status} ({MEANING[status]}): {names}{more}")
        todo += [one.command for one in found if one.waits]
    return Finding("files", ". ".join(told) + ".", "; ".join(dict.fromkeys(todo)))


def waiting(found: Collection[Waiting]) -> Finding:
    """Files that wait to be taken in."""
    if not found:
        return Finding("landing", "No file waits.")
    names = ", ".join(visible(file.name) for file in list(found)[:SHOWN])
    return Finding("landing", f"{len(found)} wait: {names}", "Run tradewake refresh.")


def clock(recorded: Iterable[datetime], now: datetime) -> Finding:
    """Whether the clock is behind what was recorded, or was once far ahead (see `assets/store/clock.py`)."""
    newest = max(recorded, default=None)
    if newest is None or newest <= now + CLOCK_SLACK:
        return Finding("clock", f"{now:%Y-%m-%d %H:%M} UTC, not behind what was recorded")
    words = f"{now:%Y-%m-%d %H:%M} UTC, but a file was taken in on {newest:%Y-%m-%d %H:%M}"
    if can_be_right(now) and newest > now + AHEAD:
        return Finding("clock", f"{words}, by a clock that was ahead: that day dates no later file")
    return Finding("clock", words, "Set the clock. Until then, new files are dated by that file, not by the clock.")

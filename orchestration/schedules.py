"""The monthly refresh: a schedule that asks the release calendar on weekday mornings.

Releases fell anywhere from the 2nd to the 29th of a month and stopped in a lapse of appropriations, so the day comes
from the calendar (`assets/reference/release_calendar.csv`), never from a fixed day of the month.
"""

from datetime import date, timedelta

import dagster as dg

from assets.reference.calendar import Release, latest_release, next_release
from orchestration.jobs import REFRESH

NEW_YORK = "America/New_York"
RELEASE_TAG = "tradewake/release"
CATCH_UP = timedelta(days=4)
"""A release missed on its morning (a machine that was off, a long weekend) is still requested this long."""


def release_key(release: Release) -> str:
    """Run key of a release: one refresh for each."""
    return f"release-{release.reference_month:%Y-%m}"


@dg.schedule(
    name="release_morning",
    job_name=REFRESH,
    cron_schedule="0 9 * * 1-5",
    execution_timezone=NEW_YORK,
    description="Weekday mornings at 9:00 Eastern, half an hour after release time: refresh once per release.",
)
def release_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Request the refresh for the newest release that was not requested yet, else say why not."""
    today = context.scheduled_execution_time.date()
    newest = latest_release(today)
    key = release_key(newest)
    if today - newest.released_on > CATCH_UP:
        return dg.SkipReason(f"No release this morning. {_upcoming(today)}")
    if context.instance.get_runs_count(dg.RunsFilter(tags={RELEASE_TAG: key})):
        return dg.SkipReason(
            f"The release of {newest.released_on:%d %B %Y} ({newest.reference_month:%B %Y}) was refreshed already. "
            f"{_upcoming(today)}"
        )
    return dg.RunRequest(run_key=key, tags={RELEASE_TAG: key})


def _upcoming(today: date) -> str:
    release = next_release(today)
    kind = "estimated for" if release.is_estimate else "set for"
    note = f" ({release.note})" if release.note else ""
    return f"The next, {release.reference_month:%B %Y}, is {kind} {release.released_on:%d %B %Y}{note}."

"""The monthly refresh: a schedule that asks the release calendar and the sources on weekday mornings.

Releases fell anywhere from the 2nd to the 29th of a month and stopped in a lapse of appropriations, so the day comes
from the calendar (`assets/reference/release_calendar.csv`) and from what the sources have, never from a fixed day of the
month. What follows from them is decided in `releases.py`.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from assets.acquire.offers import Sources
from assets.reference.calendar import bundled_calendar
from assets.settings import Settings
from orchestration.jobs import REFRESH, refresh_config
from orchestration.releases import RELEASE_TAG, Decision, decide, release_key

NEW_YORK = "America/New_York"
MONTHS_TAG = "tradewake/months"
ON = Settings.from_environment().automation == "on"


@dg.schedule(
    name="release_morning",
    job_name=REFRESH,
    cron_schedule="0 9 * * 1-5",
    execution_timezone=NEW_YORK,
    default_status=dg.DefaultScheduleStatus.RUNNING if ON else dg.DefaultScheduleStatus.STOPPED,
    description="Weekday mornings at 9:00 Eastern, half an hour after release time: refresh once per release.",
)
def release_morning(
    context: dg.ScheduleEvaluationContext, sources: dg.ResourceParam[Sources], settings: dg.ResourceParam[Settings]
) -> dg.RunRequest | dg.SkipReason:
    """See `answer`, on the day of the tick in New York."""
    today = context.scheduled_execution_time.astimezone(ZoneInfo(NEW_YORK)).date()
    return answer(today, context.instance, sources, settings)


def answer(
    today: date, instance: dg.DagsterInstance, sources: Sources, settings: Settings
) -> dg.RunRequest | dg.SkipReason:
    """Request the refresh for the newest release that is out and not in, else say why not."""
    decision = decide(today, bundled_calendar(), sources)
    if decision.release is None:
        return dg.SkipReason(decision.reason)
    key = release_key(decision.release)
    runs = instance.get_run_records(dg.RunsFilter(tags={RELEASE_TAG: key}))
    if any(not record.dagster_run.is_finished for record in runs):
        return dg.SkipReason(f"{decision.reason} Its refresh is under way.")
    if any(_day_of(record.create_timestamp) >= today for record in runs):
        return dg.SkipReason(f"{decision.reason} Its refresh ran today already and did not take it in; see the run.")
    # A run that ended without the month is tried again the next morning, under another key: Dagster runs a key once.
    again = f"/{len(runs) + 1}" if runs else ""
    return dg.RunRequest(
        run_key=key + again,
        tags={RELEASE_TAG: key, MONTHS_TAG: _range(decision)},
        run_config=refresh_config(
            strict=settings.is_strict, fetch_from=settings.fetch, fetch_months=_months(decision, settings)
        ),
    )


def _months(decision: Decision, settings: Settings) -> tuple[date, ...]:
    return () if settings.fetch == "off" else decision.months


def _range(decision: Decision) -> str:
    return f"{decision.months[0]:%Y-%m} to {decision.months[-1]:%Y-%m}"


def _day_of(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(NEW_YORK)).date()

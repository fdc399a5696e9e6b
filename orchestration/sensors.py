"""Sensors: files that land request a refresh; what people should know goes out as an alert.

When something is worth an alert is decided here. How an alert goes out belongs in `assets/notify.py`, what is news in a
publication in `assets/publication/news.py`.
"""

import json
import os
from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

import dagster as dg

from assets.acquire.census_api import KEY_VARIABLE
from assets.acquire.offers import Sources
from assets.home import Home
from assets.notify import Alert, Notifier
from assets.publication.news import news
from assets.publication.publish import publication_from, stamp_of
from assets.reference.calendar import bundled_calendar, business_days_late
from assets.settings import Settings
from assets.store.files import sha256_of
from assets.store.landing import Waiting, waiting_files
from assets.store.ledger import read_ledger
from assets.upkeep.kept_out import KeptOut, by_status, kept_out
from orchestration.causes import failed_step
from orchestration.jobs import REFRESH, refresh_config
from orchestration.releases import late_release, release_key
from orchestration.schedules import NEW_YORK, ON

STATUS = dg.DefaultSensorStatus.RUNNING if ON else dg.DefaultSensorStatus.STOPPED
SHOWN_NAMES = 10
LONGEST_TAG = 200
MINUTE_SECONDS, HOUR_SECONDS = 60, 3_600


@dg.sensor(
    name="landed_files",
    job_name=REFRESH,
    minimum_interval_seconds=MINUTE_SECONDS,
    default_status=STATUS,
    description="Requests a refresh when files wait in the landing folder, once for each set of contents.",
)
def landed_files(
    context: dg.SensorEvaluationContext, home: dg.ResourceParam[Home], settings: dg.ResourceParam[Settings]
) -> dg.SensorResult | dg.SkipReason:
    """Compare the waiting files with those of the last request: size and time first, content where they differ."""
    known: dict[str, list[int | str]] = json.loads(context.cursor or "{}")
    waiting: dict[str, list[int | str]] = {}
    arriving = 0
    for file in waiting_files(home, bundled=None):
        try:
            if file.is_arriving:
                arriving += 1
                continue
            status = file.path.lstat()
            look: list[int | str] = [status.st_size, status.st_mtime_ns]
            before = known.get(file.name)
            same = before is not None and before[:2] == look
            waiting[file.name] = before if same and before is not None else [*look, _content(file)]
        except FileNotFoundError:
            continue
    if arriving and not waiting:
        return dg.SkipReason(f"{arriving} waiting file(s) are still being written.")
    if not waiting:
        return dg.SkipReason("No file waits in the landing folder.")
    cursor = json.dumps(waiting, sort_keys=True)
    contents = sorted({str(seen[2]) for seen in waiting.values()})
    if contents == sorted({str(seen[2]) for seen in known.values()}):
        return dg.SensorResult(
            skip_reason=dg.SkipReason(f"{len(waiting)} waiting file(s) were requested already."), cursor=cursor
        )
    names = ", ".join(sorted(waiting)[:SHOWN_NAMES])
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=f"landing-{sha256(''.join(contents).encode()).hexdigest()[:16]}",
                tags={"tradewake/files": names[:LONGEST_TAG]},
                run_config=refresh_config(strict=settings.is_strict),
            )
        ],
        cursor=cursor,
    )


@dg.sensor(
    name="late_release",
    minimum_interval_seconds=HOUR_SECONDS,
    default_status=STATUS,
    description="Alerts once when a release is more than two business days late.",
)
def late_release_alert(
    context: dg.SensorEvaluationContext,
    sources: dg.ResourceParam[Sources],
    settings: dg.ResourceParam[Settings],
    ways: dg.ResourceParam[list[Notifier]],
) -> dg.SensorResult | dg.SkipReason:
    """Look at the newest release that is due; the cursor is the release that an alert went out for."""
    today = datetime.now(UTC).astimezone(ZoneInfo(NEW_YORK)).date()
    release = late_release(today, bundled_calendar(), sources)
    if release is None:
        return dg.SkipReason("No release is late.")
    if context.cursor == release_key(release):
        return dg.SkipReason(f"{release.reference_month:%B %Y} is late; an alert went out.")
    days = business_days_late(release.released_on, today)
    kind = "estimated for" if release.is_estimate else "expected on"
    title = (
        f"The release of {release.reference_month:%B %Y}, {kind} {release.released_on:%d %B %Y}, is not in "
        f"{days} business days later"
    )
    todo = "If it is out, land its files and refresh; if it was moved, edit the release calendar."
    _send(ways, Alert("release late", title, (todo,)), settings)
    return dg.SensorResult(skip_reason=dg.SkipReason(f"Told: {title}."), cursor=release_key(release))


@dg.sensor(
    name="failed_run",
    minimum_interval_seconds=MINUTE_SECONDS,
    default_status=STATUS,
    description="Alerts when a run failed, in the daemon or on the command line, with the steps and their causes.",
)
def failed_run_alert(
    context: dg.SensorEvaluationContext,
    settings: dg.ResourceParam[Settings],
    ways: dg.ResourceParam[list[Notifier]],
) -> dg.SensorResult | dg.SkipReason:
    """Tell the oldest failed run that was not told yet; the cursor is when it failed.

    Not a run failure sensor: that one goes on to the next failure although an alert could not be delivered.
    """
    if not context.cursor:
        return dg.SensorResult(
            skip_reason=dg.SkipReason("From now on failed runs are told."), cursor=datetime.now(UTC).isoformat()
        )
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=datetime.fromisoformat(context.cursor))
    records = context.instance.get_run_records(failed, limit=1, order_by="update_timestamp", ascending=True)
    if not records:
        return dg.SkipReason("No run failed since the last one that was told.")
    (record,) = records
    run = record.dagster_run
    events = context.instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    causes = [failed_step(one.event_log_entry.get_dagster_event()) for one in events]
    title = f"Run {run.run_id} of {run.job_name} failed; what was published stands"
    _send(ways, Alert("run failed", title, tuple(causes) or ("no step tells why; see the run",)), settings)
    return dg.SensorResult(skip_reason=dg.SkipReason(f"Told: {title}."), cursor=record.update_timestamp.isoformat())


@dg.sensor(
    name="files_kept_out",
    minimum_interval_seconds=MINUTE_SECONDS,
    default_status=STATUS,
    description="Alerts when a file was refused or quarantined, or has no date: nobody may be there to read the summary.",
)
def kept_out_alert(
    context: dg.SensorEvaluationContext,
    home: dg.ResourceParam[Home],
    settings: dg.ResourceParam[Settings],
    ways: dg.ResourceParam[list[Notifier]],
) -> dg.SensorResult | dg.SkipReason:
    """Tell each such file once in each status; the cursor holds those that stand and were told."""
    waiting = [one for one in kept_out(read_ledger(home.lake).values()) if one.waits]
    told = set(json.loads(context.cursor or "[]"))
    new = [one for one in waiting if _key(one) not in told]
    cursor = json.dumps(sorted(map(_key, waiting)))
    if not new:
        return dg.SensorResult(skip_reason=dg.SkipReason("No file more was kept out."), cursor=cursor)
    counts = ", ".join(f"{len(found)} {status}" for status, found in by_status(new).items())
    title = f"{len(new)} file{'s' if len(new) > 1 else ''} kept out: {counts}"
    lines = [f"{one.status}: {one.name}: {one.why} -> {one.command}" for one in new[:SHOWN_NAMES]]
    more = len(new) - len(lines)
    _send(ways, Alert("files kept out", title, (*lines, *([f"and {more} more"] if more else []))), settings)
    return dg.SensorResult(skip_reason=dg.SkipReason(f"Told: {title}."), cursor=cursor)


def _key(file: KeptOut) -> str:
    return f"{file.file_id} {file.status}"


@dg.sensor(
    name="publication_news",
    minimum_interval_seconds=MINUTE_SECONDS,
    default_status=STATUS,
    description="Alerts when a publication sets new records or turns an old claim, from the UI or the command line.",
)
def publication_news(
    context: dg.SensorEvaluationContext,
    home: dg.ResourceParam[Home],
    settings: dg.ResourceParam[Settings],
    ways: dg.ResourceParam[list[Notifier]],
) -> dg.SensorResult | dg.SkipReason:
    """Compare the publication with the one that was last looked at; the cursor names it, so that none is passed over."""
    present = stamp_of(home)
    if present is None or present == context.cursor:
        return dg.SkipReason("Nothing was published since the last look." if present else "Nothing is published yet.")
    before = publication_from(home, context.cursor) if context.cursor else None
    if before is None:
        return dg.SensorResult(skip_reason=dg.SkipReason("There is none before it to compare it with."), cursor=present)
    found = news(before, home.published)
    if found.lines:
        _send(ways, Alert("news", found.title, tuple(found.lines)), settings)
    return dg.SensorResult(skip_reason=dg.SkipReason(f"{found.title}."), cursor=present)


def _send(ways: list[Notifier], alert: Alert, settings: Settings) -> None:
    """Every way gets the alert, without secrets; one that fails fails the tick, which is tried again."""
    secrets = [*settings.secrets, *([key] if (key := os.environ.get(KEY_VARIABLE)) else [])]
    for way in ways:
        way.send(alert.without(secrets))


def _content(file: Waiting) -> str:
    """What tells the file from others: its hash; for what cannot be read, or must not be opened, its name."""
    try:
        return sha256_of(file.path) if file.is_regular else f"no file {file.name}"
    except PermissionError:
        return f"unreadable {file.name}"

"""Running the refresh job in this process and telling what came of it.

Only starting the job and collecting its outcome belongs here; printing belongs in `summary.py`.
"""

import logging
import time
from dataclasses import dataclass

import dagster as dg

from assets.home import Home
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.writer_lock import writer_lock
from orchestration.assembly import build_definitions
from orchestration.jobs import REFRESH, refresh_config
from orchestration.progress import console


@dataclass(frozen=True)
class Outcome:
    """What a refresh did: success, whether it published, ledger rows it wrote or met again, failures in words."""

    success: bool
    published: bool
    seconds: float
    files: list[LedgerRow]
    failures: list[str]
    run_id: str


def run_refresh(home: Home, *, strict: bool, rebuild: bool, take_in: bool = True) -> Outcome:
    """Run the refresh over one data folder, without `take_in` on the raw store alone; never raises for a failing step."""
    started = time.monotonic()
    # Steps that are skipped because nothing is new warn once for each of their checks; the summary tells failures.
    logging.getLogger("dagster").setLevel(logging.ERROR)
    console.print(f"Tradewake refresh of {home.root}")
    with console.status("loading the definitions"):
        definitions = build_definitions(home)
        job = definitions.resolve_job_def(REFRESH)
    config = {**refresh_config(strict=strict, rebuild=rebuild, take_in=take_in), "loggers": {"progress": {}}}
    # In-process execution leaves the job's executor aside, and with it the lock.
    with writer_lock(home, tell=console.print), dg.DagsterInstance.get() as instance:
        before = read_ledger(home.lake)
        result = job.execute_in_process(run_config=config, instance=instance, raise_on_error=False)
        after = read_ledger(home.lake)
    failures = [
        f"{event.step_key}: {_cause(event)}" for event in result.all_events if event.event_type_value == "STEP_FAILURE"
    ]
    failures += [
        f"check {check.asset_key.to_user_string()}: {check.check_name}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
    return Outcome(
        success=result.success and home.published.exists(),
        published=bool(result.asset_materializations_for_node("published__trade")) if result.success else False,
        seconds=time.monotonic() - started,
        files=[row for file_id, row in after.items() if before.get(file_id) != row],
        failures=failures,
        run_id=result.run_id,
    )


def _cause(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "no reason given"

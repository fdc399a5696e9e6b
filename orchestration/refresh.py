"""Running the refresh job in this process and telling what came of it.

Only starting the job and collecting its outcome belongs here; printing belongs in `summary.py`.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

import dagster as dg
from sqlalchemy.exc import OperationalError

from assets.dbt_runner import DbtError
from assets.home import Home
from assets.raw.landing import REPEATED, TOLD
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.writer_lock import writer_lock
from orchestration.assembly import build_definitions
from orchestration.causes import failed_step
from orchestration.executor import report_killed
from orchestration.jobs import REFRESH, refresh_config
from orchestration.progress import console


@dataclass(frozen=True)
class Outcome:
    """What a refresh did: success, whether it published, ledger rows it wrote, failures in words, landed files whose
    bytes were here already under another name, with that name, and what else is to be told of what waited, by name."""

    success: bool
    published: bool
    seconds: float
    files: list[LedgerRow]
    failures: list[str]
    run_id: str
    repeated: dict[str, str]
    told: dict[str, str]


UNUSABLE = (OSError, OperationalError, DbtError)
"""What is raised when the data folder is read-only, full or not ours, so that not even the run history can be written."""


def run_refresh(home: Home, *, strict: bool, rebuild: bool, take_in: bool = True) -> Outcome:
    """Run the refresh over one data folder, without `take_in` on what the raw store holds; a failing step is told in the
    outcome.

    Raises one of UNUSABLE when the folder cannot be worked in.
    """
    started = time.monotonic()
    # Steps that are skipped because nothing is new warn once for each of their checks; the summary tells failures. Not on
    # Dagster's uppermost logger: asking for any logger of an asset sets its level again.
    logging.getLogger("dagster._core").setLevel(logging.ERROR)
    # A log that cannot be written, on a full disk, is told by the failure itself; Python would print a traceback a record.
    logging.raiseExceptions = False
    console.print(f"Tradewake refresh of {home.root}")
    with console.status("loading the definitions"):
        definitions = build_definitions(home)
        job = definitions.resolve_job_def(REFRESH)
    config = {**refresh_config(strict=strict, rebuild=rebuild, take_in=take_in), "loggers": {"progress": {}}}
    # In-process execution leaves the job's executor aside, and with it the lock.
    run_id = str(uuid4())
    with (
        writer_lock(home, tell=console.print, run_id=run_id) as killed,
        dg.DagsterInstance.get() as instance,
    ):
        report_killed(instance, killed)
        before = read_ledger(home.lake)
        result = job.execute_in_process(run_config=config, instance=instance, raise_on_error=False, run_id=run_id)
        after = read_ledger(home.lake)
    failures = [failed_step(event) for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
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
        repeated={name: first for name, first in _landed(result, REPEATED).items() if name != first},
        told=_landed(result, TOLD),
    )


def _landed(result: dg.ExecuteInProcessResult, key: str) -> dict[str, str]:
    """What the landing step says under a key of its metadata, by name of file."""
    said = [one.metadata[key].value for one in result.asset_materializations_for_node("raw__landing")]
    return {str(name): str(words) for one in said if isinstance(one, Mapping) for name, words in one.items()}

"""The landing sensor: new files in the landing folder request a refresh."""

import json
from hashlib import sha256
from pathlib import Path

import dagster as dg

from assets.home import Home
from assets.store.intake import waiting_files
from orchestration.jobs import REFRESH


@dg.sensor(
    name="landed_files",
    job_name=REFRESH,
    minimum_interval_seconds=60,
    description="Requests a refresh when files wait in the landing folder, once for each set of files.",
)
def landed_files(context: dg.SensorEvaluationContext, home: dg.ResourceParam[Home]) -> dg.SensorResult | dg.SkipReason:
    """Compare the waiting files (name, size, time) with those of the last request."""
    waiting = {file.name: _signature(file.path) for file in waiting_files(home, bundled=None)}
    if not waiting:
        return dg.SkipReason("No file waits in the landing folder.")
    state = json.dumps(waiting, sort_keys=True)
    if state == context.cursor:
        return dg.SkipReason(f"{len(waiting)} waiting file(s) were requested already.")
    names = ", ".join(sorted(waiting)[:10])
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=f"landing-{sha256(state.encode()).hexdigest()[:16]}", tags={"tradewake/files": names[:200]}
            )
        ],
        cursor=state,
    )


def _signature(path: Path) -> str:
    status = path.lstat()
    return f"{status.st_size}:{status.st_mtime_ns}"

"""Results of checks that a run planned and leaves out because nothing is new: the last ones stay those that are shown.

Dagster notes every check of a run when the run is created, and shows one that got no result as skipped, although its
table still is what the check passed. Only carrying the last result over belongs here.
"""

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

_EVALUATED = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def keep_last_results(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int:
    """Give every check of the run that has no result yet its last one, with the time at which that came; how many.

    A check that the run evaluates later still gets its own result in place of the last one.
    """
    storage = instance.event_log_storage
    planned = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED)
    told = [record.event_log_entry.get_dagster_event().event_specific_data for record in planned.records]
    keys = [
        dg.AssetCheckKey(one.asset_key, one.check_name) for one in told if isinstance(one, AssetCheckEvaluationPlanned)
    ]
    kept = 0
    for key, present in storage.get_latest_asset_check_execution_by_key(keys).items():
        if present.run_id != run.run_id or present.status in _EVALUATED:
            continue
        for last in storage.get_asset_check_execution_history(key, limit=1, status=_EVALUATED):
            if last.event is not None:
                instance.report_dagster_event(
                    last.event.get_dagster_event(), run.run_id, timestamp=last.event.timestamp
                )
                kept += 1
    return kept

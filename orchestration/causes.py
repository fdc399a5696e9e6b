"""Why a step failed, in the words at the bottom of Dagster's chain of errors."""

import dagster as dg


def failed_step(event: dg.DagsterEvent) -> str:
    """The step of a failure event and the message of the first error; Dagster wraps it in errors of its own."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return f"{event.step_key}: no reason given"
    # A Failure is written for people; the name of its class is not.
    text = (
        error.message.rpartition(f"{error.cls_name}: ")[2] if error.cls_name == dg.Failure.__name__ else error.message
    )
    return f"{event.step_key}: {text.strip()}"

"""The executor of every run: steps one after the other in the run's own process, and one writer over the data folder.

Pools queue the runs that the daemon starts; they know nothing of a refresh on the command line. The lock does.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.dagster_kit import WRITER_POOL
from assets.home import Home
from assets.store.writer_lock import Holder, writer_lock


class _OneWriter(dg.Executor):
    """Runs a plan by another executor, holding the data folder when a step of the plan writes to it."""

    def __init__(self, home: Home, inner: dg.Executor) -> None:
        self._home = home
        self._inner = inner

    @property
    def retries(self) -> Any:  # noqa: ANN401 - Dagster does not export its RetryMode
        return self._inner.retries

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:  # noqa: ANN401 - nor these
        if all(step.pool != WRITER_POOL for step in execution_plan.steps):
            yield from self._inner.execute(plan_context, execution_plan)
            return
        with writer_lock(self._home, tell=plan_context.log.info, run_id=plan_context.run_id) as killed:
            report_killed(plan_context.instance, killed)
            yield from self._inner.execute(plan_context, execution_plan)


def report_killed(instance: dg.DagsterInstance, killed: Holder | None) -> None:
    """Have the run of a killed process end in the run history, where it would stay started for ever."""
    run = instance.get_run_by_id(killed.run_id) if killed and killed.run_id else None
    if run is not None and killed is not None and not run.is_finished:
        instance.report_run_failed(run, f"Process {killed.process} ended without finishing this run.")


def one_writer(home: Home) -> dg.ExecutorDefinition:
    """The executor over one data folder; takes the options of Dagster's in-process executor."""

    def create(init_context: dg.InitExecutorContext) -> dg.Executor:
        inner = dg.in_process_executor.executor_creation_fn
        if inner is None:
            raise TypeError("Dagster's in-process executor cannot be created")
        return _OneWriter(home, inner(init_context))

    schema = dg.in_process_executor.config_schema.as_field()
    return dg.ExecutorDefinition(name="one_writer", config_schema=schema, executor_creation_fn=create)

"""Progress of a run on the terminal: one line a finished step, a running clock for the one at work.

A Dagster logger, so that any run can use it; what the run does is none of its business.
"""

import logging

import dagster as dg
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from assets.errors import visible

console = Console(stderr=True)


class ProgressHandler(logging.Handler):
    """Turns Dagster events into lines that a person follows."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._status: Status | None = None
        self._materialized = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Show one log record; events that a person need not follow are passed over."""
        event = getattr(record, "dagster_event", None)
        meta = getattr(record, "dagster_meta", None)
        if event is not None:
            self._show_event(event)
        elif meta is not None and meta.get("step_key") and record.levelno == logging.INFO:
            self._say(escape(visible(record.getMessage())))

    def _show_event(self, event: dg.DagsterEvent) -> None:
        kind = event.event_type_value
        if kind == "STEP_START":
            self._materialized = 0
            self._say(_title(event.step_key))
        elif kind == "ASSET_MATERIALIZATION":
            self._materialized += event.partition is None  # months that a source reports are no tables
            self._say(f"{_title(event.step_key)}: {event.asset_key.to_user_string() if event.asset_key else ''}")
        elif kind == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            if not check.passed:
                console.print(f"  [red]✗ check failed[/red] {check.asset_key.to_user_string()}: {check.check_name}")
        elif kind == "STEP_SUCCESS":
            self._finish(f"[green]✓[/green] {_title(event.step_key)}{self._count()}")
        elif kind == "STEP_SKIPPED":
            self._finish(f"[dim]– {_title(event.step_key)}: nothing new[/dim]")
        elif kind == "STEP_FAILURE":
            self._finish(f"[red]✗ {_title(event.step_key)}[/red]")
        elif kind.startswith("PIPELINE_") and kind.endswith(("SUCCESS", "FAILURE", "CANCELED")):
            self._stop()

    def _count(self) -> str:
        return f" [dim]({self._materialized} tables)[/dim]" if self._materialized > 1 else ""

    def _say(self, text: str) -> None:
        if self._status is None:
            self._status = console.status(text)
            self._status.start()
        self._status.update(text)

    def _finish(self, line: str) -> None:
        self._stop()
        console.print(f"  {line}")

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


@dg.logger({}, description="One line a finished step, for the command line.")
def progress_logger(init_context: dg.InitLoggerContext) -> logging.Logger:
    """A logger of its own, so that nothing else is printed."""
    logger = logging.Logger("tradewake.progress", logging.DEBUG)
    logger.addHandler(ProgressHandler())
    return logger


STEP_TITLES = {
    "raw__landing": "landing folder and bundled figures",
    "dbt_build": "dbt: staging, marts and their tests",
    "meta__source_file": "source files",
    "flags__record": "record and since flags",
    "flags__diversion": "diversion",
    "flags__balance_waterfall": "waterfall of the balance",
    "marts__tariff_month": "tariff measures in force",
    "flags__front_loading": "front-loading",
    "flags__front_loading_cut": "front-loading: four cuts",
    "flags__rerouting": "rerouting indicator",
    "flags__capital_goods": "capital goods",
    "flags__policy_scoreboard": "policy scoreboard",
    "flags__regression": "regressions",
    "claims__verdict": "claims",
    "flags__revision_report": "revision report",
    "published__trade": "publication",
}


def _title(step_key: str | None) -> str:
    return STEP_TITLES.get(step_key or "", (step_key or "").replace("raw__", "raw files: ").replace("__", "/"))

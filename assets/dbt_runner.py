"""Running dbt in this process: one import of dbt a run instead of one a command.

Here belongs how dbt is called and how its events are handed on. What the events mean to Dagster belongs in
`dbt_models.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Any

from assets.home import PROJECT_ROOT, Home

PROJECT_DIR = PROJECT_ROOT / "dbt_project"


class DbtError(RuntimeError):
    """dbt ended with failing nodes or could not start; the message names them."""


def run_dbt(home: Home, command: str, arguments: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
    """Run one dbt command and yield its structured events as they come, shaped as dbt's JSON log.

    Raises DbtError after the last event when a node failed. dbt's own log is in the data folder.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - dbt takes seconds to import; only a build needs it
    from dbt_common.events.functions import msg_to_dict  # noqa: PLC0415

    events: SimpleQueue[Mapping[str, Any] | None] = SimpleQueue()
    results = []

    def work() -> None:
        try:
            runner = dbtRunner(callbacks=[lambda event: events.put(msg_to_dict(event))])
            results.append(runner.invoke([command, *_flags(home), *arguments]))
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
            events.put(None)

    # No daemon: a process that ends while DuckDB works in a thread is aborted, after its last word and with another code.
    thread = Thread(target=work, name=f"dbt {command}")
    thread.start()
    try:
        while (event := events.get()) is not None:
            yield event
    finally:
        thread.join()
    if not results or not results[0].success:
        raise DbtError(_explain(results[0] if results else None))


def is_failed_test(event: Mapping[str, Any]) -> bool:
    """Whether an event says that a test has found rows."""
    node = event["data"].get("node_info") or {}
    return bool(node.get("resource_type") == "test" and node.get("node_status") == "fail")


def _flags(home: Home) -> list[str]:
    return [
        "--project-dir",
        str(PROJECT_DIR),
        "--profiles-dir",
        str(PROJECT_DIR),
        "--target-path",
        str(home.dbt_target),
        "--log-path",
        str(home.dbt_target),
        "--log-level",
        "none",
        "--log-level-file",
        "info",
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
    ]


def _explain(result: Any) -> str:  # noqa: ANN401 - dbt's result types differ between commands
    if result is None:
        return "dbt did not start"
    if result.exception is not None:
        return str(result.exception)
    failed = [
        f"{item.node.name}: {' '.join(str(item.message).split())}"
        for item in getattr(result.result, "results", [])
        if str(item.status) in {"error", "fail", "runtime error"}
    ]
    return "; ".join(failed) or "dbt reported a failure without naming a node"

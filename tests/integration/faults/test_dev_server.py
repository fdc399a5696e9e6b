"""`dagster dev`, a refresh on the command line and a reader on the same data folder at the same time."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import duckdb
import httpx

from assets.home import Home
from tests.conftest import Tally
from tests.integration.faults.small import Project, content_hash, copy_of, reissue

PATIENCE_SECONDS = 400
LAUNCH = """
mutation($selector: JobOrPipelineSelector!) {
  launchRun(executionParams: {selector: $selector}) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
SELECTOR = {"repositoryLocationName": "tradewake", "repositoryName": "__repository__", "jobName": "refresh"}
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
OVER = {"SUCCESS", "FAILURE", "CANCELED"}


class Server:
    """The GraphQL side of a running web server."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, **variables: object) -> dict[str, dict[str, object]]:
        """The `data` of the answer; raises httpx.HTTPError while the server is not up."""
        answer = httpx.post(self._url, json={"query": query, "variables": variables}, timeout=60)
        answer.raise_for_status()
        data: dict[str, dict[str, object]] = answer.json()["data"]
        return data

    def is_up(self) -> bool:
        """Whether the definitions are loaded."""
        try:
            found = self.ask("query { workspaceOrError { ... on Workspace { locationEntries { loadStatus } } } }")
        except httpx.HTTPError:
            return False
        return found["workspaceOrError"].get("locationEntries") == [{"loadStatus": "LOADED"}]


def wait_for(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, f"{what} did not happen in {PATIENCE_SECONDS} s"
        time.sleep(0.5)


@contextmanager
def dagster_dev(project: Project, home: Home) -> Iterator[Server]:
    """`dagster dev` on a free port, daemon and web server included; all of it is stopped on leaving."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**project.environment(home), "DAGSTER_HOME": str(home.dagster)}
    command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-p", str(port)]
    with (home.root / "dev.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=project.root, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            server = Server(port)
            wait_for(server.is_up, "the start of the web server")
            yield server
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def reading(home: Home, hashes: list[str], errors: list[str]) -> Iterator[None]:
    """Someone who asks the published file again and again, with a new connection each time."""
    stop = Event()

    def read() -> None:
        while not stop.is_set():
            try:
                with duckdb.connect(str(home.published), read_only=True) as con:
                    con.execute("select sum(balance_usd) from marts.partner_month").fetchall()
                    hashes.extend(
                        row[0] for row in con.execute("select content_hash from meta.published_manifest").fetchall()
                    )
            except duckdb.Error as problem:
                errors.append(str(problem))
            stop.wait(0.1)

    thread = Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_all_three_work_side_by_side(
    project: Project, undisturbed: Home, hash_after_reissue: str, tmp_path: Path, tally: Tally
) -> None:
    home = copy_of(undisturbed, tmp_path / "data")
    before = content_hash(home)
    hashes: list[str] = []
    errors: list[str] = []
    with reading(home, hashes, errors), dagster_dev(project, home) as server:
        reissue(home)
        launched = server.ask(LAUNCH, selector=SELECTOR)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run = launched["run"]
        assert isinstance(run, dict)
        code, output = project.run(home, "refresh")
        assert code == 0, output

        def status() -> object:
            return server.ask(STATUS, id=run["runId"])["runOrError"]["status"]

        wait_for(lambda: status() in OVER, "the end of the run")
        assert status() == "SUCCESS"
    assert errors == []
    assert content_hash(home) == hash_after_reissue
    assert list(dict.fromkeys(hashes)) == [before, hash_after_reissue]
    tally["reads beside the UI and two refreshes"] += len(hashes)

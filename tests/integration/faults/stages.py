"""How far a refresh has come, told from outside: from its data folder and from what it prints."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

from assets.home import Home
from assets.store.ledger import read_ledger
from tests.integration.faults.small import Project

PATIENCE_SECONDS = 300


@dataclass
class Running:
    """A refresh on its way, with the lines it has printed so far."""

    process: subprocess.Popen[str]
    home: Home
    lines: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        return "".join(self.lines)


Moment = Callable[[Running], bool]


def _stored(home: Home) -> int:
    return len([path for path in home.raw.glob("[!.]*/*") if not path.name.startswith(".")])


def _writes_the_warehouse(run: Running) -> bool:
    log = run.home.warehouse.with_name(run.home.warehouse.name + ".wal")
    return "✓ raw files: usitc_dataweb" in run.text and log.exists() and log.stat().st_size > 0


def _copies_tables(run: Running) -> bool:
    fresh = run.home.published_folder.glob(".trade.*.duckdb")
    return "✓ claims" in run.text and any(path.stat().st_size > 1_000_000 for path in fresh)


# A first refresh has ten files to take in and to parse.
MOMENTS: dict[str, Moment] = {
    "landing": lambda run: 1 < _stored(run.home) < 9,
    "parsing": lambda run: 1 < len(read_ledger(run.home.lake)) < 9,
    "dbt": _writes_the_warehouse,
    "signals": lambda run: "✓ front-loading: four cuts" in run.text,
    "publication": _copies_tables,
}


def after(seconds: float) -> Moment:
    """So many seconds after the start, or the end if it comes first."""
    return lambda run: run.process.poll() is not None or time.monotonic() - run.started > seconds


@contextmanager
def refresh_at(project: Project, home: Home, moment: Moment) -> Iterator[Running]:
    """A refresh that has just come to the moment; waits for its end on leaving.

    Fails when it ends before, or does not come there in time.
    """
    with project.start(home, "refresh") as process:
        run = Running(process, home)
        reader = Thread(target=_collect, args=(run,))
        reader.start()
        until = time.monotonic() + PATIENCE_SECONDS
        while not moment(run):
            assert process.poll() is None, f"ended before the moment came:\n{run.text}"
            assert time.monotonic() < until, f"the moment did not come:\n{run.text}"
            time.sleep(0.002)
        try:
            yield run
        finally:
            process.wait()
            reader.join()


def _collect(run: Running) -> None:
    assert run.process.stdout is not None
    run.lines.extend(run.process.stdout)

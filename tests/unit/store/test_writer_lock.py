"""The writer's lock among real processes: the second waits, a killed holder leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assets.home import PROJECT_ROOT, Home
from assets.store.writer_lock import holder, is_held, lock_file, writer_lock

HOLD = """
import sys, time
from pathlib import Path
from assets.home import Home
from assets.store.writer_lock import writer_lock
with writer_lock(Home(Path(sys.argv[1])), tell=lambda text: print(text, flush=True)):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def hold(home: Home, seconds: float) -> subprocess.Popen[str]:
    """A process that holds the lock for some seconds once it has it."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root), str(seconds)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data")


def test_the_second_waits_says_for_whom_and_goes_on_afterwards(home: Home) -> None:
    with hold(home, 1.5) as first:
        assert next_line(first) == "held"
        told: list[str] = []
        started = time.monotonic()
        with writer_lock(home, tell=told.append):
            assert time.monotonic() - started > 0.5
            assert first.poll() is not None or first.wait(5) == 0
    assert len(told) == 1
    assert str(first.pid) in told[0]


def test_it_is_free_again_when_its_holder_is_killed(home: Home) -> None:
    with hold(home, 60) as first:
        assert next_line(first) == "held"
        assert is_held(home)
        first.send_signal(signal.SIGKILL)
    assert not is_held(home)
    left = holder(home)
    assert left is not None
    assert left.process == first.pid
    told: list[str] = []
    with writer_lock(home, tell=told.append) as killed:
        assert killed == left
        present = holder(home)
        assert present is not None
        assert present.process == os.getpid()
    assert told == []
    assert holder(home) is None


def test_files_left_by_a_machine_that_stopped_do_not_lock(home: Home) -> None:
    home.root.mkdir()
    lock_file(home).write_text("")
    lock_file(home).with_name("writer.json").write_text('{"process": 1, "since": "2026-10-06T13:00:00+00:00"}')
    assert not is_held(home)
    told: list[str] = []
    with writer_lock(home, tell=told.append):
        assert is_held(home)
    assert told == []


def test_a_holder_may_hold_again(home: Home) -> None:
    with writer_lock(home, tell=print) as first:
        with writer_lock(home, tell=print) as second:
            assert first is second is None
            assert is_held(home)
        assert is_held(home)
        assert holder(home) is not None
    assert not is_held(home)

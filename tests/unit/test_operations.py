"""docs/operations.md keeps its word: commands exist, units are sound, the web server stays on this machine."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assets.home import PROJECT_ROOT
from orchestration.cli import app

TEXT = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNITS = dict(re.findall(r"`(tradewake-[a-z]+\.(?:service|timer))`\n\n```ini\n(.*?)```", TEXT, re.DOTALL))
PROGRAMS = "/srv/tradewake/app/.venv/bin"


def test_commands_that_are_named_exist() -> None:
    known = {command.callback.__name__ for command in app.registered_commands if command.callback}
    named = set(re.findall(r"`tradewake ([a-z]+)`", TEXT))
    assert {"doctor", "verify", "rebuild", "tidy"} <= named <= known | {"fetch"}


def test_every_unit_runs_a_program_that_is_installed_here() -> None:
    assert len(UNITS) == 6
    programs = re.findall(rf"ExecStart={PROGRAMS}/(\S+)", "".join(UNITS.values()))
    assert len(programs) == 5
    assert all(Path(sys.executable).with_name(program).exists() for program in programs)
    assert "-h 127.0.0.1" in UNITS["tradewake-webserver.service"]


def test_units_are_sound(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed")
    for name, unit in UNITS.items():
        (tmp_path / name).write_text(unit.replace(PROGRAMS, str(Path(sys.executable).parent)))
    done = subprocess.run(
        [analyze, "verify", *(str(tmp_path / name) for name in UNITS)], capture_output=True, text=True, check=False
    )
    about_ours = [line for line in done.stderr.splitlines() if "tradewake-" in line]
    assert (done.returncode, about_ours) == (0, []), done.stderr

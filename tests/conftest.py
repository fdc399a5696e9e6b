"""Fixtures that every test may use: the development figures, a fresh data folder, and the tally of faults.

The tally is printed at the end of a test run: how often each fault was tried and survived. Tests add to it only what
they have asserted.
"""

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from assets.home import PROJECT_ROOT, Home
from assets.store import arriving

# Before any test loads openpyxl: see assets/bundled/reproducible.py.
os.environ["OPENPYXL_LXML"] = "False"

Tally = Counter[str]
TALLY = pytest.StashKey[Tally]()
SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of full development figures; tests that need it skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the full development figures are not beside the checkout")
    return SHARED_DATA


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty data folder."""
    return Home(tmp_path / "data")


@pytest.fixture(autouse=True)
def arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test lands has arrived: no test waits for a file that it has written itself."""
    monkeypatch.setattr(arriving, "QUIET_SECONDS", 0.0)


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Counts of survived faults by what was tried."""
    return pytestconfig.stash.setdefault(TALLY, Counter())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count the wrong files that parsers refused."""
    report = yield
    if call.when == "call" and report.passed and "unit/parsing" in item.path.as_posix() and "refus" in item.name:
        item.config.stash.setdefault(TALLY, Counter())["wrong files refused, each with its place"] += 1
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tally."""
    counts = config.stash.get(TALLY, None)
    if counts:
        terminalreporter.section("faults tried and survived")
        for what, count in sorted(counts.items()):
            terminalreporter.write_line(f"{count:>8,}  {what}")

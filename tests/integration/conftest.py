"""One refresh of the bundled figures in a fresh data folder, shared by all integration tests."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.home import HOME_VARIABLE, PROJECT_ROOT, Home

TRADEWAKE = Path(sys.executable).with_name("tradewake")


@dataclass(frozen=True)
class Refreshed:
    """A data folder after the first refresh, and how to run the command on it again."""

    home: Home
    first: subprocess.CompletedProcess[str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return tradewake(self.home, *arguments)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the published file."""
        with duckdb.connect(str(self.home.published), read_only=True) as con:
            return con.execute(query).fetchall()

    def content_hash(self) -> str:
        return str(self.rows("select content_hash from meta.published_manifest")[0][0])


def tradewake(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, on one data folder."""
    environment = {key: value for key, value in os.environ.items() if key != "DAGSTER_HOME"}
    return subprocess.run(
        [str(TRADEWAKE), *arguments],
        env={**environment, HOME_VARIABLE: str(home.root), "COLUMNS": "160"},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """The bundled figures, refreshed once."""
    home = Home(tmp_path_factory.mktemp("tradewake") / "data")
    first = tradewake(home, "refresh")
    assert first.returncode == 0, first.stdout + first.stderr
    return Refreshed(home, first)


@pytest.fixture
def published(refreshed: Refreshed) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Query the published file of the shared refresh."""
    yield refreshed.rows

"""Fixtures of the signals: the development figures with their flags, and empty tables to be filled by a test."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from assets.signals.flags import build_record_flags
from tests.unit.signals.trade_values import TABLES, load


@pytest.fixture(scope="session")
def flagged_file(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with the development figures and `flags.record` of every vintage."""
    path = tmp_path_factory.mktemp("signals") / "trade.duckdb"
    with duckdb.connect(path) as con:
        con.execute("set threads = 2; set enable_progress_bar = false")
        load(con, shared_data)
        build_record_flags(con)
    return path


@pytest.fixture
def flagged(flagged_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file, to be read."""
    with duckdb.connect(flagged_file, read_only=True) as con:
        yield con


@pytest.fixture
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """No trade values, all partners."""
    with duckdb.connect() as con:
        con.execute("set threads = 2")
        con.execute(TABLES)
        yield con

"""Connections for the tests of diversion: empty marts, and the real marts with the default tables written once."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from assets.methods.diversion import DiversionReport, Resampling, Settings, build_diversion_flags
from tests.unit.methods.diversion.marts import create_marts, load_real_marts


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with empty marts."""
    with duckdb.connect(config={"threads": 2}) as connection:
        create_marts(connection)
        yield connection


@dataclass(frozen=True)
class Real:
    """The real marts, flags.diversion of the default comparisons (199 draws), and the writer's report.

    `flags.diversion_2025` has the rows of 2025 against 2024 alone.
    """

    con: duckdb.DuckDBPyConnection
    report: DiversionReport


@pytest.fixture(scope="session")
def real(shared_data: Path) -> Iterator[Real]:
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as connection:
        load_real_marts(connection, shared_data)
        report = build_diversion_flags(connection, Settings(resampling=Resampling(draws=199)))
        connection.execute("create view flags.diversion_2025 as from flags.diversion where period1 = '2025'")
        yield Real(connection, report)

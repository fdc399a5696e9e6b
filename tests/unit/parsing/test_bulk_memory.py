"""A bulk archive is read in memory that has a bound and does not depend on its size."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.benchmarks.bench_ingest import FRESH_PROCESS
from tests.synthetic.bulk import write_synthetic

BOUND_MEGABYTES = 300

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")


def peak_megabytes(folder: Path, rows: int) -> float:
    """Peak resident memory of a fresh process that reads an archive of so many lines."""
    folder.mkdir()
    path = write_synthetic(folder, "imports", date(2025, 12, 1), rows)
    done = subprocess.run(
        [sys.executable, "-c", FRESH_PROCESS, str(path), str(folder)], check=True, capture_output=True, text=True
    )
    written = pq.ParquetFile(folder / "census_bulk_imports-2025-12.parquet").metadata
    assert written.num_rows > rows / 10
    return int(done.stdout) / 1000


def test_peak_memory_is_within_its_bound(tmp_path: Path) -> None:
    assert peak_megabytes(tmp_path / "one", 50_000) <= BOUND_MEGABYTES


@pytest.mark.scale
def test_peak_memory_is_that_of_a_file_a_fifth_as_large(tmp_path: Path) -> None:
    small, large = peak_megabytes(tmp_path / "small", 700_000), peak_megabytes(tmp_path / "large", 3_500_000)
    assert large <= min(BOUND_MEGABYTES, small * 1.15)

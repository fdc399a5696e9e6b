"""What killed processes leave goes, and nothing else does."""

import os
import time
from pathlib import Path

import pytest

from assets.home import Home
from assets.upkeep.leftovers import DAY_SECONDS, DBT_DAYS, leftovers, remove, size_of

UNFINISHED = (
    "raw/.incoming-x1/content.csv",
    "raw/census_country/abc/.decisions.json.k1.part",
    "raw/unrecognised/.abc.json.k1.part",
    "lake/.incoming/census_bulk_imports-2025-12.parquet",
    "lake/census_country/._schema.parquet.x.part",
    "lake/census_country/vintage=2026-01-01/.f.parquet.x.part",
    "lake/ledger/.f.parquet.x.part",
    "published/.trade.x.duckdb",
    "published/.trade.x.duckdb.wal",
    "published/parquet/.20261122T000000000000Z-abc.part/marts.x.parquet",
    "published/parquet/.current.json.x.part",
    "published/tmp/duckdb_temp_storage.tmp",
    "warehouse/tmp/duckdb_temp_storage.tmp",
    "warehouse/.build_state.json.x.part",
    "dbt/.project.sha256.x.part",
    ".writer.json.x.part",
    ".rebuild/new/lake/x",
)
KEPT = (
    "raw/census_country/abc/content.csv",
    "raw/census_country/abc/origin.json",
    "raw/unrecognised/abc.json",
    "lake/census_country/vintage=2026-01-01/f.parquet",
    "landing/.IMDB2512.ZIP.part",
    "landing/country.csv",
    "landing/refused/page.xlsx",
    "published/trade.duckdb",
    "published/history/trade-20261122T000000000000Z.duckdb",
    "published/parquet/20261122T000000000000Z-abc/marts.x.parquet",
    "warehouse/tradewake.duckdb",
    "warehouse/build_state.json",
    "dbt/dbt.log",
    "dbt/dbt.log.1",
    "dbt/run/model.sql",
    "dbt/manifest.json",
    "writer.lock",
)
OLD = ("dbt/dbt.log.2", "dbt/run/gone.sql", "dbt/compiled/a/gone.sql")


@pytest.fixture
def littered(home: Home) -> Home:
    """A data folder with both kinds of files, ten bytes each."""
    for name in (*UNFINISHED, *KEPT, *OLD):
        path = home.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789")
    old = time.time() - (DBT_DAYS + 1) * DAY_SECONDS
    for name in (*OLD, "dbt/dbt.log", "dbt/manifest.json"):
        os.utime(home.root / name, (old, old))
    return home


def test_only_leftovers_go(littered: Home) -> None:
    found = leftovers(littered)
    assert remove(found) == 10 * (len(UNFINISHED) + len(OLD))
    left = {path.relative_to(littered.root).as_posix() for path in littered.root.rglob("*") if path.is_file()}
    assert left == set(KEPT)
    assert all(one.why for one in found)
    assert leftovers(littered) == []


def test_a_link_is_never_followed(littered: Home, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"0123456789")
    (littered.raw / ".incoming-link").symlink_to(outside, target_is_directory=True)
    assert size_of(littered.raw / ".incoming-link") == 0
    remove(leftovers(littered))
    assert (outside / "precious").exists()
    assert not (littered.raw / ".incoming-link").exists()

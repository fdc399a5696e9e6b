"""Ledger and lake from the raw store alone: the same bytes, and everything as it was when that is not possible."""

from datetime import timedelta
from pathlib import Path

import pytest

from assets.home import Home
from assets.upkeep.derive import RawStoreDamaged, derive_store, in_place, workplace
from tests.unit.upkeep.conftest import NOW
from tests.unit.upkeep.test_verify import flip


def _state(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def built(small: Home) -> Home:
    """The small store with something in the place of warehouse and dbt state."""
    for path in (small.warehouse, small.dbt_target / "manifest.json"):
        path.parent.mkdir(parents=True)
        path.write_text("built")
    return small


def test_the_derived_lake_is_the_same_to_the_byte(built: Home) -> None:
    before, raw = _state(built.lake), _state(built.raw)
    for path in built.lake.rglob("*.parquet"):
        path.unlink()
    found = derive_store(built, NOW + timedelta(days=30))
    assert found.checked == {"raw files": 5, "ledger rows": 5, "lake files": 5}
    with in_place(built):
        assert not built.warehouse.exists() and not built.dbt_target.exists()
    assert {name: content for name, content in _state(built.lake).items() if name in before} == before
    assert _state(built.raw) == raw
    assert not workplace(built).exists()


def test_a_damaged_raw_store_changes_nothing(built: Home) -> None:
    flip(next(built.raw.glob("census_country/*/content*")))
    before = _state(built.root)
    with pytest.raises(RawStoreDamaged) as stopped:
        derive_store(built, NOW)
    assert [one.place for one in stopped.value.damages] == ["raw"]
    assert _state(built.root) == before


def test_a_failing_build_puts_all_back(built: Home) -> None:
    before = _state(built.root)
    derive_store(built, NOW)
    with pytest.raises(KeyboardInterrupt), in_place(built):
        built.warehouse.parent.mkdir()
        built.warehouse.write_text("half")
        raise KeyboardInterrupt
    assert _state(built.root) == before


@pytest.mark.parametrize("moved", [0, 1, 2, 3])
def test_what_a_killed_rebuild_left_is_no_obstacle(built: Home, moved: int) -> None:
    """Killed with some of the three old folders moved away: the next rebuild needs the raw store alone."""
    before = _state(built.lake)
    derive_store(built, NOW)
    old = workplace(built) / "old"
    old.mkdir()
    for place in (built.lake, built.warehouse.parent, built.dbt_target)[:moved]:
        place.replace(old / place.name)
    derive_store(built, NOW)
    with in_place(built):
        pass
    assert {name: content for name, content in _state(built.lake).items() if name in before} == before
    assert not workplace(built).exists()

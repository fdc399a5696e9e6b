"""Each published table is an asset with its columns, and each step reads exactly the tables that it is said to read.

Every step runs here on a warehouse that holds the tables of its `reads` and no others, empty, as their contracts say.
"""

from collections.abc import Iterable
from pathlib import Path

import dagster as dg
import pytest

from assets.claims.claim import read_claims
from assets.claims.reads import tables_read
from assets.contracts.claims import VERDICT
from assets.contracts.models import intermediate, marts, staging
from assets.contracts.table import Relation, Table
from assets.dagster_kit import ROWS_HOLD, Step, asset_key
from assets.home import Home
from assets.warehouse import connect
from orchestration.assembly import STEPS, build_definitions
from tests.contracts import empty
from tests.graph.reads import named_by

WRITTEN = {str(one.table): one.table for step in STEPS for one in step.tables}
KNOWN = WRITTEN.keys() | {str(one) for layer in (staging, intermediate, marts) for one in layer}


def _name(step: Step) -> str:
    return step.tables[0].table.name


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    with pytest.MonkeyPatch.context() as patch:
        home = Home(tmp_path_factory.mktemp("tables") / "data")
        patch.setenv("TRADEWAKE_HOME", str(home.root))
        return build_definitions(home)


def _prepare(home: Home, reads: Iterable[Table | Relation]) -> None:
    with connect(home.warehouse) as con:
        for schema in ("staging", "intermediate", "marts", "flags", "claims", "meta"):
            con.execute(f"create schema {schema}")
        empty(con, *(WRITTEN.get(str(one), one) for one in reads))


@pytest.mark.parametrize("step", STEPS, ids=_name)
def test_a_step_reads_the_tables_that_its_code_names(step: Step) -> None:
    """Those that it writes itself are left out; what the claims read stands in their files."""
    own = {str(one.table) for one in step.tables}
    named = {str(one) for one in named_by(step.write)} & KNOWN - own
    if VERDICT in [one.table for one in step.tables]:
        named |= {str(one) for claim in read_claims() for one in tables_read(claim)}
    assert sorted(named) == sorted(map(str, step.reads))


@pytest.mark.parametrize("step", STEPS, ids=_name)
def test_a_step_on_empty_tables_writes_tables_without_a_broken_row(step: Step, tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    _prepare(home, step.reads)
    step.write(home)
    with connect(home.warehouse, read_only=True) as con:
        for one in step.tables:
            broken = con.execute(f"select count(*) from {one.table} where {one.wrong}").fetchall()
            assert broken == [(0,)], one.table
            con.execute(one.preview)


def test_every_table_of_the_warehouse_that_is_published_is_an_asset_with_its_columns(
    definitions: dg.Definitions,
) -> None:
    """The manifest of a publication is written into the published file itself, behind the asset `published/trade`."""
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    for name in [*WRITTEN, *map(str, marts)]:
        spec = specs[name.replace(".", "/")]
        assert spec.metadata["dagster/column_schema"].columns, name
        assert spec.owners, name
        assert spec.metadata["dagster/code_references"], name


def test_every_table_that_python_writes_has_its_blocking_check(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for step in STEPS:
        for one in step.tables:
            (check,) = [key for key in graph.asset_check_keys if key.asset_key == asset_key(one.table)]
            assert check.name == ROWS_HOLD and graph.get(check).blocking

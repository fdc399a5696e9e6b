"""Empty tables as their contracts say, for tests that fill them: what dbt renames, no test knows under the old name."""

import json
from functools import cache
from typing import Any

import duckdb
import pytest

from assets.contracts.models import contract
from assets.contracts.table import Relation, Table
from assets.dbt_models import prepare_project
from assets.home import HOME_VARIABLE, PROJECT_ROOT, Home


def empty(con: duckdb.DuckDBPyConnection, *tables: Table | Relation) -> None:
    """Make the tables, without rows."""
    for one in tables:
        con.execute((one if isinstance(one, Table) else contract(manifest(), one)).create_sql())


@cache
def manifest() -> dict[str, Any]:
    """dbt's manifest of the project as it is; parsed again only when the project changed."""
    home = Home(PROJECT_ROOT / ".pytest_cache" / "dbt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(home.root))
        project = prepare_project(home)
    content: dict[str, Any] = json.loads(project.manifest_path.read_text(encoding="utf-8"))
    return content

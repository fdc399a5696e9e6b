"""The tables that dbt makes: their names from the files of its project, their columns from its manifest.

    from assets.contracts.models import marts
    f"select * from {marts.partner_month}"

A name that dbt does not make is an error where it is used, so that a model renamed in dbt is found when the code is loaded.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from assets.contracts.table import Column, Relation, Table
from assets.home import PROJECT_ROOT

MODELS = PROJECT_ROOT / "dbt_project" / "models"
_ALIAS = re.compile(r"config\([^)]*\balias\s*=\s*'(\w+)'")


class Layer:
    """One schema of dbt: its tables as attributes."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _tables(self) -> frozenset[str]:
        models = {
            path: _ALIAS.search(path.read_text(encoding="utf-8")) for path in (MODELS / self._name).rglob("*.sql")
        }
        return frozenset(alias[1] if alias else path.stem for path, alias in models.items())

    def __getattr__(self, table: str) -> Relation:
        """Raises AttributeError for a table that no model makes."""
        if table.startswith("_") or table not in self._tables:
            raise AttributeError(f"dbt makes no table {self._name}.{table}")
        return Relation(f"{self._name}.{table}")

    def __iter__(self) -> Iterator[Relation]:
        return (Relation(f"{self._name}.{table}") for table in sorted(self._tables))


staging = Layer("staging")
intermediate = Layer("intermediate")
marts = Layer("marts")


def contract(manifest: Mapping[str, Any], relation: Relation) -> Table:
    """A table as dbt's manifest describes it. Raises KeyError for a table that is not in it.

    Staging models are views without a contract: their columns have no types there, and none here.
    """
    for node in manifest["nodes"].values():
        if node["resource_type"] in {"model", "seed"} and (node["schema"], node["alias"]) == (
            relation.schema,
            relation.name,
        ):
            columns = tuple(
                Column(column["name"], column["data_type"], column["description"])
                for column in node["columns"].values()
                if column["data_type"]
            )
            return Table(relation.schema, relation.name, node["description"], columns)
    raise KeyError(relation)

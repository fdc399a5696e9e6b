"""Which tables the claims read, told from their SQL."""

import json
from collections.abc import Iterator
from typing import Any

from assets.claims.claim import Claim
from assets.contracts.table import Relation
from assets.warehouse import open_nothing


def tables_read(claim: Claim) -> frozenset[Relation]:
    """The tables with a schema that a claim's two queries name; its rule sees their result alone."""
    found: set[Relation] = set()
    with open_nothing() as con:
        for sql in (claim.vintages_sql, claim.sql):
            (tree,) = con.execute("select cast(json_serialize_sql(?) as varchar)", [sql]).fetchall()[0]
            found.update(
                Relation(f"{node['schema_name']}.{node['table_name']}")
                for node in _nodes(json.loads(tree))
                if node.get("type") == "BASE_TABLE" and node["schema_name"]
            )
    return frozenset(found)


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Every object of a tree of JSON."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)

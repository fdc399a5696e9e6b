"""How tables that Python writes become Dagster assets, and what all assets share: the writer's pool, owner and Markdown.

One step may write several tables; each is an asset of its own with its columns, row count, first rows and blocking check.
Which tables there are, and what their rows mean, does not belong here.
"""

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import dagster as dg
import duckdb

from assets.contracts.table import Relation, Table
from assets.errors import visible
from assets.home import Home
from assets.warehouse import connect

WRITER_POOL = "duckdb_writer"
OWNER = "team:tradewake"
ROWS_HOLD = "rows_hold"

Notes = Sequence[str]
Write = Callable[[Home], Notes]
"""Writes all tables of a step; returns what could not be computed, or what to know, in words."""

_MARKUP = re.compile(r"[\\`*\[\]<>|&~]|(?<!\w)_|_(?!\w)")


@dataclass(frozen=True)
class Written:
    """A table that a step writes.

    `holds` says what its blocking check asks; `wrong` is the condition of a row that breaks it, in SQL. `preview` selects
    the rows that the UI shows.
    """

    table: Table
    holds: str
    wrong: str
    preview: str


@dataclass(frozen=True)
class Step:
    """What is computed at once: the tables that `write` fills, the tables that it `reads`, no more and no less.

    It comes `behind` assets that are no tables, or that it does not read.
    """

    tables: Sequence[Written]
    write: Write
    reads: Collection[Table | Relation]
    behind: Collection[Sequence[str]] = ()


def in_warehouse(write: Callable[[duckdb.DuckDBPyConnection, Home], Notes]) -> Write:
    """Give a function that writes tables a connection to the warehouse."""

    @wraps(write)
    def _write(home: Home) -> Notes:
        with connect(home.warehouse) as con:
            return write(con, home)

    return _write


def table_assets(step: Step) -> dg.AssetsDefinition:
    """The assets `<schema>/<table>` that a step fills. The step bears the name of its first table."""
    deps = sorted({dg.AssetKey(str(one).split(".")) for one in step.reads} | {dg.AssetKey(one) for one in step.behind})
    keys = {asset_key(one.table): one for one in step.tables}

    @dg.multi_asset(
        name="__".join(next(iter(keys)).path),
        specs=[
            dg.AssetSpec(
                key=key,
                deps=deps,
                group_name=one.table.schema,
                kinds={"python", "duckdb"},
                owners=[OWNER],
                description=one.table.comment,
                metadata={**_columns(one.table), **_code(step.write)},
            )
            for key, one in keys.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(ROWS_HOLD, asset=key, blocking=True, description=one.holds) for key, one in keys.items()
        ],
        pool=WRITER_POOL,
    )
    def _assets(home: dg.ResourceParam[Home]) -> Iterator[dg.MaterializeResult[None]]:
        notes = step.write(home)
        with connect(home.warehouse, read_only=True) as con:
            results = [_result(con, key, one, notes) for key, one in keys.items()]
        yield from results

    return _assets


def asset_key(table: Table) -> dg.AssetKey:
    """The key of a table as an asset."""
    return dg.AssetKey([table.schema, table.name])


def _result(
    con: duckdb.DuckDBPyConnection, key: dg.AssetKey, written: Written, notes: Notes
) -> dg.MaterializeResult[None]:
    count, broken = con.execute(
        f"select count(*), count(*) filter (where {written.wrong}) from {written.table}"
    ).fetchall()[0]
    shown = con.execute(written.preview)
    names = [column[0] for column in shown.description or []]
    return dg.MaterializeResult(
        asset_key=key,
        metadata={
            "dagster/row_count": count,
            "notes": "; ".join(notes) or "none",
            "preview": dg.MetadataValue.md(markdown_table(names, shown.fetchall())),
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=key, check_name=ROWS_HOLD, passed=broken == 0, metadata={"broken_rows": broken}
            )
        ],
    )


def _columns(table: Table) -> Mapping[str, Any]:
    columns = [dg.TableColumn(column.name, column.type, column.comment) for column in table.columns]
    return {"dagster/column_schema": dg.TableSchema(columns=columns)}


def _code(write: Write) -> Mapping[str, Any]:
    """Where the UI finds the code that writes the table."""
    written = inspect.unwrap(write)
    place = dg.LocalFileCodeReference(
        file_path=inspect.getfile(written), line_number=inspect.getsourcelines(written)[1]
    )
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[place])}


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; cells may hold anybody's text, which is shown as it is: neither markup nor control."""
    lines = [list(header), ["---"] * len(header)]
    lines += [[_MARKUP.sub(r"\\\g<0>", visible(str(cell).replace("\n", " "))) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

"""What the UI shows of a dbt build: counts and first rows of marts, rows that break a test, the table of differences.

Here belong the queries, run on the warehouse when dbt has closed it. How they become Dagster metadata is decided in
`dbt_models.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from assets.contracts.models import marts
from assets.home import Home

PREVIEW_ROWS = 10
FAILING_ROWS = 20
DIFFERENCES = marts.reconciliation
"""The mart that sets sums against the totals that they must be."""

_STATUSES = f"""
    select check_name, count(*) as blocks, sum(compared) as compared, sum(equal) as equal,
        sum(within_rounding) as within_rounding, sum(revised) as revised,
        sum(reported) as reported, sum(different) as different
    from {DIFFERENCES} group by all order by all
"""
_LARGEST = f"""
    select
        concat_ws(' ', check_name, source, flow, level, period_start, 'partner', partner_code, measure) as "where",
        vintage, compared_with, compared_vintage,
        expected_usd as expected, seen_usd as seen, difference_usd as difference, status
    from {DIFFERENCES}
    order by status = 'different' desc, abs(difference_usd) desc, 1, 2
    limit {FAILING_ROWS}
"""


@dataclass(frozen=True)
class Rows:
    """A small result: column names and rows."""

    names: list[str]
    rows: list[tuple[Any, ...]]


def size_and_first_rows(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> tuple[int, Rows]:
    """How many rows a table has, and some of them."""
    count = int(con.execute(f'select count(*) from "{schema}"."{table}"').fetchall()[0][0])
    return count, _rows(con, f'select * from "{schema}"."{table}" limit {PREVIEW_ROWS}')


def differences(con: duckdb.DuckDBPyConnection) -> tuple[Rows, Rows]:
    """Comparisons by check and status, and the largest differences: where, expected, seen."""
    return _rows(con, _STATUSES), _rows(con, _LARGEST)


def failing_rows(con: duckdb.DuckDBPyConnection, home: Home, test: str) -> Rows:
    """The first rows that break a test of the last dbt run, by its unique id."""
    results = json.loads((home.dbt_target / "run_results.json").read_text(encoding="utf-8"))["results"]
    compiled: Mapping[str, str] = {one["unique_id"]: one.get("compiled_code") or "" for one in results}
    return _rows(con, f"select * from ({compiled[test]}) limit {FAILING_ROWS}")


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> Rows:
    cursor = con.execute(query)
    return Rows([column[0] for column in cursor.description or []], cursor.fetchall())

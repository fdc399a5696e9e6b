"""The dbt project by itself: it builds on an empty lake, its unit tests pass, damaged figures turn the right tests red.

Both tests use one data folder, so that the project is parsed once.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest

from assets.home import HOME_VARIABLE, PROJECT_ROOT, Home
from assets.parsing import census_country, ft900
from assets.parsing.recognise import SOURCES, datasets
from assets.store.lake import ensure_dataset, lake_schema, write_rows
from assets.store.ledger import LedgerRow, ensure_ledger, write_row

DBT = Path(sys.executable).with_name("dbt")
WORLD, CHINA, MEXICO, PRODUCTS = "0015", "5700", "2010", "0007"
MONTHLY = {WORLD: 100, CHINA: 60, MEXICO: 40, PRODUCTS: 70}
"""$ million a month, imports and exports alike; the two countries make up World."""

Figure = tuple[str, str, int, int | None, int]
"""Partner, flow, year, month (None: the published year) and $ million."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A lake of no rows."""
    home = Home(tmp_path_factory.mktemp("dbt") / "data")
    ensure_ledger(home.lake)
    for source in SOURCES:
        for dataset, schema in datasets(source).items():
            ensure_dataset(home.lake, dataset, lake_schema(schema))
    return home


def dbt(home: Home, *arguments: str) -> dict[str, str]:
    """Run dbt on a data folder; the status of each node by its name."""
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    target = home.dbt_target
    process = subprocess.run(
        [str(DBT), *arguments, "--profiles-dir", ".", "--target-path", str(target), "--log-path", str(target)],
        cwd=PROJECT_ROOT / "dbt_project",
        env={**os.environ, HOME_VARIABLE: str(home.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    results = target / "run_results.json"
    assert results.exists(), process.stdout
    nodes = json.loads(results.read_text())["results"]
    return {
        _name(*node["unique_id"].split(".")): node["status"]
        for node in nodes
        if not node["unique_id"].startswith("operation.")
    }


def _name(kind: str, _project: str, *path: str) -> str:
    """A unit test is named below its model; a data test has a hash behind its name."""
    return path[1] if kind == "unit_test" else path[0]


def full_years(*years: int) -> list[Figure]:
    """Twelve equal months and their year for each partner and flow."""
    return [
        (partner, flow, year, month, value * (12 if month is None else 1))
        for (partner, value), flow, year, month in product(
            MONTHLY.items(), ("imports", "exports"), years, (*range(1, 13), None)
        )
    ]


def changed(figures: Iterable[Figure], key: tuple[str, str, int, int], by: int) -> list[Figure]:
    """The same figures with one month, and its year, `by` $ million higher."""
    keys = {key, (*key[:3], None)}
    return [(*figure[:4], figure[4] + by if figure[:4] in keys else figure[4]) for figure in figures]


def land(home: Home, source: str, vintage: date, rows: list[dict[str, object]]) -> None:
    """Write rows to lake and ledger as if a file of that vintage had been taken in."""
    file_id = f"{source}-{vintage}"
    schema = datasets(source)[source]
    table = pa.Table.from_pylist([{"row_number": at, **row} for at, row in enumerate(rows)], schema=schema)
    write_rows(home.lake, source, vintage, file_id, table)
    fields: dict[str, object] = dict.fromkeys(LedgerRow.__dataclass_fields__)
    fields |= {"file_id": file_id, "source": source, "vintage": vintage, "status": "accepted"}
    write_row(home.lake, LedgerRow(**{**fields, "retrieved_at": datetime(2026, 11, 1, tzinfo=UTC)}))  # type: ignore[arg-type]


def country(home: Home, vintage: date, figures: Iterable[Figure]) -> None:
    """Land figures in the shape of the country workbook."""
    names = ("partner_code", "flow", "year", "month")
    rows: list[dict[str, object]] = [
        {**dict(zip(names, figure[:4], strict=True)), "value_musd": Decimal(figure[4]), "decimals": 6}
        for figure in figures
    ]
    land(home, census_country.SOURCE, vintage, rows)


def exhibit(home: Home, vintage: date, sides: dict[tuple[str, int | None], int]) -> None:
    """Land goods and services of 2025 in the shape of FT-900 exhibit 1."""
    labels = {"concept": "goods_services", "basis": "BOP", "adjustment": "SA", "year": 2025}
    land(
        home,
        ft900.SOURCE,
        vintage,
        [
            {**labels, "flow": flow, "month": month, "value_musd": Decimal(value)}
            for (flow, month), value in sides.items()
        ],
    )


def test_everything_builds_and_passes_on_an_empty_lake(home: Home) -> None:
    """All models, unit tests and data tests: nothing depends on figures being there."""
    results = dbt(home, "build")
    assert {name: status for name, status in results.items() if status not in {"success", "pass"}} == {}
    assert results["waterfall_closes_with_a_remainder"] == "pass"


def test_each_kind_of_damage_turns_its_test_red(home: Home) -> None:
    """One damage a vintage; every other test stays green."""
    sound = full_years(2024)
    # December is not published and was read as zero.
    zeros = [(*row[:4], {12: 0, None: row[4] * 11 // 12}.get(row[3], row[4])) for row in sound]
    country(home, date(2025, 6, 1), zeros)
    # One month of China was revised without World, after the June release that closes the year.
    country(home, date(2025, 7, 1), changed(sound, (CHINA, "imports", 2024, 3), 1))
    # A year that is not the sum of its months.
    country(home, date(2025, 8, 1), [*sound[:-1], (*sound[-1][:4], sound[-1][4] + 1)])
    # A partner's month that World does not have.
    country(home, date(2025, 9, 1), [*sound, (PRODUCTS, "imports", 2025, 1, 5), (PRODUCTS, "exports", 2025, 1, 5)])
    # A part of World that is larger than World.
    country(home, date(2025, 10, 1), changed(sound, (PRODUCTS, "imports", 2024, 1), 900))
    # One month twice in one file.
    country(home, date(2025, 11, 1), [*sound, (MEXICO, "imports", 2024, 1, 40)])
    # A published year far from its months, and a balance that is not exports minus imports.
    sides = {"exports": 100, "imports": 300, "balance": -200}
    months: dict[tuple[str, int | None], int] = {
        (flow, month): value for flow, value in sides.items() for month in range(1, 13)
    }
    year: dict[tuple[str, int | None], int] = {(flow, None): 12 * value for flow, value in sides.items()}
    exhibit(home, date(2026, 2, 1), months | year | {("imports", None): 3700, ("balance", None): -2500})
    exhibit(home, date(2026, 3, 1), months | year | {("balance", 5): -196})

    models = ("--select", "+partner_month_vintages", "+world_gap", "+total_month", "+total_year")
    built = dbt(home, "build", *models, "--exclude-resource-type", "test", "unit_test")
    assert set(built.values()) == {"success"}
    outcome = dbt(home, "test", *models, "--indirect-selection", "cautious", "--exclude-resource-type", "unit_test")
    assert {name for name, status in outcome.items() if status != "pass"} == {
        "world_is_never_zero",
        "countries_sum_to_world",
        "census_country_months_make_the_year",
        "no_partner_month_after_world",
        "partner_month_vintages_import_share_is_a_share",
        "int_trade_value_grain_is_unique",
        "ft900_months_make_the_year",
        "total_month_balance_is_exports_minus_imports",
    }

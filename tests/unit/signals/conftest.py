"""The development figures as `intermediate.int_trade_value` and `marts.partner`, without lake or dbt.

Values go in as published: $ million to dollars, the release day of each file as its vintage. Nothing is computed.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from assets.reference.partners import PARTNER_FILE, code_for_name

CENSUS = {
    date(2018, 10, 5): ("country_vintage_2018-10_data-thru-2018-08.xlsx", date(2018, 8, 1)),
    date(2023, 3, 8): ("country_vintage_2023-03_data-thru-2023-01.xlsx", date(2023, 1, 1)),
    date(2024, 10, 8): ("country_vintage_2024-10_data-thru-2024-08.xlsx", date(2024, 8, 1)),
    date(2026, 9, 3): ("census_goods_by_country_2024-2026m07_countryxlsx_layout.csv", date(2026, 7, 1)),
}
"""Release day: file and newest month. In the files later months are 0."""
FRED = {
    date(2026, 1, 8): "BOPGSTB_vintage_2026-01-08.csv",
    date(2026, 2, 19): "BOPGSTB_vintage_2026-02-22.csv",
    date(2026, 3, 12): "BOPGSTB_vintage_2026-03-15.csv",
    date(2026, 6, 9): "BOPGSTB_vintage_2026-06-14.csv",
}
BEA = {date(2025, 4, 3): "trad-time-series-0225.xlsx", date(2025, 5, 6): "trad-time-series-0325.xlsx"}
DATAWEB = date(2026, 3, 27)
YEARS = tuple(str(year) for year in range(1989, 2026))
CONSUMPTION_CODES = ("0005", "0006", "0021", "0022")
"""Rows of the country workbook that hold imports for consumption."""
EXHIBIT_1 = date(2026, 2, 19)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH_NUMBERS = {name: number for number, name in enumerate(MONTHS, start=1)}

COLUMNS = (
    "source",
    "concept",
    "partner_code",
    "flow",
    "import_concept",
    "basis",
    "adjustment",
    "frequency",
    "period_start",
    "vintage",
    "value_usd",
    "rounding_usd",
    "file_id",
)


@pytest.fixture(scope="session")
def trade_file(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with the two tables that the signals read."""
    path = tmp_path_factory.mktemp("signals") / "trade.duckdb"
    with duckdb.connect(path) as con:
        con.execute("set threads = 2; create schema intermediate; create schema marts")
        con.execute("""
            create table intermediate.int_trade_value (
                source varchar, concept varchar, partner_code varchar, flow varchar, import_concept varchar,
                basis varchar, adjustment varchar, frequency varchar, period_start date, vintage date,
                value_usd bigint, rounding_usd integer, file_id varchar)
        """)
        con.execute(f"""
            create table marts.partner as
            select partner_code, partner_name, is_aggregate,
                   if(partner_code in {CONSUMPTION_CODES}, 'consumption', 'general') as import_concept
            from read_csv('{PARTNER_FILE}', types = {{'partner_code': 'varchar', 'is_aggregate': 'boolean'}})
        """)
        _load_census(con, shared_data / "census_country")
        for vintage, name in FRED.items():
            series = pd.read_csv(shared_data / "fred_vintages" / name)
            rows = [_headline("fred", "goods_services", "balance", "month", *row, vintage) for row in series.itertuples(index=False)]
            _insert(con, rows)
        for vintage, name in BEA.items():
            _insert(con, _bea(shared_data / "bea" / name, vintage))
        _insert(con, _exhibit_1(shared_data / "ft900" / "ft900_exh1_release_2026-02-19_Dec2025.xlsx"))
        _load_dataweb(con, shared_data / "dataweb")
        con.execute("""
            insert into intermediate.int_trade_value by name
            select * exclude (period_start, value_usd, frequency),
                   date_trunc('year', period_start) as period_start, sum(value_usd) as value_usd, 'year' as frequency
            from intermediate.int_trade_value
            where frequency = 'month' and source in ('census_country', 'fred')
            group by all
            having count(*) = 12
        """)
    return path


@pytest.fixture
def trade(trade_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own in which the tables can be read and flags be written without touching the file."""
    with duckdb.connect() as con:
        con.execute("set threads = 2; create schema intermediate; create schema marts")
        con.execute(f"attach '{trade_file}' as made (read_only)")
        con.execute("create view intermediate.int_trade_value as from made.intermediate.int_trade_value")
        con.execute("create view marts.partner as from made.marts.partner")
        yield con


def _load_census(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for vintage, (name, newest) in CENSUS.items():
        if name.endswith("csv"):
            table = pd.read_csv(folder / name, dtype={"CTY_CODE": str})
            rounding = 100_000
        else:
            rows = CalamineWorkbook.from_path(folder / name).get_sheet_by_index(0).to_python()
            table = pd.DataFrame(rows[1:], columns=[str(cell) for cell in rows[0]])
            rounding = 1
        table = table[table["year"] != ""]
        table["code"] = table["CTY_CODE"].astype(int).map("{:04d}".format)
        table["year"] = table["year"].astype(int)
        con.register("wide", table)
        months = ", ".join(f"{letter}{month}" for letter in "IE" for month in MONTHS)
        con.execute(f"""
            insert into intermediate.int_trade_value
            select 'census_country', 'goods', code, if(cell[1] = 'I', 'imports', 'exports'),
                   if(cell[1] = 'I', if(code in {CONSUMPTION_CODES}, 'consumption', 'general'), null), 'Census', if(code = '0004', 'SA', 'NSA'), 'month',
                   make_date(year, list_position({list(MONTHS)}, cell[2:]), 1) as period, date '{vintage}',
                   round(cast(musd as double) * 1e6)::bigint, {rounding}, 'census-{vintage}'
            from (unpivot wide on {months} into name cell value musd)
            where period <= date '{newest}'
        """)
        con.unregister("wide")


def _headline(
    source: str, concept: str, flow: str, frequency: str, period: object, musd: float, vintage: date
) -> tuple[Any, ...]:
    import_concept = "general" if flow == "imports" else None
    money = round(musd * 1_000_000)
    file_id = f"{source}-{vintage}"
    return (
        source,
        concept,
        "0015",
        flow,
        import_concept,
        "BOP",
        "SA",
        frequency,
        str(period),
        vintage,
        money,
        1_000_000,
        file_id,
    )


def _insert(con: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]) -> None:
    con.register("new_rows", pd.DataFrame(rows, columns=COLUMNS))
    con.execute("insert into intermediate.int_trade_value by name select * from new_rows")
    con.unregister("new_rows")


def _bea(path: Path, vintage: date) -> list[tuple[Any, ...]]:
    """Table 1: annual rows, then months (a year alone heads them), in three blocks of three columns."""
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("Table 1").to_python()
    return _nine_columns("bea", rows, vintage)


def _exhibit_1(path: Path) -> list[tuple[Any, ...]]:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return _nine_columns("ft900", rows, EXHIBIT_1)


def _nine_columns(source: str, rows: list[list[Any]], vintage: date) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    year = 0
    for row in rows:
        label = str(row[0]).strip()
        numbers = [cell for cell in row[1:10] if isinstance(cell, float)]
        if label[:4].isdigit():
            year = int(label[:4])
        if len(numbers) < 9:
            continue
        month = MONTH_NUMBERS.get(label.removeprefix(f"{year} ")[:3].upper())
        annual = label.startswith("Jan.") or label.removesuffix(".0").isdigit()
        if not annual and month is None:
            continue
        period = date(year, 1 if annual else month or 1, 1)
        for at, (flow, concept) in enumerate(
            (flow, concept)
            for flow in ("balance", "exports", "imports")
            for concept in ("goods_services", "goods", "services")
        ):
            found.append(
                _headline(source, concept, flow, "year" if annual else "month", period, numbers[at], vintage)
            )
    return found


def _load_dataweb(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Only partners whose name is the Census workbook's own, and the total row."""
    for flow, name in (("imports", "general_imports"), ("exports", "total_exports")):
        path = folder / f"DataWeb_{name}_by_country_1989-2026_annual.xlsx"
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(1).to_python()
        header = next(at for at, row in enumerate(rows) if row[0] == "Data Type")
        table = pd.DataFrame(rows[header + 1 :], columns=[str(cell) for cell in rows[header]])
        table["code"] = [code_for_name("usitc_dataweb", name) for name in table["Country"]]
        table.loc[table["Data Type"] == "Total: ", "code"] = "0015"
        con.register("wide", table)
        years = ", ".join(f'"{year}"' for year in YEARS)
        con.execute(f"""
            insert into intermediate.int_trade_value
            select 'usitc_dataweb', 'goods', code, '{flow}', if('{flow}' = 'imports', 'general', null), 'Census', 'NSA', 'year',
                   make_date(year::integer, 1, 1), date '{DATAWEB}', cast(replace(usd, ',', '') as bigint), 1, 'dataweb-{flow}'
            from (unpivot (select code, columns(lambda name: name in {YEARS})::varchar from wide) on {years}
                  into name year value usd)
        """)
        con.unregister("wide")

"""The development figures as `intermediate.int_trade_value` and `marts.partner`, without lake or dbt.

Values go in as published: $ million to dollars, the release day of each file as its vintage; years of the sources that
publish months only are summed in one file, as the model does.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd
from python_calamine import CalamineWorkbook

from assets.reference.partners import PARTNER_FILE, code_for_name
from tests.commodity_tables import coverage_view

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
EXHIBIT_1 = date(2026, 2, 19)
YEARS = tuple(str(year) for year in range(1989, 2026))
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
CONSUMPTION_CODES = ("0005", "0006", "0021", "0022")
"""Rows of the country workbook that hold imports for consumption."""

COLUMNS = (
    "source, concept, partner_code, flow, import_concept, basis, adjustment, frequency, period_start, vintage, value_usd, "
    "rounding_usd, file_id"
)
"""What a file tells of a figure; the partner's months are added to it."""

VALUES = ("general_value_usd", "consumption_value_usd", "export_value_usd")
"""Measures of the commodity marts here."""

TABLES = f"""
    create schema if not exists intermediate;
    create schema if not exists marts;
    create schema if not exists staging;
    create table staging.stg_accepted_file (source varchar, vintage date, vintage_is_estimated boolean);
    create table intermediate.int_trade_value (
        source varchar, concept varchar, partner_code varchar, flow varchar, import_concept varchar, basis varchar,
        adjustment varchar, frequency varchar, period_start date, vintage date, value_usd bigint,
        rounding_usd integer, file_id varchar,
        summed_figures integer default 1, months integer default 1, known_gap_usd bigint);
    create table marts.partner as
    select partner_code, partner_name, is_aggregate, valid_from, valid_to,
           if(partner_code in {CONSUMPTION_CODES}, 'consumption', 'general') as import_concept
    from read_csv('{PARTNER_FILE}', types = {{
        'partner_code': 'varchar', 'is_aggregate': 'boolean', 'valid_from': 'date', 'valid_to': 'date'}});
    create table marts.commodity (flow varchar, classification varchar, level varchar, commodity_code varchar, commodity_name varchar);
    create table marts.commodity_family (hs_revision integer, hs6 varchar, family_code varchar, relationship varchar);
    create table marts.commodity_partner_month (
        flow varchar, classification varchar, level varchar, commodity_code varchar, partner_code varchar, reference_month date,
        general_value_usd bigint, consumption_value_usd bigint, export_value_usd bigint, source varchar, vintage date,
        is_derived boolean default false);
    create table marts.commodity_partner_year (
        flow varchar, classification varchar, level varchar, commodity_code varchar, partner_code varchar, year integer,
        general_value_usd bigint, consumption_value_usd bigint, export_value_usd bigint, source varchar, vintage date,
        is_derived boolean default false);
    {coverage_view(VALUES, VALUES)};
"""
LIVES = """
    update intermediate.int_trade_value as value
    set months = greatest(0, date_diff('month', greatest(period_start, valid_from), least(
        period_start + to_months(if(frequency = 'year', 12, 1)), valid_to + 1
    )))
    from marts.partner where partner.partner_code = value.partner_code
"""
"""Months of each period in which its partner existed, as the model tells them."""
SUMMED_YEARS = """
    insert into intermediate.int_trade_value by name
    select * exclude (period_start, value_usd, frequency, months, summed_figures, known_gap_usd),
           date_trunc('year', period_start) as period_start, sum(value_usd) as value_usd, 'year' as frequency,
           sum(months) as months, 12 as summed_figures
    from intermediate.int_trade_value
    where frequency = 'month' and source in ('census_country', 'fred')
    group by all
    having count(*) = 12
"""


class Figure(NamedTuple):
    """One published figure of total trade, $ million, BOP basis, seasonally adjusted."""

    concept: str
    flow: str
    frequency: str
    period_start: str
    musd: float


def load(con: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    """Make both tables from the files of the folder."""
    con.execute(TABLES)
    for vintage, (name, newest) in CENSUS.items():
        _load_census(con, shared_data / "census_country" / name, vintage, newest)
    for vintage, name in FRED.items():
        series = pd.read_csv(shared_data / "fred_vintages" / name)
        pairs = zip(series["date"], series["value"], strict=True)
        _insert(con, "fred", vintage, [Figure("goods_services", "balance", "month", *pair) for pair in pairs])
    for vintage, name in BEA.items():
        table = CalamineWorkbook.from_path(shared_data / "bea" / name).get_sheet_by_name("Table 1")
        _insert(con, "bea", vintage, _figures(table.to_python()))
    exhibit = CalamineWorkbook.from_path(shared_data / "ft900" / "ft900_exh1_release_2026-02-19_Dec2025.xlsx")
    _insert(con, "ft900", EXHIBIT_1, _figures(exhibit.get_sheet_by_index(0).to_python()))
    for flow, name in (("imports", "general_imports"), ("exports", "total_exports")):
        _load_dataweb(con, shared_data / "dataweb" / f"DataWeb_{name}_by_country_1989-2026_annual.xlsx", flow)
    con.execute(SUMMED_YEARS)
    con.execute(LIVES)


def _load_census(con: duckdb.DuckDBPyConnection, path: Path, vintage: date, newest: date) -> None:
    if path.suffix == ".csv":
        table = pd.read_csv(path)
        rounding = 100_000
    else:
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        table = pd.DataFrame(rows[1:], columns=[str(cell) for cell in rows[0]])
        rounding = 1
    table = table[table["year"] != ""]
    table["code"] = table["CTY_CODE"].astype(int).map("{:04d}".format)
    table["year"] = table["year"].astype(int)
    con.register("wide", table)
    months = ", ".join(f"{letter}{month}" for letter in "IE" for month in MONTHS)
    con.execute(f"""
        insert into intermediate.int_trade_value ({COLUMNS})
        select
            'census_country', 'goods', code, if(cell[1] = 'I', 'imports', 'exports'),
            if(cell[1] = 'I', if(code in {CONSUMPTION_CODES}, 'consumption', 'general'), null),
            'Census', if(code = '0004', 'SA', 'NSA'), 'month',
            make_date(year, list_position({list(MONTHS)}, cell[2:]), 1) as period, date '{vintage}',
            round(cast(musd as double) * 1e6)::bigint, {rounding}, 'census-{vintage}'
        from (unpivot wide on {months} into name cell value musd)
        where period <= date '{newest}'
    """)
    con.unregister("wide")


def _load_dataweb(con: duckdb.DuckDBPyConnection, path: Path, flow: str) -> None:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(1).to_python()
    header = next(at for at, row in enumerate(rows) if row[0] == "Data Type")
    table = pd.DataFrame(rows[header + 1 :], columns=[str(cell) for cell in rows[header]])
    table["code"] = [code_for_name("usitc_dataweb", str(name)) for name in table["Country"]]
    table.loc[table["Data Type"] == "Total: ", "code"] = "0015"
    con.register("wide", table)
    years = ", ".join(f'"{year}"' for year in YEARS)
    con.execute(f"""
        insert into intermediate.int_trade_value ({COLUMNS})
        select
            'usitc_dataweb', 'goods', code, '{flow}', if('{flow}' = 'imports', 'general', null), 'Census', 'NSA', 'year',
            make_date(year::integer, 1, 1), date '{DATAWEB}', cast(replace(usd, ',', '') as bigint), 1, 'dataweb-{flow}'
        from (
            unpivot (select code, columns(lambda name: name in {YEARS})::varchar from wide) on {years}
            into name year value usd
        )
    """)
    con.unregister("wide")


def _figures(rows: Sequence[Sequence[object]]) -> list[Figure]:
    """Balance, exports, imports of total, goods, services: annual rows and months, a year alone heading them."""
    found: list[Figure] = []
    year = ""
    for row in rows:
        label = str(row[0]).strip()
        numbers = [cell for cell in row[1:10] if isinstance(cell, float)]
        year = label[:4] if label[:4].isdigit() else year
        month = label.removeprefix(f"{year} ")[:3].upper()
        annual = label.startswith("Jan.") or label.removesuffix(".0").isdigit()
        if len(numbers) < 9 or not (annual or month in MONTHS):
            continue
        first = f"{year}-{1 if annual else MONTHS.index(month) + 1:02d}-01"
        keys = [(c, f) for f in ("balance", "exports", "imports") for c in ("goods_services", "goods", "services")]
        found += [Figure(*key, "year" if annual else "month", first, n) for key, n in zip(keys, numbers, strict=True)]
    return found


def _insert(con: duckdb.DuckDBPyConnection, source: str, vintage: date, figures: list[Figure]) -> None:
    con.register("figures", pd.DataFrame(figures))
    con.execute(f"""
        insert into intermediate.int_trade_value ({COLUMNS})
        select
            '{source}', concept, '0015', flow, if(flow = 'imports', 'general', null), 'BOP', 'SA', frequency,
            cast(period_start as date), date '{vintage}', round(musd * 1e6)::bigint, 1000000, '{source}-{vintage}'
        from figures
    """)
    con.unregister("figures")

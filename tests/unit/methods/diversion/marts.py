"""The commodity marts as dbt builds them, made here from the development figures or from simulated ones."""

import json
import zipfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from tests.commodity_tables import coverage_view

HTS10 = "census_api/census_imports_hts10_by_country_2024_2025.parquet"
HS2_ZIP = "census_api/imports_hs_HS2_by_country_2023-2024_json.zip"
COUNTRIES = "census_country/census_goods_by_country_2024-2026m07_countryxlsx_layout.csv"
NAICS3 = "census_naics/imports_NAICS3_33partners_2013-01_2025-11.parquet"

NAICS_PARTNERS = {
    "TOTAL FOR ALL COUNTRIES": ("0015", "World"),
    "CHINA": ("5700", "China"),
    "MEXICO": ("2010", "Mexico"),
    "CANADA": ("1220", "Canada"),
    "JAPAN": ("5880", "Japan"),
    "GERMANY": ("4280", "Germany"),
    "KOREA, SOUTH": ("5800", "South Korea"),
    "VIETNAM": ("5520", "Vietnam"),
    "TAIWAN": ("5830", "Taiwan"),
    "IRELAND": ("4190", "Ireland"),
    "INDIA": ("5330", "India"),
    "UNITED KINGDOM": ("4120", "United Kingdom"),
    "ITALY": ("4759", "Italy"),
    "FRANCE": ("4279", "France"),
    "SWITZERLAND": ("4419", "Switzerland"),
    "THAILAND": ("5490", "Thailand"),
    "MALAYSIA": ("5570", "Malaysia"),
    "BRAZIL": ("3510", "Brazil"),
    "SINGAPORE": ("5590", "Singapore"),
    "NETHERLANDS": ("4210", "Netherlands"),
    "INDONESIA": ("5600", "Indonesia"),
    "ISRAEL": ("5081", "Israel"),
    "BELGIUM": ("4231", "Belgium"),
    "SAUDI ARABIA": ("5170", "Saudi Arabia"),
    "SPAIN": ("4700", "Spain"),
    "RUSSIA": ("4621", "Russia"),
    "COLOMBIA": ("3010", "Colombia"),
    "AUSTRALIA": ("6021", "Australia"),
    "AUSTRIA": ("4330", "Austria"),
    "SWEDEN": ("4010", "Sweden"),
    "CHILE": ("3370", "Chile"),
}
"""Names in the NAICS file -> code and name; its two groups of countries are left out."""


def create_marts(con: duckdb.DuckDBPyConnection) -> None:
    """Empty marts with the published columns."""
    con.execute("create schema if not exists marts")
    values = (
        "general_value_usd bigint, consumption_value_usd bigint, calculated_duty_usd bigint, "
        "export_value_usd bigint, vintage date"
    )
    keys = (
        "flow varchar, classification varchar, level varchar, commodity_code varchar, commodity_name varchar, "
        "partner_code varchar"
    )
    con.execute(f"create or replace table marts.commodity_partner_year ({keys}, year integer, {values})")
    con.execute(f"create or replace table marts.commodity_partner_month ({keys}, reference_month date, {values})")
    con.execute(coverage_view())
    figures = (
        "partner_code varchar, is_aggregate boolean, imports_usd bigint, exports_usd bigint, rounding_usd integer, "
        "vintage date"
    )
    con.execute(f"create or replace table marts.partner_month_vintages (reference_month date, {figures})")
    con.execute(f"create or replace table marts.partner_year_vintages (source varchar, year integer, {figures})")
    con.execute(
        "create or replace table marts.partner (partner_code varchar, partner_name varchar, is_aggregate boolean)"
    )


def load_hts10(con: duckdb.DuckDBPyConnection, shared: Path, level: str = "HS6") -> None:
    """General imports, imports for consumption and calculated duty of 2024 and 2025, with World rows."""
    digits = int(level.removeprefix("HS"))
    con.execute(f"""
        insert into marts.commodity_partner_year by name
        with figures as (
            select left(HTS10, {digits}) as commodity_code, CTY_CODE as partner_code, year,
                sum(GEN_VAL_YR)::bigint as general_value_usd, sum(CON_VAL_YR)::bigint as consumption_value_usd,
                sum(CAL_DUT_YR)::bigint as calculated_duty_usd
            from '{shared / HTS10}' group by all),
        world as (
            select commodity_code, '0015' as partner_code, year, sum(general_value_usd)::bigint as general_value_usd,
                sum(consumption_value_usd)::bigint as consumption_value_usd,
                sum(calculated_duty_usd)::bigint as calculated_duty_usd
            from figures group by all)
        select *, 'imports' as flow, 'HS' as classification, '{level}' as level, date '2026-06-09' as vintage
        from (from figures union all by name from world)""")


def load_hs2_months(con: duckdb.DuckDBPyConnection, shared: Path) -> None:
    """General imports by HS2 chapter and month, 2023 and 2024; groups of countries are left out."""
    records: list[tuple[str, str, str, int]] = []
    with zipfile.ZipFile(shared / HS2_ZIP) as archive:
        for name in archive.namelist():
            header, *answers = json.loads(archive.read(name))
            at = {column: header.index(column) for column in ("CTY_CODE", "I_COMMODITY", "YEAR", "MONTH", "GEN_VAL_MO")}
            records += [
                (
                    "0015" if row[at["CTY_CODE"]] == "-" else row[at["CTY_CODE"]],
                    row[at["I_COMMODITY"]],
                    f"{row[at['YEAR']]}-{row[at['MONTH']]}-01",
                    int(row[at["GEN_VAL_MO"]]),
                )
                for row in answers
            ]
    answers_table = pd.DataFrame(records, columns=["partner_code", "commodity_code", "month", "value"])
    con.register("hs2_answers", answers_table)
    con.execute("""
        insert into marts.commodity_partner_month by name
        select 'imports' as flow, 'HS' as classification, 'HS2' as level, commodity_code, partner_code,
            month::date as reference_month, value as general_value_usd, date '2025-02-05' as vintage
        from hs2_answers where partner_code = '0015' or regexp_matches(partner_code, '^[1-9][0-9]{3}$')""")
    con.unregister("hs2_answers")


def load_naics3_months(con: duckdb.DuckDBPyConnection, shared: Path) -> None:
    """Imports for consumption and calculated duty by NAICS3 and month, 30 countries and the World."""
    codes = pa.table({"name": list(NAICS_PARTNERS), "code": [code for code, _ in NAICS_PARTNERS.values()]})
    con.register("naics_partners", codes)
    con.execute(f"""
        insert into marts.commodity_partner_month by name
        select 'imports' as flow, 'NAICS' as classification, 'NAICS3' as level, NAICS as commodity_code,
            code as partner_code, time::date as reference_month, imports::bigint as consumption_value_usd,
            duty::bigint as calculated_duty_usd, date '2026-01-29' as vintage
        from '{shared / NAICS3}' join naics_partners on name = CTY_NAME""")
    con.unregister("naics_partners")


def load_partner_months(con: duckdb.DuckDBPyConnection, shared: Path) -> None:
    """Both flows by country and month, January 2024 to July 2026, printed to $0.1 million; later months are no figures."""
    months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    flows = ", ".join(
        f"[{', '.join(f'{letter}{month}' for month in months)}] as {name}"
        for letter, name in (("I", "imports"), ("E", "exports"))
    )
    con.execute(f"""
        insert into marts.partner_month_vintages by name
        with wide as (
            select year, CTY_CODE as partner_code, {flows}
            from read_csv('{shared / COUNTRIES}', types = {{'CTY_CODE': 'VARCHAR'}}))
        select make_date(year, month, 1) as reference_month, partner_code,
            not regexp_matches(partner_code, '^[1-9][0-9]{{3}}$') as is_aggregate,
            round(imports[month] * 1e6)::bigint as imports_usd, round(exports[month] * 1e6)::bigint as exports_usd,
            100000 as rounding_usd, date '2026-09-03' as vintage
        from wide, range(1, 13) as months(month)
        where reference_month <= date '2026-07-01' and (imports_usd <> 0 or exports_usd <> 0)""")


def name_partners(con: duckdb.DuckDBPyConnection) -> None:
    """Fill marts.partner with every code in the commodity marts."""
    names = pa.table(
        {"code": [code for code, _ in NAICS_PARTNERS.values()], "name": [name for _, name in NAICS_PARTNERS.values()]}
    )
    con.register("known_names", names)
    con.execute("""
        insert into marts.partner
        select partner_code, coalesce(name, partner_code), partner_code < '1000'
        from (select partner_code from marts.commodity_partner_year
              union select partner_code from marts.commodity_partner_month)
        left join known_names on code = partner_code""")
    con.unregister("known_names")


def load_real_marts(con: duckdb.DuckDBPyConnection, shared: Path) -> None:
    """Everything at hand: HS6 by year, HS2 and NAICS3 by month, totals of countries by month."""
    create_marts(con)
    load_hts10(con, shared)
    load_hs2_months(con, shared)
    load_naics3_months(con, shared)
    load_partner_months(con, shared)
    name_partners(con)


def add_years(
    con: duckdb.DuckDBPyConnection, rows: Iterable[tuple[str, str, int, int]], *, level: str = "HS6", duty: bool = False
) -> None:
    """Yearly imports (partner, commodity, year, value), the same for both concepts; duty is a tenth if asked for."""
    table = pd.DataFrame(list(rows), columns=["partner_code", "commodity_code", "year", "value"])
    con.register("new_years", table)
    con.execute(f"""
        insert into marts.commodity_partner_year by name
        select 'imports' as flow, 'HS' as classification, '{level}' as level, commodity_code, partner_code, year,
            value as general_value_usd, value as consumption_value_usd,
            {"value // 10" if duty else "null"} as calculated_duty_usd, date '2026-01-01' as vintage
        from new_years""")
    con.unregister("new_years")
    _add_world(con, "marts.commodity_partner_year", "year")


def add_months(
    con: duckdb.DuckDBPyConnection, rows: Iterable[tuple[str, str, date, int]], *, level: str = "HS6"
) -> None:
    """Monthly general imports (partner, commodity, month, value)."""
    table = pd.DataFrame(list(rows), columns=["partner_code", "commodity_code", "month", "value"])
    con.register("new_months", table)
    con.execute(f"""
        insert into marts.commodity_partner_month by name
        select 'imports' as flow, 'HS' as classification, '{level}' as level, commodity_code, partner_code,
            month::date as reference_month, value as general_value_usd, date '2026-01-01' as vintage
        from new_months""")
    con.unregister("new_months")
    _add_world(con, "marts.commodity_partner_month", "reference_month")


def _add_world(con: duckdb.DuckDBPyConnection, mart: str, time: str) -> None:
    """World rows, summed anew over the countries, where a test gave none: without them a period is not complete."""
    con.execute(f"delete from {mart} where commodity_name = 'summed'")
    con.execute(f"""
        insert into {mart} by name
        with given as (select distinct level, commodity_code, {time} from {mart} where partner_code = '0015')
        select 'imports' as flow, 'HS' as classification, level, commodity_code, 'summed' as commodity_name,
            '0015' as partner_code, {time}, sum(general_value_usd)::bigint as general_value_usd,
            sum(consumption_value_usd)::bigint as consumption_value_usd,
            sum(calculated_duty_usd)::bigint as calculated_duty_usd, max(vintage) as vintage
        from {mart} as country anti join given using (level, commodity_code, {time})
        where partner_code > '1000' group by all""")

"""The real NAICS3 x partner months as a mart, for tests of front-loading."""

from pathlib import Path

import duckdb
import pytest

from assets.reference.partners import code_for_name
from tests.commodity_tables import coverage_view

DUTIES = ("consumption_value_usd", "calculated_duty_usd")
"""Measures of the marts that a test of front-loading fills."""
OTHER_NAMES = {"KOREA, SOUTH": "5800"}


@pytest.fixture(scope="session")
def shared_data_naics(shared_data: Path) -> duckdb.DuckDBPyConnection:
    """`marts.commodity_partner_month` with imports for consumption and duty, NAICS3 x 31 partners and the world."""
    file = shared_data / "census_naics" / "imports_NAICS3_33partners_2013-01_2025-11.parquet"
    con = duckdb.connect()
    names = [name for (name,) in con.execute(f"select distinct CTY_NAME from '{file}'").fetchall()]
    con.execute("create schema marts; create temp table partner (name varchar, code varchar)")
    con.executemany(
        "insert into partner values (?, ?)",
        [(name, OTHER_NAMES.get(name) or code_for_name("census_api", name)) for name in names],
    )
    con.execute(
        f"""
        create table marts.commodity_partner_month as
        select 'imports' as flow, 'NAICS' as classification, 'NAICS3' as level, NAICS as commodity_code,
            NAICS_SDESC as commodity_name, code as partner_code, time::date as reference_month,
            null::bigint as general_value_usd, imports::bigint as consumption_value_usd,
            duty::bigint as calculated_duty_usd, null::bigint as export_value_usd, date '2026-01-29' as vintage
        from '{file}' join partner on name = CTY_NAME
        where NAICS <> '00' and code not in ('0003', '0020');
        create table marts.commodity_partner_year (flow varchar, level varchar, commodity_code varchar,
            partner_code varchar, year integer, consumption_value_usd bigint, calculated_duty_usd bigint);
        {coverage_view(DUTIES, DUTIES)}"""
    )
    return con

"""The table macros `marts.*_as_of(day)` of the published file."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from assets.publication.publish import AS_OF_MACROS

TABLES = """
create schema marts;
create table marts.partner_month_vintages (
    partner_code varchar, partner_name varchar, is_aggregate boolean, reference_month date, imports_usd bigint,
    exports_usd bigint, balance_usd bigint, import_share double, export_share double, rounding_usd integer,
    has_all_partners boolean, vintage date, is_latest boolean
);
create table marts.partner_year_vintages (
    source varchar, partner_code varchar, partner_name varchar, is_aggregate boolean, year integer, imports_usd bigint,
    exports_usd bigint, balance_usd bigint, import_share double, export_share double, import_rank integer,
    deficit_rank integer, rounding_usd integer, months integer, has_all_partners boolean, vintage date, is_latest boolean
);
create table marts.total_month (
    concept varchar, basis varchar, adjustment varchar, reference_month date, exports_usd bigint, imports_usd bigint,
    balance_usd bigint, source varchar, rounding_usd integer, vintage date, is_latest boolean
);
create table marts.total_year as select * exclude (reference_month), 2025 as year from marts.total_month;

insert into marts.partner_month_vintages by name
select code as partner_code, code < '1000' as is_aggregate, month as reference_month, imports as imports_usd, exports as exports_usd,
    vintage = date '2024-10-08' or year(month) = 2024 as has_all_partners, vintage
from (values
    ('0015', date '2023-01-01', 80, 20, date '2024-10-08'), ('5700', date '2023-01-01', 40, 10, date '2024-10-08'),
    ('0015', date '2023-01-01', 81, 20, date '2026-09-03'),
    ('5700', date '2024-01-01', 50, 10, date '2024-10-08'), ('2010', date '2024-01-01', 9, 5, date '2024-10-08'),
    ('5700', date '2024-01-01', 51, null, date '2026-09-03')
) as t (code, month, imports, exports, vintage);

insert into marts.partner_year_vintages by name
select source, '5700' as partner_code, false as is_aggregate, year, -balance as imports_usd, 0 as exports_usd, 12 as months,
    true as has_all_partners, vintage
from (values
    ('census_country', 2023, -279, date '2024-10-08'), ('census_country', 2024, -297, date '2026-09-03'),
    ('usitc_dataweb', 2023, -278, date '2026-03-27')
) as t (source, year, balance, vintage);

insert into marts.total_year by name
select 'goods_services' as concept, 'BOP' as basis, 'SA' as adjustment, year, balance as balance_usd, source, vintage
from (values
    (2025, -901469, 'ft900', date '2026-02-19'), (2025, -911692, 'fred', date '2026-03-12'),
    (2025, -931960, 'fred', date '2026-06-09'), (2024, -903530, 'ft900', date '2026-02-19')
) as t (year, balance, source, vintage);
insert into marts.total_month by name
select * exclude (year), date '2025-01-01' as reference_month from marts.total_year where year = 2025;
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        connection.execute(AS_OF_MACROS.read_text(encoding="utf-8"))
        yield connection


def test_partner_month_takes_the_newest_print_of_each_side_and_of_world_with_countries(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """The newer print has World alone for 2023 and only the imports from China for 2024."""
    query = "select partner_code, year(reference_month), balance_usd, vintage from marts.partner_month_as_of(?) order by 2, 1"
    old, new = date(2024, 10, 8), date(2026, 9, 3)
    before = [("0015", 2023, -60, old), ("5700", 2023, -30, old), ("2010", 2024, -4, old)]
    assert con.execute(query, ["2026-12-31"]).fetchall() == [*before, ("5700", 2024, -41, new)]
    assert con.execute(query, ["2026-09-02"]).fetchall() == [*before, ("5700", 2024, -40, old)]
    assert con.execute(query, ["2024-10-07"]).fetchall() == []


def test_partner_year_stays_with_the_workbook(con: duckdb.DuckDBPyConnection) -> None:
    query = "select year, balance_usd from marts.partner_year_as_of(date '2026-12-31') order by year"
    assert con.execute(query).fetchall() == [(2023, -279), (2024, -297)]


@pytest.mark.parametrize(
    ("day", "balance"),
    [("2026-02-19", -901469), ("2026-03-11", -901469), ("2026-03-12", -911692), ("2026-07-01", -931960)],
)
def test_totals_take_the_newest_vintage_of_each_cell(con: duckdb.DuckDBPyConnection, day: str, balance: int) -> None:
    years = con.execute("select year, balance_usd from marts.total_year_as_of(?) order by year", [day]).fetchall()
    months = con.execute("select balance_usd from marts.total_month_as_of(?)", [day]).fetchall()
    assert years == [(2024, -903530), (2025, balance)]
    assert months == [(balance,)]

"""Which months of imports are known whole; the tables are made up."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from assets.methods.front_loading.complete import complete_months
from tests.commodity_tables import coverage_view

WORLD, CHINA, VIETNAM = "0015", "5700", "5520"
MEASURES = ("consumption_value_usd", "general_value_usd", "calculated_duty_usd")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two chapters of three partners, January to June 2025, general imports in all and the rest from March on."""
    with duckdb.connect() as con:
        con.execute(f"""
            create schema marts;
            create table marts.commodity_partner_month as
            select 'imports' as flow, 'HS' as classification, 'HS2' as level, code as commodity_code, partner_code,
                make_date(2025, cast(month as integer), 1) as reference_month, 100 as general_value_usd,
                case when month >= 3 then 90 end as consumption_value_usd,
                case when month >= 3 then 9 end as calculated_duty_usd, date '2025-08-05' as vintage
            from unnest(['84', '85']) as codes(code), unnest(['{WORLD}', '{CHINA}', '{VIETNAM}']) as partners(partner_code),
                range(1, 7) as months(month);
            create table marts.commodity_partner_year (flow varchar, level varchar, partner_code varchar, year integer);
            {coverage_view(MEASURES, (), has_all_partners=False)};
            create table told as from marts.commodity_coverage;
            drop view marts.commodity_coverage;
            create table marts.commodity_coverage as from told""")
        yield con


def spans(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[date, date, int, int, int]]:
    """By partner: first and last month, and how many rows have which measure."""
    rows = con.execute(
        "select partner_code, min(reference_month), max(reference_month), count(general_value_usd), "
        f"count(consumption_value_usd), count(calculated_duty_usd) from {complete_months(con)} group by 1"
    ).fetchall()
    return {str(row[0]): (row[1], row[2], row[3], row[4], row[5]) for row in rows}


def cut(con: duckdb.DuckDBPyConnection, where: str) -> None:
    con.execute(f"update marts.commodity_coverage set has_all_commodities = false where {where}")


def test_the_concept_with_the_longer_run_is_taken_and_no_duty_that_lacks_months(con: duckdb.DuckDBPyConnection) -> None:
    whole = (date(2025, 1, 1), date(2025, 6, 1), 12, 0, 0)
    assert spans(con) == {WORLD: whole, CHINA: whole, VIETNAM: whole}
    cut(con, "measure = 'general_value_usd' and period_start < date '2025-03-01'")
    assert spans(con)[WORLD] == (date(2025, 3, 1), date(2025, 6, 1), 8, 0, 8)


def test_a_month_in_part_ends_the_run_of_its_partner_alone(con: duckdb.DuckDBPyConnection) -> None:
    cut(con, f"partner_code = '{CHINA}' and period_start = date '2025-04-01'")
    found = spans(con)
    assert found[CHINA][:2] == (date(2025, 5, 1), date(2025, 6, 1))
    assert found[VIETNAM][:2] == (date(2025, 1, 1), date(2025, 6, 1))
    cut(con, f"partner_code = '{VIETNAM}' and period_start = date '2025-06-01'")
    assert spans(con)[VIETNAM][:2] == (date(2025, 1, 1), date(2025, 5, 1))


def test_who_is_left_out_by_a_print_of_all_partners_did_not_trade(con: duckdb.DuckDBPyConnection) -> None:
    april = f"partner_code = '{CHINA}' and period_start = date '2025-04-01'"
    con.execute(f"delete from marts.commodity_coverage where {april}")
    assert spans(con)[CHINA][0] == date(2025, 5, 1)
    con.execute("update marts.commodity_coverage set has_all_partners = true where period_start = date '2025-04-01'")
    assert spans(con)[CHINA][0] == date(2025, 1, 1)


def test_without_world_the_partners_tell(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"delete from marts.commodity_coverage where partner_code = '{WORLD}'")
    assert set(spans(con)) == {CHINA, VIETNAM}

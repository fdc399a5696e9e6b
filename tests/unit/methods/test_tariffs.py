"""Measures in force by partner, product and month, against dates and rates in the orders themselves."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.methods.tariffs import TariffCounts, build_tariff_marts
from tests.commodity_tables import coverage_view

DUTIES = ("consumption_value_usd", "calculated_duty_usd")


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """Tariff marts beside marts of duties: China 100 of imports, 20.7 of duty in March 2025; years of some products."""
    con = duckdb.connect()
    con.execute("create schema marts")
    con.execute(
        """
        create table marts.commodity_partner_month as
        select 'imports' as flow, level, commodity_code, '5700' as partner_code, date '2025-03-01' as reference_month,
            consumption_value_usd, calculated_duty_usd
        from (values ('NAICS3', '334', 60, 12.0), ('NAICS3', '315', 40, 8.7), ('HS6', '851713', 50, 10.0))
            as _(level, commodity_code, consumption_value_usd, calculated_duty_usd);
        create table marts.commodity_partner_year as
        select 'imports' as flow, 'HS6' as level, *
        from (values ('5700', '850132', 2025, 200, 98.0), ('5700', '940350', 2024, 200, 50.0),
            ('5550', '940350', 2025, 300, 45.0), ('5550', '610910', 2025, 100, 15.0), ('0015', '850132', 2025, 400, 100.0))
            as _(partner_code, commodity_code, year, consumption_value_usd, calculated_duty_usd)"""
    )
    con.execute(coverage_view(DUTIES, DUTIES))
    build_tariff_marts(con, date(2026, 12, 1))
    return con


def _in_force(con: duckdb.DuckDBPyConnection, partner: str, hs6: str, month: str) -> dict[str, tuple[str, Decimal]]:
    rows = con.execute(
        f"select measure_id, coverage, ad_valorem_rate from marts.measures_in_force('{partner}', '{hs6}', '{month}')"
    ).fetchall()
    return {measure: (coverage, rate) for measure, coverage, rate in rows}


def test_smartphones_from_china_pay_the_emergency_duty_alone(con: duckdb.DuckDBPyConnection) -> None:
    """8517.13 in July 2025: list 4B never began; the memorandum of 2025-04-11 lifts the reciprocal duty."""
    found = _in_force(con, "5700", "851713", "2025-07-01")
    assert found.pop("s301_exclusions_ext")[0] == "unknown"
    assert found == {"ieepa_fent_cn_20": ("whole", Decimal("0.2")), "ieepa_electronics": ("whole", Decimal(0))}


def test_dates_bound_a_measure(con: duckdb.DuckDBPyConnection) -> None:
    """List 3: 10 % from 2018-09-24 to 2019-05-09, 25 % from 2019-05-10 (84 FR 20459). Bedroom furniture: 9403.50, all
    of whose lines (9403.50.40, .60, .90) are on the list."""
    assert "s301_l3_10" not in _in_force(con, "5700", "940350", "2018-08-01")
    assert _in_force(con, "5700", "940350", "2018-09-01")["s301_l3_10"] == ("whole", Decimal("0.1"))
    may = _in_force(con, "5700", "940350", "2019-05-01")
    assert {"s301_l3_10", "s301_l3_25"} <= set(may)
    assert "s301_l3_10" not in _in_force(con, "5700", "940350", "2019-06-01")
    assert not _in_force(con, "5520", "940350", "2019-06-01")


def test_goods_defined_by_use_leave_their_codes_to_other_duties(con: duckdb.DuckDBPyConnection) -> None:
    """Electric motors (8501.32, on the list of car parts, and 8501.10, on none) from China in July 2025: 10 % reciprocal
    duty (executive order 14298); only motors for cars pay the duty on car parts instead."""
    listed = _in_force(con, "5700", "850132", "2025-07-01")
    assert listed["ieepa_recip_cn_10"] == ("part", Decimal("0.1"))
    assert listed["s232_auto_parts"] == ("part", Decimal("0.25"))
    small = _in_force(con, "5700", "850110", "2025-07-01")
    assert small["ieepa_recip_cn_10"] == ("whole", Decimal("0.1"))
    assert "s232_auto_parts" not in small
    # of the three lines of 8501.10 only 8501.10.40 is on list 1
    assert small["s301_l1"][0] == "part"


def test_a_subheading_is_whole_when_all_its_lines_are_listed(con: duckdb.DuckDBPyConnection) -> None:
    """Laptops: 8471.30.01 is the only line of 8471.30, spared since 2025-04-11; heading 8471 is a car part by use only."""
    found = _in_force(con, "5700", "847130", "2025-07-01")
    assert found["ieepa_electronics"] == ("whole", Decimal(0))
    assert found["s232_auto_parts"][0] == "part"
    assert "ieepa_recip_cn_10" not in found


@pytest.mark.parametrize("hs6", ["870840", "870829", "854231", "842619", "220300"])
def test_what_is_on_an_inexact_list_is_never_whole(con: duckdb.DuckDBPyConnection, hs6: str) -> None:
    """Gear boxes, bodies, chips, cranes and beer: their whole codes are on lists of goods defined more narrowly."""
    rows = con.execute(
        f"select distinct coverage from marts.measures_in_force('5700', '{hs6}', '2025-12-01') "
        "where not is_exact and scope_id not in ('reciprocal', 's301_excluded')"
    ).fetchall()
    assert rows == [("part",)]


def test_exceptions_to_partners_and_products(con: duckdb.DuckDBPyConnection) -> None:
    """Canada and Mexico are outside the reciprocal duty; steel is outside it everywhere; Britain has 25 % on steel."""
    assert "ieepa_recip_base" not in _in_force(con, "1220", "940350", "2025-06-01")
    assert "ieepa_recip_base" in _in_force(con, "4280", "940350", "2025-06-01")
    steel = _in_force(con, "4280", "720851", "2025-06-01")
    assert steel["s232_metals_50"] == ("whole", Decimal("0.5"))
    assert "ieepa_recip_base" not in steel
    assert _in_force(con, "4120", "720851", "2025-07-01")["s232_metals_50"] == ("whole", Decimal("0.25"))


def test_members_of_the_european_union_share_its_lines(con: duckdb.DuckDBPyConnection) -> None:
    rate = (
        "select distinct ad_valorem_rate, count(*) from marts.tariff_line where measure_id = 'ieepa_recip_aug7' "
        "and rate_kind = 'ceiling' group by all"
    )
    assert con.execute(rate).fetchall() == [(Decimal("0.15"), 27)]


def test_other_dates_are_shown_beside_the_one_in_use(con: duckdb.DuckDBPyConnection) -> None:
    used, others = con.execute(
        "select effective_on, other_dates from marts.tariff_measure where measure_id = 'ieepa_recip_cn_10'"
    ).fetchall()[0]
    assert used == date(2025, 5, 14)
    assert [day for day in ("2025-04-14", "2025-05-12", "2025-05-13") if day in others] == [
        "2025-04-14",
        "2025-05-12",
        "2025-05-13",
    ]


@pytest.mark.parametrize(
    ("scope", "month", "days", "rate"),
    [
        # fentanyl duty: 3 days at 10 %, 28 at 20 %
        ("all", "2025-03-01", 31, Decimal("0.1903")),
        # reciprocal duty: 5-8 April at 10 %, 9 April at 84 %, 10-30 April at 125 %
        ("reciprocal", "2025-04-01", 26, Decimal("0.9163")),
    ],
)
def test_a_stated_rate_is_weighted_by_days(
    con: duckdb.DuckDBPyConnection, scope: str, month: str, days: int, rate: Decimal
) -> None:
    found = con.execute(
        "select days_in_force, stated_rate from marts.tariff_month "
        "where partner_code = '5700' and scope_id = ? and reference_month = ?",
        [scope, month],
    ).fetchall()
    assert found == [(days, rate)]


def test_the_realised_rate_of_a_partner_says_what_it_covers(con: duckdb.DuckDBPyConnection) -> None:
    """China in March 2025 from its NAICS3 rows, (12 + 8.7) / 100; Cambodia from its HS6 rows of the year, 60 / 400."""
    rows = con.execute(
        "select distinct partner_code, realised_rate, realised_rate_of from marts.tariff_month "
        "where (partner_code, reference_month) in (('5700', date '2025-03-01'), ('5550', date '2025-05-01'), "
        "('5550', date '2026-05-01')) order by all"
    ).fetchall()
    assert rows == [
        ("5550", pytest.approx(0.15), "partner, all goods, year 2025"),
        ("5550", None, None),
        ("5700", pytest.approx(0.207), "partner, all goods, month"),
    ]


@pytest.mark.parametrize(
    ("product", "rate", "of"),
    [
        (("5700", "851713", "2025-03-01"), 0.2, "product, month"),
        (("5700", "850132", "2025-07-01"), 0.49, "product, year 2025"),
        (("5550", "940350", "2025-07-01"), 0.15, "product, year 2025"),
        # motors are electrical equipment (NAICS 335), of which there are no months here; phones are NAICS 334
        (("5700", "850132", "2024-07-01"), None, None),
        (("5550", "940350", "2026-05-01"), None, None),
    ],
)
def test_the_realised_rate_of_a_product_says_what_it_covers(
    con: duckdb.DuckDBPyConnection, product: tuple[str, str, str], rate: float | None, of: str | None
) -> None:
    expected = [(rate if rate is None else pytest.approx(rate), of)]
    key = "'{}', '{}', date '{}'".format(*product)
    rows = con.execute(
        "select realised_rate, realised_rate_of from marts.tariff_product_month "
        f"where (partner_code, hs6, reference_month) = ({key})"
    ).fetchall()
    assert rows == expected
    rows = con.execute(
        f"select distinct realised_rate, realised_rate_of from marts.measures_in_force({key})"
    ).fetchall()
    assert rows == expected


def test_a_product_without_figures_of_its_own_has_the_rate_of_its_industry(con: duckdb.DuckDBPyConnection) -> None:
    """Furniture (940350) is NAICS 337; China's months of it in a relation of their own, 3 / 12."""
    con.execute(
        """
        create or replace table marts.furniture as
        from marts.commodity_partner_month
        union all
        select 'imports', 'NAICS3', '337', '5700', date '2023-06-01', 12, 3.0"""
    )
    build_tariff_marts(con, date(2026, 12, 1), duties="marts.furniture")
    rows = con.execute(
        "select realised_rate, realised_rate_of from marts.tariff_product_month "
        "where partner_code = '5700' and hs6 = '940350' and reference_month = '2023-06-01'"
    ).fetchall()
    build_tariff_marts(con, date(2026, 12, 1))
    assert rows == [(pytest.approx(0.25), "NAICS3 337, month")]


@pytest.mark.parametrize(
    ("hs6", "month", "measures", "rates"),
    [
        # 20 % emergency duty on the whole; lists 1 and 2 of Section 301 (25 %), the reciprocal duty (10 %) and the duty on
        # car parts (25 %) on a part
        (
            "850132",
            "2025-07-01",
            "ieepa_fent_cn_20;ieepa_recip_base;ieepa_recip_cn_10;s232_auto_parts;s301_l1;s301_l2",
            ("0.2", "0.8"),
        ),
        # bedroom furniture: emergency 20 %, list 3 25 %, reciprocal duty 10 % 5 to 8, 84 % on 9, 125 % 10 to 30 April
        (
            "940350",
            "2025-04-01",
            "ieepa_fent_cn_20;ieepa_recip_base;ieepa_recip_cn_125;ieepa_recip_cn_84;s301_l3_25",
            ("1.3663", "1.3663"),
        ),
        # list 3: 10 % for nine days of May 2019, then 25 %
        ("940350", "2019-05-01", "s301_l3_10;s301_l3_25", ("0.2065", "0.2065")),
    ],
)
def test_a_product_has_its_measures_and_stated_rates(
    con: duckdb.DuckDBPyConnection, hs6: str, month: str, measures: str, rates: tuple[str, str]
) -> None:
    rows = con.execute(
        "select measures, stated_rate, stated_rate_at_most from marts.tariff_product_month "
        "where partner_code = '5700' and hs6 = ? and reference_month = ?",
        [hs6, month],
    ).fetchall()
    assert rows == [(measures, Decimal(rates[0]), Decimal(rates[1]))]


def test_realised_rates_of_products_on_real_figures(shared_data: Path) -> None:
    """Every product of China and Cambodia in 2025, from the lines of ten digits, summed apart (duty / value)."""
    file = shared_data / "census_api" / "census_imports_hts10_by_country_2024_2025.parquet"
    real = duckdb.connect()
    real.execute(
        f"""
        create schema marts;
        create table marts.commodity_partner_month (flow varchar, level varchar, commodity_code varchar,
            partner_code varchar, reference_month date, consumption_value_usd bigint, calculated_duty_usd bigint);
        create table marts.commodity_partner_year as
        select 'imports' as flow, 'HS6' as level, left(HTS10, 6) as commodity_code, CTY_CODE as partner_code, year,
            sum(CON_VAL_YR) as consumption_value_usd, sum(CAL_DUT_YR) as calculated_duty_usd
        from '{file}' where CTY_CODE in ('5700', '5550') group by all"""
    )
    real.execute(coverage_view(DUTIES, DUTIES))
    build_tariff_marts(real, date(2025, 12, 1))
    lines = pd.read_parquet(file, filters=[("year", "==", 2025), ("CTY_CODE", "in", ["5700", "5550"])])
    lines = lines.assign(hs6=lines["HTS10"].str[:6])
    product = lines.groupby(["CTY_CODE", "hs6"])[["CAL_DUT_YR", "CON_VAL_YR"]].sum()
    product = product[product["CON_VAL_YR"] > 0]
    expected = (product["CAL_DUT_YR"] / product["CON_VAL_YR"]).to_dict()
    rows = real.execute(
        "select partner_code, hs6, realised_rate from marts.tariff_product_month where reference_month = '2025-12-01' "
        "and realised_rate_of = 'product, year 2025'"
    ).fetchall()
    assert len(rows) > 4_000
    assert {row[:2]: row[2] for row in rows} == {row[:2]: pytest.approx(expected[row[:2]], abs=1e-12) for row in rows}
    partner = lines[lines["CTY_CODE"] == "5550"]
    found = real.execute(
        "select distinct realised_rate, realised_rate_of from marts.tariff_month "
        "where partner_code = '5550' and reference_month = '2025-12-01'"
    ).fetchall()
    rate = partner["CAL_DUT_YR"].sum() / partner["CON_VAL_YR"].sum()
    assert found == [(pytest.approx(rate, abs=1e-12), "partner, all goods, year 2025")]


def test_every_table_and_column_has_a_comment(con: duckdb.DuckDBPyConnection) -> None:
    missing = con.execute(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'marts' and table_name like 'tariff%' and comment is null"
    ).fetchall()
    assert missing == []


def test_grain_and_counts(con: duckdb.DuckDBPyConnection) -> None:
    counts = build_tariff_marts(con, date(2026, 12, 1))
    assert counts == TariffCounts(
        measures=_count(con, "distinct measure_id", "tariff_measure"),
        lines=_count(con, "distinct (measure_id, line, partner_code)", "tariff_line"),
        months=_count(con, "distinct (partner_code, scope_id, reference_month)", "tariff_month"),
        product_months=_count(con, "distinct (partner_code, hs6, reference_month)", "tariff_product_month"),
    )
    assert counts.measures >= 100


def _count(con: duckdb.DuckDBPyConnection, what: str, table: str) -> int:
    return int(con.execute(f"select count({what}) from marts.{table}").fetchall()[0][0])

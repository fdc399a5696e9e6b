"""The four criteria on third-country figures made for them; silence without figures."""

import duckdb
import pytest

from assets.contracts.flags import CONSISTENT, NO_SIGN, NOT_TESTABLE
from assets.methods.rerouting import ReroutingCounts, build_rerouting

MONTHS = 36

REPORTS = """
    create or replace table reports as
    with month as (
        select age, (date '2025-12-01' - age * interval 1 month)::date as day,
            -- a wave of 12-month changes that both legs share; the second is its mirror image
            exp(0.3 * sin(age) - 0.05 * age) as wave, exp(-0.3 * sin(age) - 0.05 * age) as mirror
        from range(36) as _(age)),
    product as (
        from (values ('850440', 1.0, 1.1, 0), ('850450', 1.0, 2.0, 0), ('850460', 1.0, 1.0, 900_000_000))
            as _(commodity_code, price_in, price_out, own))
    select '5520' as reporter_code, partner_code, flow, 'H6' as hs_revision, 'HS6' as level, commodity_code,
        year(day)::smallint as year, month(day)::tinyint as month, value::bigint as value_usd,
        (value / price)::decimal(24, 3) as net_weight_kg, 'a' as file_id, date '2026-02-01' as vintage
    from (
        select '5700' as partner_code, 'imports' as flow, commodity_code, day, 1e8 * wave as value, price_in as price
            from month, product
        union all select '1000', 'exports', commodity_code, day, 0.9e8 * wave, price_out from month, product
        union all select '0015', 'exports', commodity_code, day, 1e6 + own / 12, 1.0 from month, product)"""

US = """
    create or replace table us as
    select 'imports' as flow, 'HS6' as level, partner_code, commodity_code, day as reference_month,
        value::bigint as general_value_usd
    from (
        select (date '2025-12-01' - age * interval 1 month)::date as day, exp(0.3 * sin(age) - 0.05 * age) as wave, age
        from range(36) as _(age)) as month,
        (select unnest(['850440', '850450', '850460']) as commodity_code),
        lateral (
            select '5520' as partner_code, 1e8 * wave as value
            union all select '5700', if(age >= 24, 2e8, 1.5e8)
            union all select '0015', 5e8)"""


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema flags")
    con.execute(REPORTS)
    con.execute(US)
    return con


def _verdicts(con: duckdb.DuckDBPyConnection) -> dict[str | None, str]:
    return dict(con.execute("select commodity_code, verdict from flags.rerouting").fetchall())


def test_each_criterion_alone_decides(con: duckdb.DuckDBPyConnection) -> None:
    """850440 fulfils all four; 850450 leaves at twice the price; 850460 was exported before."""
    assert build_rerouting(con, "reports", "us") == ReroutingCounts(written=3, other_revision=0)
    assert _verdicts(con) == {"850440": CONSISTENT, "850450": NO_SIGN, "850460": NO_SIGN}


def test_numbers_of_a_row(con: duckdb.DuckDBPyConnection) -> None:
    """Both legs are one wave: correlation 1. Unit values 1.1 and 1.0: ln 1.1. China falls from 40 to 30 %."""
    build_rerouting(con, "reports", "us")
    row = con.execute("from flags.rerouting where commodity_code = '850440'").to_arrow_table().to_pylist()[0]
    assert row["changes"] == 24
    assert row["correlation"] == pytest.approx(1.0, abs=1e-6)
    assert row["unit_value_gap"] == pytest.approx(0.09531, abs=1e-4)
    assert row["reference_loss_pp"] == pytest.approx(10.0)
    assert row["own_exports_before_usd"] == 12_000_000
    assert row["bound_usd"] == row["us_imports_usd"]
    assert "consistent with rerouting" in row["sentence"]
    assert "far below this bound" in row["sentence"]


def test_legs_that_move_against_each_other_are_no_sign(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update reports set value_usd = (1e16 / value_usd)::bigint where flow = 'imports'")
    build_rerouting(con, "reports", "us")
    assert set(_verdicts(con).values()) == {NO_SIGN}


def test_without_a_loss_of_the_reference_nothing_is_rerouted(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update us set general_value_usd = 200000000 where partner_code = '5700'")
    build_rerouting(con, "reports", "us")
    assert set(_verdicts(con).values()) == {NO_SIGN}


@pytest.mark.parametrize(
    "change",
    [
        "update reports set net_weight_kg = null",
        "delete from reports where flow = 'exports'",
        "delete from reports where year = 2023 and month = 5",
        # Exports to the world of the first year, or of this product, were not asked for: not an export of zero.
        "delete from reports where partner_code = '0015' and year = 2023 and month = 7",
        "delete from reports where partner_code = '0015' and commodity_code = '850440'",
    ],
)
def test_what_is_missing_is_not_guessed(con: duckdb.DuckDBPyConnection, change: str) -> None:
    con.execute(change)
    build_rerouting(con, "reports", "us")
    assert _verdicts(con)["850440"] == NOT_TESTABLE


def test_files_complete_each_other_and_the_newest_print_of_a_cell_counts(con: duckdb.DuckDBPyConnection) -> None:
    """Four files by partner and year give what one gives; what one of them repeats is not counted twice."""
    build_rerouting(con, "reports", "us")
    whole = con.execute("from flags.rerouting order by all").fetchall()
    con.execute("update reports set file_id = partner_code || year")
    con.execute("insert into reports by name select * replace ('z' as file_id) from reports where year = 2025")
    build_rerouting(con, "reports", "us")
    assert con.execute("from flags.rerouting order by all").fetchall() == whole
    # An older print of other values, named last, and a newer one without weights change nothing either.
    con.execute(
        """insert into reports by name select * replace (
            7 * value_usd as value_usd, 'zz' as file_id, date '2025-12-31' as vintage) from reports"""
    )
    con.execute(
        """insert into reports by name select distinct * replace (
            null as net_weight_kg, '0' as file_id, date '2026-06-01' as vintage)
        from reports where vintage = date '2026-02-01'"""
    )
    build_rerouting(con, "reports", "us")
    assert con.execute("from flags.rerouting order by all").fetchall() == whole
    con.execute(
        """insert into reports by name select * replace (
            value_usd + 1000 as value_usd, '1' as file_id, date '2026-07-01' as vintage)
        from reports where commodity_code = '850440' and vintage = date '2026-06-01'"""
    )
    build_rerouting(con, "reports", "us")
    own = "select own_exports_before_usd from flags.rerouting where commodity_code = '850440'"
    assert con.execute(own).fetchall() == [(12_012_000,)]


def test_without_third_country_figures_the_answer_is_one_row(con: duckdb.DuckDBPyConnection) -> None:
    assert build_rerouting(con, None, "us") == ReroutingCounts(written=1, other_revision=0)
    assert _verdicts(con) == {None: NOT_TESTABLE}


def test_another_nomenclature_is_counted_and_not_compared(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update reports set hs_revision = 'H5'")
    rows = con.execute("select count(*) from reports").fetchall()[0][0]
    assert build_rerouting(con, "reports", "us") == ReroutingCounts(written=1, other_revision=rows)


def test_the_word_that_claims_too_much_never_appears(con: duckdb.DuckDBPyConnection) -> None:
    for reports in ("reports", None):
        build_rerouting(con, reports, "us")
        text = str(con.execute("from flags.rerouting").fetchall()).lower()
        assert "transship" not in text

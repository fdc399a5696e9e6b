"""Aims beside outcomes, and capital goods by end use, on known figures and on those of 2024 and 2025."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from assets.methods.scoreboard import build_capital_goods, build_scoreboard
from tests.commodity_tables import coverage_view

COMMODITY = """
    create table marts.commodity_partner_year (flow varchar, level varchar, commodity_code varchar,
        commodity_name varchar, partner_code varchar, year integer, general_value_usd bigint,
        consumption_value_usd bigint, calculated_duty_usd bigint, is_derived boolean, vintage date, approximate_share double)"""


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """World deficit 1,200 -> 1,241 bn, China 295 -> 202 bn, index 0.08 -> 0.07; no commodity figures."""
    con = duckdb.connect()
    con.execute(
        f"""
        create schema marts; create schema flags; {COMMODITY};
        {coverage_view((), ("general_value_usd", "calculated_duty_usd"))};
        create table marts.partner_year as
        select *, date '2026-09-03' as vintage
        from (values ('0015', 2024, -1200000000000), ('0015', 2025, -1241000000000),
            ('5700', 2024, -295000000000), ('5700', 2025, -202000000000)) as _(partner_code, year, balance_usd);
        create table marts.concentration_year as
        select * from (values (2024, 0.08, date '2026-09-03'), (2025, 0.07, '2026-09-03')) as _(year, hhi, vintage)"""
    )
    return con


def _insert(
    con: duckdb.DuckDBPyConnection, code: str, year: int, value: int, duty: int | None = None, *, derived: bool = False
) -> None:
    level = "NAICS3" if len(code) < 5 else "ENDUSE5"
    con.execute(
        "insert into marts.commodity_partner_year values ('imports', ?, ?, ?, '0015', ?, ?, ?, ?, ?, '2026-06-09', null)",
        [level, code, f"Goods {code}", year, value, value, duty, derived],
    )


def _moved(con: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    return dict(con.execute("select aim_id, moved from flags.policy_scoreboard").fetchall())


def test_outcomes_are_set_beside_aims(con: duckdb.DuckDBPyConnection) -> None:
    for year, duty in ((2024, 24), (2025, 76)):
        _insert(con, "334", year, 1000, duty)
        _insert(con, "00", year, 1000, duty)
    build_scoreboard(con, 2024, 2025)
    assert _moved(con) == {
        "goods_deficit": "against the aim",
        "china_deficit": "with the aim",
        "concentration": "with the aim",
        "revenue": "with the aim",
        "rates": "in its direction",
    }
    rows = con.execute(
        "select aim_id, value0, value1, sentence from flags.policy_scoreboard "
        "where aim_id in ('rates', 'goods_deficit')"
    ).fetchall()
    assert rows == [
        (
            "goods_deficit",
            1.2e12,
            1.241e12,
            "A smaller deficit in goods: goods deficit was $1,200.0bn in 2024 and $1,241.0bn in 2025: against the aim. "
            "This says nothing about the cause.",
        ),
        (
            "rates",
            0.024,
            0.076,
            "Higher duties on imports: realised duty rate was 2.40 % in 2024 and 7.60 % in 2025: in its direction. "
            "This says nothing about the cause.",
        ),
    ]


def test_means_are_told_apart_from_aims(con: duckdb.DuckDBPyConnection) -> None:
    """The duty rate is what the policy acts by; the other four outcomes are what it asks for."""
    build_scoreboard(con, 2024, 2025)
    rows = con.execute("select role, count(*), min(aim_id) from flags.policy_scoreboard group by role order by role")
    assert rows.fetchall() == [("aim", 4, "china_deficit"), ("means", 1, "rates")]


def test_without_duties_their_aims_are_not_testable(con: duckdb.DuckDBPyConnection) -> None:
    _insert(con, "334", 2025, 1000, 76)
    build_scoreboard(con, 2024, 2025)
    moved = _moved(con)
    assert {moved["revenue"], moved["rates"]} == {"not testable with the data loaded"}
    assert moved["goods_deficit"] == "against the aim"


@pytest.mark.parametrize("word", ["because", "caused", "due to", "led to", "thanks to"])
def test_no_sentence_speaks_of_causes(con: duckdb.DuckDBPyConnection, word: str) -> None:
    build_scoreboard(con, 2024, 2025)
    assert word not in str(con.execute("select sentence from flags.policy_scoreboard").fetchall()).lower()


def test_capital_goods_add_up_by_depth(con: duckdb.DuckDBPyConnection) -> None:
    for code, before, after in (("21300", 100, 200), ("21400", 50, 60), ("21030", 20, 10), ("30000", 7, 9)):
        _insert(con, code, 2024, before, 1)
        _insert(con, code, 2025, after, 2)
    assert build_capital_goods(con, 2024, 2025) == 6
    rows = con.execute("select code, change_usd, share_of_change from flags.capital_goods where depth < 2").fetchall()
    assert rows == [("2", 100, 1.0), ("ai", 110, 1.1), ("other", -10, -0.1)]
    by_depth = con.execute("select sum(change_usd) from flags.capital_goods group by depth").fetchall()
    assert by_depth == [(100,), (100,), (100,)]


@pytest.mark.parametrize("derived", [False, True])
def test_end_use_told_from_hs_codes_says_so(con: duckdb.DuckDBPyConnection, derived: bool) -> None:
    for year in (2024, 2025):
        _insert(con, "21300", year, 100, derived=derived)
        _insert(con, "21030", year, 100)
    build_capital_goods(con, 2024, 2025)
    rows = con.execute("select code, is_approximated, contains(sentence, 'end use derived') from flags.capital_goods")
    expected = {"2": derived, "ai": derived, "other": False, "21300": derived, "21030": False}
    assert {code: (flag, told) for code, flag, told in rows.fetchall()} == {
        code: (flag, flag) for code, flag in expected.items()
    }


def test_capital_goods_of_one_year_are_no_comparison(con: duckdb.DuckDBPyConnection) -> None:
    _insert(con, "21300", 2025, 100)
    assert build_capital_goods(con, 2024, 2025) == 0


def test_capital_goods_of_2025_rose_with_ai_hardware(con: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    """Computers +101.4, accessories +42.7, telecommunications +30.3 $bn: the derived end-use file, world."""
    file = shared_data / "census_api" / "census_imports_enduse5_world_2024_2025_from_hts10.csv"
    con.execute(
        f"""
        insert into marts.commodity_partner_year
        select 'imports', 'ENDUSE5', END_USE5, label, '0015', year, value, null, null, false, date '2026-06-09', null
        from (unpivot (select END_USE5, label, imports_2024_usd as "2024", imports_2025_usd as "2025"
            from read_csv('{file}', types = {{'END_USE5': 'VARCHAR'}})) on "2024", "2025" into name year value value)"""
    )
    build_capital_goods(con, 2024, 2025)
    change = dict(con.execute("select code, change_usd from flags.capital_goods").fetchall())
    assert (change["21300"], change["21301"], change["21400"]) == (101_448_680_003, 42_741_791_063, 30_265_908_311)
    assert change["2"] == 1_124_300_171_161 - 957_727_959_550
    assert change["ai"] > change["2"] > 0 > change["other"]


def test_duties_of_some_partners_are_not_those_of_the_world(con: duckdb.DuckDBPyConnection) -> None:
    """Partners alone, and not all of them: what they paid says nothing of the World's rate."""
    for year, duty in ((2024, 24), (2025, 76)):
        _insert(con, "334", year, 1000, duty)
    con.execute("update marts.commodity_partner_year set partner_code = '5700'")
    build_scoreboard(con, 2024, 2025)
    assert _moved(con)["rates"] == "not testable with the data loaded"


def test_duties_of_2024_and_2025_give_the_known_rates(con: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    """World, all goods: 2.359 % and 7.648 % of imports for consumption; 259,366,570,786 USD of duty in 2025."""
    file = shared_data / "census_api" / "census_imports_hts10_by_country_2024_2025.parquet"
    con.execute(
        f"insert into marts.commodity_partner_year select 'imports', 'HS10', HTS10, null, CTY_CODE, year, "
        f"GEN_VAL_YR, CON_VAL_YR, CAL_DUT_YR, false, date '2026-06-09', null from '{file}'"
    )
    con.execute(coverage_view((), ("general_value_usd", "calculated_duty_usd"), has_all_partners=True))
    build_scoreboard(con, 2024, 2025)
    rows = {
        outcome: (before, after)
        for outcome, before, after in con.execute(
            "select outcome, value0, value1 from flags.policy_scoreboard"
        ).fetchall()
    }
    assert rows["realised_duty_rate"] == (pytest.approx(0.02359, abs=5e-6), pytest.approx(0.07648, abs=5e-6))
    assert rows["calculated_duty"][1] == 259_366_570_786

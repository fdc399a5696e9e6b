"""The surge in total: parts that add up, and the published picture of early 2025."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.methods.front_loading.cuts import EARLY_2025, CutsUnavailable, SurgeWindow, build_front_loading_cuts
from assets.parsing import census_country

TOTALS = "create table marts.partner_month as select partner_code, partner_code < '1000' as is_aggregate, \
reference_month, value as imports_usd, date '2026-09-03' as vintage from rows"


def _empty(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create schema if not exists marts; create table if not exists marts.partner_month "
        "(partner_code varchar, is_aggregate boolean, reference_month date, imports_usd bigint, vintage date)"
    )


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """World = Germany + Japan + a rest; all flat at 100, 50 and 10 but Germany's March 2025, which is 180."""
    con = duckdb.connect()
    con.execute(
        """
        create schema marts;
        create table rows as
        with months as (select month::date as reference_month
            from unnest(generate_series(timestamp '2019-01-01', timestamp '2025-09-01', interval 1 month)) as _(month)),
        partners as (
            select '4280' as partner_code, reference_month,
                if(reference_month = '2025-03-01', 180_000_000, 100_000_000)::bigint as value from months
            union all select '5880', reference_month, 50_000_000 from months)
        from partners
        union all select '0015', reference_month, (sum(value) + 10_000_000)::bigint from partners group by all;
        create table marts.commodity_partner_month (flow varchar, level varchar, commodity_code varchar,
            partner_code varchar, reference_month date, general_value_usd bigint, consumption_value_usd bigint,
            vintage date)"""
    )
    con.execute(TOTALS)
    build_front_loading_cuts(con)
    return con


def _excess(con: duckdb.DuckDBPyConnection, method: str) -> dict[str | None, int]:
    rows = con.execute(
        "select partner_code, excess_usd from flags.front_loading_cut where method = ?", [method]
    ).fetchall()
    return dict(rows)


def test_parts_add_up_to_the_world(con: duckdb.DuckDBPyConnection) -> None:
    for method in ("same_months", "expectation"):
        excess = _excess(con, method)
        assert excess["4280"] == excess["0015"] == 80_000_000
        assert excess["5880"] == excess["REST"] == excess[None] == 0


def test_the_sentence_names_share_and_spread(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "select partner_code, sentence from flags.front_loading_cut "
        "where method = 'expectation' and partner_code in ('0015', '4280')"
    ).fetchall()
    assert dict(rows) == {
        "0015": "Imports from the world, all goods, were $0.1bn above season and trend from 2025-01 to 2025-03 "
        "(between 0.1 and 0.1 by the length of the clean window).",
        "4280": "Imports from Germany, all goods, were $0.1bn above season and trend from 2025-01 to 2025-03, "
        "100 % of the total excess.",
    }


def test_without_history_nothing_is_guessed(con: duckdb.DuckDBPyConnection) -> None:
    early = SurgeWindow(date(2020, 1, 1), date(2020, 3, 1), date(2019, 10, 1))
    with pytest.raises(CutsUnavailable, match="no figures from 2016-11-01 to 2020-03-01"):
        build_front_loading_cuts(con, window=early)
    build_front_loading_cuts(con)


def test_switzerland_and_ireland_are_46_percent_of_the_excess(shared_data: Path) -> None:
    """The first quarter of 2025 against that of 2024, general imports of the country workbook: 26.5 and 19.7 %."""
    folder = shared_data / "census_country"
    table = census_country.parse(
        folder / "census_goods_by_country_2024-2026m07_countryxlsx_layout.csv", "country.csv"
    ).table
    older = census_country.parse(folder / "country_vintage_2024-10_data-thru-2024-08.xlsx", "country.xlsx").table
    con = duckdb.connect()
    _register(con, table, older)
    con.execute(
        """
        create schema marts;
        create table rows as
        select partner_code, make_date(year, month, 1) as reference_month, (value_musd * 1000000)::bigint as value
        from (from older where year < 2024 union all from newer) where flow = 'imports' and month is not null;
        create table marts.commodity_partner_month (flow varchar, level varchar, partner_code varchar,
            reference_month date)"""
    )
    con.execute(TOTALS)
    assert build_front_loading_cuts(con) == ["TOTAL"]
    shares = dict(
        con.execute(
            "select partner_code, share_of_excess from flags.front_loading_cut where method = 'same_months'"
        ).fetchall()
    )
    assert shares["4419"] + shares["4190"] == pytest.approx(0.46, abs=0.005)


def _register(con: duckdb.DuckDBPyConnection, newer: object, older: object) -> None:
    con.register("newer", newer)
    con.register("older", older)


def test_the_cuts_of_early_2025(shared_data_naics: duckdb.DuckDBPyConnection) -> None:
    """Without gold, pharmaceuticals and electronics an eighth of the year-on-year excess is left (NAICS3 proxy).

    953.91 - 754.06 = 199.85 bn of all goods and 23.51 bn after the cuts: sums of the source file by hand.
    """
    _empty(shared_data_naics)
    assert build_front_loading_cuts(shared_data_naics, window=EARLY_2025) == ["NAICS3"]
    world = dict(
        shared_data_naics.execute(
            "select cut, excess_usd from flags.front_loading_cut where partner_code = '0015' and method = 'same_months'"
        ).fetchall()
    )
    by_hand = {
        cut: shared_data_naics.execute(
            f"""
            select (sum(consumption_value_usd) filter (year(reference_month) = 2025)
                - sum(consumption_value_usd) filter (year(reference_month) = 2024))::bigint
            from marts.commodity_partner_month
            where partner_code = '0015' and month(reference_month) <= 3 and commodity_code not in ({codes})"""
        ).fetchall()[0][0]
        for cut, codes in {
            "all": "''",
            "ex_gold": "'331'",
            "ex_gold_pharma": "'331', '325'",
            "ex_gold_pharma_ai": "'331', '325', '334'",
        }.items()
    }
    assert world == by_hand
    assert [round(value / 1e9, 1) for value in (world["all"], world["ex_gold_pharma_ai"])] == [199.9, 23.5]
    low, high = shared_data_naics.execute(
        "select low_usd, high_usd from flags.front_loading_cut "
        "where partner_code = '0015' and method = 'expectation' and cut = 'ex_gold_pharma_ai'"
    ).fetchall()[0]
    assert low < 0 < high

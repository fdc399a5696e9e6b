"""The surge in total: parts that add up, and the published picture of early 2025."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.methods.front_loading.broad import SurgeWindow, broad_windows
from assets.methods.front_loading.cuts import EARLY_2025, CutsUnavailable, build_front_loading_cuts
from assets.methods.tariffs import build_tariff_marts
from assets.parsing import census_country
from tests.commodity_tables import coverage_view
from tests.unit.methods.front_loading.conftest import DUTIES

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
        "0015": "General imports from the world, all goods, were $0.1bn above season and trend (0.1 to 0.1 by the length "
        "of the clean window), from 2025-01 to 2025-03 "
        "(Census basis, not seasonally adjusted, customs value; vintage of 3 September 2026).",
        "4280": "General imports from Germany, all goods, were $0.1bn above season and trend (0.1 to 0.1 by the length of "
        "the clean window), 100 % of the total excess, from 2025-01 to 2025-03 "
        "(Census basis, not seasonally adjusted, customs value; vintage of 3 September 2026).",
    }


def test_without_history_nothing_is_guessed(con: duckdb.DuckDBPyConnection) -> None:
    early = SurgeWindow("x", date(2020, 1, 1), date(2020, 3, 1), date(2019, 10, 1))
    with pytest.raises(CutsUnavailable, match="no figures from 2016-11-01 to 2020-03-01"):
        build_front_loading_cuts(con, windows=[early])
    assert build_front_loading_cuts(con, windows=[early, EARLY_2025]) == {"TOTAL": 1}


def test_windows_are_rows_of_their_own(con: duckdb.DuckDBPyConnection) -> None:
    """Germany's 80m of March 2025 lie after a window that ends in February, and count against it as a rise after."""
    names = ("ieepa_ca_25", "ieepa_mx_25")
    before = SurgeWindow("ieepa_mx_25", date(2024, 11, 1), date(2025, 2, 1), date(2024, 10, 1), names, "A duty")
    assert build_front_loading_cuts(con, windows=[EARLY_2025, before]) == {"TOTAL": 2}
    rows = con.execute(
        "select event_id, measures, excess_usd, gap_after_usd, sentence like '%, from 2024-11 to 2025-02, ahead of \"A duty\" (%' "
        "from flags.front_loading_cut where partner_code = '4280' and method = 'same_months' order by event_id"
    ).fetchall()
    build_front_loading_cuts(con)
    assert rows == [
        ("early_2025", None, 80_000_000, 0, False),
        ("ieepa_mx_25", "ieepa_ca_25;ieepa_mx_25", 0, 80_000_000, True),
    ]


@pytest.mark.parametrize(("china", "is_broad"), [(10, True), (1, False)])
def test_a_measure_is_broad_by_what_it_covers(china: int, is_broad: bool) -> None:
    """The emergency duty on all goods of China covers a tenth, or a hundredth, of the world's 100 a month.

    Announced on 1 February 2025, in effect on the 4th: November 2024 to January 2025, clean to October.
    """
    con = duckdb.connect()
    con.execute(
        f"""
        create schema marts;
        create table marts.commodity_partner_year (flow varchar, level varchar, commodity_code varchar,
            partner_code varchar, year integer, consumption_value_usd bigint, calculated_duty_usd bigint);
        create table marts.commodity_partner_month as
        select 'imports' as flow, 'NAICS3' as level, '334' as commodity_code, partner_code, month::date as reference_month,
            null::bigint as general_value_usd, value as consumption_value_usd, 0 as calculated_duty_usd
        from unnest(generate_series(timestamp '2021-11-01', timestamp '2025-02-01', interval 1 month)) as _(month),
            (values ('0015', 100), ('5700', {china})) as partner(partner_code, value)"""
    )
    con.execute(coverage_view(DUTIES, DUTIES))
    build_tariff_marts(con, date(2026, 12, 1))
    found = broad_windows(con, "marts.commodity_partner_month")
    wanted = SurgeWindow(
        "ieepa_fent_cn_10",
        date(2024, 11, 1),
        date(2025, 1, 1),
        date(2024, 10, 1),
        ("ieepa_fent_cn_10",),
        "Emergency duty on China, first step",
    )
    assert (wanted in found) == is_broad
    # in force from 2025-04-05: its clean months begin with the figures, its window ends after them
    assert "ieepa_recip_base" not in {window.event_id for window in found}


def test_broad_measures_on_real_figures(shared_data_naics: duckdb.DuckDBPyConnection) -> None:
    """The first lists of Section 301, the emergency duties and the reciprocal duty; not the safeguards of 2018."""
    _empty(shared_data_naics)
    build_tariff_marts(shared_data_naics, date(2026, 12, 1))
    windows = broad_windows(shared_data_naics, "marts.commodity_partner_month")
    measures = {measure for window in windows for measure in window.measures}
    assert {"s301_l1", "s301_l3_10", "ieepa_fent_cn_10", "ieepa_mx_25", "ieepa_recip_base"} <= measures
    assert not measures & {"s201_solar", "s201_washers", "s232_auto_parts", "s122"}
    used = build_front_loading_cuts(shared_data_naics, windows=[EARLY_2025, *windows])
    assert used == {"NAICS3": len(windows) + 1}
    cuts = shared_data_naics.execute(
        "select event_id, list(distinct cut order by cut) from flags.front_loading_cut group by event_id"
    ).fetchall()
    assert len(cuts) == len(windows) + 1
    assert {tuple(found) for _, found in cuts} == {("all", "ex_gold", "ex_gold_pharma", "ex_gold_pharma_ai")}


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
    assert build_front_loading_cuts(con) == {"TOTAL": 1}
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
    assert build_front_loading_cuts(shared_data_naics) == {"NAICS3": 1}
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
    low, excess, high, sentence = shared_data_naics.execute(
        "select low_usd, excess_usd, high_usd, sentence from flags.front_loading_cut "
        "where partner_code = '0015' and method = 'expectation' and cut = 'ex_gold_pharma_ai'"
    ).fetchall()[0]
    assert low < 0 < excess == high
    assert "(-34.7 to 33.7 by the length of the clean window, of which the 36 months used give the most)" in sentence

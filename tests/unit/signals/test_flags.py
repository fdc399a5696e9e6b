"""The table `flags.record` from small made-up histories: grain, coverage, wording."""

from datetime import date
from typing import Any

import duckdb
import pytest

from assets.contracts.flags import RECORD
from assets.signals.flags import build_record_flags
from tests.unit.signals.test_panel import publish
from tests.unit.signals.trade_values import SUMMED_YEARS

EARLY, LATE = date(2024, 3, 6), date(2024, 4, 4)
CONTRACT = [
    "series",
    "partner_code",
    "classification",
    "level",
    "commodity_code",
    "concept",
    "basis",
    "adjustment",
    "source",
    "measure",
    "frequency",
    "period_end",
    "value",
    "is_record_high",
    "is_record_low",
    "highest_since",
    "lowest_since",
    "rank_high",
    "rank_low",
    "margin",
    "periods",
    "sign_change",
    "is_fragile",
    "vintage",
    "sentence",
]
CENSUS = "Census basis, not seasonally adjusted, "
OF_MARCH = "; Census Bureau country table, vintage of 6 March 2024; "


def publish_years(con: duckdb.DuckDBPyConnection, flow: str, years: dict[int, int], partner: str = "5700") -> None:
    """Publish whole years, in $ million, all in the month of December."""
    for year, musd in years.items():
        months = {f"{year}-{month:02d}": musd * 1_000_000 if month == 12 else 0 for month in range(1, 13)}
        publish(con, EARLY, flow, months, partner=partner)


def flags(con: duckdb.DuckDBPyConnection, where: str) -> list[dict[str, Any]]:
    cursor = con.execute(f"select * from flags.record where {where} order by all")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def sentence_of_year(con: duckdb.DuckDBPyConnection, measure: str, year: int) -> str:
    (row,) = flags(con, f"frequency = 'year' and measure = '{measure}' and year(period_end) = {year}")
    return str(row["sentence"])


def test_the_contract_and_a_comment_on_every_column(empty: duckdb.DuckDBPyConnection) -> None:
    assert build_record_flags(empty) == 0
    columns = empty.execute(
        "select column_name, comment from duckdb_columns() where schema_name = 'flags' and table_name = 'record'"
    ).fetchall()
    assert set(CONTRACT) <= {name for name, _ in columns}
    assert [name for name, comment in columns if not comment] == []
    assert empty.execute("select comment from duckdb_tables() where schema_name = 'flags'").fetchall() == [
        (RECORD.comment,)
    ]


def test_every_year_and_the_latest_of_all_else_in_every_vintage(empty: duckdb.DuckDBPyConnection) -> None:
    publish_years(empty, "exports", {2022: 5, 2023: 6})
    publish(empty, EARLY, "exports", {"2024-01": 1})
    publish(empty, LATE, "exports", {"2024-02": 2})
    empty.execute(SUMMED_YEARS)
    count = build_record_flags(empty)
    rows = flags(empty, "true")
    assert count == len(rows) == len({(r["measure"], r["frequency"], r["period_end"], r["vintage"]) for r in rows})
    for vintage, newest in ((EARLY, date(2024, 1, 31)), (LATE, date(2024, 2, 29))):
        found: dict[str, list[date]] = {f: [] for f in ("month", "same_month", "ytd", "rolling_12", "year")}
        for row in rows:
            if row["vintage"] == vintage:
                found[row["frequency"]].append(row["period_end"])
        assert found["month"] == found["rolling_12"] == [newest]
        assert len(found["same_month"]) == len(found["ytd"]) == 12
        assert max(found["same_month"]) == max(found["ytd"]) == newest
        assert found["year"] == [date(2022, 12, 31), date(2023, 12, 31)]
    assert {(r["vintage"], r["data_vintage"]) for r in rows if r["frequency"] == "year"} == {
        (EARLY, EARLY),
        (LATE, EARLY),
    }


def test_a_vintage_says_what_it_said_before_the_next_one_came(empty: duckdb.DuckDBPyConnection) -> None:
    """Only fragility, which rests on all revisions seen, may change."""
    unchanging = "* exclude (is_fragile, fragility_basis, revision_pairs, median_abs_revision, flip_share, sentence)"
    rows = f"select {unchanging} from flags.record where vintage = date '{EARLY}' order by all"
    publish_years(empty, "exports", {2021: 5, 2022: 4, 2023: 6})
    publish(empty, EARLY, "exports", {"2024-01": 1})
    empty.execute(SUMMED_YEARS)
    build_record_flags(empty)
    expected = empty.execute(rows).fetchall()
    publish(empty, LATE, "exports", {"2024-01": 3, "2024-02": 2})
    build_record_flags(empty)
    assert empty.execute(rows).fetchall() == expected != []
    assert flags(empty, f"vintage = date '{LATE}'") != []


def test_world_is_a_partner_row_and_a_total_and_adjusted_world_a_total_alone(empty: duckdb.DuckDBPyConnection) -> None:
    for partner in ("0015", "0004", "0007", "5700"):
        publish(empty, EARLY, "imports", {"2024-01": 9}, partner=partner)
    build_record_flags(empty)
    found = {
        (row["series"], row["partner_code"], row["is_aggregate"], row["adjustment"])
        for row in flags(empty, "measure = 'imports'")
    }
    assert found == {
        ("partner", "0007", True, "NSA"),
        ("partner", "0015", True, "NSA"),
        ("partner", "5700", False, "NSA"),
        ("total", None, None, "NSA"),
        ("total", None, None, "SA"),
    }


def test_an_aggregate_takes_no_rank_from_a_partner(empty: duckdb.DuckDBPyConnection) -> None:
    publish_years(empty, "exports", {2022: 5, 2023: 6})
    publish_years(empty, "exports", {2022: 50, 2023: 60}, partner="0007")
    empty.execute(SUMMED_YEARS)
    build_record_flags(empty)
    rows = flags(empty, "frequency = 'year' and year(period_end) = 2023")
    assert [(row["partner_code"], row["rank_high"], row["is_record_high"]) for row in rows] == [
        ("0007", 1, True),
        ("5700", 1, True),
    ]


def test_the_neighbour_is_an_earlier_period(empty: duckdb.DuckDBPyConnection) -> None:
    """2001 stands against 2000, though 2002 has the same value again."""
    publish_years(empty, "exports", {2000: 5, 2001: 3, 2002: 5})
    empty.execute(SUMMED_YEARS)
    build_record_flags(empty)
    (row,) = flags(empty, "frequency = 'year' and year(period_end) = 2001")
    assert (row["neighbour_period"], row["neighbour_value"]) == (date(2000, 12, 31), 5_000_000)


def test_a_history_of_twenty_years_is_on_record(empty: duckdb.DuckDBPyConnection) -> None:
    publish_years(empty, "exports", {year: 100 + year - 2000 for year in range(2000, 2020)})
    empty.execute(SUMMED_YEARS)
    build_record_flags(empty)
    assert sentence_of_year(empty, "exports", 2018) == (
        "US goods exports to China were $0.12bn in 2018, the highest of any year in 19 years of data, $1.0m above the record "
        f"of 2017 ($0.12bn); there are no past revisions to judge it by ({CENSUS}FAS value{OF_MARCH}19 years from 2000)."
    )
    assert "the highest of any year on record, $1.0m above" in sentence_of_year(empty, "exports", 2019)
    has_history = {row["period_end"].year: row["has_minimum_history"] for row in flags(empty, "frequency = 'year'")}
    assert (has_history[2018], has_history[2019]) == (False, True)


@pytest.fixture
def balances(empty: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Yearly exports of $20bn and imports that make the deficits below, $ million; negative is a surplus."""
    deficits = [300, 900, 500, -200, -800, -800, 100, 400, 0, 12_345, 9_000, 700, 600]
    publish_years(empty, "exports", dict.fromkeys(range(2000, 2013), 20_000))
    publish_years(empty, "imports", {2000 + at: 20_000 + deficit for at, deficit in enumerate(deficits)})
    empty.execute(SUMMED_YEARS)
    build_record_flags(empty)
    return empty


@pytest.mark.parametrize(
    ("year", "says"),
    [
        (2000, "deficit with China was $0.30bn in 2000, the first figure of its series ("),
        (
            2001,
            "deficit ~ $0.90bn ~, the largest of any year in 2 years of data, $0.60bn above the record of 2000 ($0.30bn);",
        ),
        (2002, "deficit ~ $0.50bn ~, the smallest since 2000 ($0.30bn);"),
        (2003, "surplus ~ $0.20bn ~, the first surplus in 4 years of data, turning from a deficit to a surplus;"),
        (
            2004,
            "surplus ~ $0.80bn ~, the largest of any year in 5 years of data, $0.60bn above the record of 2003 ($0.20bn);",
        ),
        (2005, "surplus ~ $0.80bn ~, unchanged from 2004;"),
        (2006, "deficit ~ $0.10bn ~, the largest since 2002 ($0.50bn), turning from a surplus to a deficit;"),
        (2007, "deficit ~ $0.40bn ~, the largest since 2002 ($0.50bn);"),
        (2008, "balance ~ zero ~, the lowest since 2005 ($0.80bn);"),
        (
            2009,
            "deficit ~ $12.3bn ~, the largest of any year in 10 years of data, $11.4bn above the record of 2001 ($0.90bn);",
        ),
        (
            2010,
            "deficit ~ $9.00bn ~, the second largest of any year in 11 years of data, $3.35bn below 2009 ($12.3bn);",
        ),
        (
            2011,
            "deficit ~ $0.70bn ~, the fourth largest of any year in 12 years of data, $0.20bn below 2001 ($0.90bn);",
        ),
        (2012, "deficit ~ $0.60bn ~, the fifth largest of any year in 13 years of data, $0.10bn below 2011 ($0.70bn);"),
    ],
)
def test_deficits_and_surpluses_in_words(balances: duckdb.DuckDBPyConnection, year: int, says: str) -> None:
    words = says.replace("~", "with China was", 1).replace("~", f"in {year}", 1)
    assert sentence_of_year(balances, "deficit", year).startswith(f"The US goods {words}")


def test_signs_turn_between_deficit_and_surplus_only(balances: duckdb.DuckDBPyConnection) -> None:
    turned = flags(balances, "frequency = 'year' and measure = 'deficit' and sign_change")
    assert [row["period_end"].year for row in turned] == [2003, 2006]
    assert flags(balances, "measure <> 'deficit' and sign_change") == []


def test_a_tie_at_published_rounding_is_said(empty: duckdb.DuckDBPyConnection) -> None:
    """The second file rounds to $100,000: 1,960,000 before and 2,000,000 now are one figure there."""
    publish(empty, EARLY, "exports", {"2023-07": 1_960_000, "2022-07": 1_500_000})
    publish(empty, LATE, "exports", {"2024-07": 2_000_000})
    empty.execute(
        "update intermediate.int_trade_value set rounding_usd = 100000 where period_start = date '2024-07-01'"
    )
    build_record_flags(empty)
    (row,) = flags(empty, f"frequency = 'same_month' and vintage = date '{LATE}'")
    assert (row["is_record_high"], row["is_tie"]) == (True, True)
    assert row["precision_note"] == "at published rounding it only ties the record"
    assert row["sentence"].startswith(
        "US goods exports to China were $2.0m in July 2024, the highest of any July in 3 years of data, $40,000 above the record of "
        "2023 ($2.0m); at published rounding it only ties the record; "
    )


def test_a_vintage_on_an_estimated_day_says_so(empty: duckdb.DuckDBPyConnection) -> None:
    publish(empty, EARLY, "exports", {"2024-01": 1000})
    publish(empty, LATE, "exports", {"2024-02": 1000})
    empty.execute(
        "insert into staging.stg_accepted_file values ('census_country', ?, false), ('census_country', ?, true), ('fred', ?, true)",
        [EARLY, LATE, EARLY],
    )
    build_record_flags(empty)
    rows = flags(empty, "frequency = 'month'")
    assert [("vintage of 6 March 2024; " in row["sentence"], row["vintage_is_estimated"]) for row in rows[:1]] == [
        (True, False)
    ]
    assert "vintage of 4 April 2024 (estimated release day); " in rows[1]["sentence"]
    assert rows[1]["vintage_is_estimated"]


def test_a_known_gap_reaches_every_flag_that_rests_on_it_and_none_is_robust(empty: duckdb.DuckDBPyConnection) -> None:
    """Exports of 2003 lack $3m: less than stands between 2003 and 2002, more than stands between 2004 and 2003."""
    publish_years(empty, "exports", {2001: 5, 2002: 20, 2003: 30, 2004: 31})
    publish_years(empty, "imports", {2001: 5, 2002: 90, 2003: 100, 2004: 190})
    empty.execute(SUMMED_YEARS)
    empty.execute("""
        update intermediate.int_trade_value set known_gap_usd = -3000000
        where flow = 'exports' and frequency = 'year' and year(period_start) = 2003
    """)
    build_record_flags(empty)
    rows = {(row["measure"], row["period_end"].year): row for row in flags(empty, "frequency = 'year'")}
    gaps = {key for key, row in rows.items() if row["known_gap_usd"] == -3_000_000}
    assert sorted(gaps) == [("deficit", 2003), ("deficit", 2004), ("exports", 2003), ("exports", 2004)]
    assert [rows[key]["is_fragile"] for key in sorted(gaps)] == [True, None, None, True]
    says = "as the exports of 2003 are known to be $3.0m too low in this source (Census basis"
    assert f"; not judged by past revisions, {says}" in rows["exports", 2003]["sentence"]
    assert f"; fragile, {says}" in rows["exports", 2004]["sentence"]


@pytest.mark.parametrize(
    ("measure", "frequency", "says"),
    [
        ("imports", "month", "were less than $50,000 in December 2023, as in November 2023;"),
        (
            "imports",
            "ytd",
            "were less than $600,000 in January to December 2023, the lowest of any January to December",
        ),
        ("imports", "year", "were less than $50,000 in 2023, the lowest of any year in 2 years of data, $1.2m below"),
        ("exports", "month", "were zero in December 2023, unchanged from November 2023;"),
        ("deficit", "month", "balance with China was within $50,000 of zero in December 2023, as in November 2023;"),
        ("import_share", "month", "was less than 0.001% in December 2023, as in November 2023;"),
    ],
)
def test_a_figure_below_the_rounding_is_not_zero(
    empty: duckdb.DuckDBPyConnection, measure: str, frequency: str, says: str
) -> None:
    """Imports in tenths of a million, the year as published; exports to the dollar."""
    publish(empty, EARLY, "imports", {f"2022-{month:02d}": 100_000 for month in range(1, 13)})
    publish(empty, EARLY, "imports", {f"2023-{month:02d}": 0 for month in range(1, 13)})
    publish(empty, EARLY, "exports", {f"2023-{month:02d}": 0 for month in range(1, 13)})
    publish(empty, EARLY, "imports", {"2023-11": 10**12, "2023-12": 10**12}, partner="0015")
    empty.execute(SUMMED_YEARS)
    empty.execute("""
        update intermediate.int_trade_value set rounding_usd = 100000, summed_figures = 1 where flow = 'imports'
    """)
    build_record_flags(empty)
    (row,) = flags(
        empty,
        f"partner_code = '5700' and measure = '{measure}' and frequency = '{frequency}' and period_end = date '2023-12-31'",
    )
    assert says in row["sentence"]


@pytest.mark.parametrize(
    ("frequency", "month", "period", "among", "before"),
    [
        ("month", 3, "March 2024", "month in 27 months", "2.0m above the record of February 2024 ($10.0m)"),
        ("same_month", 3, "March 2024", "March in 3 years", "9.0m above the record of 2023 ($3.0m)"),
        ("ytd", 3, "January to March 2024", "January to March in 3 years", "23.0m above the record of 2023 ($7.0m)"),
        ("ytd", 1, "January 2024", "January in 3 years", "6.0m above the record of 2023 ($2.0m)"),
        (
            "rolling_12",
            3,
            "the 12 months to March 2024",
            "12 months in 16 months",
            "9.0m above the record of the 12 months to February 2024 ($48.0m)",
        ),
    ],
)
def test_every_frequency_has_its_words(
    empty: duckdb.DuckDBPyConnection, *, frequency: str, month: int, period: str, among: str, before: str
) -> None:
    months = {f"2022-{m:02d}": 1_000_000 for m in range(1, 13)}
    months |= {f"2023-{m:02d}": (2 if m < 3 else 3) * 1_000_000 for m in range(1, 13)}
    months |= {"2024-01": 8_000_000, "2024-02": 10_000_000, "2024-03": 12_000_000}
    publish(empty, EARLY, "imports", months)
    build_record_flags(empty)
    (row,) = flags(
        empty,
        f"measure = 'imports' and frequency = '{frequency}' and month(period_end) = {month} and year(period_end) = 2024",
    )
    assert row["sentence"].startswith("US goods imports from China were $")
    assert f" in {period}, the highest of any {among} of data, ${before};" in row["sentence"]


@pytest.mark.parametrize(
    ("partner", "measure", "starts"),
    [
        ("4210", "deficit", "The US goods deficit with the Netherlands was $"),
        ("0007", "deficit", "The US deficit in advanced technology products was $"),
        ("0007", "imports", "US imports of advanced technology products were $"),
        ("0003", "exports", "US goods exports to the European Union were $"),
        ("8220", "exports", "US goods exports to unidentified countries were $"),
        ("5830", "import_share", "The share of US goods imports that came from Taiwan was 12.5% in January 2024"),
    ],
)
def test_partners_are_named_as_one_says_them(
    empty: duckdb.DuckDBPyConnection, partner: str, measure: str, starts: str
) -> None:
    publish(empty, EARLY, "imports", {"2024-01": 1000}, partner=partner)
    publish(empty, EARLY, "exports", {"2024-01": 900}, partner=partner)
    publish(empty, EARLY, "imports", {"2024-01": 8000}, partner="0015")
    build_record_flags(empty)
    (row,) = flags(empty, f"partner_code = '{partner}' and measure = '{measure}' and frequency = 'month'")
    assert row["sentence"].startswith(starts)

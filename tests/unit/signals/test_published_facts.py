"""Published statements reproduced from the publishers' own files, and every yearly record found again without the engine."""

from datetime import date
from typing import Any

import duckdb
import pytest

CENSUS = date(2026, 9, 3)
DATAWEB = date(2026, 3, 27)


def year_2025(con: duckdb.DuckDBPyConnection, where: str) -> dict[str, Any]:
    """The only flag of the deficit of 2025 that the condition leaves."""
    cursor = con.execute(f"""
        select * from flags.record
        where frequency = 'year' and measure = 'deficit' and period_end = date '2025-12-31' and {where}
    """)
    names = [column[0] for column in cursor.description or []]
    (row,) = cursor.fetchall()
    return dict(zip(names, row, strict=True))


@pytest.mark.parametrize(
    ("vintage", "musd", "rank", "since", "next_musd", "is_fragile"),
    [
        # Sums of BOPGSTB: 901.5 after 923.7 (2022) and 903.5 (2024); then 911.7; then 932.0 before 902.9 and 885.5.
        (date(2026, 2, 19), 901_469, 3, date(2024, 12, 31), 903_533, True),
        (date(2026, 3, 12), 911_692, 2, date(2022, 12, 31), 903_533, True),
        (date(2026, 6, 9), 931_960, 1, None, 902_885, False),
    ],
)
def test_the_total_deficit_of_2025_climbs_from_third_to_first(
    flagged: duckdb.DuckDBPyConnection,
    *,
    vintage: date,
    musd: int,
    rank: int,
    since: date | None,
    next_musd: int,
    is_fragile: bool,
) -> None:
    row = year_2025(flagged, f"series = 'total' and source = 'fred' and vintage = date '{vintage}'")
    assert row["value_usd"] == musd * 1_000_000
    assert (row["rank_high"], row["is_record_high"], row["highest_since"]) == (rank, rank == 1, since)
    assert row["neighbour_value"] == next_musd * 1_000_000
    assert row["margin"] == abs(musd - next_musd) * 1_000_000
    assert row["is_fragile"] is is_fragile
    assert (row["concept"], row["basis"], row["adjustment"], row["periods"]) == ("goods_services", "BOP", "SA", 34)


def test_the_first_print_in_words(flagged: duckdb.DuckDBPyConnection) -> None:
    row = year_2025(flagged, "series = 'total' and source = 'fred' and vintage = date '2026-02-19'")
    assert row["sentence"] == (
        "The US goods and services deficit was $901.5bn in 2025, the third largest of any year on record, $2.06bn below 2024 "
        "($903.5bn); fragile, as the margin of $2.06bn is smaller than the usual revision of $19.2bn (balance of payments basis, "
        "seasonally adjusted; FRED series BOPGSTB, vintage of 19 February 2026; 34 years from 1992)."
    )


@pytest.mark.parametrize(
    ("source", "vintage", "billions", "then"),
    [("usitc_dataweb", DATAWEB, 202.07, 201.63), ("census_country", CENSUS, 202.67, 202.28)],
)
def test_the_china_deficit_of_2025_is_the_smallest_since_2005_in_either_source(
    flagged: duckdb.DuckDBPyConnection, source: str, vintage: date, billions: float, then: float
) -> None:
    row = year_2025(flagged, f"source = '{source}' and partner_code = '5700' and vintage = date '{vintage}'")
    assert row["lowest_since"] == date(2005, 12, 31)
    assert round(row["value"] / 1e9, 2) == billions
    assert round(row["neighbour_value"] / 1e9, 2) == then
    assert f"the smallest since 2005 (${then:.1f}bn); fragile" in row["sentence"]


@pytest.mark.parametrize("partner", ["5830", "2010", "5520"])
@pytest.mark.parametrize(("source", "vintage"), [("usitc_dataweb", DATAWEB), ("census_country", CENSUS)])
def test_taiwan_mexico_and_vietnam_have_record_deficits_in_2025(
    flagged: duckdb.DuckDBPyConnection, source: str, vintage: date, partner: str
) -> None:
    row = year_2025(flagged, f"source = '{source}' and partner_code = '{partner}' and vintage = date '{vintage}'")
    assert row["is_record_high"] and row["highest_since"] is None
    assert row["is_fragile"] is False


def test_the_goods_deficit_of_2025_is_a_record_of_a_short_table(flagged: duckdb.DuckDBPyConnection) -> None:
    """FT-900 exhibit 1 of 2026-02-19: 1,240.9 after 1,215.4; it holds three years."""
    row = year_2025(flagged, "source = 'ft900' and concept = 'goods'")
    assert (row["value_usd"], row["is_record_high"], row["has_minimum_history"]) == (1_240_941_000_000, True, False)
    assert "$1,240.9bn in 2025, the largest of any year in 3 years of data, $25.5bn above" in row["sentence"]


def test_china_to_july_2026_adds_up_from_the_published_months(flagged: duckdb.DuckDBPyConnection) -> None:
    """The file of 2026-09-03 gives 156,390.2 of imports and 65,172.5 of exports, $ million, for January to July 2026."""
    rows = flagged.execute("""
        select measure, value_usd from flags.record
        where partner_code = '5700' and frequency = 'ytd' and period_end = date '2026-07-31' and measure <> 'import_share'
        order by measure
    """).fetchall()
    assert rows == [("deficit", 91_217_700_000), ("exports", 65_172_500_000), ("imports", 156_390_200_000)]


def test_all_yearly_partner_flags_are_found_again_by_comparing_every_pair(flagged: duckdb.DuckDBPyConnection) -> None:
    """The newest figure of each year by each vintage, every whole year joined with all earlier ones."""
    flagged.execute("""
        create temp table deficit as
        with figure as (
            select partner_code, flow, period_start, as_of.vintage, max_by(value_usd, file.vintage) as value_usd
            from intermediate.int_trade_value as file
            join (select distinct source, vintage from intermediate.int_trade_value) as as_of
                on as_of.source = file.source and file.vintage <= as_of.vintage
            join marts.partner using (partner_code)
            where file.source = 'census_country' and frequency = 'year' and period_start >= coalesce(valid_from, period_start)
                and last_day(period_start + interval 11 month) <= coalesce(valid_to, date '9999-12-31')
            group by all
        )
        select partner_code, vintage, year(period_start) as year,
               sum(if(flow = 'imports', value_usd, -value_usd))::bigint as value_usd
        from figure group by all
    """)
    again = """
        select
            t.partner_code, t.vintage, t.year, t.value_usd,
            1 + count(*) filter (u.value_usd > t.value_usd), 1 + count(*) filter (u.value_usd < t.value_usd),
            max(u.year) filter (u.value_usd >= t.value_usd), max(u.year) filter (u.value_usd <= t.value_usd)
        from deficit as t
        left join deficit as u on u.partner_code = t.partner_code and u.vintage = t.vintage and u.year < t.year
        group by all
    """
    flags = """
        select partner_code, vintage, year(period_end), value_usd, rank_high, rank_low, year(highest_since), year(lowest_since)
        from flags.record
        where series = 'partner' and source = 'census_country' and measure = 'deficit' and frequency = 'year'
    """
    assert flagged.execute(f"({flags}) except ({again})").fetchall() == []
    # World adjusted and imports for consumption are no partner series.
    missing = flagged.execute(f"select distinct partner_code from (({again}) except ({flags})) order by all").fetchall()
    assert missing == [("0004",), ("0005",), ("0006",), ("0021",), ("0022",)]


def test_every_flag_has_words_and_agrees_with_itself(flagged: duckdb.DuckDBPyConnection) -> None:
    wrong = flagged.execute("""
        select count(*) from flags.record
        where sentence is null or not ends_with(sentence, ').') or sentence not like '%vintage of %'
           or is_record_high <> (periods > 1 and highest_since is null)
           or is_record_low <> (periods > 1 and lowest_since is null)
           or is_record_high and rank_high <> 1
           or rank_high + rank_low > periods + 1
           or highest_since >= period_end or lowest_since >= period_end or neighbour_period >= period_end
           or (margin is null) <> (periods = 1)
           or margin <> abs(value - neighbour_value)
           or data_vintage > vintage
           or (unit = 'USD') <> (value_usd is not null)
           or period_end <> last_day(period_end)
    """).fetchone()
    assert wrong == (0,)


def test_each_series_is_flagged_at_its_newest_period_in_every_vintage(flagged: duckdb.DuckDBPyConnection) -> None:
    """Months of each source and vintage: the newest that a file published by then has."""
    rows = flagged.execute("""
        select source, cast(vintage as varchar), max(period_end) from flags.record
        where series = 'total' and frequency = 'month' and measure = 'deficit'
        group by all order by all
    """).fetchall()
    assert rows == [
        ("bea", "2025-04-03", date(2025, 2, 28)),
        ("bea", "2025-05-06", date(2025, 3, 31)),
        ("census_country", "2018-10-05", date(2018, 8, 31)),
        ("census_country", "2023-03-08", date(2023, 1, 31)),
        ("census_country", "2024-10-08", date(2024, 8, 31)),
        ("census_country", "2026-09-03", date(2026, 7, 31)),
        ("fred", "2026-01-08", date(2025, 10, 31)),
        ("fred", "2026-02-19", date(2025, 12, 31)),
        ("fred", "2026-03-12", date(2026, 1, 31)),
        ("fred", "2026-06-09", date(2026, 4, 30)),
        ("ft900", "2026-02-19", date(2025, 12, 31)),
    ]

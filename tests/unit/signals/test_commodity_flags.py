"""Records of commodities from small made-up histories: what counts as zero, what is compared, wording, and an oracle."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pytest

from assets.signals.flags import build_record_flags
from tests.unit.signals.test_flags import flags

OLD, NEW = date(2025, 1, 7), date(2025, 2, 5)
WORLD, CHINA, TAIWAN, VIETNAM = "0015", "5700", "5830", "5520"
Months = dict[str, int]


@pytest.fixture
def con(empty: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    empty.execute("""
        insert into marts.commodity
        select flow, classification, level, code, name
        from (values ('HS', 'HS2', '84', 'Machinery'), ('HS', 'HS2', '85', 'Electrical machinery'),
                     ('HS', 'HS6', '851713', 'Smartphones'), ('HS', 'HS6', '300241', 'Vaccines'),
                     ('HS', 'HS6', '010121', 'Horses'), ('HS', 'HS6', '980100', 'Goods returned'),
                     ('HS', 'HS10', '8471300100', 'Laptops'), ('NAICS', 'NAICS3', '334', 'Computers'))
            as list(classification, level, code, name), (values ('imports'), ('exports')) as flows(flow)
    """)
    yield empty


def trade(
    con: duckdb.DuckDBPyConnection,
    code: str,
    partner: str,
    months: Months,
    *,
    level: str = "HS2",
    column: str = "general_value_usd",
    vintage: date = OLD,
    source: str = "census_api",
) -> None:
    flow = "exports" if column == "export_value_usd" else "imports"
    classification = "NAICS" if level == "NAICS3" else "HS"
    con.executemany(
        "insert into marts.commodity_partner_month "
        f"(flow, classification, level, commodity_code, partner_code, reference_month, {column}, source, vintage) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (flow, classification, level, code, partner, f"{month}-01", value, source, vintage)
            for month, value in months.items()
        ],
    )


def one(con: duckdb.DuckDBPyConnection, where: str) -> dict[str, Any]:
    (row,) = flags(con, where)
    return row


def test_a_covered_month_without_trade_counts_as_zero(con: duckdb.DuckDBPyConnection) -> None:
    trade(con, "84", WORLD, {"2024-09": 90, "2024-10": 80, "2024-11": 70, "2024-12": 60})
    trade(con, "84", TAIWAN, {"2024-09": 9, "2024-11": 7, "2024-12": 5}, vintage=NEW)
    build_record_flags(con)
    row = one(con, "series = 'commodity_partner' and frequency = 'month'")
    assert (row["is_record_low"], row["lowest_since"], row["highest_since"]) == (
        False,
        date(2024, 10, 31),
        date(2024, 11, 30),
    )
    assert (row["periods"], row["first_period"], row["rank_high"], row["rank_low"]) == (4, date(2024, 9, 30), 3, 2)
    assert (row["value_usd"], row["neighbour_value"], row["neighbour_period"]) == (5, 0, date(2024, 10, 31))
    assert (row["vintage"], row["data_vintage"], row["is_fragile"]) == (NEW, NEW, None)
    assert row["sentence"] == (
        "US imports of HS 84 (Machinery) from Taiwan were $5 in December 2024, the lowest since October 2024 ($0); there are no past "
        "revisions to judge it by (Census basis, not seasonally adjusted, general imports at customs value; Census International "
        "Trade API, vintage of 5 February 2025; 4 months from September 2024)."
    )
    world = one(con, "series = 'commodity' and frequency = 'month'")
    assert (world["partner_code"], world["is_record_low"], world["data_vintage"]) == (None, True, OLD)
    assert world["sentence"].startswith(
        "US imports of HS 84 (Machinery) were $60 in December 2024, the lowest of any month in 4 months of data, "
        "$10 below the previous low of November 2024 ($70)"
    )


def test_a_sum_made_here_says_so(con: duckdb.DuckDBPyConnection) -> None:
    trade(con, "84", WORLD, {"2024-11": 70, "2024-12": 60})
    trade(con, "85", WORLD, {"2024-11": 70, "2024-12": 60})
    con.execute("update marts.commodity_partner_month set is_derived = true where commodity_code = '84'")
    build_record_flags(con)
    derived, published = (one(con, f"commodity_code = '{code}' and frequency = 'month'") for code in ("84", "85"))
    assert (derived["is_derived"], published["is_derived"]) == (True, False)
    assert "Census International Trade API, summed by this project, vintage of" in derived["sentence"]
    assert "Census International Trade API, vintage of" in published["sentence"]


def test_a_code_counts_from_the_first_month_in_which_the_world_traded_it(con: duckdb.DuckDBPyConnection) -> None:
    trade(con, "84", WORLD, {"2024-09": 1, "2024-10": 1, "2024-11": 1, "2024-12": 1})
    trade(con, "85", WORLD, {"2024-11": 50, "2024-12": 40})
    trade(con, "85", CHINA, {"2024-12": 4})
    build_record_flags(con)
    row = one(con, "partner_code = '5700' and frequency = 'month'")
    assert (row["first_period"], row["periods"]) == (date(2024, 11, 30), 2)
    assert (row["is_record_high"], row["neighbour_value"], row["neighbour_period"]) == (True, 0, date(2024, 11, 30))


def test_a_partner_counts_from_its_first_whole_period(con: duckdb.DuckDBPyConnection) -> None:
    """South Sudan (7323) begins in August 2011: no zeros before, no year to date of 2011."""
    months = {f"{year}-{month:02d}": 9 for year in (2010, 2011, 2012) for month in range(1, 13)}
    trade(con, "84", WORLD, months)
    trade(con, "84", "7323", {"2011-07": 8, "2011-09": 1, "2012-12": 2})
    build_record_flags(con)
    by_frequency = {row["frequency"]: row for row in flags(con, "partner_code = '7323'")}
    month = by_frequency["month"]
    assert (month["first_period"], month["periods"], month["rank_high"]) == (date(2011, 8, 31), 17, 1)
    assert (by_frequency["same_month"]["first_period"], by_frequency["same_month"]["periods"]) == (
        date(2011, 12, 31),
        2,
    )
    assert (by_frequency["ytd"]["headline"], by_frequency["ytd"]["periods"]) == ("first", 1)


def test_months_that_are_not_covered_are_not_zero(con: duckdb.DuckDBPyConnection) -> None:
    trade(con, "84", WORLD, {"2023-12": 9, "2024-11": 9, "2024-12": 9})
    trade(con, "84", VIETNAM, {"2023-12": 3, "2024-11": 4, "2024-12": 2})
    build_record_flags(con)
    by_frequency = {row["frequency"]: row for row in flags(con, "partner_code = '5520'")}
    # No year to date: of no year are all twelve months covered.
    assert set(by_frequency) == {"month", "same_month"}
    assert (by_frequency["month"]["is_record_low"], by_frequency["month"]["periods"]) == (True, 3)
    assert (by_frequency["same_month"]["periods"], by_frequency["same_month"]["neighbour_value"]) == (2, 3)


def test_year_to_date_compares_the_same_months(con: duckdb.DuckDBPyConnection) -> None:
    trade(con, "84", WORLD, {f"{year}-{month:02d}": 10 for year in (2022, 2023, 2024) for month in (1, 2, 3)})
    trade(con, "84", CHINA, {"2022-01": 5, "2022-03": 5, "2023-02": 6, "2024-01": 1, "2024-03": 7})
    build_record_flags(con)
    row = one(con, "partner_code = '5700' and frequency = 'ytd'")
    assert (row["value_usd"], row["period_end"], row["rank_high"], row["highest_since"]) == (
        8,
        date(2024, 3, 31),
        2,
        date(2022, 3, 31),
    )
    assert "in January to March 2024" in row["sentence"]


def test_one_source_and_one_concept_a_series(con: duckdb.DuckDBPyConnection) -> None:
    trade(con, "334", WORLD, {"2024-11": 99}, level="NAICS3", source="census_bulk")
    trade(con, "334", WORLD, {"2024-11": 9, "2024-12": 8}, level="NAICS3", column="consumption_value_usd")
    trade(con, "84", WORLD, {"2024-12": 30}, column="export_value_usd")
    trade(con, "8471300100", WORLD, {"2024-12": 30}, level="HS10")
    build_record_flags(con)
    computers = one(con, "commodity_code = '334' and frequency = 'month'")
    assert (computers["import_concept"], computers["periods"], computers["source"]) == ("consumption", 2, "census_api")
    assert "imports for consumption at customs value" in computers["sentence"]
    exports = one(con, "commodity_code = '84' and frequency = 'month'")
    assert (exports["measure"], exports["import_concept"], exports["headline"]) == ("exports", None, "first")
    assert exports["sentence"].startswith("US exports of HS 84 (Machinery) were $30 in December 2024, the first figure")
    assert flags(con, "level = 'HS10'") == []


def test_a_series_of_six_digits_begins_with_the_revision_that_its_goods_are_of(con: duckdb.DuckDBPyConnection) -> None:
    """UNSD tables: 8517.13 was split off in 2022, 3002.41 is 3002.20 of 2017 under another number, 0101.21 never changed.

    A source gives all of them from 2011 on. Codes of chapter 98 are no codes of the HS.
    """
    con.executemany(
        "insert into marts.commodity_family values (?, ?, ?, ?)",
        [
            *((year, "010121", "F010121", "same code") for year in (2012, 2017, 2022)),
            *((year, "300220", "F300241", "renumbered") for year in (2012, 2017)),
            (2022, "300241", "F300241", "renumbered"),
            *((year, "851712", "F851713", "split or merged") for year in (2012, 2017)),
            *((2022, code, "F851713", "split or merged") for code in ("851713", "851714")),
        ],
    )
    months = {f"{year}-{month:02d}": 10 * year + month for year in range(2011, 2026) for month in range(1, 13)}
    for code in ("010121", "300241", "851713", "980100"):
        trade(con, code, WORLD, months, level="HS6")
        trade(con, code, CHINA, {**months, "2025-12": 1}, level="HS6")
    build_record_flags(con)
    firsts = {
        row["commodity_code"]: row["first_period"] for row in flags(con, "frequency = 'month' and series = 'commodity'")
    }
    assert firsts == {
        "010121": date(2012, 1, 31),
        "300241": date(2022, 1, 31),
        "851713": date(2022, 1, 31),
        "980100": date(2011, 1, 31),
    }
    assert {row["first_period"].year for row in flags(con, "commodity_code = '851713'")} == {2022}
    phones = one(con, "commodity_code = '851713' and frequency = 'month' and series = 'commodity_partner'")
    assert (phones["periods"], phones["has_minimum_history"], phones["is_record_low"]) == (48, False, True)
    assert "of any month in 48 months of data" in phones["sentence"]
    assert phones["sentence"].endswith("48 months from January 2022).")


def test_a_code_that_kept_its_number_when_it_was_split_begins_with_the_split(con: duckdb.DuckDBPyConnection) -> None:
    """UNSD tables: 3002.13 was split off 3002.10 in 2017 and gave goods to 3822.11 in 2022."""
    con.executemany(
        "insert into marts.commodity_family values (?, '300213', 'F300212', 'split or merged')", [(2017,), (2022,)]
    )
    con.execute("insert into marts.commodity values ('imports', 'HS', 'HS6', '300213', 'Immunological products')")
    trade(con, "300213", WORLD, {f"{year}-06": year for year in range(2015, 2022)}, level="HS6")
    build_record_flags(con)
    assert one(con, "frequency = 'month'")["first_period"] == date(2017, 6, 30)
    trade(con, "300213", WORLD, {"2022-06": 9, "2023-06": 9}, level="HS6")
    build_record_flags(con)
    assert one(con, "frequency = 'month'")["first_period"] == date(2022, 6, 30)


def test_a_series_without_the_newest_month_has_no_row(con: duckdb.DuckDBPyConnection) -> None:
    trade(con, "84", WORLD, {"2024-11": 9, "2024-12": 9})
    trade(con, "84", CHINA, {"2024-11": 4})
    build_record_flags(con)
    assert flags(con, "partner_code = '5700'") == []


def test_against_plain_python(con: duckdb.DuckDBPyConnection) -> None:
    """Every series of three years by month, with gaps, compared period by period."""
    draw = np.random.default_rng(20260609)
    months = [f"{year}-{month:02d}" for year in (2022, 2023, 2024) for month in range(1, 13)]
    expected = {}
    for code, first in (("84", 0), ("85", 7)):
        trade(con, code, WORLD, dict.fromkeys(months[first:], 1_000))
        for partner in (CHINA, TAIWAN, VIETNAM, "2010", "1220", "4280"):
            dense = [*draw.choice((0, 0, 3, 4, 5, 6), len(months) - first - 1).tolist(), int(draw.integers(1, 7))]
            stored = {month: value for month, value in zip(months[first:], dense, strict=True) if value}
            trade(con, code, partner, stored)
            expected[code, partner, "month"] = compared(dense)
            expected[code, partner, "same_month"] = compared(dense[(11 - first) % 12 :: 12])
    build_record_flags(con)
    found = {
        (row["commodity_code"], row["partner_code"], row["frequency"]): (
            row["periods"],
            row["rank_high"],
            row["rank_low"],
            row["is_record_high"],
            row["is_record_low"],
        )
        for row in flags(con, "series = 'commodity_partner' and frequency in ('month', 'same_month')")
    }
    assert found == expected


def compared(values: Sequence[int]) -> tuple[int, int, int, bool, bool]:
    """Periods, ranks and records of the last of the values among all of them."""
    *earlier, last = values
    above, below = sum(value > last for value in earlier), sum(value < last for value in earlier)
    return len(values), above + 1, below + 1, below == len(earlier), above == len(earlier)


def test_a_month_that_world_has_in_part_is_not_compared(con: duckdb.DuckDBPyConnection) -> None:
    """A file of one chapter in January: without the other chapter nothing was "not traded" and no record is set there."""
    months = [f"{year}-{month:02d}" for year in (2022, 2023, 2024) for month in range(1, 13)]
    for code, value in (("84", 100), ("85", 200)):
        for partner in (WORLD, CHINA):
            trade(con, code, partner, {month: value + at for at, month in enumerate(months)})
    build_record_flags(con)
    counted = "select count(*), max(period_end) from flags.record where series = 'commodity'"
    whole = con.execute(counted).fetchall()
    for partner in (WORLD, CHINA):
        trade(con, "84", partner, {"2025-01": 1}, vintage=NEW)
    _tell(con, "has_all_commodities = false", "period_start = date '2025-01-01'")
    build_record_flags(con)
    assert con.execute(counted).fetchall() == whole
    assert whole[0][1] == date(2024, 12, 31)


def test_a_partner_that_a_month_has_not_is_no_zero(con: duckdb.DuckDBPyConnection) -> None:
    """World and China alone in November: Taiwan's trade then is not known, so that it has no series; China has."""
    months = [f"2024-{month:02d}" for month in range(1, 13)]
    for partner in (WORLD, CHINA, TAIWAN):
        trade(con, "84", partner, {month: 100 + at for at, month in enumerate(months)})
    con.execute(
        "delete from marts.commodity_partner_month where partner_code = ? and month(reference_month) = 11", [TAIWAN]
    )
    build_record_flags(con)
    partners = "select distinct partner_code from flags.record where series = 'commodity_partner' order by 1"
    assert con.execute(partners).fetchall() == [(CHINA,), (TAIWAN,)]
    _tell(con, "has_all_partners = false", "period_start = date '2024-11-01'")
    build_record_flags(con)
    assert con.execute(partners).fetchall() == [(CHINA,)]


def _tell(con: duckdb.DuckDBPyConnection, change: str, where: str) -> None:
    """Have the coverage say otherwise."""
    con.execute("create or replace table told as from marts.commodity_coverage; drop view marts.commodity_coverage")
    con.execute("create table marts.commodity_coverage as from told")
    con.execute(f"update marts.commodity_coverage set {change} where {where}")

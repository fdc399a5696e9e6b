"""Where the figures of a pair come from, and what is refused."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.methods.diversion import Basis, DataUnavailable, InconsistentPanel, Period, PeriodPair, level_named
from assets.methods.diversion.coverage import (
    MONTH_MART,
    YEAR_MART,
    Source,
    find_source,
    read_coverage,
    require_source,
)
from assets.methods.diversion.panel import Panel, build_panel, sum_periods
from assets.methods.diversion.periods import shift_months
from tests.unit.methods.diversion.marts import add_months, add_years, create_marts, load_hts10, name_partners

HS6 = Basis(level_named("HS6"))
PAIR = PeriodPair.of_years(2025)


def _panel(con: duckdb.DuckDBPyConnection, pair: PeriodPair = PAIR, basis: Basis = HS6) -> Panel:
    source = require_source(read_coverage(con), pair, basis)
    sum_periods(con, source, basis, (pair.period0, pair.period1), "periods")
    return build_panel(con, "periods", pair, basis, "v")


def _rows(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int, int]]:
    return con.execute("select partner, commodity, value0, value1 from v order by all").fetchall()


def test_world_and_groups_stay_out_and_the_rest_is_a_partner(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into marts.partner values ('0003', 'European Union', true), ('0015', 'World', true)")
    add_years(
        con,
        [
            ("5700", "850110", 2024, 70),
            ("5700", "850110", 2025, 50),
            ("5520", "850110", 2025, 5),
            ("0003", "850110", 2024, 20),
            ("0015", "850110", 2024, 100),
            ("0015", "850110", 2025, 65),
            ("0015", "85", 2025, 65),
            ("9999", "850110", 2024, 0),
        ],
    )
    panel = _panel(con)
    assert _rows(con) == [("5520", "850110", 0, 5), ("5700", "850110", 70, 50), ("REST", "850110", 30, 10)]
    assert panel.vintage == panel.vintage_oldest == date(2026, 1, 1)


def test_countries_above_the_world_are_refused(con: duckdb.DuckDBPyConnection) -> None:
    add_years(con, [("5700", "850110", 2024, 70), ("5700", "850110", 2025, 50)])
    con.execute(
        "update marts.commodity_partner_year set general_value_usd = if(year = 2024, 60, 0) where partner_code = '0015'"
    )
    with pytest.raises(InconsistentPanel, match=r"sum to more than the World row in 1 cells.*850110, -10 and -50"):
        _panel(con)


def test_negative_values_are_refused(con: duckdb.DuckDBPyConnection) -> None:
    add_years(con, [("5700", "850110", 2024, -1), ("5700", "850110", 2025, 50)])
    with pytest.raises(InconsistentPanel, match="negative import value in 1 cells"):
        _panel(con)


def test_an_incomplete_period_says_what_is_missing(con: duckdb.DuckDBPyConnection) -> None:
    months = [shift_months(date(2024, 1, 1), step) for step in range(23)]
    add_months(con, [("5700", "850110", month, 1) for month in months])
    with pytest.raises(DataUnavailable, match=r"2025 against 2024 is not complete in HS6, general imports: 1 months"):
        _panel(con)
    with pytest.raises(DataUnavailable, match="imports for consumption: 24 months are missing"):
        _panel(con, basis=Basis(level_named("HS6"), "consumption"))
    _panel(con, PeriodPair.against_year_before(Period.year_to_date(2025, 11)))
    assert _rows(con) == [("5700", "850110", 11, 11)]


@pytest.mark.parametrize(
    ("period1", "expected"),
    [
        (Period.year(2025), (12, 24)),
        (Period.quarter(2025, 2), (3, 6)),
        (Period.year_to_date(2025, 7), (7, 14)),
    ],
)
def test_months_are_summed_by_period(
    con: duckdb.DuckDBPyConnection, period1: Period, expected: tuple[int, int]
) -> None:
    months = [shift_months(date(2024, 1, 1), step) for step in range(24)]
    add_months(con, [("5700", "850110", month, month.year - 2023) for month in months])
    _panel(con, PeriodPair.against_year_before(period1))
    assert _rows(con) == [("5700", "850110", *expected)]


def test_rolling_twelve_months_cross_the_year(con: duckdb.DuckDBPyConnection) -> None:
    months = [shift_months(date(2023, 8, 1), step) for step in range(24)]
    add_months(con, [("5700", "850110", month, month.month) for month in months])
    _panel(con, PeriodPair.against_year_before(Period.rolling_12(date(2025, 7, 1))))
    assert _rows(con) == [("5700", "850110", 78, 78)]


def test_a_pair_never_mixes_marts_and_prefers_the_coarsest_sufficient_level(con: duckdb.DuckDBPyConnection) -> None:
    add_years(con, [("5700", "850110", 2025, 5)])
    add_months(con, [("5700", "85", shift_months(date(2023, 1, 1), step), 1) for step in range(24)], level="HS2")
    coverage = read_coverage(con)
    hs2 = Basis(level_named("HS2"))
    assert find_source(coverage, PAIR, hs2) is None
    assert find_source(coverage, PeriodPair.of_years(2024), hs2) == Source(MONTH_MART, level_named("HS2"))
    add_years(con, [("5700", "850110", 2024, 5)])
    assert find_source(read_coverage(con), PAIR, hs2) == Source(YEAR_MART, level_named("HS6"))


def test_rolled_up_from_ten_digits_it_is_the_same_panel(shared_data: Path, con: duckdb.DuckDBPyConnection) -> None:
    load_hts10(con, shared_data, "HS10")
    name_partners(con)
    sums = {}
    for name in ("HS6", "HS2"):
        panel = _panel(con, basis=Basis(level_named(name)))
        sums[name] = con.execute(
            f"select count(distinct commodity), sum(value0), sum(value1) from {panel.relation}"
        ).fetchone()
    # World totals of the file, as listed beside it.
    assert sums["HS6"] == (5531, 3_263_893_254_128, 3_414_510_592_814)
    assert sums["HS2"] == (98, 3_263_893_254_128, 3_414_510_592_814)
    create_marts(con)
    load_hts10(con, shared_data, "HS6")
    _panel(con)
    assert con.execute("select count(*) from v where partner = 'REST'").fetchone() == (0,)


def test_a_period_of_some_partners_alone_is_not_complete(con: duckdb.DuckDBPyConnection) -> None:
    """Such as an archive of two partners: without the World it does not say what the others did."""
    add_years(con, [("5700", "850110", 2024, 70), ("5700", "850110", 2025, 50)])
    con.execute("delete from marts.commodity_partner_year where partner_code = '0015' and year = 2024")
    with pytest.raises(DataUnavailable, match="2025 against 2024 is not complete"):
        _panel(con)


def test_a_period_with_fewer_partners_is_not_compared(con: duckdb.DuckDBPyConnection) -> None:
    """Of 2025 some partners alone are known beside the World: what they gained would be set against all of 2024."""
    create_marts(con)
    add_years(con, [("5700", "847130", year, 100) for year in (2024, 2025)])
    basis = Basis(level_named("HS6"), "general")
    assert find_source(read_coverage(con), PAIR, basis) is not None
    con.execute("create table told as from marts.commodity_coverage; drop view marts.commodity_coverage")
    con.execute("create table marts.commodity_coverage as from told")
    con.execute("update marts.commodity_coverage set has_all_partners = false where period_start = '2025-01-01'")
    assert find_source(read_coverage(con), PAIR, basis) is None
    con.execute("update marts.commodity_coverage set has_all_partners = false")
    assert find_source(read_coverage(con), PAIR, basis) is not None
    con.execute("update marts.commodity_coverage set has_all_commodities = false where partner_code = '5700'")
    assert find_source(read_coverage(con), PAIR, basis) is None


def test_countries_of_a_newer_print_may_exceed_the_world(con: duckdb.DuckDBPyConnection) -> None:
    """China was printed again and revised upward, the World was not: nothing is left, and nothing is refused."""
    create_marts(con)
    add_years(con, [("5700", "847130", year, 100) for year in (2024, 2025)])
    name_partners(con)
    con.execute(
        "update marts.commodity_partner_year set general_value_usd = 103, vintage = '2026-06-09' "
        "where partner_code = '5700' and year = 2025"
    )
    basis = Basis(level_named("HS6"), "general")
    sum_periods(con, require_source(read_coverage(con), PAIR, basis), basis, (PAIR.period0, PAIR.period1), "sums")
    build_panel(con, "sums", PAIR, basis, "panel")
    assert con.execute("select partner, value0, value1 from panel").fetchall() == [("5700", 100, 103)]

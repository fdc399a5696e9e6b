"""The placebo on simulated economies: nothing is claimed where nothing happened, and what was done is found."""

from collections.abc import Iterator
from datetime import date

import duckdb
import numpy as np
import pytest

from assets.methods.diversion import Basis, PeriodPair, Resampling, Settings, build_diversion_flags, level_named
from assets.methods.diversion.coverage import Coverage, read_coverage
from assets.methods.diversion.periods import Period, shift_months
from assets.methods.diversion.placebo import find_candidates
from tests.unit.methods.diversion.marts import add_months, add_years

REFERENCE, RECEIVER = "5700", "5520"
PARTNERS = (REFERENCE, RECEIVER, *(str(4000 + number) for number in range(10)))
PRODUCTS = tuple(f"{8401 + number // 4}{10 * (1 + number % 4)}" for number in range(160))
QUICK = Settings(resampling=Resampling(draws=99))


def _simulate(seed: int, moved: float = 0.0) -> Iterator[tuple[str, str, int, int]]:
    """Eight years of independent growth; in 2025 the part `moved` of the reference's sales goes to the receiver."""
    generator = np.random.default_rng(seed)
    values = generator.lognormal(15, 0.7, size=(len(PARTNERS), len(PRODUCTS)))
    for year in range(2018, 2026):
        values = values * np.exp(generator.normal(0.02, 0.25, size=values.shape))
        now = values.copy()
        if year == 2025:
            now[1] += moved * now[0]
            now[0] *= 1 - moved
        for partner, row in zip(PARTNERS, now, strict=True):
            for product, value in zip(PRODUCTS, row, strict=True):
                yield partner, product, year, round(value)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_diversion_the_main_pair_is_an_ordinary_year(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    add_years(con, _simulate(seed))
    report = build_diversion_flags(con, QUICK)
    assert report.comparisons[0].placebo == "HS6, general imports, 2025 against 2024"
    placebo, rate, usd, excess, pairs, flag = con.execute("""
        select placebo_rate, comparable_rate, placebo_usd, excess_usd, placebo_pairs, flag from flags.diversion
        where cut = 'all' and partner_code is null and commodity_code is null""").fetchall()[0]
    assert pairs == 6
    # max() matches most of a loss in any year: the rate alone says nothing.
    assert placebo > 0.9
    assert rate == pytest.approx(placebo, abs=0.1)
    assert abs(excess) < 0.3 * usd
    assert flag == "re_sourced_elsewhere"
    assert con.execute("select count(*) from flags.diversion where flag = 'diversion'").fetchone() == (0,)


def test_diversion_that_was_put_in_is_found(con: duckdb.DuckDBPyConnection) -> None:
    rows = list(_simulate(4, moved=0.5))
    add_years(con, rows)
    build_diversion_flags(con, QUICK)
    moved = sum(value for partner, _, year, value in rows if partner == REFERENCE and year == 2025)
    total = con.execute("""
        select excess_usd, flag from flags.diversion
        where cut = 'all' and partner_code is null and commodity_code is null""").fetchall()[0]
    assert total[0] == pytest.approx(moved, rel=0.25)
    assert total[1] == "diversion"
    excess, captured, flag = con.execute(f"""
        select excess_usd, rate, flag from flags.diversion
        where cut = 'all' and partner_code = '{RECEIVER}' and commodity_code is null""").fetchall()[0]
    assert flag == "diversion"
    # Shared out by gain, the receiver's part is diluted by what other partners gained anyway.
    assert 0.3 * moved < excess < moved
    others = con.execute(f"""
        select max(rate), count(*) filter (flag = 'diversion') from flags.diversion
        where cut = 'all' and partner_code <> '{RECEIVER}' and commodity_code is null""").fetchall()[0]
    assert captured > 5 * others[0]
    assert others[1] == 0


def test_pairs_with_new_duties_are_no_placebo(con: duckdb.DuckDBPyConnection) -> None:
    add_years(con, _simulate(5), duty=True)
    con.execute(
        "update marts.commodity_partner_year set calculated_duty_usd = 2 * calculated_duty_usd where year >= 2022"
    )
    build_diversion_flags(con, QUICK)
    pairs = con.execute("""
        select period1, is_clean, round(duty_change, 2) from flags.diversion_placebo
        where level = 'HS6' and cut = 'all' and partner_code is null and not is_main order by 1""").fetchall()
    assert pairs == [(str(year), year != 2022, 0.1 if year == 2022 else 0.0) for year in range(2019, 2025)]
    assert con.execute("select max(placebo_pairs) from flags.diversion").fetchone() == (5,)


def test_the_main_pair_is_cut_to_the_months_of_the_placebo_level() -> None:
    """HS6 has two years only; NAICS3 has eleven months of the last one, and earlier years."""
    months = frozenset(shift_months(date(2020, 1, 1), step) for step in range(71))
    coverage = Coverage({("NAICS3", "consumption"): months}, {("HS6", "general"): frozenset({2024, 2025})})
    (candidate,) = find_candidates(coverage, PeriodPair.of_years(2025), Basis(level_named("HS6")))
    assert candidate.main == PeriodPair.against_year_before(Period.year_to_date(2025, 11))
    assert [pair.period1.label for pair in candidate.earlier] == [f"{year}-01/{year}-11" for year in range(2021, 2025)]
    assert candidate.text.startswith("NAICS3, imports for consumption, 2025-01/2025-11 against 2024-01/2024-11;")


def test_earlier_pairs_end_no_later_than_the_base_period(con: duckdb.DuckDBPyConnection) -> None:
    add_years(con, [(REFERENCE, "850110", year, 5) for year in range(2015, 2026)])
    (candidate, *_) = find_candidates(read_coverage(con), PeriodPair.of_years(2025, 2022), Basis(level_named("HS6")))
    assert [pair.label for pair in candidate.earlier] == [f"{year} against {year - 3}" for year in range(2018, 2023)]


def test_without_history_there_is_no_placebo_and_it_says_so(con: duckdb.DuckDBPyConnection) -> None:
    add_years(con, [(p, "850110", year, value) for p, year, value in ((REFERENCE, 2024, 9), (REFERENCE, 2025, 2))])
    report = build_diversion_flags(con, QUICK)
    assert report.notes == ("2025 against 2024: no earlier pair for a placebo",)
    levels = con.execute("select distinct placebo_level from flags.diversion").fetchall()
    assert levels == [(None,)]


def test_quarters_have_quarters_as_placebo(con: duckdb.DuckDBPyConnection) -> None:
    months = [shift_months(date(2022, 1, 1), step) for step in range(42)]
    add_months(con, [(partner, "850110", month, 7) for partner in (REFERENCE, RECEIVER) for month in months])
    pair = PeriodPair.against_year_before(Period.quarter(2025, 2))
    build_diversion_flags(con, QUICK, pairs=[pair], bases=[Basis(level_named("HS6"))])
    labels = con.execute(
        "select distinct period1 from flags.diversion_placebo where level = 'HS6' order by 1"
    ).fetchall()
    assert labels == [("2023-Q2",), ("2024-Q2",), ("2025-Q2",)]

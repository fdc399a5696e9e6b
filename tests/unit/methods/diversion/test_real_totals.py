"""Shares and the waterfall of all goods on the real figures, against plain pandas straight from the country workbook."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.methods.diversion import PeriodPair
from assets.methods.diversion.levels import TOTAL, Basis
from assets.methods.diversion.periods import Period
from assets.methods.diversion.waterfall import ask_waterfall, build_balance_waterfall
from tests.unit.methods.diversion.conftest import Real
from tests.unit.methods.diversion.marts import COUNTRIES

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
CHINA, WORLD = 5700, 15
YTD = PeriodPair.against_year_before(Period.year_to_date(2026, 7))


@pytest.fixture(scope="module")
def workbook(shared_data: Path) -> pd.DataFrame:
    """Index code, year: whole dollars of both flows by month, as printed."""
    table = pd.read_csv(shared_data / COUNTRIES, dtype={"CTY_CODE": str})
    table = table[table["CTY_CODE"].str.fullmatch("[1-9][0-9]{3}|0015")]
    table["CTY_CODE"] = table["CTY_CODE"].astype(int)
    table = table.set_index(["CTY_CODE", "year"])[[f"{flow}{month}" for flow in "IE" for month in MONTHS]]
    return (table * 1e6).round().fillna(0).astype("int64")


def _year(workbook: pd.DataFrame, year: int) -> pd.DataFrame:
    return workbook[workbook.index.get_level_values("year") == year].droplevel("year")


def _sums(workbook: pd.DataFrame, flow: str, months: list[tuple[int, str]]) -> pd.Series:
    """Dollars by code over months (year, name); nothing for a partner that has no row."""
    sums = pd.DataFrame({(year, month): _year(workbook, year)[f"{flow}{month}"] for year, month in months}).fillna(0)
    return sums.sum(axis="columns").astype("int64")


def _span(year: int, *names: str) -> list[tuple[int, str]]:
    return [(year, name) for name in names]


def test_both_default_pairs_are_there_at_the_finest_level(real: Real) -> None:
    found = real.con.execute(
        "select distinct period0, period1, level, vintage from flags.diversion order by 1"
    ).fetchall()
    assert [(zero, one, level, str(vintage)) for zero, one, level, vintage in found] == [
        ("2024", "2025", "HS6", "2026-06-09"),
        ("2025-01/2025-07", "2026-01/2026-07", "TOTAL", "2026-09-03"),
    ]
    assert [comparison.basis for comparison in real.report.comparisons][1] == Basis(TOTAL)
    assert any(YTD.label in note and "not testable with the data loaded" in note for note in real.report.notes)


def test_shares_of_the_year_to_date_are_those_of_the_workbook(real: Real, workbook: pd.DataFrame) -> None:
    before, after = (_sums(workbook, "I", _span(year, *MONTHS[:7])) for year in (2025, 2026))
    every = before.index.union(after.index)
    before, after = before.reindex(every, fill_value=0), after.reindex(every, fill_value=0)
    change = 100 * (after / after[WORLD] - before / before[WORLD])
    moved = after - before
    found = (
        real.con.execute("""
            select partner_code::integer as code, value0_usd, value1_usd, share_change_pp, captured_share, naive_ratio
            from flags.diversion where level = 'TOTAL' and partner_code not in ('unallocated')""")
        .df()
        .set_index("code")
    )
    countries = [code for code in every if code != WORLD and (before[code] or after[code])]
    assert sorted(found.index) == sorted(countries)
    found = found.loc[countries]
    assert (found["value0_usd"] == before[countries]).all()
    assert (found["value1_usd"] == after[countries]).all()
    assert (found["share_change_pp"] - change[countries]).abs().max() < 1e-10
    others = [code for code in countries if code != CHINA]
    assert (found["captured_share"][others] - change[others] / -change[CHINA]).abs().max() < 1e-10
    assert (found["naive_ratio"][others] - moved[others] / -moved[CHINA]).abs().max() < 1e-10
    assert found.loc[CHINA, ["captured_share", "naive_ratio"]].isna().all()


def test_concentration_of_the_year_to_date_is_that_of_the_workbook(real: Real, workbook: pd.DataFrame) -> None:
    found = real.con.execute("""
        select hhi0, hhi1, hhi0_without, hhi1_without from flags.diversion
        where level = 'TOTAL' and partner_code is null""").fetchall()
    expected = []
    for without in (False, True):
        for year in (2025, 2026):
            values = _sums(workbook, "I", _span(year, *MONTHS[:7]))
            whole = values[WORLD] - (values[CHINA] if without else 0)
            kept = values.drop([WORLD, *([CHINA] if without else [])])
            expected.append(((kept / whole) ** 2).sum())
    assert found[0] == pytest.approx(expected, rel=1e-12)


def test_what_needs_products_is_null_and_said_to_be_untestable(real: Real) -> None:
    matched = (
        "loss_usd gain_usd diverted_usd rate share_of_diverted low_usd demand_usd reallocation_usd share_within_pp"
    )
    row = real.con.execute(f"""
        select count(*), count(*) filter (flag not in ('not_testable', 'reference')),
            count(*) filter (sentence not like '%not testable with the data loaded%' and partner_code <> 'unallocated'),
            count(*) filter (sentence not like '%vintage 2026-09-03.'),
            {", ".join(f"count({name})" for name in matched.split())}
        from flags.diversion where level = 'TOTAL'""").fetchall()[0]
    assert row[0] > 200
    assert set(row[1:]) == {0}


def test_the_unallocated_remainder_is_a_row_and_shares_sum_to_nil(real: Real, workbook: pd.DataFrame) -> None:
    rest = [
        int(values[WORLD] - values.drop(WORLD).sum())
        for values in (_sums(workbook, "I", _span(year, *MONTHS[:7])) for year in (2025, 2026))
    ]
    found = real.con.execute("""
        select value0_usd, value1_usd from flags.diversion where level = 'TOTAL' and partner_code = 'unallocated'
        """).fetchall()
    # In 2026 the countries exceed the World until the next June revision.
    assert [list(row) for row in found] == [rest]
    assert rest[1] < 0
    total, changes = real.con.execute("""
        select sum(value1_usd)::bigint, sum(share_change_pp) from flags.diversion
        where level = 'TOTAL' and partner_code is not null""").fetchall()[0]
    assert total == _sums(workbook, "I", _span(2026, *MONTHS[:7]))[WORLD]
    assert changes == pytest.approx(0, abs=1e-10)


def _waterfall(con: duckdb.DuckDBPyConnection, columns: str, condition: str = "true") -> list[tuple[Any, ...]]:
    return con.execute(f"select {columns} from flags.balance_waterfall where {condition}").fetchall()


PAIRS = [
    (PeriodPair.of_years(2025), _span(2024, *MONTHS), _span(2025, *MONTHS)),
    (YTD, _span(2025, *MONTHS[:7]), _span(2026, *MONTHS[:7])),
    (PeriodPair.against_year_before(Period.quarter(2026, 2)), _span(2025, *MONTHS[3:6]), _span(2026, *MONTHS[3:6])),
    (PeriodPair(Period.quarter(2024, 1), Period.quarter(2026, 1)), _span(2024, *MONTHS[:3]), _span(2026, *MONTHS[:3])),
    (
        PeriodPair.against_year_before(Period.rolling_12(YTD.period1.last)),
        _span(2024, *MONTHS[7:]) + _span(2025, *MONTHS[:7]),
        _span(2025, *MONTHS[7:]) + _span(2026, *MONTHS[:7]),
    ),
]


@pytest.mark.parametrize(("pair", "months0", "months1"), PAIRS, ids=[pair.label for pair, _, _ in PAIRS])
def test_a_waterfall_closes_to_the_world_row_of_the_workbook(
    real: Real, workbook: pd.DataFrame, pair: PeriodPair, months0: list[tuple[int, str]], months1: list[tuple[int, str]]
) -> None:
    ask_waterfall(real.con, pair)
    before, after = (_sums(workbook, "E", months) - _sums(workbook, "I", months) for months in (months0, months1))
    change = after.sub(before, fill_value=0)
    (total,) = _waterfall(real.con, "sum(contribution_usd)::bigint, min(world_change_usd), max(world_change_usd)")
    assert set(total) == {int(change[WORLD])}
    steps = dict(_waterfall(real.con, "partner_code, contribution_usd"))
    rest = steps.pop("unallocated") + steps.pop("rounding")
    countries = change.drop(WORLD)
    assert {int(code): value for code, value in steps.items() if value} == countries[countries != 0].to_dict()
    assert rest == int(change[WORLD] - change.drop(WORLD).sum())


def test_the_default_waterfall_closes_to_what_was_published(real: Real) -> None:
    """Goods, Census basis, not seasonally adjusted: -1,200,869.0 in 2024 and -1,234,619.3 $ million in 2025."""
    assert build_balance_waterfall(real.con) == ()
    found = real.con.execute("""
        select period1, sum(contribution_usd)::bigint, any_value(world_change_usd), sum(balance0_usd)::bigint,
            sum(balance1_usd)::bigint
        from flags.balance_waterfall group by 1 order by 1""").fetchall()
    assert found[0] == ("2025", -33_750_300_000, -33_750_300_000, -1_200_869_000_000, -1_234_619_300_000)
    assert [label for label, *_ in found] == ["2025", "2026-01/2026-07"]


def test_rounding_and_what_is_not_allocated_are_rows_of_their_own(real: Real, workbook: pd.DataFrame) -> None:
    """World is revised monthly, countries each June: until then a month differs by more than half units can give."""
    expected = {(pair.period1.label, part): 0 for pair, *_ in PAIRS[:2] for part in ("unallocated", "rounding")}
    for pair, *spans in PAIRS[:2]:
        for side, months in zip((-1, 1), spans, strict=True):
            for year, month in months:
                for sign, flow, other in ((1, "E", "I"), (-1, "I", "E")):
                    both = _year(workbook, year)[[f"{flow}{month}", f"{other}{month}"]]
                    printed = both[(both != 0).any(axis="columns")].iloc[:, 0]
                    gap = int(printed[WORLD] - printed.drop(WORLD).sum())
                    part = "rounding" if abs(gap) <= 50_000 * len(printed) else "unallocated"
                    expected[pair.period1.label, part] += side * sign * gap
    build_balance_waterfall(real.con)
    rows = _waterfall(real.con, "period1, partner_code, contribution_usd", "rank is null")
    assert {(label, code): value for label, code, value in rows} == expected
    assert expected["2025", "unallocated"] == 0
    assert expected["2026-01/2026-07", "unallocated"] > 100_000_000

"""Waterfall of the balance on small figures: one print, remainders of their own, and what is refused."""

from datetime import date

import duckdb
import pytest

from assets.contracts.flags import BALANCE_WATERFALL
from assets.methods.diversion import DataUnavailable, Period, PeriodPair
from assets.methods.diversion.periods import shift_months
from assets.methods.diversion.waterfall import ask_waterfall, build_balance_waterfall

QUARTER = PeriodPair.against_year_before(Period.quarter(2026, 1))


def _month(
    con: duckdb.DuckDBPyConnection, month: date, figures: dict[str, tuple[int, int]], vintage: str = "2026-09-03"
) -> None:
    """Imports and exports by partner, printed to 10 dollars."""
    con.executemany(
        "insert into marts.partner_month_vintages values (?, ?, ?, ?, ?, 10, ?)",
        [
            (month, code, code in {"0015", "0003"}, imports, exports, vintage)
            for code, (imports, exports) in figures.items()
        ],
    )


def _quarters(con: duckdb.DuckDBPyConnection) -> None:
    """Two quarters: Mexico appears, the group 0003 is no partner, World is off by rounding or, in February, by 100."""
    con.execute("insert into marts.partner values ('5700', 'China', false)")
    for step in range(3):
        _month(con, date(2025, 1 + step, 1), {"5700": (500, 100), "0003": (90, 90), "0015": (500, 100)})
        off = 100 if step == 1 else 10
        _month(con, date(2026, 1 + step, 1), {"5700": (300, 100), "2010": (150, 20), "0015": (450 + off, 120)})


def test_a_waterfall_closes_with_rounding_and_unallocated_apart(con: duckdb.DuckDBPyConnection) -> None:
    """Half of 10 dollars for each of three figures is 15: gaps of 10 are rounding, 100 is not allocated."""
    _quarters(con)
    ask_waterfall(con, QUARTER)
    rows = con.execute("""
        select partner_code, partner_name, imports_change_usd, exports_change_usd, contribution_usd, world_change_usd,
            rank
        from flags.balance_waterfall order by partner_code""").fetchall()
    # World: (360 - 1470) - (300 - 1500) = 90.
    assert rows == [
        ("2010", "2010", 450, 60, -390, 90, 2),
        ("5700", "China", -600, 0, 600, 90, 1),
        ("rounding", "Rounding of the published figures", 20, 0, -20, 90, None),
        ("unallocated", "Not allocated to countries by the publisher", 100, 0, -100, 90, None),
    ]
    (sentence,) = con.execute("select sentence from flags.balance_waterfall where partner_code = '5700'").fetchall()[0]
    assert sentence == (
        "China contributed $600 to the change of the US goods balance by $90 in 2026-Q1 against 2025-Q1 (exports $0, "
        "imports -$600). Census basis, not seasonally adjusted, general imports at customs value, exports FAS; vintage "
        "2026-09-03."
    )


def test_the_newest_print_with_both_periods_is_taken_whole(con: duckdb.DuckDBPyConnection) -> None:
    """An older one is not, nor a newer one that has the later quarter alone and else the World without countries."""
    _quarters(con)
    for step in range(3):
        for year in (2025, 2026):
            _month(con, date(year, 1 + step, 1), {"5700": (1, 1), "0015": (1, 1)}, "2026-08-04")
        _month(con, date(2025, 1 + step, 1), {"0015": (1, 1)}, "2026-10-06")
        _month(con, date(2026, 1 + step, 1), {"5700": (1, 1), "0015": (1, 1)}, "2026-10-06")
    ask_waterfall(con, QUARTER)
    assert con.execute("select distinct vintage from flags.balance_waterfall").fetchall() == [(date(2026, 9, 3),)]


def test_years_that_no_monthly_print_has_come_from_a_yearly_one(con: duckdb.DuckDBPyConnection) -> None:
    con.executemany(
        "insert into marts.partner_year_vintages values ('usitc_dataweb', ?, ?, ?, ?, ?, 1, '2026-03-27')",
        [
            (year, code, code == "0015", imports, 40)
            for year, imports in ((2023, 100), (2024, 130))
            for code in ("5700", "0015")
        ],
    )
    ask_waterfall(con, PeriodPair.of_years(2024))
    rows = con.execute(
        "select partner_code, contribution_usd, source from flags.balance_waterfall where contribution_usd <> 0"
    ).fetchall()
    assert rows == [("5700", -30, "usitc_dataweb")]
    with pytest.raises(DataUnavailable, match="2024-Q1 against 2023-Q1 is not complete"):
        ask_waterfall(con, PeriodPair.against_year_before(Period.quarter(2024, 1)))


def test_defaults_are_the_latest_year_and_the_year_to_date(con: duckdb.DuckDBPyConnection) -> None:
    assert build_balance_waterfall(con) == ("no vintage of the partners' figures has two comparable periods",)
    assert con.execute("select count(*) from flags.balance_waterfall").fetchone() == (0,)
    for step in range(26):
        _month(con, shift_months(date(2024, 1, 1), step), {"5700": (7, 1), "0015": (7, 1)})
    assert build_balance_waterfall(con) == ()
    pairs = con.execute("select distinct period0, period1 from flags.balance_waterfall order by 1").fetchall()
    assert pairs == [("2024", "2025"), ("2025-01/2025-02", "2026-01/2026-02")]
    described = con.execute("""
        select column_name from duckdb_columns() where table_name = 'balance_waterfall' and comment is not null
        order by column_index""").fetchall()
    assert [name for (name,) in described] == [column.name for column in BALANCE_WATERFALL.columns]

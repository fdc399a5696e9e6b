"""Which periods exist and which may be compared."""

from datetime import date

import pytest

from assets.methods.diversion import Period, PeriodError, PeriodPair


@pytest.mark.parametrize(
    ("period", "kind", "label", "length"),
    [
        (Period.year(2025), "year", "2025", 12),
        (Period.year_to_date(2026, 7), "ytd", "2026-01/2026-07", 7),
        (Period.year_to_date(2026, 12), "year", "2026", 12),
        (Period.quarter(2025, 3), "quarter", "2025-Q3", 3),
        (Period.rolling_12(date(2025, 7, 1)), "rolling_12", "2024-08/2025-07", 12),
        (Period.rolling_12(date(2025, 12, 1)), "year", "2025", 12),
    ],
)
def test_shapes(period: Period, kind: str, label: str, length: int) -> None:
    assert (period.kind, period.label, len(period.months)) == (kind, label, length)
    assert period.months[0] == period.first
    assert period.months[-1] == period.last


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (date(2025, 1, 2), date(2025, 3, 1), "first day"),
        (date(2025, 5, 1), date(2025, 3, 1), "before it begins"),
        (date(2024, 1, 1), date(2025, 1, 1), "at most 12 months"),
        (date(2025, 2, 1), date(2025, 4, 1), "neither a year"),
        (date(2025, 4, 1), date(2025, 9, 1), "neither a year"),
    ],
)
def test_other_windows_are_refused(first: date, last: date, message: str) -> None:
    with pytest.raises(PeriodError, match=message):
        Period(first, last)


@pytest.mark.parametrize(
    ("zero", "one", "message"),
    [
        (Period.year(2024), Period.year_to_date(2025, 7), "lengths must be equal"),
        (Period.quarter(2024, 1), Period.quarter(2025, 2), "same months"),
        (Period.rolling_12(date(2024, 6, 1)), Period.rolling_12(date(2025, 7, 1)), "same months"),
        (Period.year(2025), Period.year(2024), "must be later"),
        (Period.year(2025), Period.year(2025), "must be later"),
    ],
)
def test_pairs_that_may_not_be_compared(zero: Period, one: Period, message: str) -> None:
    with pytest.raises(PeriodError, match=message):
        PeriodPair(zero, one)


def test_a_quarter_beyond_the_year_is_refused() -> None:
    with pytest.raises(PeriodError, match="1 to 4"):
        Period.quarter(2025, 5)


def test_pairs_move_and_shrink_together() -> None:
    pair = PeriodPair.of_years(2025, 2017)
    assert pair.shift_years(-8) == PeriodPair.of_years(2017, 2009)
    assert pair.to_month(11).label == "2025-01/2025-11 against 2017-01/2017-11"
    rolling = PeriodPair.against_year_before(Period.rolling_12(date(2025, 7, 1)))
    assert rolling.period0.label == "2023-08/2024-07"
    with pytest.raises(PeriodError, match="does not begin in January"):
        rolling.to_month(3)


@pytest.mark.parametrize(
    "period",
    [
        Period.year(2025),
        Period.quarter(2024, 3),
        Period.year_to_date(2026, 7),
        Period.rolling_12(date(2025, 7, 1)),
    ],
)
def test_a_label_reads_back_as_its_period(period: Period) -> None:
    assert Period.parse(f" {period.label} ") == period


@pytest.mark.parametrize(
    "text", ["", "25", "2025-Q5", "2025-13/2025-14", "2025-01", "2025-01/2025-07/2025-08", "２０２５"]
)
def test_text_that_is_no_label_is_named(text: str) -> None:
    with pytest.raises(PeriodError, match=r"2025, 2025-Q1 or 2025-01/2025-07; seen"):
        Period.parse(text)

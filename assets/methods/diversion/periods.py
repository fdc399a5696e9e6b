"""Periods that may be compared: whole years, years to date, rolling twelve months, quarters.

One definition of a comparison for all methods of this package. Which data exist for a period is not known here.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

PeriodKind = Literal["year", "ytd", "quarter", "rolling_12"]


_MONTH = r"\d{4}-(?:0[1-9]|1[0-2])"
_LABEL = re.compile(rf"(?P<year>\d{{4}})|(?P<quarter>\d{{4}}-Q[1-4])|(?P<first>{_MONTH})/(?P<last>{_MONTH})", re.ASCII)


class PeriodError(ValueError):
    """A period that has no accepted shape, or two periods that may not be compared."""


def shift_months(month: date, months: int) -> date:
    """The first of the month that lies `months` (may be negative) after `month`."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


@dataclass(frozen=True, order=True)
class Period:
    """Whole months from `first` to `last`, both given as the first day of the month.

    Accepted: twelve months (a year, or rolling), a calendar quarter, and any run of months that begins in January
    (year to date). Everything else raises `PeriodError`, because the months of other windows mix seasons.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first.day != 1 or self.last.day != 1:
            raise PeriodError(f"a month is given as its first day; seen {self.first} and {self.last}")
        if self.last < self.first:
            raise PeriodError(f"the period ends ({self.last}) before it begins ({self.first})")
        if self.length > 12:
            raise PeriodError(f"a period has at most 12 months; {self.first} to {self.last} has {self.length}")
        quarter = self.length == 3 and self.first.month % 3 == 1
        if not (self.length == 12 or quarter or self.first.month == 1):
            raise PeriodError(
                f"{self.first} to {self.last} is neither a year, a year to date, a quarter nor rolling twelve months"
            )

    @classmethod
    def year(cls, year: int) -> "Period":
        """January to December."""
        return cls(date(year, 1, 1), date(year, 12, 1))

    @classmethod
    def year_to_date(cls, year: int, last_month: int) -> "Period":
        """January to `last_month`; with 12 it is the year itself."""
        return cls(date(year, 1, 1), date(year, last_month, 1))

    @classmethod
    def quarter(cls, year: int, quarter: int) -> "Period":
        """Calendar quarter 1 to 4."""
        if quarter not in range(1, 5):
            raise PeriodError(f"a quarter is 1 to 4; seen {quarter}")
        return cls(date(year, 3 * quarter - 2, 1), date(year, 3 * quarter, 1))

    @classmethod
    def rolling_12(cls, last: date) -> "Period":
        """The twelve months that end with `last`."""
        return cls(shift_months(last, -11), last)

    @classmethod
    def parse(cls, text: str) -> "Period":
        """The period that `label` writes: `2025`, `2025-Q1`, or months from and to, `2025-01/2025-07`."""
        match = _LABEL.fullmatch(text.strip())
        if match is None:
            raise PeriodError(f"a period is written 2025, 2025-Q1 or 2025-01/2025-07; seen {text!r}")
        year, quarter, first, last = match["year"], match["quarter"], match["first"], match["last"]
        if year:
            return cls.year(int(year))
        if quarter:
            return cls.quarter(int(quarter[:4]), int(quarter[-1]))
        return cls(date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01"))

    @property
    def length(self) -> int:
        """Number of months."""
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    @property
    def months(self) -> tuple[date, ...]:
        """Every month, in order."""
        return tuple(shift_months(self.first, step) for step in range(self.length))

    @property
    def kind(self) -> PeriodKind:
        """The shape; January to March counts as a quarter."""
        if self.length == 12:
            return "year" if self.first.month == 1 else "rolling_12"
        return "quarter" if self.length == 3 else "ytd"

    @property
    def label(self) -> str:
        """`2025`, `2025-Q1`, or an interval of months such as `2026-01/2026-07`."""
        if self.kind == "year":
            return str(self.first.year)
        if self.kind == "quarter":
            return f"{self.first.year}-Q{self.last.month // 3}"
        return f"{self.first:%Y-%m}/{self.last:%Y-%m}"

    def shift_years(self, years: int) -> "Period":
        """The same months `years` later (earlier if negative)."""
        return Period(shift_months(self.first, 12 * years), shift_months(self.last, 12 * years))


@dataclass(frozen=True, order=True)
class PeriodPair:
    """A base period and a later one of equal length and the same months of the year."""

    period0: Period
    period1: Period

    def __post_init__(self) -> None:
        zero, one = self.period0, self.period1
        if zero.length != one.length:
            raise PeriodError(
                f"{zero.label} has {zero.length} months and {one.label} has {one.length}: lengths must be equal"
            )
        if zero.first.month != one.first.month:
            raise PeriodError(
                f"{zero.label} and {one.label} do not cover the same months of the year, so seasons would be compared"
            )
        if one.first <= zero.first:
            raise PeriodError(f"the second period ({one.label}) must be later than the first ({zero.label})")

    @classmethod
    def of_years(cls, year1: int, year0: int | None = None) -> "PeriodPair":
        """A full year against an earlier one, by default the year before."""
        return cls(Period.year(year1 - 1 if year0 is None else year0), Period.year(year1))

    @classmethod
    def against_year_before(cls, period1: Period) -> "PeriodPair":
        """`period1` against the same months one year earlier."""
        return cls(period1.shift_years(-1), period1)

    @property
    def kind(self) -> PeriodKind:
        return self.period1.kind

    @property
    def label(self) -> str:
        return f"{self.period1.label} against {self.period0.label}"

    def shift_years(self, years: int) -> "PeriodPair":
        """Both periods moved by whole years."""
        return PeriodPair(self.period0.shift_years(years), self.period1.shift_years(years))

    def to_month(self, last_month: int) -> "PeriodPair":
        """Both periods cut to January..`last_month`; only for periods that begin in January."""
        if self.period1.first.month != 1:
            raise PeriodError(f"{self.label} does not begin in January and cannot be cut to a year to date")
        zero, one = (Period.year_to_date(p.first.year, last_month) for p in (self.period0, self.period1))
        return PeriodPair(zero, one)

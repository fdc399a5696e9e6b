"""Windows of measures, worked out by hand from the dates of the orders."""

from datetime import date

import pytest

from assets.methods.front_loading.windows import month_date, month_number, window_of

Months = tuple[str, str, str, str]


def _months(announced: date, effective: date) -> Months:
    window = window_of("x", announced, effective)
    numbers = (window.clean_first, window.clean_last, window.first, window.last)
    clean_first, clean_last, first, last = (f"{month_date(number):%Y-%m}" for number in numbers)
    return clean_first, clean_last, first, last


@pytest.mark.parametrize(
    ("announced", "effective", "expected"),
    [
        # reciprocal duty: most of April is after 5 April
        (date(2025, 4, 2), date(2025, 4, 5), ("2022-01", "2024-12", "2025-01", "2025-03")),
        # list 3: most of September is before the 24th
        (date(2018, 9, 17), date(2018, 9, 24), ("2015-06", "2018-05", "2018-06", "2018-09")),
        # announced long before: the window opens six months before effect, the clean months end before the announcement
        (date(2024, 9, 13), date(2026, 1, 1), ("2021-06", "2024-05", "2025-07", "2025-12")),
        # announced three days after effect
        (date(2025, 11, 14), date(2025, 11, 13), ("2022-08", "2025-07", "2025-08", "2025-10")),
    ],
)
def test_windows(announced: date, effective: date, expected: Months) -> None:
    assert _months(announced, effective) == expected


def test_month_numbers_go_back_and_forth() -> None:
    assert [month_date(month_number(date(2025, month, 17))) for month in (1, 12)] == [
        date(2025, 1, 1),
        date(2025, 12, 1),
    ]

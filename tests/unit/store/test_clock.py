"""Under which moment a file is taken in, when the clock is or was wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from assets.store.clock import STEP, arrival, never_back

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
BEFORE = NOW - timedelta(days=9)
FAR = datetime(2099, 5, 1, tzinfo=UTC)
DEAD_BATTERY = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "recorded", "moment"),
    [
        (NOW, [], NOW),
        (NOW, [BEFORE], NOW),
        (NOW, [BEFORE, NOW], NOW + STEP),
        (NOW, [NOW + timedelta(hours=3)], NOW + timedelta(hours=3) + STEP),
        (NOW, [BEFORE, FAR], NOW),
        (NOW, [NOW, FAR], NOW + STEP),
        (FAR, [NOW], FAR),
        (DEAD_BATTERY, [BEFORE, NOW], NOW + STEP),
    ],
)
def test_a_clock_that_was_once_far_ahead_dates_no_later_file(
    now: datetime, recorded: list[datetime], moment: datetime
) -> None:
    assert arrival(now, recorded) == moment


def test_names_by_time_keep_their_order_whatever_the_clock_says() -> None:
    assert never_back(NOW, [FAR]) == FAR + STEP

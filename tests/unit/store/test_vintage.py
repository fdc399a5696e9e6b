"""The vintage rule for one file, with release days of the FT-900 (`release_calendar.csv`)."""

from datetime import UTC, date, datetime

import pytest

from assets.errors import RefusedFile
from assets.store.origin import Origin
from assets.store.vintage import (
    Bounds,
    Days,
    Rank,
    Told,
    first_print,
    only_release,
    own_vintage,
    possible_releases,
    refuse_impossible,
    reissue_day,
)

TODAY = date(2026, 11, 30)
CAME = Days(TODAY)


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        (date(2025, 12, 1), date(2026, 2, 19)),
        (date(2026, 4, 1), date(2026, 6, 9)),
        (date(2025, 8, 1), date(2025, 11, 19)),
    ],
)
def test_a_table_that_shows_its_edge_is_of_the_release_of_its_newest_month(newest: date, expected: date) -> None:
    vintage = own_vintage("census_country", Told(newest_month=newest, edge_is_told=True), CAME)
    assert vintage is not None and vintage.day == expected
    assert vintage.rule == f"release calendar, newest month {newest:%Y-%m}"


def test_the_day_of_landing_says_nothing_about_a_series_that_may_be_cut() -> None:
    assert own_vintage("fred", Told(newest_month=date(2025, 8, 1)), CAME) is None


def test_the_order_of_evidence() -> None:
    """Operator, file, origin record, retrieval, Last-Modified; each day is another one."""
    newest = date(2025, 3, 1)
    days = Days(TODAY, date(2025, 5, 7), date(2025, 6, 1), date(2025, 7, 1))
    told = Told(newest_month=newest, published_on=date(2025, 5, 6))
    assert _of("fred", told, days, date(2025, 5, 5)) == (date(2025, 5, 5), Rank.OPERATOR)
    assert _of("fred", told, days) == (date(2025, 5, 6), Rank.FILE)
    untold = Told(newest_month=newest)
    assert _of("fred", untold, days) == (date(2025, 5, 7), Rank.ORIGIN)
    # The release before 1 June 2025 came on 6 May.
    assert _of("fred", untold, Days(TODAY, retrieved_on=date(2025, 6, 1))) == (date(2025, 5, 6), Rank.CALENDAR)
    assert _of("census_api", untold, Days(TODAY, retrieved_on=date(2025, 6, 1))) == (date(2025, 6, 1), Rank.ORIGIN)
    assert _of("bea", untold, Days(TODAY, last_modified=date(2025, 6, 1))) == (date(2025, 5, 6), Rank.LAST_MODIFIED)


def _of(source: str, told: Told, days: Days, decided: date | None = None) -> tuple[date, Rank] | None:
    vintage = own_vintage(source, told, days, decided)
    return None if vintage is None else (vintage.day, vintage.rank)


def test_a_moment_of_landing_is_no_told_retrieval() -> None:
    moment = datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert Days.by(Origin(retrieved_at=moment, received_at=moment), TODAY) == CAME
    fetched = Origin(retrieved_at=datetime(2026, 11, 1, tzinfo=UTC), received_at=moment)
    assert Days.by(fetched, TODAY).retrieved_on == date(2026, 11, 1)


@pytest.mark.parametrize(
    "day", [date(1, 1, 1), date(1999, 5, 1), date(2025, 12, 31), date(2026, 2, 18), date(2042, 1, 1)]
)
@pytest.mark.parametrize("field", ["published_on", "retrieved_on"])
def test_days_that_cannot_be_are_refused(day: date, field: str) -> None:
    """Figures of December 2025 were out on 19 February 2026."""
    told = Told(newest_month=date(2025, 12, 1))
    with pytest.raises(RefusedFile, match=str(day)):
        refuse_impossible("x.csv", told, Days(TODAY, **{field: day}), TODAY)  # type: ignore[arg-type]
    with pytest.raises(RefusedFile, match=str(day)):
        refuse_impossible("x.csv", Told(newest_month=date(2025, 12, 1), **{field: day}), CAME, TODAY)  # type: ignore[arg-type]
    refuse_impossible("x.csv", told, Days(TODAY, date(2026, 2, 19), date(2026, 2, 19)), TODAY)


def test_a_reprint_of_a_release_is_never_newer_than_the_next_release() -> None:
    """The release after that of December 2025 came on 12 March 2026."""
    told = Told(newest_month=date(2025, 12, 1), edge_is_told=True)
    with pytest.raises(RefusedFile, match="between the releases"):
        refuse_impossible("x.csv", told, Days(TODAY, date(2026, 3, 12)), TODAY)
    refuse_impossible("x.csv", told, Days(TODAY, date(2026, 3, 11)), TODAY)
    assert reissue_day(told, Days(TODAY, retrieved_on=date(2026, 3, 12))) is None
    assert reissue_day(told, Days(TODAY, retrieved_on=date(2026, 3, 11))) == date(2026, 3, 11)


def test_figures_of_a_month_that_has_not_begun_are_refused() -> None:
    with pytest.raises(RefusedFile, match="newest month"):
        refuse_impossible("x.csv", Told(newest_month=date(2026, 12, 1)), CAME, TODAY)


def test_a_file_that_can_be_of_one_release_alone_is_of_it() -> None:
    """September 2026 was released on 4 November 2026; the one before on 6 October."""
    newest = Told(newest_month=date(2026, 9, 1))
    days = Days(date(2026, 11, 20))
    (release,) = possible_releases(newest, days, Bounds())
    assert only_release([release], days) is not None
    older = Told(newest_month=date(2026, 8, 1))
    assert len(possible_releases(older, days, Bounds())) == 2
    assert only_release(possible_releases(older, days, Bounds()), days) is None
    (bound,) = possible_releases(older, days, Bounds(before=release.released_on))
    assert bound.reference_month == date(2026, 8, 1)


def test_the_first_archive_of_a_month_came_with_its_release() -> None:
    vintage = first_print(Told(newest_month=date(2025, 12, 1)), CAME)
    assert vintage is not None and vintage.day == date(2026, 2, 19)


def test_told_days_are_kept_as_text() -> None:
    told = Told(date(2024, 1, 1), date(2025, 12, 1), None, date(2026, 3, 27), None, edge_is_told=True)
    assert Told.of_json(told.as_json()) == told
    assert Told.of_json(Told().as_json()) == Told()

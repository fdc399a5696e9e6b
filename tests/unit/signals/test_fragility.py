"""Fragility from a handful of revisions that can be checked by hand."""

from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from assets.signals import fragility, panel
from tests.unit.signals.test_panel import publish

VINTAGES = [date(2024, 2, 7) + timedelta(days=30 * at) for at in range(5)]
MONTHS = ("2023-10", "2023-11", "2023-12")


def revise(con: duckdb.DuckDBPyConnection, revisions: list[int], *, partner: str = "5700", start: int = 1000) -> None:
    """Publish one month again and again, each time changed by the next revision."""
    value = start
    publish(con, VINTAGES[0], "exports", {"2023-12": value}, partner=partner)
    for vintage, revision in zip(VINTAGES[1:], revisions, strict=False):
        value += revision
        publish(con, vintage, "exports", {"2023-12": value}, partner=partner)


def judged(
    con: duckdb.DuckDBPyConnection, value: float, neighbour: float | None, *, partner: str = "5700"
) -> dict[str, Any]:
    """The fragility of one monthly export flag of the partner as of the last vintage."""
    panel.write_panels(con)
    con.execute(f"""
        create or replace temp table flag as
        select series_id, period_end, {value}::double as value, {neighbour or "null"}::double as neighbour_value,
               key_id, measure, slot, frequency
        from ({panel.decoded_sql(panel.DOLLARS)}) join {panel.KEY} using (key_id)
        where partner_code = '{partner}' and frequency = 'month' and measure = 'exports'
        qualify vintage_number = max(vintage_number) over ()
    """)
    fragility.write_fragility(con, "flag")
    cursor = con.execute(f"select * exclude (series_id, period_end) from {fragility.FRAGILITY}")
    names = [column[0] for column in cursor.description or []]
    (row,) = cursor.fetchall()
    return dict(zip(names, row, strict=True))


def test_median_and_flips_of_the_own_series(empty: duckdb.DuckDBPyConnection) -> None:
    """Revisions +10, -20, +30, -40: median size 25; one of four exceeds a neighbour 15 above, two a neighbour 15 below."""
    revise(empty, [10, -20, 30, -40])
    below_the_neighbour = judged(empty, 1000, 1015)
    assert below_the_neighbour == {
        "fragility_basis": "series (4 pairs)",
        "revision_pairs": 4,
        "median_abs_revision": 25,
        "flip_share": 0.25,
        "is_fragile": True,
    }
    assert judged(empty, 1000, 985)["flip_share"] == 0.5
    assert judged(empty, 1000, 1000)["flip_share"] == 0.5


@pytest.mark.parametrize(
    ("neighbour", "flip_share", "is_fragile"),
    [(1030, 0.0, False), (1029, 0.25, True), (960, 0.0, False), (961, 0.25, True), (1024, 0.25, True)],
)
def test_a_revision_as_large_as_the_margin_does_not_reverse_the_order(
    empty: duckdb.DuckDBPyConnection, neighbour: int, flip_share: float, is_fragile: bool
) -> None:
    revise(empty, [10, -20, 30, -40])
    found = judged(empty, 1000, neighbour)
    assert (found["flip_share"], found["is_fragile"]) == (flip_share, is_fragile)


def test_a_reprint_is_no_revision(empty: duckdb.DuckDBPyConnection) -> None:
    revise(empty, [10, 0, 20, 30])
    found = judged(empty, 1000, 1100)
    assert (found["revision_pairs"], found["median_abs_revision"]) == (3, 20)


def test_few_revisions_call_for_the_pool_of_the_kind(empty: duckdb.DuckDBPyConnection) -> None:
    """Two own revisions of 1 % and 2 %, four of others of 10 %: the pool's median is 10 % of the value."""
    revise(empty, [10, 20], start=1000)
    for partner in ("2010", "1220"):
        revise(empty, [100, 110], start=1000, partner=partner)
    revise(empty, [5000, 5000], start=1000, partner="0015")
    found = judged(empty, 2000, 2150)
    assert found["fragility_basis"] == "pool (6 pairs)"
    assert found["median_abs_revision"] == pytest.approx(200)
    assert found["flip_share"] == pytest.approx(4 / 6)
    assert found["is_fragile"]


def test_without_revisions_nobody_knows(empty: duckdb.DuckDBPyConnection) -> None:
    publish(empty, VINTAGES[0], "exports", {"2023-12": 1000})
    assert judged(empty, 1000, 1001) == {
        "fragility_basis": "none",
        "revision_pairs": None,
        "median_abs_revision": None,
        "flip_share": None,
        "is_fragile": None,
    }


def test_a_first_figure_has_nothing_to_be_judged_by(empty: duckdb.DuckDBPyConnection) -> None:
    revise(empty, [10, 20, 30])
    assert judged(empty, 1000, None)["is_fragile"] is None


def test_revisions_long_after_the_period_are_another_matter(empty: duckdb.DuckDBPyConnection) -> None:
    """The figure of December 2023 that is changed in 2027 had stood for more than 36 months."""
    revise(empty, [10, 20, 30])
    for day, value in ((date(2027, 2, 4), 5000), (date(2027, 3, 4), 9000)):
        publish(empty, day, "exports", {"2023-12": value})
    found = judged(empty, 1000, 1100)
    assert (found["revision_pairs"], found["median_abs_revision"]) == (4, 25)

"""Diversion, demand and reallocation by product: worked by hand, and as identities on random panels."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.methods.diversion.effects import build_effects

Row = tuple[str, str, int, int]


class Effect(NamedTuple):
    commodity: str
    partner: str
    value0: int
    value1: int
    loss: int
    matched: int
    gain: int
    diverted: int
    diverted_neutral: int
    demand: int
    reallocation: int
    share0: float
    share1: float


@pytest.fixture(scope="module")
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def _effects(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> list[Effect]:
    con.execute("create or replace temp table v (partner varchar, commodity varchar, value0 bigint, value1 bigint)")
    con.executemany("insert into v values (?, ?, ?, ?)", rows)
    build_effects(con, "v", "CHN", "effects")
    found = con.execute(f"select {', '.join(Effect._fields)} from effects order by commodity, partner").fetchall()
    return [Effect(*row) for row in found]


def test_a_loss_is_shared_out_by_gain(memory: duckdb.DuckDBPyConnection) -> None:
    """L = 100, gains 30 and 120: M = 100, shared 1 to 4; the partner that lost gets nothing."""
    rows = [("CHN", "p", 300, 200), ("VNM", "p", 10, 40), ("IND", "p", 0, 120), ("DEU", "p", 50, 45)]
    found = _effects(memory, rows)
    assert {each.partner: each.diverted for each in found} == {"CHN": 0, "DEU": 0, "IND": 80, "VNM": 20}
    assert {(each.loss, each.matched) for each in found} == {(100, 100)}


def test_what_nobody_gained_is_not_diverted(memory: duckdb.DuckDBPyConnection) -> None:
    found = _effects(memory, [("CHN", "p", 300, 100), ("VNM", "p", 10, 40), ("DEU", "p", 50, 0)])
    assert {each.partner: each.diverted for each in found} == {"CHN": 0, "DEU": 0, "VNM": 30}
    assert {each.matched for each in found} == {30}


def test_no_loss_no_diversion(memory: duckdb.DuckDBPyConnection) -> None:
    found = _effects(memory, [("CHN", "p", 100, 101), ("VNM", "p", 10, 400), ("VNM", "q", 0, 7)])
    assert {(each.loss, each.diverted, each.diverted_neutral) for each in found} == {(0, 0, 0)}


def test_dollars_left_over_go_to_the_largest_remainder(memory: duckdb.DuckDBPyConnection) -> None:
    """L = 10 over gains 6, 6, 2 gives 4.29, 4.29, 1.43: 4, 4, 1, and the last dollar to the largest remainder."""
    found = _effects(memory, [("CHN", "p", 10, 0), ("A", "p", 0, 6), ("B", "p", 0, 6), ("C", "p", 0, 2)])
    assert [each.diverted for each in found] == [4, 4, 2, 0]
    tie = _effects(memory, [("CHN", "p", 3, 0), ("A", "p", 0, 2), ("B", "p", 0, 2)])
    assert [each.diverted for each in tie] == [2, 1, 0]


def test_demand_neutral_gain_is_what_exceeds_proportional_growth(memory: duckdb.DuckDBPyConnection) -> None:
    """World 400 -> 600 (+50 %). TWN 200 -> 300 only keeps pace; VNM 100 -> 250 is 100 above 150; CHN lost 50."""
    found = _effects(memory, [("CHN", "p", 100, 50), ("TWN", "p", 200, 300), ("VNM", "p", 100, 250)])
    assert {each.partner: each.diverted for each in found} == {"CHN": 0, "TWN": 20, "VNM": 30}
    assert {each.partner: each.diverted_neutral for each in found} == {"CHN": 0, "TWN": 0, "VNM": 50}


def test_shift_share_in_value(memory: duckdb.DuckDBPyConnection) -> None:
    """World 100 -> 200, A 50 -> 150, shares 1/2 and 3/4: demand 5/8 x 100 = 62.5, reallocation 150 x 1/4 = 37.5."""
    partner, reference = _effects(memory, [("CHN", "p", 50, 50), ("A", "p", 50, 150)])
    assert (partner.demand, partner.reallocation) in {(62, 38), (63, 37)}
    assert partner.demand + reference.demand == 100
    assert partner.reallocation + reference.reallocation == 0
    assert (partner.share0, partner.share1) == (0.5, 0.75)


def test_products_that_enter_or_leave_are_demand(memory: duckdb.DuckDBPyConnection) -> None:
    found = _effects(memory, [("A", "new", 0, 7), ("B", "new", 0, 3), ("A", "old", 5, 0), ("CHN", "old", 5, 0)])
    assert [(each.demand, each.reallocation) for each in found] == [(7, 0), (3, 0), (-5, 0), (-5, 0)]
    assert [(each.share0, each.share1) for each in found] == [(0.7, 0.7), (0.3, 0.3), (0.5, 0.5), (0.5, 0.5)]


def test_figures_that_need_more_than_64_bits_stay_exact(memory: duckdb.DuckDBPyConnection) -> None:
    """Half a trillion a cell: V W (W1 - W0) needs 120 bits; Python's fractions are the reference."""
    big = 512_345_678_901
    found = _effects(memory, [("CHN", "p", big, big // 3), ("A", "p", big - 1, 2 * big), ("B", "p", 7, big + 5)])
    loss, gains = big - big // 3, {"A": big + 1, "B": big - 2, "CHN": 0}
    for each in found:
        assert abs(each.diverted - Fraction(loss * gains[each.partner], sum(gains.values()))) < 1
    assert sum(each.diverted for each in found) == loss


cells = st.tuples(
    st.sampled_from(["CHN", "VNM", "TWN", "MEX", "DEU"]),
    st.sampled_from(["850110", "850120", "710812", "847130"]),
    st.one_of(st.just(0), st.integers(1, 50), st.integers(1, 10**12)),
    st.one_of(st.just(0), st.integers(1, 50), st.integers(1, 10**12)),
)
panels = (
    st.lists(cells, min_size=1, max_size=20, unique_by=lambda cell: cell[:2])
    .map(lambda rows: [row for row in rows if row[2] or row[3]])
    .filter(bool)
)


@settings(max_examples=100, deadline=None)
@given(rows=panels)
def test_identities_hold_in_whole_dollars(memory: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    found = _effects(memory, rows)
    assert [(each.partner, each.commodity, each.value0, each.value1) for each in found] == sorted(
        rows, key=lambda row: (row[1], row[0])
    )
    for _, group in groupby(found, key=lambda each: each.commodity):
        product = list(group)
        world0, world1 = sum(each.value0 for each in product), sum(each.value1 for each in product)
        gains = sum(each.gain for each in product)
        matched = min(product[0].loss, gains)
        assert sum(each.diverted for each in product) == matched
        assert sum(each.diverted_neutral for each in product) == matched
        assert sum(each.reallocation for each in product) == 0
        assert sum(each.demand for each in product) == world1 - world0
        for each in product:
            assert each.matched == matched
            assert each.demand + each.reallocation == each.value1 - each.value0
            assert 0 <= each.diverted <= each.gain
            assert 0 <= each.diverted_neutral <= each.gain
            if gains:
                assert abs(each.diverted - Fraction(matched * each.gain, gains)) < 1
            if world0 and world1:
                shares = Fraction(each.value0, world0) + Fraction(each.value1, world1)
                assert abs(each.demand - shares * (world1 - world0) / 2) < 1

"""The record engine against a brute-force oracle, in both modes, and its cost as the history grows."""

import time
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.signals import record
from tests.unit.signals.oracle import Cell, evidence_of, write_panel

BIG = 2**60


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        yield connection


@st.composite
def panels(draw: st.DrawFn, values: st.SearchStrategy[Any], units: st.SearchStrategy[float]) -> list[Cell]:
    """Some series with gaps; the unit of publication changes at most once in a series, from exact or to exact."""
    cells = []
    for series_id in range(draw(st.integers(1, 5))):
        unit, exact_until = draw(units), draw(st.integers(0, 6))
        position = draw(st.integers(0, 3))
        for at, value in enumerate(draw(st.lists(values, min_size=1, max_size=26))):
            cells.append(Cell(series_id * 7, position, value, 0.0 if at < exact_until else unit))
            position += draw(st.sampled_from((1, 1, 1, 2, 12)))
    return draw(st.permutations(cells))


def rows_of(con: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    cursor = con.execute(f"select * from {table} order by series_id, period_end")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def check_both_modes(con: duckdb.DuckDBPyConnection, cells: list[Cell], value_type: str) -> None:
    write_panel(con, cells, value_type)
    in_order = sorted(cells, key=lambda cell: (cell.series_id, cell.position))
    exactly_published = 1.0 if value_type == "BIGINT" else 0.0
    expected = [
        evidence_of(list(series), exactly_published) for _, series in groupby(in_order, key=lambda cell: cell.series_id)
    ]
    record.write_every_period(con, "panel", "each")
    assert rows_of(con, "each") == [row for series in expected for row in series]
    record.write_one_period(con, "panel", "latest")
    assert rows_of(con, "latest") == [series[-1] for series in expected]
    chosen = in_order[len(in_order) // 2].period_end
    record.write_one_period(con, "panel", "chosen", period_end=chosen)
    assert rows_of(con, "chosen") == [row for series in expected for row in series if row["period_end"] == chosen]


RELAXED = settings(max_examples=25, deadline=None)


@RELAXED
@given(cells=panels(st.integers(-12, 12), st.sampled_from((1.0, 4.0, 5.0))))
@example(cells=[Cell(0, 0, -3, 1.0)])
@example(cells=[Cell(3, at, 5, 1.0) for at in range(12)])
@example(cells=[Cell(0, at, at % 3 - 1, 1.0) for at in range(20)])
def test_whole_numbers_agree_with_the_oracle(con: duckdb.DuckDBPyConnection, cells: list[Cell]) -> None:
    """Ties, gaps, negative values, constant and single-period series, values that rounding makes equal."""
    check_both_modes(con, cells, "BIGINT")


@RELAXED
@given(cells=panels(st.sampled_from((-BIG, 1 - BIG, -1, 0, 1, BIG - 1, BIG)), st.just(1.0)))
def test_neighbouring_big_numbers_are_told_apart(con: duckdb.DuckDBPyConnection, cells: list[Cell]) -> None:
    """Beyond 2^53 a DOUBLE would call them ties."""
    check_both_modes(con, cells, "BIGINT")


@RELAXED
@given(cells=panels(st.integers(-64, 64).map(lambda n: n / 32), st.sampled_from((0.0, 0.125, 0.5))))
def test_fractions_agree_with_the_oracle(con: duckdb.DuckDBPyConnection, cells: list[Cell]) -> None:
    check_both_modes(con, cells, "DOUBLE")


@RELAXED
@given(cells=panels(st.integers(-9, 9), st.just(1.0)))
def test_linear_flags_are_those_of_the_full_evidence(con: duckdb.DuckDBPyConnection, cells: list[Cell]) -> None:
    write_panel(con, cells, "BIGINT")
    record.write_every_period(con, "panel", "each")
    record.write_record_flags(con, "panel", "flags")
    names = "series_id, period_end, value, periods, is_record_high, is_record_low"
    assert con.execute(f"select {names} from flags except select {names} from each").fetchall() == []
    assert con.execute("select count(*) from flags").fetchone() == (len(cells),)


def test_batches_give_what_one_statement_gives(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    write_panel(con, [Cell(s * 3, at, (at * 7 + s) % 11, 1.0) for s in range(40) for at in range(s % 9 + 1)], "BIGINT")
    record.write_every_period(con, "panel", "whole")
    record.write_one_period(con, "panel", "whole_latest")
    monkeypatch.setattr(record, "ROWS_PER_BATCH", 23)
    record.write_every_period(con, "panel", "parts")
    record.write_one_period(con, "panel", "parts_latest")
    assert rows_of(con, "parts") == rows_of(con, "whole")
    assert rows_of(con, "parts_latest") == rows_of(con, "whole_latest")


def test_an_empty_panel_gives_no_rows(con: duckdb.DuckDBPyConnection) -> None:
    write_panel(con, [], "BIGINT")
    record.write_every_period(con, "panel", "each")
    record.write_one_period(con, "panel", "latest")
    assert rows_of(con, "each") == rows_of(con, "latest") == []


def test_a_period_is_compared_with_its_own_series_only(con: duckdb.DuckDBPyConnection) -> None:
    """An aggregate beside its members: each has its own record, neither takes the other's rank."""
    write_panel(
        con, [Cell(s, at, (100 if s == 0 else 1) * (at + 1), 1.0) for s in range(2) for at in range(3)], "BIGINT"
    )
    record.write_one_period(con, "panel", "latest")
    assert con.execute("select rank_high, is_record_high from latest").fetchall() == [(1, True), (1, True)]


@pytest.mark.parametrize("shape", ["falling", "rising", "shuffled"])
def test_time_grows_no_faster_than_n_log_n(con: duckdb.DuckDBPyConnection, shape: str) -> None:
    """Four times the history costs far less than the sixteen times of a quadratic comparison.

    A falling series makes every "since" the period before, a rising one makes every period a record.
    """
    value = {"falling": "-p", "rising": "p", "shuffled": "hash(s * 1000 + p) % 1000000"}[shape]
    cpu = []
    for periods in (100, 400):
        con.execute(f"""
            create or replace table long_panel as
            select s as series_id, p::integer as position, date '1990-01-01' + p::integer as period_end,
                   ({value})::bigint as value, 1.0::double as rounding
            from range(200) series(s), range({periods}) period(p)
        """)
        started = time.process_time()
        record.write_every_period(con, "long_panel", "each")
        cpu.append(time.process_time() - started)
    assert cpu[1] <= 4 * (400).bit_length() / (100).bit_length() * 1.5 * cpu[0]


@st.composite
def sparse_panels(draw: st.DrawFn) -> list[Cell]:
    """Series of positive values that all reach the last period, with gaps before it, stored or not from the start."""
    cells = []
    for series_id in range(draw(st.integers(1, 5))):
        traded = draw(st.lists(st.booleans(), max_size=24))
        for position, has_value in enumerate([*traded, True]):
            value = draw(st.integers(1, 6)) if has_value else 0
            cells.append(Cell(series_id, position + 24 - len(traded), value, 0.0))
    return cells


@given(cells=sparse_panels())
@settings(max_examples=150, deadline=None)
def test_zeros_that_are_not_stored_count_as_if_they_were(con: duckdb.DuckDBPyConnection, cells: list[Cell]) -> None:
    write_panel(con, cells, "BIGINT")
    record.write_one_period(con, "panel", "dense")
    con.execute("""
        create or replace table zeros as
        select series_id, count(*) as zeros, min(period_end) as first_zero, max(period_end) as latest_zero
        from panel where value = 0 group by series_id
    """)
    con.execute("delete from panel where value = 0")
    record.write_one_period(con, "panel", "sparse", zeros="zeros")
    assert rows_of(con, "sparse") == rows_of(con, "dense")

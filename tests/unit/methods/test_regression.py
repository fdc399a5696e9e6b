"""Known effects, and no effect, are recovered from simulated figures; without the library the message says so."""

from collections.abc import Sequence
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest

from assets.methods import regression
from assets.methods.regression import (
    Estimate,
    RegressionsUnavailable,
    TooFewObservations,
    build_regressions,
    event_study,
    long_difference,
    ppml,
    write_regressions,
)

FIRST, LAST, EVENT = date(2023, 1, 1), date(2025, 12, 1), date(2025, 3, 1)
EVENT_NUMBER = 26


def _years(effect: float) -> duckdb.DuckDBPyConnection:
    """2,000 products of China: log change = 0.1 + effect x rise of the duty rate + noise of 0.4."""
    rng = np.random.default_rng(11)
    count = 2_000
    codes = [f"{10 + place // 40:02d}{place % 40 // 4:02d}{place % 4:02d}" for place in range(count)]
    rise = rng.uniform(0, 0.4, count)
    before = np.exp(rng.normal(15, 1, count))
    after = before * np.exp(0.1 + effect * rise + rng.normal(0, 0.4, count))
    frames = [
        pd.DataFrame({"commodity_code": codes, "year": year, "value": value, "duty": value * rate})
        for year, value, rate in ((2024, before, np.full(count, 0.1)), (2025, after, 0.1 + rise))
    ]
    rows = pd.concat(frames)
    con = duckdb.connect()
    con.register("frame", rows)
    con.execute(
        "create table years as select 'imports' as flow, 'HS6' as level, '5700' as partner_code, commodity_code, year, "
        "round(value)::bigint as consumption_value_usd, round(duty)::bigint as calculated_duty_usd from frame"
    )
    return con


def _months(effect: float) -> duckdb.DuckDBPyConnection:
    """30 products x 12 partners x 36 months; rates rise in March 2025 by pair; the effect begins at once.

    Partner-month and sector-month shocks of 0.2 that a pooled comparison would take for the effect are drawn too.
    """
    rng = np.random.default_rng(7)
    products, partners, months = 30, 12, 36
    rise = rng.uniform(0, 0.5, (products, partners, 1))
    is_after = np.arange(months) >= EVENT_NUMBER
    rate = 0.03 + rise * is_after
    sector = np.repeat(rng.normal(0, 0.2, (3, 1, months)), 10, axis=0)
    common = rng.normal(0, 0.2, (1, partners, months)) + sector + rng.normal(0, 1, (products, partners, 1))
    value = np.exp(16 + common + effect * rise * is_after + rng.normal(0, 0.1, (products, partners, months)))
    index = pd.MultiIndex.from_product(
        [
            [f"{31 + place // 10}{place % 10}" for place in range(products)],
            [f"{5000 + place}" for place in range(partners)],
            pd.date_range(FIRST, LAST, freq="MS"),
        ],
        names=["commodity_code", "partner_code", "reference_month"],
    )
    frame = pd.DataFrame({"value": value.ravel(), "duty": (value * rate).ravel()}, index=index).reset_index()
    con = duckdb.connect()
    con.register("frame", frame)
    con.execute(
        "create table months as select 'imports' as flow, 'NAICS3' as level, commodity_code, partner_code, "
        "reference_month::date as reference_month, round(value)::bigint as consumption_value_usd, "
        "round(duty)::bigint as calculated_duty_usd from frame"
    )
    return con


def _covers(estimate: Estimate, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


@pytest.mark.parametrize("effect", [-1.5, 0.0])
def test_long_difference_recovers_the_effect(effect: float) -> None:
    pytest.importorskip("pyfixest")
    estimates = long_difference(_years(effect), 2024, 2025, years="years")
    assert [estimate.model for estimate in estimates] == ["long_difference", "long_difference_hs2"]
    for estimate in estimates:
        assert estimate.observations == 2_000
        assert _covers(estimate, effect)
        assert estimate.high - estimate.low < 0.5
        assert ("is not told apart from nil" in estimate.sentence) == (effect == 0)
        assert estimate.clusters == 500
    assert estimates[1].specification == (
        "log_change ~ duty_rate | chapter; standard errors clustered by heading; "
        "HS6 products bought from 5700 in 2024 and 2025, imports for consumption"
    )


@pytest.mark.parametrize("effect", [-2.0, 0.0])
def test_ppml_recovers_the_effect(effect: float) -> None:
    pytest.importorskip("pyfixest")
    (estimate,) = ppml(_months(effect), FIRST, LAST, months="months")
    assert estimate.term == "duty_rate"
    assert _covers(estimate, effect)
    assert estimate.high - estimate.low < 0.3
    assert "product_partner + partner_month + sector_month" in estimate.specification


@pytest.mark.parametrize("effect", [-2.0, 0.0])
def test_event_study_is_flat_before_and_right_after(effect: float) -> None:
    pytest.importorskip("pyfixest")
    estimates = {
        int(estimate.term): estimate for estimate in event_study(_months(effect), EVENT, FIRST, LAST, months="months")
    }
    assert sorted(estimates) == [month for month in range(-12, 8) if month != -6]
    before = [estimates[month].estimate for month in estimates if month < 0]
    after = [estimates[month].estimate for month in estimates if month >= 0]
    assert float(np.mean(before)) == pytest.approx(0, abs=0.12)
    assert float(np.mean(after)) == pytest.approx(effect, abs=0.12)
    assert _share_covering(list(estimates.values()), effect) > 0.8


def _share_covering(estimates: Sequence[Estimate], effect: float) -> float:
    return float(np.mean([_covers(one, effect if int(one.term) >= 0 else 0.0) for one in estimates]))


def test_too_few_observations_are_no_estimate() -> None:
    pytest.importorskip("pyfixest")
    con = _years(0)
    con.execute("delete from years where commodity_code > '1005'")
    with pytest.raises(TooFewObservations, match="at least 60"):
        long_difference(con, 2024, 2025, years="years")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(regression, "import_module", missing)
    with pytest.raises(RegressionsUnavailable, match=r"pyfixest is not installed.*tradewake\[regression\]"):
        long_difference(_years(0), 2024, 2025, years="years")


def _marts(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """The two marts: empty, but for what `tables` (years, months) hold."""
    con.execute("create schema marts")
    con.execute(
        "create table marts.commodity_partner_year (flow varchar, level varchar, partner_code varchar, "
        "commodity_code varchar, year integer, consumption_value_usd bigint, calculated_duty_usd bigint)"
    )
    con.execute(
        "create table marts.commodity_partner_month (flow varchar, level varchar, commodity_code varchar, "
        "partner_code varchar, reference_month date, consumption_value_usd bigint, calculated_duty_usd bigint)"
    )
    for table in tables:
        name = table.removesuffix("s")
        con.execute(f"insert into marts.commodity_partner_{name} by name from {table}")
    return con


def test_all_models_are_built_or_say_why_not() -> None:
    pytest.importorskip("pyfixest")
    con = _marts(_years(-1.5), ["years"])
    notes = build_regressions(con)
    assert len(notes) == 2
    assert all(note.startswith("Not testable with the data loaded: ") for note in notes)
    rows = con.execute("select model, estimate is null, clusters from flags.regression order by model").fetchall()
    assert rows == [
        ("event_study", True, None),
        ("long_difference", False, 500),
        ("long_difference_hs2", False, 500),
        ("ppml", True, None),
    ]


def test_without_the_library_every_model_has_a_row_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(regression, "import_module", missing)
    con = _marts(_years(0), ["years"])
    con.execute(
        "create table months as select 'imports' as flow, 'NAICS3' as level, '311' as commodity_code, "
        "partner::varchar as partner_code, month::date as reference_month, 5 as consumption_value_usd, 1 as "
        "calculated_duty_usd from range(5000, 5002) as p(partner), "
        "range(date '2023-01-01', date '2026-01-01', interval 1 month) as m(month)"
    )
    con.execute("insert into marts.commodity_partner_month by name from months")
    (note,) = build_regressions(con)
    assert note.startswith("Not estimated: the estimator library pyfixest is not installed")
    rows = con.execute("select model, term, estimate, sentence from flags.regression order by model").fetchall()
    assert rows == [(model, None, None, note) for model in ("event_study", "long_difference", "ppml")]


def test_estimates_are_written_with_their_specification() -> None:
    con = duckdb.connect()
    estimate = Estimate("ppml", "value ~ duty_rate", "duty_rate", -1.0, 0.1, -1.2, -0.8, 0.0, 100, 10, "Words.")
    write_regressions(con, [estimate])
    assert con.execute("select model, specification, estimate, sentence from flags.regression").fetchall() == [
        ("ppml", "value ~ duty_rate", -1.0, "Words.")
    ]
    write_regressions(con, [])
    assert con.execute("select count(*) from flags.regression").fetchall() == [(0,)]


def test_what_the_library_leaves_out_is_stated(capfd: pytest.CaptureFixture[str]) -> None:
    """A chapter with a single product is told by its own effect alone, and says nothing of the duty."""
    pytest.importorskip("pyfixest")
    con = _years(-1.5)
    con.execute(
        "insert into years select * replace ('999999' as commodity_code) from years where commodity_code = '100000'"
    )
    without, with_chapters = long_difference(con, 2024, 2025, years="years")
    assert "singleton" not in without.specification
    assert with_chapters.specification.endswith("; 1 singleton fixed effect(s) dropped from the model")
    assert (without.observations, with_chapters.observations) == (2_001, 2_000)
    assert "singleton" not in "".join(capfd.readouterr())


def test_four_digits_are_written() -> None:
    pytest.importorskip("pyfixest")
    for one in long_difference(_years(-1.5), 2024, 2025, years="years"):
        for value in (one.estimate, one.std_error, one.low, one.high, one.p_value):
            assert value == float(f"{value:.3e}")

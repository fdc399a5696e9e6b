"""The expectation recovers what it is fitted on, resists outliers, and its error rates are known."""

import duckdb
import numpy as np
import pytest

from assets.methods.front_loading.seasonal import MIN_SD, Floats, expect
from assets.methods.front_loading.windows import RULES
from tests.unit.methods.front_loading.simulation import rates, simulate, surge_and_payback

CLEAN = 36
FIRST = 12 * 2022


def _exact(count: int) -> Floats:
    """One series of pure season and trend: 5 % a year, December a half above the rest."""
    place = np.arange(count)
    values: Floats = np.exp(20 + 0.05 * place / 12 + 0.5 * (place % 12 == 11))[None, :]
    return values


def test_a_series_of_season_and_trend_is_continued_exactly() -> None:
    values = _exact(CLEAN + 9)
    fit = expect(values[:, :CLEAN], FIRST, FIRST + CLEAN, 9, 30)
    assert fit.level == pytest.approx(values[:, CLEAN:], rel=1e-9)
    assert np.abs(fit.z(values[:, CLEAN:])).max() < 1e-6


def test_z_counts_deviations_of_the_log_with_the_uncertainty_of_the_fit() -> None:
    """Without noise the deviation is the floor of 1 %; the leverage of a month ahead is added to it."""
    values = _exact(CLEAN + 1)
    fit = expect(values[:, :CLEAN], FIRST, FIRST + CLEAN, 1, 30)
    place = np.arange(CLEAN + 1)
    design = np.column_stack([(place[:, None] % 12 == np.arange(12)).astype(float), place])
    leverage = design[-1] @ np.linalg.inv(design[:-1].T @ design[:-1]) @ design[-1]
    assert fit.z(2 * values[:, CLEAN:])[0, 0] == pytest.approx(np.log(2) / (MIN_SD * np.sqrt(1 + leverage)))


def test_one_wild_month_does_not_move_the_expectation() -> None:
    values = _exact(CLEAN + 3)
    values *= np.exp(0.02 * np.random.default_rng(5).normal(size=values.shape))
    wild = values.copy()
    wild[0, 17] *= 20
    plain = expect(values[:, :CLEAN], FIRST, FIRST + CLEAN, 3, 30)
    robust = expect(wild[:, :CLEAN], FIRST, FIRST + CLEAN, 3, 30)
    assert np.abs(robust.log_mean - plain.log_mean).max() < 0.03
    assert robust.log_sd.max() < 3 * plain.log_sd.max()


def test_months_without_trade_are_left_out_and_too_many_stop_the_fit() -> None:
    values = np.repeat(_exact(CLEAN + 1), 3, axis=0)
    values[1, 5] = 0
    values[2, :7] = 0
    fit = expect(values[:, :CLEAN], FIRST, FIRST + CLEAN, 1, 30)
    assert fit.fitted.tolist() == [True, True, False]
    assert fit.level[1] == pytest.approx(values[1, CLEAN:], rel=1e-9)
    assert np.isnan(fit.level[2]).all()


@pytest.mark.parametrize("persistence", [0.0, 0.3, 0.6])
def test_false_alarms_are_rare(persistence: float) -> None:
    """About 3 in 100 quiet windows hold a surge. A low month alone is no evidence: chance shows it in one of three."""
    found = rates(simulate(0.0, 0.0, persistence))
    assert found.surge < 0.045
    assert 0.25 < found.low_month < 0.42
    assert found.both < 0.006


@pytest.mark.parametrize("persistence", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("surge", [1.0, 2.0])
def test_a_surge_that_nothing_gives_back_is_seldom_called_paid_back(surge: float, persistence: float) -> None:
    """A low month alone would say so of 32 to 37 in 100; with a tenth given back it is 9 to 26 (persistence 0.6 the most)."""
    found = rates(simulate(surge, 0.0, persistence))
    assert found.both < 0.28
    assert found.low_month - found.both > 0.05


@pytest.mark.parametrize(
    ("surge", "payback", "least_surge", "least_low_month", "least_both"),
    [
        (0.3, -0.2, 0.33, 0.80, 0.28),
        (0.5, -0.2, 0.63, 0.80, 0.55),
        (1.0, -0.3, 0.95, 0.95, 0.92),
        (2.0, -0.4, 0.99, 0.98, 0.98),
    ],
)
def test_known_surges_are_detected(
    surge: float, payback: float, least_surge: float, least_low_month: float, least_both: float
) -> None:
    for persistence in (0.0, 0.3, 0.6):
        found = rates(simulate(surge, payback, persistence))
        assert found.surge > least_surge, persistence
        assert found.low_month > least_low_month, persistence
        assert found.both > least_both, persistence


def test_false_alarms_on_real_series_of_quiet_years(shared_data_naics: duckdb.DuckDBPyConnection) -> None:
    """Eight quarters of 2016 and 2017, before the measures of 2018: 5 to 6 windows in 100 hold a surge.

    Real series have fatter tails than normal noise: the duty rate has to rise as well before a surge means anything.
    """
    months = shared_data_naics.execute(
        "select partner_code, commodity_code, reference_month, consumption_value_usd from marts.commodity_partner_month"
    ).df()
    values = (
        months.pivot_table(
            index=["partner_code", "commodity_code"], columns="reference_month", values="consumption_value_usd"
        )
        .fillna(0)
        .to_numpy(np.float64)
    )
    found = []
    for start in range(36, 60, 3):  # months since January 2013
        clean = values[:, start - CLEAN : start]
        fit = expect(clean, start - CLEAN, start, 9, RULES.min_clean_months)
        tested = fit.fitted & (clean.mean(axis=1) >= RULES.min_monthly_usd)
        later = values[:, start : start + 9]
        z, gap = fit.z(later)[tested], (later - fit.level)[tested]
        found.append(((z[:, :3] > RULES.surge_z).any(axis=1).mean(), surge_and_payback(z, gap).mean()))
    surge_rate, both_rate = np.mean(found, axis=0)
    assert 0.04 < surge_rate < 0.07
    assert both_rate < 0.009

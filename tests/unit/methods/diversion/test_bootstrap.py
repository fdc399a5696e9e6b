"""The block bootstrap on data whose answer is known."""

import numpy as np
import pytest

from assets.methods.diversion import Resampling
from assets.methods.diversion.bootstrap import (
    ClusterSums,
    Floats,
    draw_weights,
    group_intervals,
    partner_intervals,
    percentile_interval,
    ratio,
    total_intervals,
)


def _sums(loss: Floats, matched: Floats, by_partner: Floats) -> ClusterSums:
    names = ("diverted", "diverted_neutral", "demand", "reallocation", "within0", "within1", "between0", "between1")
    ones = np.ones(len(loss))
    return ClusterSums(loss, matched, ones, ones, dict.fromkeys(names, by_partner))


def test_every_draw_has_as_many_clusters_as_the_data_and_the_seed_fixes_it() -> None:
    weights = draw_weights(40, Resampling(draws=500))
    assert weights.shape == (500, 40)
    assert (weights.sum(axis=1) == 40).all()
    # Multinomial with equal chances: mean 1, variance 1 - 1/40.
    assert weights.mean() == 1
    assert weights.var(axis=0).mean() == pytest.approx(1 - 1 / 40, rel=0.05)
    assert np.array_equal(weights, draw_weights(40, Resampling(draws=500)))
    assert not np.array_equal(weights, draw_weights(40, Resampling(draws=500, seed=1)))


def test_the_interval_is_made_of_order_statistics() -> None:
    """999 draws, 95 %: the 25th and the 975th value."""
    draws = np.random.default_rng(0).permutation(np.arange(1.0, 1000.0))[:, None]
    low, high = percentile_interval(draws, 0.95)
    assert [low[0], high[0]] == pytest.approx([25, 975])


def test_undefined_draws_do_not_count() -> None:
    draws = np.column_stack([np.full(99, np.nan), np.arange(99.0)])
    draws[0, 1] = np.nan
    low, high = percentile_interval(draws, 0.9)
    assert np.isnan([low[0], high[0]]).all()
    assert 1 <= low[1] < high[1] <= 98
    assert np.isnan(ratio(np.array([1.0, 0.0]), np.array([0.0, 0.0]))).all()


def test_equal_clusters_have_no_spread() -> None:
    loss = np.full(30, 10.0)
    found = total_intervals(_sums(loss, loss / 2, loss[:, None]), draw_weights(30, Resampling(draws=199)), 0.95)
    assert [bound[0] for bound in found["diverted"]] == pytest.approx([150, 150])
    assert [bound[0] for bound in found["rate"]] == pytest.approx([0.5, 0.5])


def test_the_width_is_that_of_the_sum_of_clusters() -> None:
    """For independent clusters the bootstrap sum is normal with standard deviation sqrt(n) times that of a cluster."""
    values = np.random.default_rng(5).normal(100, 20, size=400)
    weights = draw_weights(400, Resampling(draws=1999))
    low, high = group_intervals(values[:, None], weights, 0.95)
    assert high[0] - low[0] == pytest.approx(2 * 1.96 * np.sqrt(400) * values.std(), rel=0.08)
    assert (high[0] + low[0]) / 2 == pytest.approx(values.sum(), rel=0.01)


def test_the_interval_covers_the_expected_sum_as_often_as_it_says() -> None:
    """300 simulated economies of 80 clusters, each a skewed (exponential) loss of mean 1: 95 % should cover 80."""
    generator = np.random.default_rng(11)
    weights = draw_weights(80, Resampling(draws=399))
    losses = generator.exponential(1.0, size=(80, 300))
    low, high = group_intervals(losses, weights, 0.95)
    covered = np.mean((low <= 80) & (high >= 80))
    assert 0.88 <= covered <= 0.98


def test_partners_are_the_same_whether_alone_or_in_blocks() -> None:
    generator = np.random.default_rng(3)
    by_partner = generator.exponential(1.0, size=(50, 150))
    matched = by_partner.sum(axis=1)
    weights = draw_weights(50, Resampling(draws=199))
    together = partner_intervals(_sums(2 * matched, matched, by_partner), weights, 0.95)
    alone = partner_intervals(_sums(2 * matched, matched, by_partner[:, 149:]), weights, 0.95)
    for name, bounds in together.items():
        assert [bound[149] for bound in bounds] == pytest.approx([bound[0] for bound in alone[name]])
    low, high = together["share"]
    assert (low >= 0).all()
    assert (high <= 1).all()
    assert together["rate"][0] == pytest.approx(low / 2)


@pytest.mark.parametrize(("draws", "coverage"), [(98, 0.95), (999, 1.0), (999, 0.0)])
def test_settings_without_an_interval_are_refused(draws: int, coverage: float) -> None:
    with pytest.raises(ValueError, match=r"draws|coverage"):
        Resampling(draws=draws, coverage=coverage)

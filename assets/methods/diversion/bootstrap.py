"""Block bootstrap over clusters of products: how much a sum hangs on a few groups of products.

Numpy only: resampling whole clusters with replacement, as random weights and matrix products. Which clusters and sums
enter, and where intervals go, is not known here. Trade totals are a full count, so an interval is not a sampling
error of the total: it says how the result would vary if other product groups of the same kind had been traded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PARTNER_BLOCK = 64
"""Partners handled at once: bounds the draws held in memory to 64 columns a statistic."""


@dataclass(frozen=True)
class Resampling:
    """Number of draws, seed and coverage; 999 draws make the 2.5 and 97.5 % points whole order statistics."""

    draws: int = 999
    seed: int = 20250402
    coverage: float = 0.95
    min_clusters: int = 5

    def __post_init__(self) -> None:
        if self.draws < 99:
            raise ValueError(f"at least 99 draws are needed for an interval; asked for {self.draws}")
        if not 0 < self.coverage < 1:
            raise ValueError(f"coverage lies between 0 and 1; seen {self.coverage}")


def draw_weights(clusters: int, resampling: Resampling) -> Floats:
    """How often each cluster is drawn: (draws, clusters), every row adds up to `clusters`; the seed fixes it."""
    generator = np.random.default_rng(resampling.seed)
    drawn = generator.integers(0, clusters, size=(resampling.draws, clusters))
    drawn += clusters * np.arange(resampling.draws)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resampling.draws * clusters)
    return counts.reshape(resampling.draws, clusters).astype(np.float64)


def percentile_interval(draws: Floats, coverage: float) -> tuple[Floats, Floats]:
    """Lower and upper percentile of each column of (draws, columns); NaN draws (0/0) do not count.

    Columns without a single number give NaN. Percentile method of Efron, order statistics at (draws + 1) q.
    """
    tail = (1 - coverage) / 2
    quantile = np.nanquantile if np.isnan(draws).any() else np.quantile
    defined = ~np.isnan(draws).all(axis=0)
    bounds = np.full((2, draws.shape[1]), np.nan)
    if defined.any():
        bounds[:, defined] = quantile(draws[:, defined], [tail, 1 - tail], axis=0, method="weibull")
    return bounds[0], bounds[1]


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Division with NaN for 0/0 and x/0."""
    out = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator != 0)
    return out


@dataclass(frozen=True)
class ClusterSums:
    """Sums by cluster: `loss`, `matched`, `total0`, `total1` (all imports) of shape (clusters,), USD.

    `by_partner`: arrays of shape (clusters, partners): diverted, diverted_neutral, demand, reallocation in USD, and
    within0, within1, between0, between1 in cents (see `cells.build_cells`). All whole numbers, so that sums of drawn
    clusters are exact in doubles and do not depend on the order of addition.
    """

    loss: Floats
    matched: Floats
    total0: Floats
    total1: Floats
    by_partner: Mapping[str, Floats]


Intervals = dict[str, tuple[Floats, Floats]]
"""Name of a statistic -> lower and upper bound by partner (of a total: arrays of length 1)."""


def total_intervals(sums: ClusterSums, weights: Floats, coverage: float) -> Intervals:
    """Intervals of the matched total: `diverted` (USD) and `rate` (of the loss)."""
    loss, matched = (weights @ values[:, None] for values in (sums.loss, sums.matched))
    return {
        "diverted": percentile_interval(matched, coverage),
        "rate": percentile_interval(ratio(matched, loss), coverage),
    }


def partner_intervals(sums: ClusterSums, weights: Floats, coverage: float) -> Intervals:
    """Intervals of each partner's sums, captured loss (`rate`), share of what was diverted, and share shift-share.

    `share_within` and `share_between` are percentage points of the imports drawn, so weights also enter the totals.
    """
    columns = (sums.loss, sums.matched, sums.total0, sums.total1)
    loss, matched, total0, total1 = (weights @ values[:, None] for values in columns)
    partners = sums.by_partner["diverted"].shape[1]
    parts: dict[str, list[tuple[Floats, Floats]]] = {}
    for start in range(0, partners, PARTNER_BLOCK):
        block = slice(start, min(start + PARTNER_BLOCK, partners))
        stacked = weights @ np.hstack([values[:, block] for values in sums.by_partner.values()])
        drawn = dict(zip(sums.by_partner, np.hsplit(stacked, len(sums.by_partner)), strict=True))
        statistics = {
            "diverted": drawn["diverted"],
            "diverted_neutral": drawn["diverted_neutral"],
            "demand": drawn["demand"],
            "reallocation": drawn["reallocation"],
            "rate": ratio(drawn["diverted"], loss),
            "share": ratio(drawn["diverted"], matched),
            "share_within": 0.5 * (ratio(drawn["within0"], total0) + ratio(drawn["within1"], total1)),
            "share_between": 0.5 * (ratio(drawn["between1"], total1) - ratio(drawn["between0"], total0)),
        }
        for name, draws in statistics.items():
            parts.setdefault(name, []).append(percentile_interval(draws, coverage))
    return {
        name: (np.concatenate([low for low, _ in blocks]), np.concatenate([high for _, high in blocks]))
        for name, blocks in parts.items()
    }


def group_intervals(values: Floats, weights: Floats, coverage: float) -> tuple[Floats, Floats]:
    """Intervals of sums over a group of clusters (a chapter), drawn within the resampling of all clusters.

    `values` (clusters of the group, columns) and `weights` (draws, clusters of the group).
    """
    blocks = [
        percentile_interval(weights @ values[:, start : start + PARTNER_BLOCK], coverage)
        for start in range(0, values.shape[1], PARTNER_BLOCK)
    ]
    return np.concatenate([low for low, _ in blocks]), np.concatenate([high for _, high in blocks])

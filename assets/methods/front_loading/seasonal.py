"""What a monthly series would have been: a log seasonal pattern and trend, fitted robustly to many series at once.

Only arithmetic on arrays is here: one row a series, one column a month. Which months are clean, and what a departure
means, is decided elsewhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEASONS = 12
PARAMETERS = SEASONS + 1
HUBER = 1.345
"""Residuals beyond this many deviations get less weight; the usual constant, 95 % efficient under normal errors."""
MAD_TO_SD = 1.4826
REWEIGHTINGS = 5
MIN_SD = 0.01
"""Floor of the robust deviation (1 %): a series that never moves would turn a dollar into a surge."""
MIN_PER_SEASON = 2


@dataclass(frozen=True)
class Expectation:
    """Expectation of `n` series for `k` months after the fit.

    `log_mean` (n, k) is the expected log value, `log_sd` (n, k) its deviation with the uncertainty of the fit in it,
    `level` (n, k) the expected value (USD), retransformed with the mean of the exponential residuals so that gaps over
    the clean window are nil on average. `fitted` (n,): enough months with trade; everything else is NaN in other rows.
    """

    log_mean: Floats
    log_sd: Floats
    level: Floats
    fitted: NDArray[np.bool_]

    def z(self, values: Floats) -> Floats:
        """Robust z of `values` (n, k) in USD; a month without trade counts as one dollar."""
        return (np.log(np.maximum(values, 1.0)) - self.log_mean) / self.log_sd


def _design(first: int, count: int, origin: int) -> Floats:
    """Season dummies and trend in years for months `first`..`first + count - 1` (months since year 0)."""
    months = np.arange(first, first + count)
    dummies = (months[:, None] % SEASONS == np.arange(SEASONS)).astype(np.float64)
    return np.column_stack([dummies, (months - origin) / SEASONS])


def expect(clean: Floats, clean_first: int, later_first: int, later_count: int, min_months: int) -> Expectation:
    """Fit `ln m = season + trend` to `clean` (n, t) USD by month and predict `later_count` months from `later_first`.

    Months are counted from year 0 (`12 * year + month - 1`). Huber weights around residuals scaled by their median
    absolute deviation, enlarged by sqrt(t / (t - 13)) for the parameters fitted. Months without trade are left out; a
    series with fewer than `min_months` of them, or fewer than two for a calendar month, is not fitted.
    Source: Huber (1964) for the weights, Duan (1983) for the retransformation.
    """
    count = clean.shape[1]
    design = _design(clean_first, count, clean_first)
    later = _design(later_first, later_count, clean_first)
    present = clean > 0
    fitted = (present.sum(axis=1) >= min_months) & (present @ design[:, :SEASONS] >= MIN_PER_SEASON).all(axis=1)
    shape = (clean.shape[0], later_count)
    log_mean, log_sd, level = (np.full(shape, np.nan) for _ in range(3))
    if fitted.any():
        log_mean[fitted], log_sd[fitted], level[fitted] = _fit(clean[fitted], present[fitted], design, later)
    return Expectation(log_mean, log_sd, level, fitted)


def _fit(clean: Floats, present: NDArray[np.bool_], design: Floats, later: Floats) -> tuple[Floats, Floats, Floats]:
    logs = np.log(np.where(present, clean, 1.0))
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    weight = present.astype(np.float64)
    for _ in range(REWEIGHTINGS):
        gram = (weight @ products).reshape(-1, PARAMETERS, PARAMETERS)
        coefficients = np.linalg.solve(gram, ((weight * logs) @ design)[:, :, None])[:, :, 0]
        residual = np.where(present, logs - coefficients @ design.T, np.nan)
        sd = _deviation(residual, present)
        weight = np.where(present, np.minimum(1.0, HUBER * sd / np.maximum(np.abs(residual), 1e-12)), 0.0)
    full = np.linalg.inv((present.astype(np.float64) @ products).reshape(-1, PARAMETERS, PARAMETERS))
    leverage = np.einsum("ki,nij,kj->nk", later, full, later)
    log_mean = coefficients @ later.T
    smearing = np.nanmean(np.exp(residual), axis=1, keepdims=True)
    return log_mean, sd * np.sqrt(1 + leverage), np.exp(log_mean) * smearing


def _deviation(residual: Floats, present: NDArray[np.bool_]) -> Floats:
    """Median absolute deviation (n, 1), scaled to a standard deviation and for the parameters fitted."""
    months = present.sum(axis=1, keepdims=True)
    middle = np.nanmedian(residual, axis=1, keepdims=True)
    mad = np.nanmedian(np.abs(residual - middle), axis=1, keepdims=True)
    scaled: Floats = np.maximum(MAD_TO_SD * mad * np.sqrt(months / (months - PARAMETERS)), MIN_SD)
    return scaled

"""Monthly series with a known surge and a known payback: what the detector is measured on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.methods.front_loading.seasonal import Floats, expect
from assets.methods.front_loading.windows import RULES

WINDOW = 3
SERIES = 2_000
NOISE = 0.12
"""Monthly noise in log points; the median robust deviation of the NAICS3 x partner series is about that."""


@dataclass(frozen=True)
class Rates:
    """Shares of the simulated series in which were found: a surge; a month below the threshold of a payback; and both,
    with the smallest payback ratio."""

    surge: float
    low_month: float
    both: float


def simulate(surge: float, payback: float, persistence: float, seed: int = 1) -> Floats:
    """`SERIES` series of 36 clean months, 3 months raised by `surge` and 6 changed by `payback` (0.5 = +50 %).

    Season, trend and log noise with first-order autocorrelation `persistence` are drawn with a fixed seed.
    """
    rng = np.random.default_rng(seed)
    months = RULES.clean_months + WINDOW + RULES.after_months
    noise = rng.normal(size=(SERIES, months)) * NOISE
    noise[:, 1:] *= np.sqrt(1 - persistence**2)
    for month in range(1, months):
        noise[:, month] += persistence * noise[:, month - 1]
    place = np.arange(months)
    season = 0.1 * rng.normal(size=(SERIES, 12))
    trend = 0.05 / 12 * rng.normal(size=(SERIES, 1))
    logs = 18 + season[:, place % 12] + trend * place + noise
    logs[:, RULES.clean_months : RULES.clean_months + WINDOW] += np.log1p(surge)
    logs[:, RULES.clean_months + WINDOW :] += np.log1p(payback)
    values: Floats = np.exp(logs)
    return values


def rates(values: Floats) -> Rates:
    """Detection rates of the rules in `windows.RULES` on series made by `simulate`."""
    clean, later = values[:, : RULES.clean_months], values[:, RULES.clean_months :]
    fit = expect(clean, 0, RULES.clean_months, later.shape[1], RULES.min_clean_months)
    z = fit.z(later)
    both = surge_and_payback(z, later - fit.level)
    surge = (z[:, :WINDOW] > RULES.surge_z).any(axis=1)
    low_month = (z[:, WINDOW:] < RULES.payback_z).any(axis=1)
    return Rates(float(surge.mean()), float(low_month.mean()), float(both.mean()))


def surge_and_payback(z: Floats, gap: Floats) -> NDArray[np.bool_]:
    """True for series with a surge in the window and a payback after it; `z` and `gap` (USD) are (n, 9)."""
    excess, after = gap[:, :WINDOW].sum(axis=1), gap[:, WINDOW:].sum(axis=1)
    surge = (z[:, :WINDOW] > RULES.surge_z).any(axis=1) & (excess > 0)
    low_month = (z[:, WINDOW:] < RULES.payback_z).any(axis=1)
    both: NDArray[np.bool_] = surge & low_month & (-after >= RULES.min_payback * excess)
    return both

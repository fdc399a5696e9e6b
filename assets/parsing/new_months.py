"""Whether months of partners can follow the months before them: leaps, falls to nothing, figures that are another's.

Here belong judgements of new months by the history of the same series, whichever prints hold it. How the prints are put
together is in `store/figures.py`; the sums that a file must keep are in `plausible.py`. The limits are checked by replaying
every month since 1995 of the prints at hand as a new one (`test_new_months.py`): none speaks against itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assets.parsing import census_country
from assets.parsing.cells import MICRO, Floats, Ints
from assets.parsing.common import Evidence, Parsed
from assets.parsing.partner_panel import YEAR, Flags, Panel, musd, panel_of
from assets.parsing.plausible import CLOSURES, LARGE_USD
from assets.reference.partners import name_of

FIRST_JUDGED = 1995 * YEAR
"""In months counted from year 0. Before, partners change their codes."""
FALLING_USD = 1_500 * MICRO
"""Partners whose ordinary month, the median of the twelve before it, is smaller fall to nearly nothing: oil from Algeria in
2013 and Iraq in 2026, exports to Russia in 2022."""
VERY_LARGE_USD = 12_000 * MICRO
LEAP = 6.5
"""How far a month may lie beyond the twelve before it, in ordinary changes of its series (logarithms); the largest seen are 5.2
(exports to Vietnam 2024-07, imports from Nigeria 2009-01) and 4.9 (imports from Ireland 2025-03)."""
VERY_LARGE_LEAP = 4.5
"""The same of very large partners; the largest seen is 3.1 (exports to Canada 2010-03 and 2021-03)."""

COMPARED_USD = 2_000 * MICRO
"""Partners with such ordinary months are asked whether they were exchanged."""
EXCHANGED = 5.5
"""By how many ordinary changes two partners' imports and exports, or the two flows of one partner, must fit better when
exchanged; the largest seen are 3.6 (Korea and France 2008-12) and 3.4 (Switzerland 2013-05)."""
EXCHANGED_IN_ONE_FLOW = 11.0
"""The same of one flow of two partners; the largest seen is 7.5 (exports to Japan and the United Kingdom 2026-05)."""
ENOUGH_PARTNERS = 10
"""Of that size, to tell what all partners did in a month from what one did."""

_BEFORE = 3
_ORDINARY = (24, 60)
"""Months, at least and at most, that tell an ordinary change."""
_LEAST_CHANGE = 0.05
_MOST_CHANGE = 0.5
_NOTHING_USD = 1.0


@dataclass(frozen=True)
class _Expected:
    """What the months before tell of each month: arrays (partners, 2 flows, months) of `usd` and logarithms."""

    usd: Floats
    logs: Floats
    ordinary_usd: Floats
    least: Floats
    most: Floats
    """Of the twelve months before, in logarithms."""
    near: Floats
    """Mean of the three months before, moved as the large partners were."""
    change: Floats
    """Ordinary change of the series: the root mean square, of at most 60 months before."""


def evidence_against(parsed: Parsed) -> list[Evidence]:
    """What speaks against the months of a country table by those before them in the table itself."""
    if parsed.source != census_country.SOURCE:
        return []
    panel = panel_of(parsed.table)
    return unlikely(panel, np.ones(panel.usd.shape, dtype=bool))


def unlikely(panel: Panel, is_new: Flags) -> list[Evidence]:
    """What speaks against the new months of a panel, as (codes, 2 flows, months), one piece a kind, partner and flow."""
    rows = np.flatnonzero(panel.is_partner)
    months = panel.first_year * YEAR + np.arange(panel.usd.shape[2])
    judged = is_new[rows] & (months >= FIRST_JUDGED)
    if not judged.any() or panel.usd.shape[2] <= YEAR:
        return []
    expected = _expected(panel.usd[rows])
    is_ordinary = (months < CLOSURES[0]) | (months >= CLOSURES[1])
    return [
        *_leaps(panel, rows, expected, judged, is_ordinary),
        *_exchanged_flows(panel, rows, expected, judged & is_ordinary),
        *_exchanged_partners(panel, rows, expected, judged & is_ordinary),
    ]


def _expected(usd: Floats) -> _Expected:
    logs = np.log(np.maximum(usd, _NOTHING_USD))
    year = _before(usd, YEAR)
    enough = (~np.isnan(year)).sum(axis=-1) > YEAR // 2
    known = np.where(enough[..., None], year, 1.0)
    ordinary_usd = np.where(enough, np.nanmedian(known, axis=-1), np.nan)
    near = _mean(_before(logs, _BEFORE), 1)
    moved = logs - near
    for flow in range(2):
        for month in range(usd.shape[2]):
            alike = moved[ordinary_usd[:, flow, month] >= COMPARED_USD, flow, month]
            alike = alike[~np.isnan(alike)]
            if len(alike) >= ENOUGH_PARTNERS:
                near[:, flow, month] += np.median(alike)
    squares = np.minimum(np.abs(logs - near), _MOST_CHANGE) ** 2
    change = np.maximum(np.sqrt(_mean(_before(squares, _ORDINARY[1]), _ORDINARY[0])), _LEAST_CHANGE)
    least, most = np.log(np.maximum((np.nanmin(known, axis=-1), np.nanmax(known, axis=-1)), _NOTHING_USD))
    return _Expected(usd, logs, ordinary_usd, least, most, near, change)


def _before(values: Floats, count: int) -> Floats:
    """(..., months, count): so many months before each, NaN before the first."""
    padding = np.full((*values.shape[:-1], count), np.nan)
    padded = np.concatenate([padding, values[..., :-1]], axis=-1)
    windows: Floats = np.lib.stride_tricks.sliding_window_view(padded, count, axis=-1)
    return windows


def _mean(windows: Floats, least: int) -> Floats:
    """The mean over the last axis of what is known; NaN where that is fewer than `least`."""
    count = (~np.isnan(windows)).sum(axis=-1)
    mean: Floats = np.where(count >= least, np.nansum(windows, axis=-1) / np.maximum(count, 1), np.nan)
    return mean


def _leaps(panel: Panel, rows: Ints, expected: _Expected, judged: Flags, is_ordinary: Flags) -> Iterator[Evidence]:
    """Months beyond all of the year before them by far more than the series ever changes, and large partners at zero."""
    limit = np.where(expected.ordinary_usd >= VERY_LARGE_USD, VERY_LARGE_LEAP, LEAP) * expected.change
    up = expected.logs - expected.most > limit
    down = (expected.least - expected.logs > limit) & (expected.ordinary_usd >= FALLING_USD)
    off = ((up | down) & is_ordinary | (expected.usd == 0)) & (expected.ordinary_usd >= LARGE_USD) & judged
    for at, flow in np.argwhere(off.any(axis=2)):
        first = int(np.flatnonzero(off[at, flow])[0])
        low, high = (musd(float(np.exp(ends[at, flow, first]))) for ends in (expected.least, expected.most))
        words = f"a month not far from the {low} to {high} of the year before it"
        yield panel.evidence(panel.codes[rows[at]], int(flow), off[at, flow], words, expected.usd[at, flow])


def _exchanged_flows(panel: Panel, rows: Ints, expected: _Expected, judged: Flags) -> Iterator[Evidence]:
    """Imports that would be the partner's exports, and its exports its imports."""
    off_now = np.abs(expected.logs - expected.near) / expected.change
    # Each flow is moved as all partners were in it; the other flow's figure stands in this one's place as it is.
    off_exchanged = np.abs(expected.logs[:, ::-1] - expected.near) / expected.change
    gain = (off_now - off_exchanged).sum(axis=1)
    large = (expected.ordinary_usd >= COMPARED_USD).all(axis=1) & judged.all(axis=1)
    off = large & (gain > EXCHANGED)
    for at in np.flatnonzero(off.any(axis=1)):
        words = "imports and exports like those of the months before, which they are when exchanged"
        yield panel.evidence(panel.codes[rows[at]], 0, off[at], words, expected.usd[at, 0])


def _exchanged_partners(panel: Panel, rows: Ints, expected: _Expected, judged: Flags) -> Iterator[Evidence]:
    """Two partners of which each would be the other, in both flows or in one."""
    found: dict[tuple[int, int, int], Flags] = {}
    large = (expected.ordinary_usd >= COMPARED_USD) & ~np.isnan(expected.logs - expected.near + expected.change)
    for month in np.flatnonzero(judged.any(axis=(0, 1))):
        gains = []
        for flow in range(2):
            able = np.flatnonzero(large[:, flow, month])
            gain = np.full((len(rows), len(rows)), np.nan)
            if len(able) >= ENOUGH_PARTNERS:
                gain[np.ix_(able, able)] = _gain(
                    *(one[able, flow, month] for one in (expected.logs, expected.near, expected.change))
                )
            is_judged = judged[:, flow, month]
            gain[~(is_judged[:, None] | is_judged[None, :])] = np.nan
            gains.append(gain)
        for limit, first_flow, gain in (
            (EXCHANGED, 0, gains[0] + gains[1]),
            (EXCHANGED_IN_ONE_FLOW, 0, gains[0]),
            (EXCHANGED_IN_ONE_FLOW, 1, gains[1]),
        ):
            for one, other in np.argwhere(np.triu(np.nan_to_num(gain, nan=-np.inf) > limit)):
                off = found.setdefault((one, other, first_flow), np.zeros(panel.usd.shape[2], dtype=bool))
                off[month] = True
    for (one, other, flow), off in found.items():
        name = name_of(panel.codes[rows[other]])
        words = f"a month like those before it, which the {census_country.FLOWS[flow]} of {name} are, and the other way round"
        yield panel.evidence(panel.codes[rows[one]], flow, off, words, expected.usd[one, flow])


def _gain(logs: Floats, near: Floats, change: Floats) -> Floats:
    """(partners, partners): by how many ordinary changes two of them fit better when exchanged."""
    off = np.abs(logs[None, :] - near[:, None]) / change[:, None]
    now = np.diagonal(off)
    gain: Floats = now[:, None] + now[None, :] - off - off.T
    return gain

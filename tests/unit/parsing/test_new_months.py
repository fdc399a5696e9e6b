"""Every month since 1995 of the bundled country tables replayed as a new one, and wrong months among the real ones.

The figures are the publisher's: the print of October 2024 and, since 2024, the one of October 2026.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assets.parsing import census_country
from assets.parsing.cells import MICRO, Floats
from assets.parsing.new_months import FIRST_JUDGED, unlikely
from assets.parsing.partner_panel import YEAR, Panel, panel_of
from tests.conftest import Tally
from tests.files import BUNDLED

NEWEST = 19
"""Months since 2025-01."""
SIZES = (1_500, 3_000, 5_000, 12_000)
"""$ million of an ordinary month from which each class begins."""

Wrong = Callable[[Floats, int, int], None]
"""Changes the month (partners, 2 flows) at one partner; the last is the partner next in size."""


def _times(factor: float) -> Wrong:
    def change(month: Floats, at: int, _: int) -> None:
        month[at, 0] *= factor

    return change


def _flows(month: Floats, at: int, _: int) -> None:
    month[at] = month[at, ::-1].copy()


def _neighbours(month: Floats, at: int, other: int) -> None:
    month[[at, other]] = month[[other, at]]


WRONG: dict[str, Wrong] = {
    "times 2": _times(2),
    "times 3": _times(3),
    "a third": _times(1 / 3),
    "zero": _times(0),
    "flows exchanged": _flows,
    "exchanged with the next in size": _neighbours,
}
NOTICED = {
    "times 2": 0.7,
    "times 3": 0.9,
    "a third": 0.8,
    "zero": 1.0,
    "flows exchanged": 0.75,
    "exchanged with the next in size": 0.75,
}
"""At least this part of the wrong months of partners above $5 billion; the table of docs/reliability.md has more."""


@pytest.fixture(scope="module")
def panel() -> Panel:
    """All months of the two newest bundled prints."""
    older, newer = (
        census_country.parse(path, path.name).table
        for path in (
            BUNDLED / "country_vintage_2024-10.csv.gz",
            BUNDLED / "country_vintage_2026-10-01_2024-2026.csv.gz",
        )
    )
    older = older.filter(pc.less(older["year"], 2024))
    return panel_of(pa.concat_tables([older, newer], promote_options="permissive"))


def test_no_real_month_since_1995_speaks_against_itself(panel: Panel, tally: Tally) -> None:
    months = panel.first_year * YEAR + np.arange(panel.usd.shape[2])
    replayed = int(((months >= FIRST_JUDGED) & ~np.isnan(panel["0015"][0])).sum())
    assert replayed == 379, "January 1995 to July 2026"
    assert unlikely(panel, np.ones(panel.usd.shape, dtype=bool)) == []
    tally["months of a country table replayed as new ones, none set aside"] += replayed


def noticed(panel: Panel, wrong: Wrong, month: int) -> dict[int, list[bool]]:
    """By class of size, whether the month is noticed when it is wrong for one partner after the other."""
    first = (month - 75) // YEAR * YEAR
    recent = replace(panel, usd=panel.usd[:, :, first : month + 1], first_year=panel.first_year + first // YEAR)
    ordinary = np.median(np.nan_to_num(recent.usd[:, 0, -YEAR - 1 : -1]), axis=1) * recent.is_partner / MICRO
    by_size = np.argsort(-ordinary)
    found: dict[int, list[bool]] = {size: [] for size in SIZES}
    is_new = np.zeros(recent.usd.shape, dtype=bool)
    is_new[:, :, -1] = True
    for at, other in itertools.pairwise(by_size):
        if ordinary[at] < SIZES[0]:
            break
        usd = recent.usd.copy()
        wrong(usd[:, :, -1], int(at), int(other))
        size = max(one for one in SIZES if one <= ordinary[at])
        found[size].append(bool(unlikely(replace(recent, usd=usd), is_new)))
    return found


def _months(panel: Panel, step: int) -> list[int]:
    last = int(np.flatnonzero(~np.isnan(panel["0015"][0]))[-1])
    return list(range(last, last - NEWEST, -step))


@pytest.mark.parametrize("step", [NEWEST, pytest.param(4, marks=pytest.mark.scale)])
@pytest.mark.parametrize("what", NOTICED)
def test_wrong_months_of_large_partners_are_noticed(what: str, step: int, panel: Panel) -> None:
    results = [noticed(panel, WRONG[what], month) for month in _months(panel, step)]
    large = [one for by_size in results for size, those in by_size.items() if size >= SIZES[2] for one in those]
    assert np.mean(large) >= NOTICED[what]

"""Whether the figures of a parsed file can be what they are called: evidence against it, from the file alone.

Here belongs what the right layout may hold and no publisher would print: names that are another code's, groupings that
are not their members, World that is not its partners or not its own adjusted series, a large partner that falls to nothing
or leaps as it never did. What contradicts the layout itself is refused by its parser; what other files say of the same
cells does not belong here.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from assets.parsing import census_country
from assets.parsing.cells import MICRO, Floats, place
from assets.parsing.common import Evidence, Parsed
from assets.parsing.partner_panel import YEAR, Flags, Panel, musd, panel_of
from assets.reference.groupings import members
from assets.reference.known_gaps import known_gap_usd
from assets.reference.partners import codes_named, name_of

GROUPING_TOLERANCE = 1 * MICRO
"""A month of a grouping and its members; the largest in the prints at hand is $0.8 million, where each is rounded to 0.1."""
OPEN_MONTH_GAP = 100
"""In a year that no June has closed, a month of the partners may be off World by this part; 0.4 % is the largest seen."""
ADJUSTED_YEAR_GAP = 10 * MICRO
"""Adjusted World is fitted to the unadjusted one in whole years: the largest gap seen is $3.7 million, since 1992."""
FIRST_FITTED_YEAR = 1992
"""In 1990 and 1991 the gap is $193 to 469 million in every print."""
ADJUSTED_MONTH_GAP = 0.25
"""The same of a month; the largest seen is 13 %."""

TYPICAL_MONTHS = 12
"""A month is compared with the median of so many before it, at least half of them."""
LARGE_USD = 500 * MICRO
"""A partner with such a month does not fall to zero. Israel did with 270 million, when its code changed in 1989."""
VERY_LARGE_USD = 1_500 * MICRO
"""Nor one with such a month to a twentieth: Venezuela did with 1.1 billion in 2019."""
COLLAPSE = 0.05
LEAPING_USD = 5_000 * MICRO
"""Smaller partners leap: gold to and from Switzerland, aircraft."""
LEAPING_MONTHS = 60
"""History without which a leap says nothing."""
LEAP = 2.0
"""Times the largest other change, in logarithms, from one month to the next. April 2020 was 1.6 for Canada."""
LEAST_LEAP = float(np.log(1.5))

CLOSURES = (2020 * 12 + 1, 2020 * 12 + 5)
"""February to June 2020, in months counted from year 0: no leap then is evidence. Imports from Canada fell by two fifths from
March to April, those from China rose by half."""

_WORLD_ADJUSTED = "0004"


def evidence_against(parsed: Parsed) -> list[Evidence]:
    """What speaks against a file of the right layout; empty where nothing does.

    One piece a kind, partner and flow: its first cell, and how many months it concerns. Only the country table is judged:
    the tables of totals hold identities, which their parsers demand.
    """
    if parsed.source != census_country.SOURCE:
        return []
    panel = panel_of(parsed.table)
    return [
        *_names(parsed.table),
        *_groupings(panel),
        *_partners_and_world(panel),
        *_adjusted_world(panel),
        *_collapses(panel),
        *_leaps(panel),
    ]


def _names(table: pa.Table) -> Iterator[Evidence]:
    """A name beside a code that is another code's, and never was this one's. A name that nobody knows is no evidence."""
    pairs = table.group_by(["partner_code", "partner_name"]).aggregate([("row_number", "min"), ("sheet", "min")])
    for pair in pairs.sort_by("row_number_min").to_pylist():
        code, name = pair["partner_code"], pair["partner_name"]
        named = codes_named(census_country.SOURCE, name)
        if named and code not in named:
            where = f"{place(pair['sheet_min'], pair['row_number_min'])}, column CTYNAME"
            yield Evidence(
                where, f"the name of {code}, {name_of(code)}", f"{name!r}, the name of {', '.join(sorted(named))}"
            )


def _groupings(panel: Panel) -> Iterator[Evidence]:
    """A grouping whose month is not the sum of its members."""
    for grouping in panel.codes:
        summed, allowed = np.full(panel.usd.shape[1:], np.nan), np.zeros(panel.usd.shape[1:])
        for year in sorted(set(panel.years.tolist())):
            within = members(grouping, year)
            rows = [at for at, code in enumerate(panel.codes) if code in within]
            months = panel.years == year
            summed[:, months] = np.nansum(panel.usd[rows][:, :, months], axis=0) if rows else np.nan
            allowed[:, months] = panel.rounding[rows][:, :, months].sum(axis=0) / 2
        printed = panel[grouping]
        off = np.abs(printed - summed) > np.maximum(GROUPING_TOLERANCE, allowed)
        for flow in range(2):
            if off[flow].any():
                first = int(np.flatnonzero(off[flow])[0])
                expected = f"{name_of(grouping)} as its members make it, {musd(summed[flow, first])}"
                yield panel.evidence(grouping, flow, off[flow], expected, printed[flow])


def _partners_and_world(panel: Panel) -> Iterator[Evidence]:
    """A month of World that its partners do not make, in years without a gap on record."""
    world = panel[census_country.WORLD]
    partners = panel.usd[panel.is_partner]
    summed = np.nansum(partners, axis=0)
    reach = np.nansum(panel.rounding[panel.is_partner], axis=0) / 2
    newest = int(np.flatnonzero(~np.isnan(world).all(axis=0))[-1])
    closing = panel.years * YEAR + YEAR + census_country.CLOSING_MONTH - 1
    is_open = panel.first_year * YEAR + newest < closing
    allowed = np.maximum(GROUPING_TOLERANCE, np.where(is_open, world / OPEN_MONTH_GAP, reach))
    for at, flow in enumerate(census_country.FLOWS):
        known = np.array([known_gap_usd(census_country.SOURCE, int(year), flow) is not None for year in panel.years])
        off = (np.abs(world[at] - summed[at]) > allowed[at]) & ~known & ~np.isnan(partners[:, at]).all(axis=0)
        if off.any():
            expected = f"World as its partners make it, {musd(summed[at, int(np.flatnonzero(off)[0])])}"
            yield panel.evidence(census_country.WORLD, at, off, expected, world[at])


def _adjusted_world(panel: Panel) -> Iterator[Evidence]:
    """World seasonally adjusted and not: the same in a whole year, not far apart in a month."""
    world, adjusted = panel[census_country.WORLD], panel[_WORLD_ADJUSTED]
    years = (2, -1, YEAR)
    year_off = np.abs((adjusted - world).reshape(years).sum(axis=2)) > ADJUSTED_YEAR_GAP
    year_off &= panel.years[::YEAR] >= FIRST_FITTED_YEAR
    month_off = np.abs(adjusted / world - 1) > ADJUSTED_MONTH_GAP
    off = month_off | np.repeat(year_off, YEAR, axis=1)
    for flow in range(2):
        if off[flow].any():
            first = int(np.flatnonzero(off[flow])[0])
            within = f"{musd(ADJUSTED_YEAR_GAP)} in its year and {ADJUSTED_MONTH_GAP:.0%} in a month"
            expected = f"World adjusted ({_WORLD_ADJUSTED}), {musd(adjusted[flow, first])}, within {within}"
            yield panel.evidence(census_country.WORLD, flow, off[flow], expected, world[flow])


def _collapses(panel: Panel) -> Iterator[Evidence]:
    """A large partner that falls to zero, or a very large one to nearly that, against its months before (or after)."""
    for at, flow in panel.partners_with(LARGE_USD):
        usd = panel.usd[at, flow]
        off, typical = fallen(usd)
        if off.any():
            expected = f"a month like those beside it, {musd(typical[int(np.flatnonzero(off)[0])])}"
            yield panel.evidence(panel.codes[at], flow, off, expected, usd)


def fallen(usd: Floats, scale: int = 1) -> tuple[Flags, Floats]:
    """Periods of a series that are as good as nothing where those beside them are large, and what is typical beside them.

    `scale` is the length of a period in months: the limits are for a month.
    """
    typical = _typical(usd)
    typical = np.where(np.isnan(typical), _typical(usd[::-1])[::-1], typical)
    very = (usd < COLLAPSE * typical) & (typical >= scale * VERY_LARGE_USD)
    return (usd == 0) & (typical >= scale * LARGE_USD) | very, typical


def _typical(usd: Floats) -> Floats:
    """(months,): the median of the twelve months before each; NaN where fewer than six have figures."""
    padded = np.concatenate([np.full(TYPICAL_MONTHS, np.nan), usd[:-1]])
    before = np.lib.stride_tricks.sliding_window_view(padded, TYPICAL_MONTHS)
    enough = (~np.isnan(before)).sum(axis=1) >= TYPICAL_MONTHS // 2
    typical = np.full(len(usd), np.nan)
    typical[enough] = np.nanmedian(before[enough], axis=1)
    return typical


def _leaps(panel: Panel) -> Iterator[Evidence]:
    """A change of a very large partner from month to month, and the way back, beyond all its others in the file."""
    for at, flow in panel.partners_with(LEAPING_USD):
        usd = panel.usd[at, flow]
        if (usd > 0).sum() < LEAPING_MONTHS:
            continue
        off, reach = leapt(without_closures(usd, panel.first_year * YEAR))
        off &= _typical(usd) >= LEAPING_USD
        if off.any():
            before = musd(usd[int(np.flatnonzero(off)[0]) - 1])
            expected = f"a month near the {before} before it: the largest other change is {reach:.0%}"
            yield panel.evidence(panel.codes[at], flow, off, expected, usd)


def leapt(usd: Floats, least: float = LEAST_LEAP) -> tuple[Flags, float]:
    """The largest change of a series from period to period, and the way back, where they are beyond all its others.

    With it the largest of the others, as a part of the period before. `least` is in logarithms.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.abs(np.diff(np.log(usd), prepend=np.nan))
    change[~np.isfinite(change)] = 0
    largest = int(change.argmax())
    ordinary = _ordinary(_ordinary(change, largest), back := int(_ordinary(change, largest).argmax()))
    is_leap = change > max(LEAP * ordinary.max(), least)
    return is_leap & np.isin(np.arange(len(usd)), (largest, back)), float(np.expm1(ordinary.max()))


def without_closures(values: Floats, first: int) -> Floats:
    """The values of months from `first` on (counted from year 0), NaN in those of the closures."""
    months = first + np.arange(len(values))
    return np.where((months >= CLOSURES[0]) & (months <= CLOSURES[1]), np.nan, values)


def _ordinary(change: Floats, at: int) -> Floats:
    """The changes without one of them and those beside it, which answer it."""
    kept = change.copy()
    kept[max(at - 1, 0) : at + 2] = 0
    return kept

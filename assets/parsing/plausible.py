"""Whether the figures of a parsed file can be what they are called: evidence against it, from the file alone.

Here belongs what the right layout may hold and no publisher would print: names that are another code's, groupings that
are not their members, World that is not its partners or not its own adjusted series, a large partner that falls to nothing
or leaps as it never did. What contradicts the layout itself is refused by its parser; what other files say of the same
cells does not belong here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.parsing import census_country
from assets.parsing.cells import MICRO, Floats, Ints, place
from assets.parsing.common import Evidence, Parsed
from assets.reference.groupings import members
from assets.reference.known_gaps import known_gap_usd
from assets.reference.partners import codes_named, is_aggregate, name_of

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

_MONTH = 12
_WORLD_ADJUSTED = "0004"
_HEADINGS = {flow: census_country.VALUE_COLUMNS[13 * at : 13 * at + 13] for at, flow in enumerate(census_country.FLOWS)}

_Flags = npt.NDArray[np.bool_]


def evidence_against(parsed: Parsed) -> list[Evidence]:
    """What speaks against a file of the right layout; empty where nothing does.

    One piece a kind, partner and flow: its first cell, and how many months it concerns. Only the country table is judged:
    the tables of totals hold identities, which their parsers demand.
    """
    if parsed.source != census_country.SOURCE:
        return []
    panel = _panel(parsed.table)
    return [
        *_names(parsed.table),
        *_groupings(panel),
        *_partners_and_world(panel),
        *_adjusted_world(panel),
        *_collapses(panel),
        *_leaps(panel),
    ]


@dataclass(frozen=True)
class _Panel:
    """The months of a table as arrays. `usd` is (codes, 2 flows, months), NaN where the file has no figure."""

    codes: list[str]
    first_year: int
    usd: Floats
    rounding: Floats
    """(codes, 2, months): the unit that each figure is rounded to."""
    row_numbers: Ints
    """(codes, years): row or line of the file."""
    sheet: str | None

    def __getitem__(self, code: str) -> Floats:
        """(2, months) of one code; NaN where the table does not have it."""
        if code in self.codes:
            usd: Floats = self.usd[self.codes.index(code)]
            return usd
        return np.full(self.usd.shape[1:], np.nan)

    @property
    def is_partner(self) -> _Flags:
        """(codes,)"""
        return np.array([not is_aggregate(code) for code in self.codes], dtype=bool)

    def partners_with(self, usd: int) -> list[tuple[int, int]]:
        """Places of the partners and flows that reach so much in some month."""
        large = (np.nan_to_num(self.usd).max(axis=2) >= usd) & self.is_partner[:, None]
        return [(int(at), int(flow)) for at, flow in np.argwhere(large)]

    @property
    def years(self) -> Ints:
        """(months,): the year of each month."""
        return self.first_year + np.arange(self.usd.shape[2]) // _MONTH

    def where(self, code: str, flow: int, month: int) -> str:
        """A cell as a person finds it."""
        row = int(self.row_numbers[self.codes.index(code), month // _MONTH])
        return f"{place(self.sheet, row)}, column {_HEADINGS[census_country.FLOWS[flow]][month % _MONTH]}"

    def evidence(self, code: str, flow: int, found: _Flags, expected: str, seen: Floats) -> Evidence:
        """What was expected and seen in the first month of those found, and how many more there are."""
        months = np.flatnonzero(found)
        first = int(months[0])
        more = f" and in {len(months) - 1} more" if len(months) > 1 else ""
        told = f"{name_of(code)} {census_country.FLOWS[flow]} of {_musd(seen[first])} in {self.month(first)}{more}"
        return Evidence(self.where(code, flow, first), expected, told)

    def month(self, at: int) -> str:
        """A month as text: 2024-06."""
        return f"{self.first_year + at // _MONTH}-{at % _MONTH + 1:02d}"


def _panel(table: pa.Table) -> _Panel:
    months = table.filter(table["month"].is_valid())
    codes = sorted(months["partner_code"].unique().to_pylist())
    code = _positions(months["partner_code"], codes)
    flow = _positions(months["flow"], list(census_country.FLOWS))
    years = months["year"].to_numpy().astype(np.int64)
    first_year = int(years.min())
    month = (years - first_year) * _MONTH + months["month"].to_numpy() - 1
    shape = len(codes), 2, (int(years.max()) - first_year + 1) * _MONTH
    usd, rounding = np.full(shape, np.nan), np.zeros(shape)
    usd[code, flow, month] = np.rint(months["value_musd"].cast(pa.float64()).to_numpy() * MICRO)
    rounding[code, flow, month] = 10.0 ** (census_country.DECIMALS - months["decimals"].to_numpy().astype(np.int64))
    row_numbers = np.zeros((len(codes), shape[2] // _MONTH), dtype=np.int64)
    row_numbers[code, years - first_year] = months["row_number"].to_numpy()
    return _Panel(codes, first_year, usd, rounding, row_numbers, months["sheet"][0].as_py())


def _positions(column: pa.ChunkedArray, values: list[str]) -> Ints:
    positions: Ints = pc.index_in(column, pa.array(values)).to_numpy().astype(np.int64)
    return positions


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


def _groupings(panel: _Panel) -> Iterator[Evidence]:
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
                expected = f"{name_of(grouping)} as its members make it, {_musd(summed[flow, first])}"
                yield panel.evidence(grouping, flow, off[flow], expected, printed[flow])


def _partners_and_world(panel: _Panel) -> Iterator[Evidence]:
    """A month of World that its partners do not make, in years without a gap on record."""
    world = panel[census_country.WORLD]
    partners = panel.usd[panel.is_partner]
    summed = np.nansum(partners, axis=0)
    reach = np.nansum(panel.rounding[panel.is_partner], axis=0) / 2
    newest = int(np.flatnonzero(~np.isnan(world).all(axis=0))[-1])
    closing = panel.years * _MONTH + _MONTH + census_country.CLOSING_MONTH - 1
    is_open = panel.first_year * _MONTH + newest < closing
    allowed = np.maximum(GROUPING_TOLERANCE, np.where(is_open, world / OPEN_MONTH_GAP, reach))
    for at, flow in enumerate(census_country.FLOWS):
        known = np.array([known_gap_usd(census_country.SOURCE, int(year), flow) is not None for year in panel.years])
        off = (np.abs(world[at] - summed[at]) > allowed[at]) & ~known & ~np.isnan(partners[:, at]).all(axis=0)
        if off.any():
            expected = f"World as its partners make it, {_musd(summed[at, int(np.flatnonzero(off)[0])])}"
            yield panel.evidence(census_country.WORLD, at, off, expected, world[at])


def _adjusted_world(panel: _Panel) -> Iterator[Evidence]:
    """World seasonally adjusted and not: the same in a whole year, not far apart in a month."""
    world, adjusted = panel[census_country.WORLD], panel[_WORLD_ADJUSTED]
    years = (2, -1, _MONTH)
    year_off = np.abs((adjusted - world).reshape(years).sum(axis=2)) > ADJUSTED_YEAR_GAP
    year_off &= panel.years[::_MONTH] >= FIRST_FITTED_YEAR
    month_off = np.abs(adjusted / world - 1) > ADJUSTED_MONTH_GAP
    off = month_off | np.repeat(year_off, _MONTH, axis=1)
    for flow in range(2):
        if off[flow].any():
            first = int(np.flatnonzero(off[flow])[0])
            within = f"{_musd(ADJUSTED_YEAR_GAP)} in its year and {ADJUSTED_MONTH_GAP:.0%} in a month"
            expected = f"World adjusted ({_WORLD_ADJUSTED}), {_musd(adjusted[flow, first])}, within {within}"
            yield panel.evidence(census_country.WORLD, flow, off[flow], expected, world[flow])


def _collapses(panel: _Panel) -> Iterator[Evidence]:
    """A large partner that falls to zero, or a very large one to nearly that, against its months before (or after)."""
    for at, flow in panel.partners_with(LARGE_USD):
        usd = panel.usd[at, flow]
        off, typical = fallen(usd)
        if off.any():
            expected = f"a month like those beside it, {_musd(typical[int(np.flatnonzero(off)[0])])}"
            yield panel.evidence(panel.codes[at], flow, off, expected, usd)


def fallen(usd: Floats, scale: int = 1) -> tuple[_Flags, Floats]:
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


def _leaps(panel: _Panel) -> Iterator[Evidence]:
    """A change of a very large partner from month to month, and the way back, beyond all its others in the file."""
    for at, flow in panel.partners_with(LEAPING_USD):
        usd = panel.usd[at, flow]
        if (usd > 0).sum() < LEAPING_MONTHS:
            continue
        off, reach = leapt(without_closures(usd, panel.first_year * _MONTH))
        off &= _typical(usd) >= LEAPING_USD
        if off.any():
            before = _musd(usd[int(np.flatnonzero(off)[0]) - 1])
            expected = f"a month near the {before} before it: the largest other change is {reach:.0%}"
            yield panel.evidence(panel.codes[at], flow, off, expected, usd)


def leapt(usd: Floats, least: float = LEAST_LEAP) -> tuple[_Flags, float]:
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


def _musd(usd: float) -> str:
    return f"${usd / MICRO:,.1f} million"

"""Evidence against a country table whose sums are kept: every swap, a partner doubled, a month set to nothing.

The table is invented: partners of five regions, smooth with a season, World and groupings as their sums. Every corruption
keeps months equal to their year and partners equal to World, so that the parser takes the file.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, pairwise
from math import sin
from pathlib import Path

import pytest

from assets.parsing import census_country, fred
from assets.parsing.common import Evidence
from assets.parsing.plausible import evidence_against
from tests import files
from tests.files import Grid, Value

SIZES = {
    "1220": 38_000, "2010": 42_000, "3510": 4_000, "4120": 6_000, "4280": 13_000, "4279": 5_500, "4621": 2_000,
    "5700": 37_000, "5880": 12_000, "5800": 11_000, "6021": 1_500, "7910": 1_200,
}  # fmt: skip
"""$ million a month."""
NAMES = {
    "1220": "Canada", "2010": "Mexico", "3510": "Brazil", "4120": "United Kingdom", "4280": "Germany",
    "4279": "France", "4621": "Russia", "5700": "China", "5880": "Japan", "5800": "Korea, South",
    "6021": "Australia", "7910": "South Africa", "0003": "European Union", "0004": "World, Seasonally Adjusted",
    "0009": "South and Central America", "0010": "North America", "0012": "Europe", "0013": "Africa",
    "0015": "World, Not Seasonally Adjusted", "0016": "Asia", "0018": "Australia and Oceania",
}  # fmt: skip
MEMBERS = {
    "0003": ("4280", "4279"), "0009": ("3510",), "0010": ("1220", "2010"), "0012": ("4120", "4280", "4279", "4621"),
    "0013": ("7910",), "0016": ("5700", "5880", "5800"), "0018": ("6021",), "0015": tuple(SIZES),
}  # fmt: skip
IN_ONE_REGION = {frozenset(pair) for pair in (("1220", "2010"), ("4120", "4621"), ("4280", "4279"))} | {
    frozenset(pair) for pair in combinations(MEMBERS["0016"], 2)
}
YEARS = range(2020, 2026)
LAST = 8
"""August 2025 is the newest month."""

Figures = dict[tuple[str, int], list[int]]
"""Whole dollars of the months by code and flow (0 imports, 1 exports)."""
Change = Callable[[Figures], None]


def figures() -> Figures:
    """Every partner's months, each with a season of its own of a tenth and growth of half a per cent a month."""
    return {
        (code, flow): [
            round(size * 1e6 * (1, 0.7)[flow] * 1.005**month * (1 + 0.1 * sin(month + rank + flow)))
            for month in range(12 * len(YEARS) - 12 + LAST)
        ]
        for rank, (code, size) in enumerate(SIZES.items())
        for flow in range(2)
    }


def evidence(
    folder: Path, change: Change, names: dict[str, str] | None = None, summed: Iterable[str] = ("0015",)
) -> list[Evidence]:
    """Against the table after a change; groupings in `summed` follow it, others stand as they were."""
    before, after = figures(), figures()
    change(after)
    for grouping, within in MEMBERS.items():
        source = after if grouping in summed else before
        for flow in range(2):
            after[grouping, flow] = [sum(month) for month in zip(*(source[code, flow] for code in within), strict=True)]
    for flow in range(2):
        after["0004", flow] = adjusted(
            [sum(month) for month in zip(*(before[code, flow] for code in SIZES), strict=True)]
        )
    path = files.write_csv(folder / "c.csv", grid(after, {**NAMES, **(names or {})}))
    return evidence_against(census_country.parse(path, "c.csv"))


def adjusted(months: list[int]) -> list[int]:
    """Without a season, the same in each whole year."""
    whole = len(months) // 12 * 12
    years = [sum(months[at : at + 12]) for at in range(0, whole, 12)]
    return [part for year in years for part in (year // 12 + year % 12, *[year // 12] * 11)] + months[whole:]


def grid(figures: Figures, names: dict[str, str]) -> Grid:
    rows: Grid = [list(census_country.COLUMNS)]
    for code in sorted(names):
        for at, year in enumerate(YEARS):
            cells: list[Value] = []
            for flow in range(2):
                months = figures[code, flow][12 * at : 12 * at + 12]
                cells += [f"{usd / 1e6:.6f}" for usd in (*months, *[0] * (12 - len(months)), sum(months))]
            rows.append([year, code, names[code], *cells])
    return rows


def swapped(one: str, other: str) -> Change:
    def change(figures: Figures) -> None:
        for flow in range(2):
            figures[one, flow], figures[other, flow] = figures[other, flow], figures[one, flow]

    return change


def flows_swapped(code: str) -> Change:
    def change(figures: Figures) -> None:
        figures[code, 0], figures[code, 1] = figures[code, 1], figures[code, 0]

    return change


def times(code: str, factor: float, first: int, last: int | None = None) -> Change:
    """Imports of some months times a factor."""

    def change(figures: Figures) -> None:
        months = figures[code, 0]
        months[first:last] = [round(usd * factor) for usd in months[first:last]]

    return change


def names_of(found: Sequence[Evidence]) -> str:
    return " | ".join(f"{piece.where}: {piece.expected}; {piece.seen}" for piece in found)


def test_nothing_speaks_against_the_table_as_it_is(tmp_path: Path) -> None:
    assert evidence(tmp_path, lambda _: None) == []


def test_only_the_country_table_is_judged(tmp_path: Path) -> None:
    parsed = fred.parse(files.fred(tmp_path / "BOPGSTB.csv"), "BOPGSTB.csv")
    assert evidence_against(parsed) == []


@pytest.mark.parametrize("pair", list(pairwise(SIZES)), ids="-".join)
def test_swapped_codes_are_noticed_by_the_names_left_beside_them(pair: tuple[str, str], tmp_path: Path) -> None:
    one, other = pair
    found = evidence(tmp_path, swapped(one, other), names={one: NAMES[other], other: NAMES[one]})
    assert [piece.where.partition(", ")[2] for piece in found[:2]] == ["column CTYNAME"] * 2
    assert f"{NAMES[other]!r}, the name of {other}" in names_of(found[:2])


@pytest.mark.parametrize("pair", list(combinations(SIZES, 2)), ids="-".join)
def test_swapped_figures_are_noticed_unless_both_partners_are_in_the_same_groupings(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    """Within one region only other prints of the same cells can tell."""
    assert bool(evidence(tmp_path, swapped(*pair))) is (frozenset(pair) not in IN_ONE_REGION)


@pytest.mark.parametrize("code", SIZES)
def test_swapped_imports_and_exports_are_noticed_by_the_region(code: str, tmp_path: Path) -> None:
    found = evidence(tmp_path, flows_swapped(code))
    assert "as its members make it" in names_of(found)


def test_evidence_names_the_cell_what_is_expected_and_what_is_seen(tmp_path: Path) -> None:
    found = evidence(tmp_path, times("1220", 1.01, 65, 66))
    # North America is the fourth code of the file, with a line for each of six years below the heading
    assert [piece.where for piece in found] == ["line 25, column IJUN"]
    assert found[0].expected.startswith("North America as its members make it, $")
    assert found[0].seen.startswith("North America imports of $") and found[0].seen.endswith(" in 2025-06")


@pytest.mark.parametrize("code", SIZES)
def test_doubled_imports_are_noticed_by_the_region_where_world_follows(code: str, tmp_path: Path) -> None:
    assert "as its members make it" in names_of(evidence(tmp_path, times(code, 2, 48, 60)))


@pytest.mark.parametrize("code", SIZES)
def test_doubled_imports_are_noticed_by_adjusted_world_where_all_sums_follow(code: str, tmp_path: Path) -> None:
    found = evidence(tmp_path, times(code, 2, 48, 60), summed=MEMBERS)
    assert "World adjusted (0004)" in names_of(found)
    if SIZES[code] >= 5_000:
        assert "the largest other change" in names_of(found)


def test_a_part_of_a_month_is_noticed_by_adjusted_world_where_all_sums_follow(tmp_path: Path) -> None:
    """A tenth of one month of South Africa, 0.05 % of World's month: $155 million against 10 that a year may be off."""
    found = evidence(tmp_path, times("7910", 1.1, 51, 52), summed=MEMBERS)
    assert [piece.where for piece in found] == ["line 42, column IJAN"]
    assert found[0].seen.endswith("in 2024-01 and in 11 more")


@pytest.mark.parametrize("code", SIZES)
def test_a_month_of_nothing_is_noticed(code: str, tmp_path: Path) -> None:
    """The first month, one within and the newest, with every sum adjusted."""
    month = {0: 0, 1: 40, 2: 67}[list(SIZES).index(code) % 3]
    found = evidence(tmp_path, times(code, 0, month, month + 1), summed=MEMBERS)
    assert "a month like those beside it" in names_of(found)


def test_a_month_of_nothing_of_a_small_partner_is_a_figure(tmp_path: Path) -> None:
    def small(figures: Figures) -> None:
        figures["7910", 0] = [round(usd * 0.3) for usd in figures["7910", 0]]
        figures["7910", 0][40] = 0

    assert "a month like" not in names_of(evidence(tmp_path, small, summed=MEMBERS))


def test_a_month_of_world_that_its_partners_do_not_make_is_noticed(tmp_path: Path) -> None:
    """The year is kept: two months of China are off by as much, beyond the hundredth that an open year allows."""

    def change(figures: Figures) -> None:
        figures["5700", 0][61] += 3_000_000_000
        figures["5700", 0][62] -= 3_000_000_000

    found = evidence(tmp_path, change, summed=[code for code in MEMBERS if code != "0015"])
    assert [piece.where for piece in found] == ["line 43, column IFEB"]
    assert found[0].expected.startswith("World as its partners make it, $")


def test_what_fell_and_rose_in_the_closures_of_2020_is_no_evidence(tmp_path: Path) -> None:
    """Imports from Canada fell from $25.1 to $14.9 billion from March to April 2020, those from Mexico from 29.9 to 15.8."""
    assert "a month near" not in names_of(evidence(tmp_path, times("1220", 0.5, 3, 4), summed=MEMBERS))
    assert "a month near" in names_of(evidence(tmp_path, times("1220", 0.5, 30, 31), summed=MEMBERS))

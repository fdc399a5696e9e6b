"""The newest country table corrupted in thirty ways that keep its sums: how many the file alone gives away.

In every way the months make their year, the partners make World and, where said, the groupings follow too. Adjusted World
never follows. What is not noticed here is within one grouping and one year: only other prints of the same cells can tell.
"""

import csv
import gzip
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import census_country
from assets.parsing.plausible import evidence_against
from assets.reference.groupings import members
from assets.reference.partners import is_aggregate
from tests.conftest import Tally
from tests.files import BUNDLED, Grid, write_csv

CANADA, MEXICO, BRAZIL, ARGENTINA, SWITZERLAND, IRELAND = "1220", "2010", "3510", "3570", "4419", "4190"
GERMANY, FRANCE, CHINA, JAPAN, KOREA, TAIWAN, VIETNAM = "4280", "4279", "5700", "5880", "5800", "5830", "5520"
WORLD, ADJUSTED = "0015", "0004"
GROUPINGS = ("0003", "0009", "0010", "0012", "0013", "0016", "0017", "0018")
JUNE, DECEMBER = 5, 11

Table = dict[tuple[int, str], list[int]]
"""Tenths of $ million by year and code: twelve months of imports and their year, then of exports."""
Corruption = Callable[[Table], None]


def swap(table: Table, one: str, other: str) -> None:
    """The figures of two partners, each under the code of the other."""
    for year in (2024, 2025, 2026):
        table[year, one], table[year, other] = table[year, other], table[year, one]


def flows(table: Table, code: str) -> None:
    """Imports and exports of 2025."""
    cells = table[2025, code]
    table[2025, code] = cells[13:] + cells[:13]


def times(table: Table, code: str, factor: float, months: Iterable[int] = range(12)) -> None:
    """Imports of some months of 2025."""
    for month in months:
        table[2025, code][month] = round(table[2025, code][month] * factor)


def exchange(table: Table, code: str, one: int, other: int) -> None:
    """Imports of two months of 2025."""
    cells = table[2025, code]
    cells[one], cells[other] = cells[other], cells[one]


def move(table: Table, giver: str, taker: str) -> None:
    """$1 billion of imports of June 2025 from one partner to another."""
    table[2025, giver][JUNE] -= 10_000
    table[2025, taker][JUNE] += 10_000


BY_WORLD: dict[str, Corruption] = {
    "Japan doubled": lambda table: times(table, JAPAN, 2),
    "Germany doubled": lambda table: times(table, GERMANY, 2),
    "Vietnam doubled": lambda table: times(table, VIETNAM, 2),
    "Ireland a tenth": lambda table: times(table, IRELAND, 0.1),
    "June of Germany nothing": lambda table: times(table, GERMANY, 0, [JUNE]),
    "June of Mexico nothing": lambda table: times(table, MEXICO, 0, [JUNE]),
    "June of China a tenth more": lambda table: times(table, CHINA, 1.1, [JUNE]),
    "flows of China exchanged": lambda table: flows(table, CHINA),
    "flows of Switzerland exchanged": lambda table: flows(table, SWITZERLAND),
    "June and December of Canada exchanged": lambda table: exchange(table, CANADA, JUNE, DECEMBER),
}
NAMES_LEFT: dict[str, tuple[str, str]] = {
    "codes of China and Mexico": (CHINA, MEXICO),
    "codes of Germany and France": (GERMANY, FRANCE),
    "codes of Japan and Korea": (JAPAN, KOREA),
    "codes of Canada and Mexico": (CANADA, MEXICO),
}
WITH_NAMES: dict[str, Corruption] = {
    "China and Mexico": lambda table: swap(table, CHINA, MEXICO),
    "Vietnam and Ireland": lambda table: swap(table, VIETNAM, IRELAND),
    "Germany and France": lambda table: swap(table, GERMANY, FRANCE),
    "Japan and Korea": lambda table: swap(table, JAPAN, KOREA),
    "June from Taiwan to Vietnam": lambda table: move(table, TAIWAN, VIETNAM),
    "June from Brazil to Argentina": lambda table: move(table, BRAZIL, ARGENTINA),
}
UNNOTICED = {
    ("Germany and France", False),
    ("Japan and Korea", False),
    ("June from Taiwan to Vietnam", False),
    ("June from Brazil to Argentina", False),
    ("June and December of Canada exchanged", True),
}
"""What is done, and whether the groupings follow. Each is within one grouping and one year."""


@pytest.fixture(scope="module")
def printed() -> tuple[list[str], dict[tuple[int, str], str], Table]:
    """Heading, names and figures of the newest bundled table."""
    with gzip.open(next(BUNDLED.glob("country_vintage_2026-10-01*.csv.gz")), "rt", encoding="utf-8") as text:
        heading, *rows = csv.reader(text)
    names = {(int(row[0]), row[1]): row[2] for row in rows}
    return heading, names, {(int(row[0]), row[1]): [round(float(cell) * 10) for cell in row[3:]] for row in rows}


Printed = tuple[list[str], dict[tuple[int, str], str], Table]


def is_noticed(printed: Printed, corruption: Corruption, folder: Path, follow: Iterable[str]) -> bool:
    """Whether the file is refused or has evidence against it, its sums being kept."""
    heading, names, before = printed
    after = {key: list(cells) for key, cells in before.items()}
    corruption(after)
    for (year, code), cells in after.items():
        if not is_aggregate(code):
            for flow in (0, 13):
                change = sum(cells[flow : flow + 12]) - sum(before[year, code][flow : flow + 12])
                cells[flow + 12] = before[year, code][flow + 12] + change
    for (year, code), cells in after.items():
        if code in follow:
            within = [one for one in {code for _, code in before} if _is_within(one, code, year)]
            for at in range(26):
                cells[at] += sum(after[year, one][at] - before[year, one][at] for one in within if (year, one) in after)
    rows: Grid = [
        [year, code, names[year, code], *(cell / 10 for cell in cells)] for (year, code), cells in after.items()
    ]
    try:
        parsed = census_country.parse(write_csv(folder / "c.csv", [list(heading), *rows]), "c.csv")
    except RefusedFile:
        return True
    return bool(evidence_against(parsed))


def _is_within(partner: str, aggregate: str, year: int) -> bool:
    return not is_aggregate(partner) if aggregate == WORLD else partner in members(aggregate, year)


def test_the_table_as_printed_and_printed_again_is_not_noticed(printed: Printed, tmp_path: Path) -> None:
    assert not is_noticed(printed, lambda _: None, tmp_path, follow=())


@pytest.mark.parametrize("what", NAMES_LEFT)
def test_codes_exchanged_with_the_names_left_are_noticed(
    what: str, printed: Printed, tmp_path: Path, tally: Tally
) -> None:
    heading, names, figures = printed
    one, other = NAMES_LEFT[what]
    swapped = dict(names)
    for year in (2024, 2025, 2026):
        swapped[year, one], swapped[year, other] = names[year, other], names[year, one]
    changed = (heading, swapped, figures)
    assert is_noticed(changed, lambda table: swap(table, one, other), tmp_path, follow=[WORLD, *GROUPINGS])
    tally["corruptions of a country table with its sums kept, noticed"] += 1


@pytest.mark.parametrize(("what", "follows"), list(product(BY_WORLD, [False, True])))
def test_figures_changed_with_world_and_its_groupings_following(
    what: str, follows: bool, printed: Printed, tmp_path: Path, tally: Tally
) -> None:
    follow = [WORLD, *GROUPINGS] if follows else [WORLD]
    noticed = is_noticed(printed, BY_WORLD[what], tmp_path, follow)
    assert noticed is ((what, follows) not in UNNOTICED)
    tally["corruptions of a country table with its sums kept, noticed"] += noticed


@pytest.mark.parametrize("what", WITH_NAMES)
def test_figures_of_two_partners_exchanged(what: str, printed: Printed, tmp_path: Path, tally: Tally) -> None:
    """The groupings stay: they tell unless both partners stand in the same ones."""
    noticed = is_noticed(printed, WITH_NAMES[what], tmp_path, follow=[WORLD])
    assert noticed is ((what, False) not in UNNOTICED)
    tally["corruptions of a country table with its sums kept, noticed"] += noticed

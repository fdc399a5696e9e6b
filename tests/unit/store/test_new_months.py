"""New months of the newest country table beside the bundled prints before it: wrong ones are set aside, real ones never.

The file under test is the bundled table up to July 2026 with its newest month changed; World, its adjusted series and
the groupings follow the change, so that the file alone gives nothing away. The print before it is the same table without
that month, and the bundled print of October 2024 holds the history.
"""

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assets.home import Home
from assets.reference.groupings import members
from assets.reference.partners import is_aggregate
from assets.store.landing import receive, waiting_files
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.parse import parse_stored
from tests.files import BUNDLED, told, write_csv

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
NEWEST_YEAR, JULY = "2026", 6
CANADA, MEXICO, CHINA, JAPAN, GERMANY = "1220", "2010", "5700", "5880", "4280"
ADJUSTED = "0004"
HISTORY = "country_vintage_2024-10.csv.gz"

Month = dict[str, list[float]]
"""Imports and exports of July 2026 by code, $ million."""
Change = Callable[[Month], None]


def exchange(one: str, other: str) -> Change:
    def change(month: Month) -> None:
        month[one], month[other] = month[other], month[one]

    return change


def flows(code: str) -> Change:
    return lambda month: month[code].reverse()


def times(code: str, factor: float) -> Change:
    def change(month: Month) -> None:
        month[code][0] *= factor

    return change


WRONG: dict[str, Change] = {
    "Canada and Mexico": exchange(CANADA, MEXICO),
    "China and Mexico": exchange(CHINA, MEXICO),
    "flows of Japan": flows(JAPAN),
    "Germany times three": times(GERMANY, 3),
    "Japan a third": times(JAPAN, 1 / 3),
}


def table() -> list[list[str]]:
    """Heading and rows of the newest bundled table."""
    with gzip.open(next(BUNDLED.glob("country_vintage_2026-10-01*.csv.gz")), "rt", encoding="utf-8") as text:
        return list(csv.reader(text))


def changed(path: Path, change: Change, first_year: str = "2024") -> Path:
    """The table from a year on with July 2026 changed, years and aggregates following."""
    heading, *rows = table()
    newest = {row[1]: row for row in rows if row[0] == NEWEST_YEAR}
    places = (3 + JULY, 16 + JULY)
    before = {code: [float(row[at]) for at in places] for code, row in newest.items()}
    after = {code: list(values) for code, values in before.items()}
    change(after)
    moved = {code: [after[code][f] - before[code][f] for f in range(2)] for code in after if not is_aggregate(code)}
    for code, row in newest.items():
        within = moved if code in {"0015", ADJUSTED} else members(code, int(NEWEST_YEAR))
        own = moved[code] if code in moved else [sum(moved[one][f] for one in within if one in moved) for f in range(2)]
        for flow, at in enumerate(places):
            for cell in (at, (15, 28)[flow]):
                row[cell] = f"{float(row[cell]) + own[flow]:.1f}"
    kept = [row for row in rows if row[0] >= first_year]
    return told(write_csv(path, [heading, *kept]), published_on="2026-09-03")


def until_june(path: Path) -> Path:
    """The table as it was printed a month before: July without figures."""
    heading, *rows = table()
    for row in rows:
        if row[0] == NEWEST_YEAR:
            for at, year in ((3 + JULY, 15), (16 + JULY, 28)):
                row[year] = f"{float(row[year]) - float(row[at]):.1f}"
                row[at] = "0.0"
    return told(write_csv(path, [heading, *rows]), published_on="2026-08-04")


def take(home: Home, *makes: Callable[[Path], Path]) -> dict[str, LedgerRow]:
    """Land the history and files, refresh, and give the ledger rows by file name."""
    home.landing.mkdir(parents=True, exist_ok=True)
    history = home.landing / HISTORY
    history.write_bytes((BUNDLED / HISTORY).read_bytes())
    told(history, published_on="2024-10-08")
    for make in makes:
        make(home.landing)
    receive(home, waiting_files(home, None), NOW)
    parse_stored(home, "census_country", NOW)
    return {row.file_name: row for row in read_ledger(home.lake).values()}


def test_the_new_month_as_printed_stands(home: Home) -> None:
    rows = take(
        home,
        lambda folder: until_june(folder / "june.csv"),
        lambda folder: changed(folder / "july.csv", lambda _: None),
    )
    assert [(row.status, row.why) for row in rows.values()] == [("accepted", None)] * 3
    assert rows["july.csv"].vintage == date(2026, 9, 3)


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_new_month_is_set_aside_with_the_earlier_print_and_what_to_do(home: Home, what: str) -> None:
    """The table of 2026 alone, whose few months say nothing."""
    rows = take(
        home,
        lambda folder: until_june(folder / "june.csv"),
        lambda folder: changed(folder / "july.csv", WRONG[what], first_year=NEWEST_YEAR),
    )
    assert (rows["june.csv"].status, rows["july.csv"].status) == ("accepted", "quarantined")
    why = str(rows["july.csv"].why)
    assert rows["july.csv"].evidence is None, why
    assert "new months beside those of june.csv (file " in why and "2026-07" in why and "expected" in why
    assert f"tradewake withdraw {rows['june.csv'].file_id} --why" in why


def test_a_large_partner_at_zero_in_a_new_month_is_set_aside(home: Home) -> None:
    rows = take(home, lambda folder: changed(folder / "july.csv", times(GERMANY, 0)))
    assert rows["july.csv"].status == "quarantined"
    assert "Germany imports of $0.0 million in 2026-07" in str(rows["july.csv"].why)


def test_a_month_times_three_in_a_table_of_three_years_is_set_aside_without_any_print_before(home: Home) -> None:
    """Seen: it stood, and the next good table was held against it."""
    home.landing.mkdir(parents=True, exist_ok=True)
    changed(home.landing / "july.csv", times(JAPAN, 3))
    receive(home, waiting_files(home, None), NOW)
    parse_stored(home, "census_country", NOW)
    (row,) = read_ledger(home.lake).values()
    assert row.status == "quarantined"
    assert "seen Japan imports of" in str(row.why) and "in 2026-07" in str(row.why)

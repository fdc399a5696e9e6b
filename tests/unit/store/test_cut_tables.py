"""Tables whose newest months were blanked: no older release, whatever the first blank month says.

The figures are the bundled country table of 1 October 2026, which prints January 2024 to July 2026.
"""

import csv
import gzip
from datetime import UTC, date, datetime
from pathlib import Path

from assets.home import Home
from tests.files import BUNDLED, Grid, write_csv
from tests.unit.store.test_prints import Make, by_name, decide, stands, take

NEWEST = "country_vintage_2026-10-01_2024-2026.csv.gz"
YEAR, CODE, IMPORTS, EXPORTS = 0, 1, 3, 16
JUNE, JULY = 5, 6


def whole(folder: Path) -> Path:
    """The print itself, without a record: by its blank months it is the release of July, 3 September 2026."""
    return write_csv(folder / "whole.csv", _rows())


def blanked(*months: int, revised: bool = False) -> Make:
    """The print with months of 2026 set to zero in every row; the running sums follow. `revised`: with another January of
    Canada's imports, by the last digit."""

    def make(folder: Path) -> Path:
        rows = _rows()
        for row in (row for row in rows if row[YEAR] == "2026"):
            for first in (IMPORTS, EXPORTS):
                for at in months:
                    row[first + at] = 0
                if revised and first == IMPORTS and row[CODE] in {"1220", "0015"}:
                    row[first] = round(float(str(row[first])) + 0.1, 1)
                row[first + 12] = round(sum(float(str(row[first + at])) for at in range(12)), 1)
        return write_csv(folder / "blanked.csv", rows)

    return make


def _rows() -> Grid:
    with gzip.open(BUNDLED / NEWEST, "rt", encoding="utf-8") as text:
        return [list(row) for row in csv.reader(text)]


def test_a_table_whose_newest_months_were_blanked_is_no_older_release(home: Home) -> None:
    """Seen: with June and July set to zero it was the vintage of 7 July 2026, the release of May."""
    rows = take(home, [whole, blanked(JUNE, JULY)])
    assert stands(rows["blanked.csv"]) == ("accepted", date(2026, 7, 7))
    decide(home, "whole.csv", "date", date(2026, 10, 1))
    row = by_name(home)["blanked.csv"]
    assert row.status == "superseded"
    assert "every figure is here from whole.csv" in str(row.why)


def test_a_table_with_a_figure_of_its_own_is_the_release_that_it_looks_like(home: Home) -> None:
    take(home, [blanked(JUNE, JULY, revised=True), whole])
    decide(home, "whole.csv", "date", date(2026, 10, 1))
    assert stands(by_name(home)["blanked.csv"]) == ("accepted", date(2026, 7, 7))


def test_what_came_before_a_print_was_out_is_not_cut_from_it(home: Home) -> None:
    take(home, [blanked(JUNE, JULY)], datetime(2026, 9, 1, tzinfo=UTC))
    take(home, [whole])
    decide(home, "whole.csv", "date", date(2026, 10, 1))
    assert stands(by_name(home)["blanked.csv"]) == ("accepted", date(2026, 7, 7))

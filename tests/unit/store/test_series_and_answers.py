"""What series and answers of third countries tell of themselves reaches the ledger: vintage, evidence, coverage."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assets.home import Home
from tests.files import told, write_csv
from tests.unit.parsing.test_comtrade import report_csv, report_row
from tests.unit.store.test_prints import FEBRUARY, MARCH, Make, printed, series, take


def archived(known_on: str) -> Make:
    """The series of the release of 2026-02-19 as the archive gives it for a day."""

    def make(folder: Path) -> Path:
        return write_csv(folder / "alfred.csv", [["observation_date", f"BOPGSTB_{known_on}"], *series(FEBRUARY)[1:]])

    return make


@pytest.mark.parametrize("known_on", ["20260219", "20260222", "20260311"])
def test_the_day_in_a_heading_gives_the_release_of_that_day(home: Home, known_on: str) -> None:
    row = take(home, [archived(known_on)])["alfred.csv"]
    assert (row.status, row.vintage, row.vintage_rule) == ("accepted", FEBRUARY, "release day told by the file")


def flipped(folder: Path) -> Path:
    rows = series(MARCH)
    return told(
        write_csv(folder / "flipped.csv", [*rows[:-6], *([row[0], -float(str(row[1]))] for row in rows[-6:])]),
        published_on=str(MARCH),
    )


def test_months_of_the_other_sign_set_a_series_aside(home: Home) -> None:
    """Seen: FRED's last six months with flipped sign passed without a word. A month of surplus was never published."""
    rows = take(home, [printed(FEBRUARY), flipped])
    assert (rows[f"{FEBRUARY}.csv"].status, rows["flipped.csv"].status) == ("accepted", "quarantined")
    assert "expected a deficit of goods_services, as in every period since 1976" in str(rows["flipped.csv"].why)


def reports(name: str, flow: str, partner: int) -> Make:
    """Vietnam's trade in telephones with one partner, asked on 2026-07-10."""

    def make(folder: Path) -> Path:
        rows = [report_row(flowCode=flow, partnerCode=partner, partnerISO="", refMonth=month) for month in (1, 2)]
        return told(report_csv(folder / name, rows), retrieved_at="2026-07-10")

    return make


ANSWERS: dict[str, Callable[[Path], Path]] = {
    "from China.csv": reports("from China.csv", "M", 156),
    "from World.csv": reports("from World.csv", "M", 0),
    "to the United States.csv": reports("to the United States.csv", "X", 842),
    "to World.csv": reports("to World.csv", "X", 0),
}


def test_answers_about_other_partners_or_flows_stand_beside_each_other(home: Home) -> None:
    """Seen: three of four files of UN Comtrade vanished as superseded."""
    rows = take(home, ANSWERS.values())
    assert {name: (row.status, row.vintage) for name, row in rows.items()} == dict.fromkeys(
        ANSWERS, ("accepted", date(2026, 7, 10))
    )
    assert len({row.coverage for row in rows.values()}) == 4

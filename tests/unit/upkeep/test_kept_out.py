"""Every file that came and is in no mart is told by its status, with the exact next thing to type."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from assets.store.ledger import LedgerRow
from assets.upkeep.figures import files
from assets.upkeep.kept_out import MEANING, by_status, kept_out

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ACCEPTED = LedgerRow(
    "a" * 16, "fred", "BOPGSTB.csv", "a" * 64, 9, None, None, None, None, None, NOON, date(2026, 6, 9), "told", "BOPGSTB",
    1, 5, 5, 0, "accepted", None, date(2026, 4, 1), "landed",
)  # fmt: skip


def row(number: int, name: str, **changes: object) -> LedgerRow:
    file_id = f"{number:016x}"
    given = {"file_id": file_id, "file_name": name, "retrieved_at": NOON + timedelta(minutes=number), "vintage": None}
    return replace(ACCEPTED, **{**given, **changes})  # type: ignore[arg-type]


LEDGER = [
    ACCEPTED,
    row(1, "half.csv", status="refused", reason="line 9: expected 5 columns; seen 2"),
    row(2, "japan.xlsx", status="quarantined", why="imports of Japan are twice those of DataWeb"),
    row(3, "it's here.csv", status="undated", why="3 releases can have printed it"),
    row(4, "copy.csv", status="superseded", why="same figures as BOPGSTB.csv"),
    row(5, "country.xlsx", status="withdrawn", why="withdrawn by ana: wrong sheet"),
]


def test_each_status_has_its_reason_and_command() -> None:
    found = kept_out(LEDGER)
    assert [(one.status, one.name, one.why) for one in found] == [
        ("refused", "half.csv", "line 9: expected 5 columns; seen 2"),
        ("quarantined", "japan.xlsx", "imports of Japan are twice those of DataWeb"),
        ("undated", "it's here.csv", "3 releases can have printed it"),
        ("superseded", "copy.csv", "same figures as BOPGSTB.csv"),
        ("withdrawn", "country.xlsx", "withdrawn by ana: wrong sheet"),
    ]
    assert [one.command for one in found] == [
        "land a sound file under the same name, then: tradewake refresh",
        "tradewake accept japan.xlsx --why REASON",
        "tradewake date 'it'\"'\"'s here.csv' YYYY-MM-DD",
        "",
        "tradewake undo country.xlsx",
    ]
    assert list(by_status(found)) == list(MEANING)


@pytest.mark.parametrize("name", ["\x1b]0;owned\x07.csv", "BOPGSTB.csv", "côte.csv", "a\nb.csv"])
def test_a_name_that_is_not_one_plain_word_is_told_by_its_id(name: str) -> None:
    (found,) = kept_out([ACCEPTED, row(7, name, status="undated")])
    assert found.command == "tradewake date 0000000000000007 YYYY-MM-DD"
    assert found.name.isprintable()


def test_a_refused_file_whose_corrected_one_came_is_no_longer_told() -> None:
    refused = row(1, "half.csv", status="refused", reason="cut off")
    assert kept_out([refused, row(2, "half.csv", status="accepted")]) == []


def test_the_doctor_tells_all_and_what_waits() -> None:
    found = files(LEDGER)
    assert all(f"1 {status} (" in found.words for status in MEANING)
    assert "tradewake accept japan.xlsx --why REASON" in found.todo
    assert "YYYY-MM-DD" in found.todo
    superseded = [row(number, f"{number}.csv", status="superseded", why="same figures") for number in range(9)]
    fine = files([ACCEPTED, *superseded])
    assert (
        fine.is_fine
        and "9 superseded" in fine.words
        and "and 4 more, see tradewake files --status superseded" in fine.words
    )
    assert files([ACCEPTED]).is_fine

"""Finding the file that is meant, and which decisions can be taken about it. The files are those of `small_store`."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.home import HOME_VARIABLE, Home
from assets.store.decisions import Action, Decision
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.parse import parse_stored
from assets.upkeep.decide import CannotDecide, chosen, decide, find_file, history, marts_of
from orchestration.cli import app
from tests.files import country, told
from tests.unit.upkeep.conftest import NOW, another_print, take

TODAY = NOW.date()


def _row(home: Home, name: str) -> LedgerRow:
    return find_file(read_ledger(home.lake).values(), name)


def _decision(action: Action, day: date | None = None) -> Decision:
    return Decision(action=action, at=NOW, who="operator", why="a reason", day=day)


def test_a_file_is_found_by_name_id_and_first_digits(small: Home) -> None:
    row = _row(small, "country.csv")
    assert _row(small, row.file_id) == _row(small, row.file_id[:6]) == row
    with pytest.raises(CannotDecide, match="no file is called nothing"):
        _row(small, "nothing.csv")
    rows = [row, replace(_row(small, "again.csv"), file_name="country.csv")]
    with pytest.raises(CannotDecide, match=r"2 files are called country\.csv; name one by its id"):
        find_file(rows, "country.csv")


def test_a_withdrawn_file_comes_back_when_that_is_undone(small: Home) -> None:
    decide(small, "again.csv", _decision("withdraw"), TODAY)
    parse_stored(small, "census_country", NOW)
    assert _row(small, "again.csv").status == "withdrawn"
    with pytest.raises(CannotDecide, match="is withdrawn"):
        decide(small, "again.csv", _decision("withdraw"), TODAY)
    decide(small, "again.csv", _decision("undo"), TODAY)
    parse_stored(small, "census_country", NOW)
    assert _row(small, "again.csv").status == "accepted"
    assert [one.action for one in history(small, _row(small, "again.csv"))] == ["withdraw", "undo"]


@pytest.mark.parametrize(
    ("named", "action", "day", "words"),
    [
        ("country.csv", "accept", None, "country.csv is accepted; this can be said of files that are quarantined"),
        ("country.csv", "undo", None, "nothing that was decided about country.csv still stands"),
        ("country.csv", "date", date(2024, 1, 1), "figures of February 2025"),
        ("country.csv", "date", date(2042, 1, 1), "not after today"),
        ("country.csv", "date", date(2025, 9, 9), "between the releases of February 2025"),
        ("broken.csv", "withdraw", None, "broken.csv is refused"),
        ("page.xlsx", "withdraw", None, "are not kept"),
    ],
)
def test_what_cannot_be_decided_is_told_and_not_kept(
    small: Home, named: str, action: Action, day: date | None, words: str
) -> None:
    with pytest.raises(CannotDecide, match=words):
        decide(small, named, _decision(action, day), TODAY)
    assert history(small, _row(small, named)) == []


def test_swapped_codes_are_quarantined_until_an_operator_accepts_them(tmp_path: Path) -> None:
    """Names left in place, the codes of China and Mexico changed over: sums are kept, so that only the names tell."""
    home = Home(tmp_path / "data")
    home.landing.mkdir(parents=True)

    def swap(rows: list[list[str | int | float | datetime | None]]) -> None:
        codes = {"5700": "2010", "2010": "5700"}
        for row in rows[1:]:
            row[1] = codes.get(str(row[1]), row[1])

    country(home.landing / "swapped.csv", edit=swap)
    take(home, NOW)
    row = _row(home, "swapped.csv")
    assert (row.status, row.vintage) == ("quarantined", None)
    assert row.evidence == row.why and "China" in str(row.why) and "Mexico" in str(row.why)
    decide(home, "swapped.csv", _decision("accept"), TODAY)
    take(home, NOW)
    row = _row(home, "swapped.csv")
    assert row.status == "accepted"
    assert str(row.why).startswith("accepted by operator on 2026-11-22: a reason; against it: ")


def test_files_are_listed_and_chosen(small: Home) -> None:
    assert {row.file_name for row in chosen(small)} == {
        "country.csv", "again.csv", "broken.csv", "page.xlsx", "IMDB2512.ZIP"
    }  # fmt: skip
    assert [row.file_name for row in chosen(small, status="refused", source="census_country")] == ["broken.csv"]
    assert marts_of(small) == {}


def test_the_commands(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(small.root))
    monkeypatch.setenv("COLUMNS", "200")
    run = CliRunner()
    shown = run.invoke(app, ["files", "--status", "accepted"])
    assert shown.exit_code == 0 and "IMDB2512.ZIP" in shown.output and "broken.csv" not in shown.output
    listed = run.invoke(app, ["files", "--json", "--source", "census_country"])
    assert '"rows_file"' in listed.output and '"partners"' in listed.output
    assert run.invoke(app, ["withdraw", "again.csv"]).exit_code == 2  # no reason
    done = run.invoke(app, ["withdraw", "again.csv", "--why", "wrong month"])
    assert done.exit_code == 0 and "again.csv is withdrawn" in done.output
    assert [one.why for one in history(small, _row(small, "again.csv"))] == ["wrong month"]
    wrong = run.invoke(app, ["date", "country.csv", "2042-01-01"])
    assert wrong.exit_code == 2 and "2042-01-01" in wrong.output
    undone = run.invoke(app, ["undo", "again.csv"])
    assert undone.exit_code == 0 and "as it was" in undone.output


def test_what_is_withdrawn_is_as_if_it_had_never_come(tmp_path: Path) -> None:
    """The lake's figures, to the byte."""
    with_it, without = Home(tmp_path / "with"), Home(tmp_path / "without")
    for home in (with_it, without):
        home.landing.mkdir(parents=True)
        country(home.landing / "country.csv")
        take(home, NOW)
    told(country(with_it.landing / "again.csv", edit=another_print), retrieved_at="2025-04-20")
    take(with_it, datetime(2026, 11, 24, tzinfo=UTC))
    assert _figures(with_it) != _figures(without)
    decide(with_it, "again.csv", _decision("withdraw"), TODAY)
    take(with_it, datetime(2026, 11, 25, tzinfo=UTC))
    assert _figures(with_it) == _figures(without)
    shutil.rmtree(with_it.root)


def test_copies_of_a_withdrawn_file_are_named(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(small.root))
    monkeypatch.setenv("COLUMNS", "300")
    country(small.landing / "copy.xlsx")
    take(small, datetime(2026, 11, 24, tzinfo=UTC))
    copy = _row(small, "copy.xlsx")
    assert copy.status == "superseded"
    done = CliRunner().invoke(app, ["withdraw", "country.csv", "--why", "wrong"])
    assert f"tradewake withdraw {copy.file_id} --why REASON" in done.output


def _figures(home: Home) -> dict[str, bytes]:
    return {
        str(path.relative_to(home.lake)): path.read_bytes()
        for path in sorted((home.lake / "census_country").rglob("vintage=*/*.parquet"))
    }

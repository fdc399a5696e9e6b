"""Taking files in: immutability, vintages, refusals, repetition. Figures are invented (`tests/files.py`)."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assets.home import Home
from assets.store.lake import dataset_file
from assets.store.landing import Received, receive, waiting_files
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.origin import ORIGIN_SUFFIX
from assets.store.parse import parse_stored
from assets.store.raw_store import is_intact, stored
from tests.files import HTML_PAGE, Grid, country, told

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 14, tzinfo=UTC)


def _land(home: Home, name: str = "country.xlsx") -> Path:
    home.landing.mkdir(parents=True, exist_ok=True)
    return country(home.landing / name)


def _take(home: Home, now: datetime = NOW) -> tuple[Received, list[LedgerRow]]:
    return receive(home, waiting_files(home, None), now), parse_stored(home, "census_country", now)


def _other_canada(rows: Grid) -> None:
    """Add 1 to a month of Canada and World and to both years, so that the file still adds up."""
    for row in rows[1:]:
        if row[1] in {"1220", "0015"} and row[0] == rows[1][0]:
            for column in (3, 15):
                value = row[column]
                assert isinstance(value, int | float)
                row[column] = value + 1


def test_a_landed_file_is_stored_once_unchanged_and_leaves_the_landing_folder(home: Home) -> None:
    content = _land(home).read_bytes()
    received, written = _take(home)
    assert received.stored == ["country.xlsx"]
    assert [row.status for row in written] == ["accepted"]
    assert not list(home.landing.glob("*.xlsx"))
    (raw,) = stored(home.raw, "census_country")
    assert raw.path.read_bytes() == content
    assert is_intact(raw)
    assert raw.origin.file_name == "country.xlsx"
    assert raw.origin.retrieved_at == NOW


def test_the_same_bytes_twice_is_one_file(home: Home) -> None:
    copy = shutil.copy(_land(home), home.root / "again.xlsx")
    _take(home)
    shutil.move(copy, home.landing / "another name.xlsx")
    received, written = _take(home, LATER)
    assert received.repeated == {"another name.xlsx": "country.xlsx"}
    assert written == []
    assert len(list(stored(home.raw, "census_country"))) == 1


def test_other_figures_of_the_same_release_do_not_win_silently(home: Home) -> None:
    """Nothing tells when the second was printed, but that it ends with the same month: not after the next release."""
    _land(home)
    (first,) = _take(home)[1]
    country(home.landing / "country.xlsx", edit=_other_canada)
    (second,) = _take(home, LATER)[1]
    assert (first.status, first.vintage) == ("accepted", date(2025, 4, 3))
    assert (second.status, second.vintage) == ("quarantined", None)
    assert second.why is not None and "figures differ from country.xlsx" in second.why
    assert "value_usd: " in second.why and " here, " in second.why
    assert read_ledger(home.lake)[first.file_id] == first
    assert not dataset_file(home.lake, "census_country", date(2025, 4, 3), second.file_id).exists()
    assert dataset_file(home.lake, "census_country", None, second.file_id).exists()


def test_a_reissue_whose_record_tells_its_day_is_a_print_of_its_own(home: Home) -> None:
    _land(home)
    (first,) = _take(home)[1]
    told(country(home.landing / "again.xlsx", edit=_other_canada), retrieved_at="2025-04-20")
    (second,) = _take(home, LATER)[1]
    assert (second.status, second.vintage) == ("accepted", date(2025, 4, 20))
    for row in (first, second):
        assert dataset_file(home.lake, "census_country", row.vintage, row.file_id).exists()


def test_rows_carry_file_and_place(home: Home) -> None:
    _land(home)
    (row,) = _take(home)[1]
    assert row.vintage is not None
    table = pq.read_table(dataset_file(home.lake, "census_country", row.vintage, row.file_id))
    assert set(table.column("file_id").to_pylist()) == {row.file_id}
    assert set(table.column("vintage").to_pylist()) == {row.vintage}
    assert set(table.column("sheet").to_pylist()) == {"country"}
    assert min(table.column("row_number").to_pylist()) == 2


def test_an_unknown_file_moves_aside_with_its_reason_and_a_ledger_row(home: Home) -> None:
    home.landing.mkdir(parents=True)
    (home.landing / "country.xlsx").write_bytes(HTML_PAGE)
    received, written = _take(home)
    assert written == []
    (row,) = received.refused
    assert row.status == "refused" and "HTML" in str(row.reason)
    assert (home.refused / "country.xlsx").read_bytes() == HTML_PAGE
    assert "country.xlsx" in (home.refused / "country.xlsx.reason.txt").read_text()
    assert list(read_ledger(home.lake)) == [row.file_id]


def test_a_refused_layout_leaves_the_lake_as_it_was(home: Home) -> None:
    _land(home)
    _take(home)
    before = {path: path.stat().st_mtime_ns for path in (home.lake / "census_country").rglob("*.parquet")}

    def unknown_partner(rows: Grid) -> None:
        rows[1][1] = "9999"

    country(home.landing / "broken.xlsx", edit=unknown_partner)
    (row,) = _take(home, LATER)[1]
    assert row.status == "refused" and "9999" in str(row.reason)
    assert {path: path.stat().st_mtime_ns for path in (home.lake / "census_country").rglob("*.parquet")} == before
    assert (home.refused / "broken.xlsx.reason.txt").exists()


def test_a_refused_file_is_reported_again_when_it_lands_again(home: Home) -> None:
    home.landing.mkdir(parents=True)

    def unknown_partner(rows: Grid) -> None:
        rows[1][1] = "9999"

    broken = country(home.root / "broken.xlsx", edit=unknown_partner)
    for moment in (NOW, LATER):
        shutil.copy(broken, home.landing / "broken.xlsx")
        received, _ = _take(home, moment)
    assert [row.file_name for row in received.refused] == ["broken.xlsx"]


@pytest.mark.parametrize("name", ["..\\..\\country.xlsx", "a..b.xlsx", "line\nbreak.xlsx"])
def test_tricks_in_a_file_name_are_refused(home: Home, name: str) -> None:
    _land(home, name)
    received, _ = _take(home)
    (row,) = received.refused
    assert str(row.reason).startswith("file name: expected a plain name")
    assert list(stored(home.raw, "census_country")) == []
    outside = [path for path in home.root.parent.rglob("*.xlsx") if home.landing not in path.parents]
    assert outside == []


def test_a_symbolic_link_is_refused_and_its_target_untouched(home: Home) -> None:
    target = country(home.root.parent / "secret.xlsx")
    home.landing.mkdir(parents=True)
    (home.landing / "country.xlsx").symlink_to(target)
    received, _ = _take(home)
    assert "symbolic link" in str(received.refused[0].reason)
    assert target.exists()


def test_an_origin_record_beside_the_file_is_used_and_a_wrong_one_is_refused(home: Home) -> None:
    path = _land(home)
    path.with_name(path.name + ORIGIN_SUFFIX).write_text('{"publisher": "Census", "published_on": "2025-04-04"}')
    (row,) = _take(home)[1]
    assert (row.publisher, row.vintage, row.vintage_rule) == (
        "Census",
        date(2025, 4, 4),
        "release day told by the origin record",
    )
    other = country(home.landing / "other.xlsx", edit=_other_canada)
    other.with_name(other.name + ORIGIN_SUFFIX).write_text('{"publishr": "Census"}')
    received, _ = _take(home, LATER)
    assert "publishr" in str(received.refused[0].reason)


def test_a_newer_parser_version_parses_again_and_keeps_the_vintage(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _land(home)
    (first,) = _take(home)[1]
    monkeypatch.setattr("assets.parsing.census_country.PARSER_VERSION", 99)
    (second,) = parse_stored(home, "census_country", LATER)
    assert (second.file_id, second.vintage, second.parser_version) == (first.file_id, first.vintage, 99)
    assert parse_stored(home, "census_country", LATER) == []


def test_unfinished_downloads_and_hidden_files_do_not_wait(home: Home) -> None:
    home.landing.mkdir(parents=True)
    for name in ("country.xlsx.part", ".hidden.xlsx", "x.xlsx" + ORIGIN_SUFFIX):
        (home.landing / name).write_bytes(b"x")
    assert waiting_files(home, None) == []


def _folder_state(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def _land_told(home: Home, name: str, edits: int, retrieved_at: str) -> None:
    """Land a print that differs by `edits` from the first, with an origin record that tells its retrieval."""

    def edit(rows: Grid) -> None:
        for _ in range(edits):
            _other_canada(rows)

    home.landing.mkdir(parents=True, exist_ok=True)
    path = country(home.landing / name, edit=edit)
    path.with_name(path.name + ORIGIN_SUFFIX).write_text(json.dumps({"retrieved_at": retrieved_at}))


PRINTS = {
    "a.csv": (0, "2025-04-03T14:00:00Z"),
    "b.csv": (1, "2025-04-15T12:00:00Z"),
    "c.csv": (2, "2025-04-15T15:00:00Z"),
    "d.csv": (3, "2025-05-02T12:00:00Z"),
}
"""Four prints of one release: the first, two re-issues of one day (the later supersedes), a third re-issue."""


@pytest.mark.parametrize("order", list(permutations(PRINTS)), ids="".join)
def test_prints_in_any_order_give_the_same_standing(tmp_path: Path, order: tuple[str, ...]) -> None:
    home = Home(tmp_path / "data")
    for day, name in enumerate(order):
        _land_told(home, name, *PRINTS[name])
        _take(home, NOW + timedelta(days=day))
    rows = sorted(read_ledger(home.lake).values(), key=lambda row: row.file_name)
    assert [(row.status, row.vintage) for row in rows] == [
        ("accepted", date(2025, 4, 3)),
        ("superseded", date(2025, 4, 15)),
        ("accepted", date(2025, 4, 15)),
        ("accepted", date(2025, 5, 2)),
    ]


def test_a_lake_from_the_raw_store_alone_is_the_same(home: Home) -> None:
    """Unrecognised and refused files, and one that contradicts another, too."""
    home.landing.mkdir(parents=True)
    (home.landing / "page.xlsx").write_bytes(HTML_PAGE)
    _land(home)
    _take(home)
    for name, edit in (("second.xlsx", _other_canada), ("broken.xlsx", lambda rows: rows[1].__setitem__(1, "9999"))):
        country(home.landing / name, edit=edit)
    _take(home, LATER)
    before = _folder_state(home.lake)
    assert len(read_ledger(home.lake)) == 4
    shutil.rmtree(home.lake)
    receive(home, [], LATER + timedelta(days=9))
    parse_stored(home, "census_country", LATER + timedelta(days=9))
    assert _folder_state(home.lake) == before


def test_what_comes_while_the_clock_is_set_back_still_came_later(home: Home) -> None:
    _land(home)
    (first,) = _take(home)[1]
    country(home.landing / "again.xlsx", edit=_other_canada)
    (second,) = _take(home, NOW - timedelta(days=400))[1]
    assert second.retrieved_at > first.retrieved_at
    assert (read_ledger(home.lake)[first.file_id].status, second.status) == ("accepted", "quarantined")


def test_an_unrecognised_file_counts_for_the_clock(home: Home) -> None:
    home.landing.mkdir(parents=True)
    (home.landing / "page.xlsx").write_bytes(HTML_PAGE)
    _take(home)
    _land(home)
    (row,) = _take(home, NOW - timedelta(days=400))[1]
    assert row.retrieved_at > NOW

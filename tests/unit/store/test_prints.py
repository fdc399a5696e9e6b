"""How files stand among each other, whatever order they come in: copies, parts, reprints, contradictions, answers.

Release days are those of `release_calendar.csv`. The series are the bundled BOPGSTB extracts of 8 January, 19 February,
12 March and 9 June 2026.
"""

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.home import Home
from assets.parsing.recognise import SOURCES
from assets.store.decisions import Action, Decision, add_decision
from assets.store.lake import dataset_files
from assets.store.landing import receive, waiting_files
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.parse import parse_stored
from assets.store.raw_store import stored
from tests.files import BUNDLED, Grid, Value, country, country_rows, exhibit_1, told, write_csv, write_xlsx

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH, JUNE = date(2026, 1, 8), date(2026, 2, 19), date(2026, 3, 12), date(2026, 6, 9)
SERIES = {
    JANUARY: "BOPGSTB_vintage_2026-01-08.csv.gz",
    FEBRUARY: "BOPGSTB_vintage_2026-02-22.csv.gz",
    MARCH: "BOPGSTB_vintage_2026-03-15.csv.gz",
    JUNE: "BOPGSTB_vintage_2026-06-14.csv.gz",
}

Make = Callable[[Path], Path]


def series(day: date) -> Grid:
    """Heading and rows of a bundled series."""
    with gzip.open(BUNDLED / SERIES[day], "rt", encoding="utf-8") as text:
        return [list(row) for row in csv.reader(text)]


def printed(day: date) -> Make:
    """The series as bundled, its record telling the release."""
    return lambda folder: told(write_csv(folder / f"{day}.csv", series(day)), published_on=str(day))


def copy_of(day: date, first: int = 1, last: int | None = None, suffix: str = ".csv") -> Make:
    """Months of a bundled series in another container, without a record: other bytes, the same figures."""

    def make(folder: Path) -> Path:
        rows = series(day)
        name = f"copy of {day} {first} {last}{suffix}"
        kept: Grid = [["observation_date", "BOPGSTB"], *rows[first:last]]
        if suffix == ".xlsx":
            return write_xlsx(folder / name, {"Monthly": kept})
        return write_csv(folder / name, kept)

    return make


def take(home: Home, makes: Iterable[Make], now: datetime = NOW) -> dict[str, LedgerRow]:
    """Land files one a day, refreshing after each; ledger rows by file name."""
    home.landing.mkdir(parents=True, exist_ok=True)
    for day, make in enumerate(makes):
        make(home.landing)
        receive(home, waiting_files(home, None), now + timedelta(days=day))
        parse_all(home, now + timedelta(days=day))
    return by_name(home)


def parse_all(home: Home, now: datetime = NOW) -> None:
    for source in SOURCES:
        parse_stored(home, source, now)


def by_name(home: Home) -> dict[str, LedgerRow]:
    return {row.file_name: row for row in read_ledger(home.lake).values()}


def stands(row: LedgerRow) -> tuple[str, date | None]:
    return row.status, row.vintage


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("last", [None, 300])
def test_a_copy_or_a_part_of_a_print_is_that_print(home: Home, suffix: str, last: int | None) -> None:
    """Seen: a plain copy of a bundled gzip was dated to the landing day and became the latest vintage."""
    copy = copy_of(FEBRUARY, last=last, suffix=suffix)
    rows = take(home, [printed(FEBRUARY), printed(MARCH), copy])
    (name,) = rows.keys() - {f"{FEBRUARY}.csv", f"{MARCH}.csv"}
    assert stands(rows[name])[0] == "superseded"
    assert "every figure is here from 2026-" in str(rows[name].why)
    assert {path.parent.name for path in dataset_files(home.lake, "fred")} == {
        "vintage=2026-02-19",
        "vintage=2026-03-12",
    }


def test_a_series_cut_while_downloading_is_no_release_of_its_last_month(home: Home) -> None:
    """Seen: cut at 2025-08 in August 2026, it became the vintage of 2025-11-19. It is part of a print that is here."""
    cut = copy_of(JUNE, last=405)
    rows = take(home, [printed(JANUARY), printed(JUNE), cut])
    assert [row.status for name, row in rows.items() if name.startswith("copy")] == ["superseded"]


def test_a_cut_series_whose_record_tells_the_download_is_of_the_release_before_it(home: Home) -> None:
    def make(folder: Path) -> Path:
        rows = series(JUNE)[:405]
        rows[-1][1] = str(float(str(rows[-1][1])) + 7)  # revised since June
        return told(write_csv(folder / "cut.csv", rows), retrieved_at="2026-08-20")

    rows = take(home, [printed(JUNE), make])
    assert stands(rows["cut.csv"]) == ("accepted", date(2026, 8, 4))


def test_figures_between_two_prints_date_a_file_or_leave_it_undated(home: Home) -> None:
    """The series of 12 March without its record, and without that print: after February, before June, of March, April or
    May. With the print of March here the figures are those of a print."""
    rows = take(home, [printed(FEBRUARY), printed(JUNE), copy_of(MARCH)])
    (row,) = (row for name, row in rows.items() if name.startswith("copy"))
    assert stands(row) == ("undated", None)
    assert "releases between 2026-03-12 and 2026-05-" in str(row.why)
    assert len(dataset_files(home.lake, "fred")) == 2
    rows = take(home, [printed(MARCH)], NOW + timedelta(days=9))
    assert {name: row.status for name, row in rows.items() if name.startswith("copy")} == {row.file_name: "superseded"}


def test_a_record_that_the_figures_contradict_is_not_believed(home: Home) -> None:
    """The series of February, said to have been published on 1 July 2026: prints of March and June say otherwise."""

    def make(folder: Path) -> Path:
        rows = series(FEBRUARY)
        return told(write_csv(folder / "late.csv", [["DATE", "BOPGSTB"], *rows[1:]]), published_on="2026-07-01")

    sure = [_dated_by_operator(day) for day in (JANUARY, MARCH, JUNE)]
    rows = take(home, [*sure, make])
    assert rows["late.csv"].status != "accepted"
    assert "contradict" in str(rows["late.csv"].why)


def _dated_by_operator(day: date) -> Make:
    """A print whose header names its vintage, as ALFRED's do."""

    def make(folder: Path) -> Path:
        rows = series(day)
        return write_csv(folder / f"alfred {day}.csv", [["observation_date", f"BOPGSTB_{day:%Y%m%d}"], *rows[1:]])

    return make


def test_the_original_of_an_extract_is_no_new_release(home: Home) -> None:
    """Seen: the original exhibit beside its bundled extract was dated to the landing day. It holds more than the extract:
    both stand, of one release."""

    def extract(folder: Path) -> Path:
        def edit(rows: Grid) -> None:
            del rows[-1]

        return told(exhibit_1(folder / "extract.xlsx", edit=edit), published_on="2025-04-03")

    rows = take(home, [extract, lambda folder: exhibit_1(folder / "original.xlsx")])
    assert {row.vintage for row in rows.values()} == {date(2025, 4, 3)}
    assert {row.status for row in rows.values()} <= {"accepted", "superseded"}


HEADING = ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"]


def answer(name: str, cells: Mapping[tuple[str, str], int], retrieved: str | None = "2026-02-20T15:00:00Z") -> Make:
    """An API answer of December 2025: values by chapter and partner."""

    def make(folder: Path) -> Path:
        rows = [[code, partner, str(value), "2025-12", "HS2"] for (code, partner), value in cells.items()]
        path = folder / name
        path.write_text(json.dumps([HEADING, *rows]), encoding="utf-8")
        return told(path, retrieved_at=retrieved) if retrieved else path

    return make


def test_answers_about_other_things_stand_side_by_side(home: Home) -> None:
    """Seen: of chapters 84 and 85 landed on one day, 84 vanished; a four-partner answer vanished behind another."""
    partners = {"West": ("4280", "4279", "4120", "4759"), "Asia": ("5700", "5830", "5880", "5800")}
    makes = [answer(f"{code}.json", {(code, "5700"): 5}) for code in ("84", "85")]
    makes += [answer(f"{name}.json", {("87", one): 5 for one in codes}) for name, codes in partners.items()]
    rows = take(home, makes)
    assert {stands(row) for row in rows.values()} == {("accepted", date(2026, 2, 20))}
    assert len(dataset_files(home.lake, "census_api")) == 4


def test_an_answer_without_a_record_is_undated_and_never_latest(home: Home) -> None:
    rows = take(home, [answer("a.json", {("84", "5700"): 5}, None), answer("b.json", {("84", "5700"): 6})])
    assert stands(rows["a.json"]) == ("undated", None)
    assert stands(rows["b.json"]) == ("accepted", date(2026, 2, 20))


def test_the_only_release_that_can_be_dates_an_answer(home: Home) -> None:
    """December 2025 came out on 19 February 2026, January on 12 March: on 1 March only one can have been printed."""
    rows = take(home, [answer("a.json", {("84", "5700"): 5}, None)], datetime(2026, 3, 1, tzinfo=UTC))
    assert stands(rows["a.json"]) == ("accepted", FEBRUARY)


@pytest.mark.parametrize("order", [0, 1])
def test_of_two_answers_of_one_day_the_later_counts(home: Home, order: int) -> None:
    """Seen: the one with the larger hash won."""
    both = [
        answer("morning.json", {("84", "5700"): 5}, "2026-03-12T12:00:00Z"),
        answer("evening.json", {("84", "5700"): 6, ("84", "1220"): 1}, "2026-03-12T22:00:00Z"),
    ]
    rows = take(home, both[::-1] if order else both)
    assert (rows["morning.json"].status, rows["evening.json"].status) == ("superseded", "accepted")


def _edited(name: str, change: Callable[[Grid], object], **record: str) -> Make:
    def make(folder: Path) -> Path:
        path = country(folder / name, edit=lambda rows: (change(rows), None)[1])
        return told(path, **record) if record else path

    return make


def _more(column: int, amount: float) -> Callable[[Grid], None]:
    """Add to a month of Canada and World in 2025, and to their years, so that the file still adds up."""

    def edit(rows: Grid) -> None:
        for row in rows[1:]:
            if row[1] in {"1220", "0015"} and row[0] == "2025":
                for place in (column, 15 if column < 15 else 28):
                    value = row[place]
                    assert isinstance(value, int | float)
                    row[place] = value + amount

    return edit


def test_a_conflict_is_told_and_settled_by_an_operator(home: Home) -> None:
    rows = take(home, [_edited("a.csv", lambda _: None), _edited("b.csv", _more(3, 1.0))])
    assert (rows["a.csv"].status, rows["b.csv"].status) == ("accepted", "quarantined")
    why = str(rows["b.csv"].why)
    assert "2 figures differ from a.csv" in why and "of the same release, 2025-04-03" in why
    decide(home, "b.csv", "accept")
    rows = by_name(home)
    assert (rows["a.csv"].status, rows["b.csv"].status) == ("quarantined", "accepted")
    assert "accepted by operator on 2026-11-22: looked at" in str(rows["b.csv"].why)
    decide(home, "b.csv", "undo")
    rows = by_name(home)
    assert (rows["a.csv"].status, rows["b.csv"].status) == ("accepted", "quarantined")


def _with_canada_times(name: str, factor: float, published_on: str) -> Make:
    """The small country table with Canada's imports of 2024, $24 billion, times a factor; World follows."""

    def edit(rows: Grid) -> None:
        for column in (*range(3, 15), 15):
            value = float(str(rows[1][column]))
            rows[1][column] = round(value * factor, 6)
            rows[4][column] = round(float(str(rows[4][column])) + value * (factor - 1), 6)

    return lambda folder: told(country(folder / name, edit), published_on=published_on)


def test_within_a_release_no_large_figure_changes_by_more_than_a_correction(home: Home) -> None:
    first = _with_canada_times("first.csv", 1, "2025-04-03")
    corrected = _with_canada_times("corrected.csv", 1.04, "2025-04-20")
    rows = take(home, [first, corrected, _with_canada_times("raised.csv", 1.2, "2025-04-21")])
    assert [rows[f"{name}.csv"].status for name in ("first", "corrected", "raised")] == [
        "accepted", "accepted", "quarantined",
    ]  # fmt: skip
    why = str(rows["raised.csv"].why)
    # from tests/files.py: Canada's year is 24,505.209474 million; 1.04 and 1.2 times that
    assert "differ from corrected.csv (file " in why and "of the same release, 2025-04-21" in why
    decide(home, "raised.csv", "accept")
    assert by_name(home)["raised.csv"].status == "accepted"


def test_a_revision_beyond_any_known_is_set_aside_until_an_operator_accepts_it(home: Home) -> None:
    """February 2026 in a print of July: three quarters larger than in June, where 23 % is the largest revision seen."""

    def make(folder: Path) -> Path:
        rows = series(JUNE)
        place = next(at for at, row in enumerate(rows) if row[0] == "2026-02-01")
        rows[place][1] = str(float(str(rows[place][1])) * 1.75)
        return told(write_csv(folder / "july.csv", rows), published_on="2026-07-07")

    rows = take(home, [printed(JUNE), make])
    assert rows["july.csv"].status == "quarantined"
    assert str(rows["july.csv"].why).startswith("beyond any revision against 2026-06-09.csv (file ")
    decide(home, "july.csv", "accept")
    assert stands(by_name(home)["july.csv"]) == ("accepted", date(2026, 7, 7))


def test_the_first_that_came_of_a_release_stands_whatever_a_record_says(home: Home) -> None:
    rows = take(home, [_edited("a.csv", lambda _: None), _edited("b.csv", _more(3, 900.0), published_on="2025-04-03")])
    assert (rows["a.csv"].status, rows["b.csv"].status) == ("accepted", "quarantined")


def test_what_an_acceptance_displaces_is_no_later_print(home: Home) -> None:
    """Seen: the file that stood before was dated to its retrieval, and was newer than the accepted one."""
    first = _edited("a.csv", lambda _: None, retrieved_at="2025-04-25")
    take(home, [first, _edited("b.csv", _more(3, 900.0))])
    decide(home, "b.csv", "accept")
    rows = by_name(home)
    assert (rows["a.csv"].status, rows["b.csv"].status) == ("quarantined", "accepted")


def test_figures_of_a_print_with_a_later_month_are_not_of_that_print(home: Home) -> None:
    """May 2026 came out on 7 July 2026: the series of 9 June with one row more cannot be of that day."""

    def make(folder: Path) -> Path:
        return write_csv(folder / "one more.csv", [*series(JUNE), ["2026-05-01", "-77600"]])

    rows = take(home, [printed(MARCH), printed(JUNE), make])
    assert rows["one more.csv"].status != "accepted"


@pytest.mark.parametrize(
    "record",
    [
        {"retrieved_at": "0001-01-01T00:00:00+14:00"},
        {"last_modified": "9999-12-31T23:59:59-12:00"},
        {"last_modified": "2042-01-01T00:00:00Z"},
        {"published_on": "9999-12-31"},
    ],
)
def test_a_record_with_a_day_that_cannot_be_refuses_its_file_alone(home: Home, record: dict[str, str]) -> None:
    def make(folder: Path) -> Path:
        return told(write_csv(folder / "odd.csv", series(MARCH)), **record)

    rows = take(home, [make, printed(JUNE)])
    assert (rows["odd.csv"].status, rows[f"{JUNE}.csv"].status) == ("refused", "accepted")


@pytest.mark.parametrize("day", ["99991231", "00010101"])
def test_a_heading_with_a_day_that_cannot_be_refuses_its_file_alone(home: Home, day: str) -> None:
    def make(folder: Path) -> Path:
        return write_csv(folder / "odd.csv", [["observation_date", f"BOPGSTB_{day}"], *series(MARCH)[1:]])

    rows = take(home, [make, printed(JUNE)])
    assert (rows["odd.csv"].status, rows[f"{JUNE}.csv"].status) == ("refused", "accepted")


def test_what_is_withdrawn_leaves_no_trace_in_the_lake_and_can_come_back(home: Home) -> None:
    take(home, [printed(FEBRUARY), printed(MARCH)])
    before = _lake(home)
    take(home, [printed(JUNE)], NOW + timedelta(days=5))
    with_june = _lake(home)
    decide(home, f"{JUNE}.csv", "withdraw")
    assert _lake(home) == before
    row = by_name(home)[f"{JUNE}.csv"]
    assert (stands(row), row.why) == (("withdrawn", None), "withdrawn by operator on 2026-11-22: looked at")
    decide(home, f"{JUNE}.csv", "undo")
    assert _lake(home) == with_june


def test_a_day_given_by_an_operator_counts(home: Home) -> None:
    take(home, [answer("a.json", {("84", "5700"): 5}, None)])
    decide(home, "a.json", "date", date(2026, 3, 2))
    row = by_name(home)["a.json"]
    assert (stands(row), row.vintage_rule) == (("accepted", date(2026, 3, 2)), "release day told by an operator")


def decide(home: Home, name: str, action: Action, day: date | None = None) -> None:
    row = by_name(home)[name]
    file = next(file for file in stored(home.raw, str(row.source)) if file.file_id == row.file_id)
    add_decision(file.path, Decision(action=action, at=NOW, who="operator", why="looked at", day=day))
    parse_all(home)


def _lake(home: Home) -> dict[str, bytes]:
    return {str(path.relative_to(home.lake)): path.read_bytes() for path in dataset_files(home.lake, "fred")}


def test_the_finer_of_two_roundings_of_one_print_stands(home: Home) -> None:
    def coarse(folder: Path) -> Path:
        rows = country_rows(6)
        shown = [rows[0], *([*row[:3], *(_rounded(value) for value in row[3:])] for row in rows[1:])]
        return write_csv(folder / "coarse.csv", shown)

    rows = take(home, [coarse, _edited("fine.csv", lambda _: None)])
    assert rows["fine.csv"].status == "accepted"
    assert rows["coarse.csv"].status in {"accepted", "superseded"}


def _rounded(value: Value) -> Value:
    """A figure in whole $ thousand."""
    assert isinstance(value, int | float)
    return f"{value:.3f}"


MIXED: dict[str, Make] = {
    "january": printed(JANUARY),
    "february": printed(FEBRUARY),
    "march": printed(MARCH),
    "june": printed(JUNE),
    "plain copy": copy_of(FEBRUARY),
    "zipped copy": copy_of(MARCH, suffix=".csv.gz"),
    "first half": copy_of(JUNE, last=200),
    "second half": copy_of(JUNE, first=200),
    "cut": copy_of(MARCH, last=405),
}


def latest(home: Home) -> list[tuple[object, ...]]:
    """The newest print of each month with its vintage, and every print."""
    import duckdb  # noqa: PLC0415 - one query

    files = [str(path) for path in dataset_files(home.lake, "fred")]
    return duckdb.execute(
        "select distinct year, month, vintage, value_musd from read_parquet(?, hive_partitioning = false) order by all",
        [files],
    ).fetchall()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    home = Home(tmp_path_factory.mktemp("expected") / "data")
    take(home, [printed(day) for day in SERIES])
    return latest(home)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(order=st.permutations(sorted(MIXED)), together=st.booleans())
def test_any_order_and_any_mix_of_containers_give_the_same_series(
    expected: list[tuple[object, ...]], tmp_path_factory: pytest.TempPathFactory, order: list[str], together: bool
) -> None:
    home = Home(tmp_path_factory.mktemp("order") / "data")
    home.landing.mkdir(parents=True)
    if together:
        for name in order:
            MIXED[name](home.landing)
        receive(home, waiting_files(home, None), NOW)
        parse_all(home)
    else:
        take(home, [MIXED[name] for name in order])
    assert latest(home) == expected


@pytest.mark.parametrize("order", list(permutations(("a.csv", "b.csv", "c.csv"))), ids="".join)
def test_undated_files_change_nothing_whatever_their_order(home: Home, order: tuple[str, ...]) -> None:
    makes = {
        "a.csv": printed(FEBRUARY),
        "b.csv": copy_of(MARCH),
        "c.csv": printed(JUNE),
    }
    take(home, [makes[name] for name in order])
    assert {path.parent.name for path in dataset_files(home.lake, "fred")} == {
        "vintage=2026-02-19",
        "vintage=2026-06-09",
    }

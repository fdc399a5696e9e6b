"""FRED series: the forms in which it comes, the vintage a file tells, missing values, and what is refused."""

import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import cells, fred
from assets.parsing.common import HEADLINE_SCHEMA, Parsed
from assets.parsing.recognise import recognise
from tests import files
from tests.files import Grid, Value


def put(line: int, column: int, value: Value) -> files.Edit:
    def edit(rows: Grid) -> None:
        rows[line - 1][column] = value

    return edit


@pytest.mark.parametrize(
    ("name", "heading"),
    [("BOPGSTB_vintage.csv", ("date", "value")), ("download.csv", ("observation_date", "BOPGSTB"))],
)
def test_the_series_is_named_by_the_file_or_by_the_heading(name: str, heading: tuple[str, str], tmp_path: Path) -> None:
    parsed = fred.parse(files.fred(tmp_path / "stored", heading=heading), name)
    rows = parsed.table.to_pylist()
    assert [(row["year"], row["month"], row["value_musd"], row["row_number"]) for row in rows] == [
        (2024, 11, Decimal(-79752), 2),
        (2024, 12, Decimal(-96948), 3),
        (2025, 1, Decimal(-128344), 4),
        (2025, 2, Decimal(-119822), 5),
    ]
    labels = {(row["sheet"], row["concept"], row["basis"], row["adjustment"], row["flow"]) for row in rows}
    assert labels == {(None, "goods_services", "BOP", "SA", "balance")}
    assert parsed.table.schema == HEADLINE_SCHEMA
    assert parsed.newest_month == date(2025, 2, 1)


@pytest.mark.parametrize("missing", [".", ""])
def test_missing_values_are_counted_and_left_out(missing: str, tmp_path: Path) -> None:
    parsed = fred.parse(files.fred(tmp_path / "BOPGSTB.csv", put(5, 1, missing)), "BOPGSTB.csv")
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (4, 3, 1)
    assert parsed.notes == ("1 months without a value left out",)
    assert parsed.newest_month == date(2025, 1, 1)


def dollars(rows: Grid) -> None:
    for row in rows[1:]:
        row[1] = str(float(str(row[1])) * 1e6)


def billions(rows: Grid) -> None:
    for row in rows[1:]:
        row[1] = str(float(str(row[1])) / 1e3)


def blank(rows: Grid) -> None:
    for row in rows[1:]:
        row[1] = "."


@pytest.mark.parametrize(
    ("edit", "where", "expected", "seen"),
    [
        (put(1, 1, "GDP"), "line 1", "column BOPGSTB or value", "'GDP'"),
        (put(1, 0, "month"), "line 1", "columns date,value or observation_date,BOPGSTB", "month,value"),
        (put(3, 1, "n/a"), "line 3", "a number in $ million", "'n/a'"),
        (put(3, 1, "1e5"), "line 3", "a number in $ million", "'1e5'"),
        (put(3, 0, "Dec 2024"), "line 3", "the first day of a month as YYYY-MM-DD", "'Dec 2024'"),
        (put(3, 0, "2024-12-31"), "line 3", "the first day of a month as YYYY-MM-DD", "'2024-12-31'"),
        (put(3, 0, "2024-11-01"), "line 3", "each month once", "2024-11-01 again, first in line 2"),
        (lambda rows: rows.__delitem__(2), "line 3", "a line for 2024-12-01", "none before 2025-01-01"),
        (lambda rows: rows[2].append("R"), "line 3", "2 columns as in the heading", "3 columns"),
        (put(5, 0, "2999-02-01"), "line 5", "no month after ", "2999-02-01"),
        (dollars, "line 2", "a value in $ million", "-79752000000.0, as if in dollars or thousands"),
        (billions, "values", "a series in $ million", "none of 4 reaches 500"),
        (blank, "line 2", "at least one month with a value", "none"),
        (lambda rows: rows.__delitem__(slice(1, None)), "line 2", "at least one month with a value", "none"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    edit: files.Edit, where: str, expected: str, seen: str, tmp_path: Path
) -> None:
    with pytest.raises(RefusedFile) as caught:
        fred.parse(files.fred(tmp_path / "stored", edit), "BOPGSTB.csv")
    error = caught.value
    assert (error.file, error.where) == ("BOPGSTB.csv", where)
    assert error.expected.startswith(expected)
    assert error.seen == seen


def test_a_series_that_nothing_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile) as caught:
        fred.parse(files.fred(tmp_path / "stored"), "series.csv")
    assert (caught.value.where, caught.value.seen) == ("file name", "series.csv")


def test_a_month_that_is_not_over_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "today", lambda: date(2025, 2, 27))
    with pytest.raises(RefusedFile) as caught:
        fred.parse(files.fred(tmp_path / "stored"), "BOPGSTB.csv")
    assert caught.value.reason == "line 5: expected no month after 2025-01; seen 2025-02-01"


VALUES = (-98062, -130652, -122662)
"""December 2024 to February 2025 in $ million: BEA, trade time series of 2025-04-03, which FRED repeats."""
MONTHS = ("2024-12-01", "2025-01-01", "2025-02-01")
SERIES: Grid = [["observation_date", "BOPGSTB"]]
SERIES.extend([month, value] for month, value in zip(MONTHS, VALUES, strict=True))


def parsed(path: Path) -> Parsed:
    """The file, recognised by its content and parsed."""
    assert recognise(path, path.name) == "fred"
    return fred.parse(path, path.name)


def values_of(found: Parsed) -> dict[str, float]:
    return {f"{row['year']}-{row['month']:02d}-01": float(row["value_musd"]) for row in found.table.to_pylist()}


def refusal(path: Path) -> str:
    with pytest.raises(RefusedFile) as caught:
        parsed(path)
    return caught.value.reason


def dates(form: Callable[[date], Value]) -> Grid:
    return [SERIES[0], *([form(date.fromisoformat(str(month))), value] for month, value in SERIES[1:])]


def csv_text(rows: Grid) -> str:
    return "".join(",".join(str(cell) for cell in row) + "\n" for row in rows)


FORMS: dict[str, Grid] = {
    "download of before 2024": [["DATE", "BOPGSTB"], *SERIES[1:]],
    "dates of Excel in the US": dates(lambda day: f"{day.month}/{day.day}/{day.year}"),
    "dates of Excel in Europe": dates(lambda day: f"{day:%d/%m/%Y}"),
    "dates of Excel in Germany": dates(lambda day: f"{day:%d.%m.%Y}"),
    "moments of pandas": dates(lambda day: f"{day} 00:00:00"),
    "index of pandas": [["", *SERIES[0]], *[[at, *row] for at, row in enumerate(SERIES[1:])]],
    "two series": [["observation_date", "BOPGTB", "BOPGSTB"], *([row[0], -122000, row[1]] for row in SERIES[1:])],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_the_series_is_the_same_in_each_form(form: Grid, tmp_path: Path) -> None:
    found = parsed(files.write_csv(tmp_path / "download.csv", form))
    assert values_of(found) == dict(zip(MONTHS, VALUES, strict=True))
    assert (found.published_on, found.release_month, found.edge_is_told) == (None, None, False)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.replace(",", ";").encode("utf-8-sig"),
        lambda text: text.replace(",", "\t").encode("utf-16"),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: gzip.compress(text.replace(",", ";").encode()),
    ],
    ids=["semicolons", "tabs in UTF-16", "line ends of old Macs", "gzipped"],
)
def test_other_separators_and_encodings_are_read(encode: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / "download.csv"
    path.write_bytes(encode(csv_text(SERIES)))
    assert values_of(parsed(path)) == dict(zip(MONTHS, VALUES, strict=True))


@pytest.mark.parametrize("as_date", [datetime.fromisoformat, str])
def test_a_workbook_is_read_from_the_sheet_with_the_heading(as_date: Callable[[str], Value], tmp_path: Path) -> None:
    rows: Grid = [SERIES[0], *([as_date(str(month)), value, None] for month, value in SERIES[1:])]
    sheets: dict[str, Grid] = {"README": [["FRED Graph Observations"], ["Federal Reserve Economic Data"]]}
    found = parsed(files.write_xlsx(tmp_path / "fredgraph.xlsx", {**sheets, "Monthly": rows}))
    assert values_of(found) == dict(zip(MONTHS, VALUES, strict=True))
    assert set(found.table["sheet"].to_pylist()) == {"Monthly"}
    assert found.table["row_number"].to_pylist() == [2, 3, 4]


def test_series_left_out_are_named(tmp_path: Path) -> None:
    found = parsed(files.write_csv(tmp_path / "download.csv", FORMS["two series"]))
    assert found.notes == ("series left out: 'BOPGTB', the balance of goods alone",)


@pytest.mark.parametrize(
    ("series", "words"),
    [
        ("BOPGTB", "'BOPGTB', the balance of goods alone"),
        ("IMPCH", "'IMPCH', imports from one partner"),
        ("EXP0004", "'EXP0004', exports to one partner"),
        ("BOPGSTB_PC1", "'BOPGSTB_PC1', made from BOPGSTB"),
    ],
)
def test_another_series_alone_is_named_as_what_it_is(series: str, words: str, tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "BOPGSTB.csv", [["observation_date", series], *SERIES[1:]])
    assert refusal(path) == f"line 1: expected column BOPGSTB or value; seen {words}"


@pytest.mark.parametrize(
    ("known_on", "told"),
    [
        # The release of February 2025 came on 2025-04-03, that of March on 2025-05-06 (Census, BEA).
        ("20250403", (date(2025, 4, 3), date(2025, 2, 1), True)),
        ("20250505", (date(2025, 4, 3), date(2025, 2, 1), True)),
        ("20250506", (date(2025, 5, 6), date(2025, 3, 1), False)),
        # Before it was out it cannot have been known: the day stands, for whoever decides to refuse it.
        ("20250402", (date(2025, 4, 2), None, False)),
    ],
)
def test_the_day_in_the_heading_tells_the_release(
    known_on: str, told: tuple[date, date | None, bool], tmp_path: Path
) -> None:
    """The archive gives the figures as known on any day; the release is the newest one of that day."""
    path = files.write_csv(tmp_path / "alfred.csv", [["observation_date", f"BOPGSTB_{known_on}"], *SERIES[1:]])
    found = parsed(path)
    assert (found.published_on, found.release_month, found.edge_is_told) == told
    assert values_of(found) == dict(zip(MONTHS, VALUES, strict=True))
    assert any(f"as known on {date.fromisoformat(known_on)}" in note for note in found.notes)


def test_of_several_vintages_the_newest_is_taken(tmp_path: Path) -> None:
    rows: Grid = [
        ["observation_date", "BOPGSTB_20250306", "BOPGSTB_20250403", "BOPGSTB_20250205"],
        ["2024-12-01", "-98057", "-98062", "-98431"],
        ["2025-01-01", "-131378", "-130652", ""],
        ["2025-02-01", ".", "-122662", ""],
    ]
    found = parsed(files.write_csv(tmp_path / "alfred.csv", rows))
    assert values_of(found) == dict(zip(MONTHS, VALUES, strict=True))
    assert found.published_on == date(2025, 4, 3)
    assert found.notes[0] == "2 older vintages left out: each can be landed as a file of its own"


# Prints before 2025-04-03 are invented.
PERIODS: Grid = [
    ["period_start_date", "BOPGSTB", "realtime_start_date", "realtime_end_date"],
    ["2024-12-01", "-98431", "2025-02-05", "2025-03-05"],
    ["2024-12-01", "-98062", "2025-03-06", "9999-12-31"],
    ["2025-01-01", "-131378", "2025-03-06", "2025-04-02"],
    ["2025-01-01", "-130652", "2025-04-03", "9999-12-31"],
    ["2025-02-01", "-122662", "2025-04-03", "9999-12-31"],
]


def test_of_real_time_periods_the_newest_is_taken(tmp_path: Path) -> None:
    found = parsed(files.write_csv(tmp_path / "alfred.csv", PERIODS))
    assert values_of(found) == dict(zip(MONTHS, VALUES, strict=True))
    assert (found.rows_read, found.rows_accepted, found.rows_refused) == (5, 3, 2)
    assert (found.published_on, found.release_month) == (date(2025, 4, 3), date(2025, 2, 1))
    assert found.notes == (
        "2 older prints left out: the newest real-time period begins 2025-04-03",
        "figures as known on 2025-04-03: the release of February 2025",
    )


def test_a_month_twice_in_the_newest_real_time_period_is_refused(tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "alfred.csv", [*PERIODS, ["2025-02-01", "-1", "2025-03-06", "9999-12-31"]])
    assert "each month once; seen 2025-02-01 again, first in line 6" in refusal(path)


def answer(**changes: object) -> str:
    """An answer of FRED's API as documented for fred/series/observations."""
    day = {"realtime_start": "2025-04-03", "realtime_end": "2025-04-03"}
    observations = [{**day, "date": month, "value": f"{value}"} for month, value in SERIES[1:]]
    told = {**day, "units": "lin", "output_type": 1, "count": 3, "offset": 0, "observations": observations}
    return json.dumps(told | changes)


def test_an_answer_of_the_api_is_named_by_its_file_and_told_by_its_day(tmp_path: Path) -> None:
    path = tmp_path / "bopgstb.json"
    path.write_text(answer())
    found = parsed(path)
    assert values_of(found) == dict(zip(MONTHS, VALUES, strict=True))
    assert (found.published_on, found.release_month) == (date(2025, 4, 3), date(2025, 2, 1))


def test_an_answer_by_vintage_names_the_series_itself(tmp_path: Path) -> None:
    path = tmp_path / "observations.json"
    by_vintage = [{"date": month, "BOPGSTB_20250403": f"{value}"} for month, value in SERIES[1:]]
    path.write_text(answer(output_type=2, observations=by_vintage))
    assert values_of(parsed(path)) == dict(zip(MONTHS, VALUES, strict=True))


def test_a_series_that_nothing_names_is_known_by_its_first_year(tmp_path: Path) -> None:
    """1992 (FRED, alike in ten vintages from 2022-04 to 2026-08); with one other figure it is another series."""
    first = [-2026, -831, -2641, -3109, -3919, -2824, -2781, -4455, -3530, -3520, -3968, -5603]
    path = tmp_path / "observations.json"

    def observations(values: list[int]) -> list[dict[str, str]]:
        return [{"date": f"1992-{month:02d}-01", "value": f"{value}"} for month, value in enumerate(values, start=1)]

    path.write_text(answer(observations=observations(first)))
    assert values_of(parsed(path)) == {f"1992-{month:02d}-01": value for month, value in enumerate(first, start=1)}
    path.write_text(answer(observations=observations([*first[:11], -5604])))
    assert refusal(path).startswith("file name: expected the series' name, BOPGSTB, as nothing in the file names it")
    path.write_text(answer())
    assert "save it as BOPGSTB.csv or .json" in refusal(path)


WRONG_ANSWERS: dict[str, tuple[str, str]] = {
    "changes": (answer(units="pc1"), "field units: expected 'lin', the values themselves; seen 'pc1'"),
    "first releases alone": (
        answer(output_type=4),
        "field output_type: expected 1 or 2, by real-time period or vintage; seen 4",
    ),
    "cut off": (answer()[:-40], "file: expected a complete JSON array"),
    "not closed": (answer()[:-1], "file: expected well-formed JSON"),
    "no observations": (
        answer().replace("[", "{").replace("]", "}"),
        "file: expected a JSON object with an array 'observations'",
    ),
    "text": (answer(observations=[{"date": "2025-01-01", "value": ["1"]}]), "observation 1: expected text"),
    "odd value": (
        answer(observations=[{"date": "2025-01-01", "value": "n/a"}]),
        "observation 1: expected a number in $ million; seen 'n/a'",
    ),
}


@pytest.mark.parametrize(("text", "words"), WRONG_ANSWERS.values(), ids=WRONG_ANSWERS.keys())
def test_a_wrong_answer_is_refused_with_its_place(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "BOPGSTB.json"
    path.write_text(text)
    assert refusal(path).startswith(words)


WRONG_TABLES: dict[str, tuple[Grid, str]] = {
    "dates of both kinds": (
        [SERIES[0], ["1/1/2025", "-130652"], ["1/2/2025", "-122662"], ["3/1/2025", "-138322"]],
        "line 3: expected the first day of a month as YYYY-MM-DD; seen '1/2/2025'",
    ),
    "no such vintage": (
        [["observation_date", "BOPGSTB_20251301"], *SERIES[1:]],
        "line 1: expected BOPGSTB_ and a day as YYYYMMDD; seen 'BOPGSTB_20251301'",
    ),
    "the series twice": (
        [["observation_date", "BOPGSTB", "BOPGSTB"], *([*row, row[1]] for row in SERIES[1:])],
        "line 1: expected BOPGSTB once, or once for each vintage; seen 2 columns of it",
    ),
    "half a real-time period": (
        [row[:3] for row in PERIODS],
        "line 1: expected a start and an end of the real-time period",
    ),
}


@pytest.mark.parametrize(("rows", "words"), WRONG_TABLES.values(), ids=WRONG_TABLES.keys())
def test_a_wrong_table_is_refused_with_its_place(rows: Grid, words: str, tmp_path: Path) -> None:
    assert refusal(files.write_csv(tmp_path / "download.csv", rows)).startswith(words)


def test_a_month_left_blank_after_the_newest_tells_that_the_release_ends_there(tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "download.csv", [*SERIES, ["2025-03-01", "."]])
    assert (parsed(path).newest_month, parsed(path).edge_is_told) == (date(2025, 2, 1), True)

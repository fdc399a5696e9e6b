"""Country table: what is taken, what is left out and counted, and every reason to refuse the file."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import cells, census_country
from assets.parsing.common import Parsed
from tests import files
from tests.files import Grid, Value
from tests.unit.parsing.refusal import Case, assert_refused

CANADA, MEXICO, CHINA, WORLD = 1, 2, 3, 4
CANADA_2025, WORLD_2025 = 5, 8
"""Rows of the small file, counted from its heading."""


def at(rows: Grid, heading: str) -> int:
    return rows[0].index(heading)


def put(row: int, heading: str, value: Value) -> files.Edit:
    def edit(rows: Grid) -> None:
        rows[row][at(rows, heading)] = value

    return edit


def scale(factor: float, rows_scaled: tuple[int, ...] | None = None) -> files.Edit:
    def edit(rows: Grid) -> None:
        for number, row in enumerate(rows):
            if number and (rows_scaled is None or number in rows_scaled):
                row[3:] = [float(str(cell)) * factor for cell in row[3:]]

    return edit


def drop(heading: str) -> files.Edit:
    def edit(rows: Grid) -> None:
        column = at(rows, heading)
        for row in rows:
            del row[column]

    return edit


def again(row: int) -> files.Edit:
    return lambda rows: rows.append(list(rows[row]))


def parsed_values(parsed: Parsed) -> dict[tuple[str, str, int, int | None], Decimal]:
    rows = parsed.table.to_pylist()
    return {(row["partner_code"], row["flow"], row["year"], row["month"]): row["value_musd"] for row in rows}


@pytest.fixture(params=["country.xlsx", "country.csv", "country.csv.gz"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def test_each_form_of_the_file_gives_the_same_exact_values(target: Path) -> None:
    parsed = census_country.parse(files.country(target), target.name)
    values = parsed_values(parsed)
    # from tests/files.py: Canada, imports, March = 1 x 2 x 10^9 + 2 x 7,654,321 + 2024 dollars
    assert values["1220", "imports", 2024, 3] == Decimal("2015.310666")
    assert values["0015", "exports", 2025, 2] == Decimal("6022.969038")
    assert values["1220", "imports", 2024, None] == sum(
        values["1220", "imports", 2024, month] for month in range(1, 13)
    )
    assert len(values) == 4 * 2 * (13 + 2)
    assert parsed.table.schema == census_country.SCHEMA
    assert set(parsed.table["decimals"].to_pylist()) == {6}
    assert parsed.newest_month == date(2025, 2, 1)
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (8, 8, 0)
    assert parsed.notes == ("IYR and EYR of 2025 end with 2025-02: checked, not taken as a year",)


def test_every_value_knows_its_sheet_and_row(tmp_path: Path) -> None:
    path = files.country(tmp_path / "country.xlsx")
    rows = census_country.parse(path, "x.xlsx").table.to_pylist()
    assert {row["sheet"] for row in rows} == {"country"}
    assert {row["row_number"] for row in rows if row["partner_code"] == "2010" and row["year"] == 2024} == {MEXICO + 1}
    lines = census_country.parse(files.country(tmp_path / "c.csv"), "c.csv").table.to_pylist()
    assert {(row["sheet"], row["row_number"]) for row in lines if row["partner_code"] == "2010"} == {
        (None, 3),
        (None, 7),
    }


def test_years_and_codes_may_be_numbers(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        for row in rows[1:]:
            row[0], row[1] = int(str(row[0])), int(str(row[1]))

    parsed = census_country.parse(files.country(tmp_path / "country.xlsx", edit), "country.xlsx")
    assert set(parsed.table["partner_code"].to_pylist()) == {"0015", "1220", "2010", "5700"}


def test_one_decimal_is_recognised_and_widens_the_tolerance_of_the_year(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        rows[CANADA][at(rows, "IYR")] = float(str(rows[CANADA][at(rows, "IYR")])) + 0.6

    parsed = census_country.parse(files.country(tmp_path / "c.csv", edit, decimals=1), "c.csv")
    assert set(parsed.table["decimals"].to_pylist()) == {1}
    with pytest.raises(RefusedFile):
        census_country.parse(files.country(tmp_path / "d.csv", edit, decimals=6), "d.csv")


def test_a_zero_in_a_published_month_is_a_value(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        rows[CANADA_2025][at(rows, "IJAN")] = 0
        rows[CANADA_2025][at(rows, "IYR")] = rows[CANADA_2025][at(rows, "IFEB")]

    values = parsed_values(census_country.parse(files.country(tmp_path / "c.csv", edit), "c.csv"))
    assert values["1220", "imports", 2025, 1] == 0
    assert ("1220", "imports", 2025, 3) not in values


def test_without_a_world_row_the_newest_month_is_that_of_any_partner(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        del rows[WORLD_2025], rows[WORLD]

    assert census_country.parse(files.country(tmp_path / "c.csv", edit), "c.csv").newest_month == date(2025, 2, 1)


def without_2025(rows: Grid) -> None:
    rows[:] = [row for row in rows if row[0] != "2025"]


def not_begun_2025(rows: Grid) -> None:
    for row in rows:
        if row[0] == "2025":
            row[3:] = [0] * 26


@pytest.mark.parametrize(("edit", "told"), [(files.keep, True), (not_begun_2025, True), (without_2025, False)])
def test_the_file_tells_its_edge_by_months_left_zero_after_it(edit: files.Edit, told: bool, tmp_path: Path) -> None:
    assert census_country.parse(files.country(tmp_path / "c.csv", edit), "c.csv").edge_is_told is told


def test_template_rows_and_years_not_begun_are_counted_with_a_reason(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        rows.append([None, "1010", "Greenland", *[0] * 26])
        rows.append(["2026", "1220", "Canada", *[0] * 26])

    parsed = census_country.parse(files.country(tmp_path / "country.xlsx", edit), "country.xlsx")
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (10, 8, 2)
    assert parsed.notes[:2] == (
        "1 rows without a year left out: templates of partners without trade",
        "1 rows of years after 2025-02 left out: not published yet",
    )


REFUSALS = [
    Case("missing column", drop("IJUL"), "row 1", "column IJUL", "no such column among 28"),
    Case("renamed column", put(0, "EAUG", "EAUGUST"), "row 1", "column EAUG", "unknown column EAUGUST"),
    Case("repeated column", put(0, "EAUG", "EJUL"), "row 1", "column EJUL once", "EJUL twice"),
    Case("text in a number", put(MEXICO, "IMAR", "n/a"), "cell F3 (IMAR)", "a number in $ million", "'n/a'"),
    Case("blank month", put(MEXICO, "IMAR", None), "cell F3 (IMAR)", "a number in $ million", "a blank cell"),
    Case("negative", put(MEXICO, "EJAN", -1), "cell Q3 (EJAN)", "a value of 0 or more", "-1.0"),
    Case("not a year", put(CHINA, "year", "20X4"), "cell A4 (year)", "a year", "'20X4'"),
    Case("not a code", put(CHINA, "CTY_CODE", "57OO"), "cell B4", "a Schedule C code", "'57OO'"),
    Case("unknown code", put(CHINA, "CTY_CODE", "9999"), "cell B4", "a partner code of Schedule C", "9999 (China)"),
    Case(
        "duplicate", again(MEXICO), "row 10", "each year and partner once", "2024 2010 (Mexico) again, first in row 3"
    ),
    Case("sum", put(CANADA, "IYR", 1), "cell P2 (IYR)", "the sum of its months, 24,505.2", "1"),
    Case("running sum", put(CANADA_2025, "EYR", 1), "cell AC6 (EYR)", "the sum of its months", "1"),
    Case("blank year total", put(CANADA, "IYR", ""), "cell P2 (IYR)", "the total of a complete year", "a blank"),
    Case("dollars", scale(1e6), "cell D2 (IJAN)", "a value in $ million", "2,000,002,024,"),
    Case("thousands", scale(1e3), "cell P5 (IYR)", "a value in $ million", "145,515,628, as if"),
    Case("one month", put(CHINA, "IFEB", 2e7), "cell E4 (IFEB)", "a value in $ million", "20,000,000 in one month"),
    Case("billions", scale(1e-3), "cell D5 (IJAN)", "a World total in $ million, at least 1,000", "12.000006"),
    Case("World too small", scale(1e-6), "cell D5 (IJAN)", "a World total in $ million", "0.012"),
    Case("World gap", put(WORLD, "EMAY", 0), "cell U5 (EMAY)", "a World total in $ million", "0"),
    Case(
        "beyond World", put(CANADA_2025, "IMAR", 5), "cell F6 (IMAR)", "0: World (0015) has nothing after 2025-02", "5"
    ),
    Case("template with values", put(CHINA, "year", ""), "cell A4 (year)", "a year beside values", "blank, with IJAN"),
    Case("padding", lambda rows: rows[3].append("x"), "cell AD4", "a blank cell: the column has no heading", "'x'"),
    Case("no values", lambda rows: rows.__delitem__(slice(1, None)), "row 1", "at least one month", "none"),
    Case("no rows", lambda rows: rows.clear(), "row 1", "a header row", "no rows"),
]


@pytest.mark.parametrize("case", REFUSALS, ids=[case.what for case in REFUSALS])
def test_a_wrong_file_is_refused_with_its_place(case: Case, tmp_path: Path) -> None:
    path = files.country(tmp_path / "stored.xlsx", case.edit)
    assert_refused(census_country.parse, path, case._replace(where=f"sheet 'country', {case.where}"))


def test_a_csv_refusal_names_line_and_column(tmp_path: Path) -> None:
    path = files.country(tmp_path / "c.csv", put(MEXICO, "IMAR", "1.2.3"))
    with pytest.raises(RefusedFile) as caught:
        census_country.parse(path, "c.csv")
    assert caught.value.reason == "line 3, column IMAR: expected a number in $ million; seen '1.2.3'"


def test_a_csv_row_of_another_width_is_refused(tmp_path: Path) -> None:
    path = files.country(tmp_path / "c.csv", lambda rows: rows[2].append("1"))
    with pytest.raises(RefusedFile) as caught:
        census_country.parse(path, "c.csv")
    assert caught.value.reason == "line 3: expected 29 columns as in the header; seen 30 columns"


def test_a_wrong_sheet_is_refused_with_the_sheets_seen(tmp_path: Path) -> None:
    path = files.country(tmp_path / "country.xlsx", sheet="Sheet1")
    with pytest.raises(RefusedFile) as caught:
        census_country.parse(path, "country.xlsx")
    assert caught.value.reason == "workbook: expected a sheet 'country'; seen sheets 'Sheet1'"


def test_a_month_that_is_not_over_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files.country(tmp_path / "country.xlsx")
    monkeypatch.setattr(cells, "today", lambda: date(2025, 2, 28))
    with pytest.raises(RefusedFile) as caught:
        census_country.parse(path, "country.xlsx")
    assert caught.value.expected == "no month after 2025-01"
    assert caught.value.seen == "values for 2025-02"
    monkeypatch.setattr(cells, "today", lambda: date(2025, 3, 1))
    assert census_country.parse(path, "country.xlsx").newest_month == date(2025, 2, 1)

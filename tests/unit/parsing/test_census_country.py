"""Country table: what is taken, what is left out and counted, and every reason to refuse the file."""

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import cells, census_country
from assets.parsing.common import Parsed
from assets.parsing.recognise import recognise
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


def as_excel_shows(rows: Grid) -> None:
    """Cut each value to the eleven characters that the format General shows: ten digits and the point."""
    for row in rows[1:]:
        row[3:] = [f"{float(str(cell)):.{10 - len(str(int(float(str(cell)))))}f}".rstrip("0") for cell in row[3:]]


def test_each_value_of_a_table_saved_by_excel_has_its_own_rounding(tmp_path: Path) -> None:
    path = files.country(tmp_path / "c.csv", as_excel_shows)
    rows = census_country.parse(path, "c.csv").table.to_pylist()
    by_digits = {len(str(int(row["value_musd"]))): row["decimals"] for row in rows}
    assert by_digits == {4: 6, 5: 5, 6: 4}  # World's year of 145,515.628 million is shown to the hundred dollars
    exact = parsed_values(census_country.parse(files.country(tmp_path / "d.csv"), "d.csv"))
    for row in rows:
        value = exact[row["partner_code"], row["flow"], row["year"], row["month"]]
        assert abs(row["value_musd"] - value) <= Decimal(10) ** -row["decimals"] / 2


def test_a_year_beyond_the_roundings_of_its_cells_is_refused(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        as_excel_shows(rows)
        rows[CANADA][at(rows, "IYR")] = "24505.20955"

    path = files.country(tmp_path / "c.csv", edit)
    with pytest.raises(RefusedFile) as caught:
        census_country.parse(path, "c.csv")
    # from tests/files.py: the months make 24,505.209474; they are off by 12 x 0.50, their year by 5 dollars
    assert caught.value.reason == (
        "line 2, column IYR: expected the sum of its months, 24,505.209474 within 0.000011; seen 24,505.20955"
    )


def test_a_zero_in_a_published_month_is_a_value(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        february = rows[CANADA_2025][at(rows, "IFEB")]
        change = float(str(rows[CANADA_2025][at(rows, "IJAN")]))
        rows[CANADA_2025][at(rows, "IJAN")] = 0
        rows[CANADA_2025][at(rows, "IYR")] = february
        for heading in ("IJAN", "IYR"):
            rows[WORLD_2025][at(rows, heading)] = float(str(rows[WORLD_2025][at(rows, heading)])) - change

    values = parsed_values(census_country.parse(files.country(tmp_path / "c.csv", edit), "c.csv"))
    assert values["1220", "imports", 2025, 1] == 0
    assert ("1220", "imports", 2025, 3) not in values


def without(*rows_left_out: int) -> files.Edit:
    return lambda rows: rows.__setitem__(slice(None), [row for at, row in enumerate(rows) if at not in rows_left_out])


def under_other_codes(factor: float = 1) -> files.Edit:
    """The table of another year: 2024 renamed, World times `factor`."""

    def edit(rows: Grid) -> None:
        without_2025(rows)
        for row in rows[1:]:
            row[0] = "1990"
        rows[WORLD][3:] = [float(str(cell)) * factor for cell in rows[WORLD][3:]]

    return edit


INCOMPLETE = [
    Case(
        "World in no year", without(WORLD, WORLD_2025), "line 1", "rows of World (0015)", "6 rows of Canada, Mexico, "
    ),
    Case("World in one year", without(WORLD_2025), "line 6", "a row of World (0015) in 2025", "Canada without it"),
    Case(
        "one partner left out",
        without(CHINA),
        "line 4, column IYR",
        "partners that make the imports of World in 2024, 145,",
        "73,010.418948 from 2 partners; without Greenland, Saint Pierre",
    ),
    Case("World alone", without(1, 2, 3, 5, 6, 7), "line 3, column IYR", "rows of partners in 2025", "none"),
    Case("World alone in the newest year", without(5, 6, 7), "line 6, column IYR", "rows of partners in 2025", "none"),
    Case(
        "partners beside a World that is known to be larger",
        under_other_codes(),
        "line 5, column IYR",
        "partners that make the imports of World in 1990",
        "145,",
    ),
]


@pytest.mark.parametrize("case", INCOMPLETE, ids=[case.what for case in INCOMPLETE])
def test_a_table_that_is_not_complete_is_refused(case: Case, tmp_path: Path) -> None:
    assert_refused(census_country.parse, files.country(tmp_path / "c.csv", case.edit), case)


def test_a_refusal_names_the_partner_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files.country(tmp_path / "c.csv", without(CHINA))
    monkeypatch.setattr(census_country, "partners_of_year", lambda _: {**files.PARTNERS, "5700": "China"})
    with pytest.raises(RefusedFile) as caught:
        census_country.parse(path, "c.csv")
    assert caught.value.seen == "73,010.418948 from 2 partners; without China"


def test_years_before_the_first_with_partners_may_have_world_alone(tmp_path: Path) -> None:
    parsed = census_country.parse(files.country(tmp_path / "c.csv", without(1, 2, 3)), "c.csv")
    years = {(row["partner_code"], row["year"]) for row in parsed.table.to_pylist()}
    assert years == {("0015", 2024), *((code, 2025) for code in ("0015", *files.PARTNERS))}


@pytest.mark.parametrize(("newest_month", "is_taken"), [("IAPR", False), ("IMAR", True)])
def test_a_year_is_open_until_the_release_of_june(newest_month: str, is_taken: bool, tmp_path: Path) -> None:
    """World is revised every month, partners in June: by the figures of April they must agree."""

    def edit(rows: Grid) -> None:
        last = at(rows, newest_month)
        for row in rows[5:]:
            row[3:] = [0] * 26
            for column in range(3, last + 1):
                row[column] = row[column + 13] = 3000 if row[1] == "0015" else 1000
            row[at(rows, "IYR")] = row[at(rows, "EYR")] = sum(int(str(cell)) for cell in row[3 : last + 1])
        for heading in ("IJUN", "IYR"):  # 0.04 % of World, which differs by 0.05 % at most in an open year
            rows[WORLD][at(rows, heading)] = float(str(rows[WORLD][at(rows, heading)])) + 58

    path = files.country(tmp_path / "c.csv", edit)
    if is_taken:
        assert census_country.parse(path, "c.csv").table.num_rows > 0
    else:
        with pytest.raises(RefusedFile, match="partners that make the imports of World in 2024"):
            census_country.parse(path, "c.csv")


def test_a_gap_on_record_is_the_publishers_own(tmp_path: Path) -> None:
    # assets/reference/known_gap.csv: of 1990, partners fall short of World by 6,878.9 (imports), 7,741.7 (exports)
    def edit(rows: Grid) -> None:
        under_other_codes()(rows)
        for flow, gap in (("I", 6878.9), ("E", 7741.7)):
            for heading in ("MAY", "YR"):
                column = at(rows, flow + heading)
                rows[WORLD][column] = round(float(str(rows[WORLD][column])) + gap, 6)

    assert census_country.parse(files.country(tmp_path / "c.csv", edit), "c.csv").table.num_rows == 4 * 2 * 13


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
    Case("no values", lambda rows: rows.__delitem__(slice(1, None)), "row 1", "rows of World (0015)", "no rows"),
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


def test_the_heading_tells_the_table_on_a_sheet_of_another_name(tmp_path: Path) -> None:
    path = files.country(tmp_path / "country.xlsx", sheet="Sheet1")
    assert {row["sheet"] for row in census_country.parse(path, "x").table.to_pylist()} == {"Sheet1"}


@pytest.mark.parametrize(("rows", "count"), [([["n", "code"]], 0), (files.country_rows(), 2)])
def test_none_or_two_sheets_with_the_heading_are_refused(rows: Grid, count: int, tmp_path: Path) -> None:
    path = files.write_xlsx(tmp_path / "country.xlsx", {"Sheet1": rows, "Sheet2": rows})
    with pytest.raises(RefusedFile) as caught:
        census_country.parse(path, "country.xlsx")
    assert caught.value.reason == (
        f"workbook: expected a sheet 'country', or one sheet with its heading; seen {count} among sheets "
        "'Sheet1', 'Sheet2'"
    )


def saved_again(separator: str = ",", line_end: str = "\n", decimal: str = ".") -> str:
    text = io.StringIO()
    rows = [[str(cell).replace(".", decimal) for cell in row] for row in files.country_rows()]
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows(rows)
    return text.getvalue()


RESAVED = {
    "semicolons": saved_again(";").encode(),
    "semicolons and decimal commas": saved_again(";", decimal=",").encode(),
    "decimal commas in quotes": saved_again(decimal=",").encode(),
    "tabs": saved_again("\t").encode(),
    "bare carriage returns": saved_again(line_end="\r").encode(),
    "UTF-16": saved_again("\t", "\r\n").encode("utf-16"),
    "UTF-16, big endian": b"\xfe\xff" + saved_again("\t", "\r\n").encode("utf-16-be"),
    "a blank line above": b"\n" + saved_again().encode(),
}


@pytest.mark.parametrize("data", RESAVED.values(), ids=RESAVED)
def test_a_table_saved_again_is_taken(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(data)
    assert recognise(path, "c.csv") == "census_country"
    exact = census_country.parse(files.country(tmp_path / "d.csv"), "d.csv")
    assert parsed_values(census_country.parse(path, "c.csv")) == parsed_values(exact)


SMALL: tuple[Value, ...] = ("5e-05", *[0] * 11, "5e-05")
"""A year of one flow: 50 dollars in January."""


def numbered(heading: str, first: int = 0) -> files.Edit:
    def edit(rows: Grid) -> None:
        for at_row, row in enumerate(rows):
            row.insert(0, heading if at_row == 0 else first + 3 * at_row)

    return edit


@pytest.mark.parametrize("heading", ["", "Unnamed: 0"])
@pytest.mark.parametrize("name", ["c.csv", "c.xlsx"])
def test_a_first_column_that_numbers_the_rows_is_left_out(heading: str, name: str, tmp_path: Path) -> None:
    parsed = census_country.parse(files.country(tmp_path / name, numbered(heading, first=25)), name)
    assert parsed.notes[0] == "the first column, which numbers the rows, left out"
    exact = census_country.parse(files.country(tmp_path / "d.csv"), "d.csv")
    assert parsed_values(parsed) == parsed_values(exact)


def test_a_first_column_without_heading_that_numbers_nothing_is_refused(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        for row in rows:
            row.insert(0, "" if row[0] == "year" else 7)

    with pytest.raises(RefusedFile) as caught:
        census_country.parse(files.country(tmp_path / "c.csv", edit), "c.csv")
    assert caught.value.reason == "line 2, column A: expected a blank cell: the column has no heading; seen '7'"


def test_years_and_small_values_may_be_written_as_programs_write_them(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        for row in rows[1:]:
            row[0] = f"{row[0]}.0"
        rows.append(["2024.0", "1010.0", "Greenland", *SMALL, *SMALL])
        for heading in ("IJAN", "IYR", "EJAN", "EYR"):
            rows[WORLD][at(rows, heading)] = round(float(str(rows[WORLD][at(rows, heading)])) + 5e-5, 6)

    values = parsed_values(census_country.parse(files.country(tmp_path / "c.csv", edit), "c.csv"))
    assert values["1010", "exports", 2024, None] == Decimal("0.00005")


def test_a_month_that_is_not_over_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files.country(tmp_path / "country.xlsx")
    monkeypatch.setattr(cells, "today", lambda: date(2025, 2, 28))
    with pytest.raises(RefusedFile) as caught:
        census_country.parse(path, "country.xlsx")
    assert caught.value.expected == "no month after 2025-01"
    assert caught.value.seen == "values for 2025-02"
    monkeypatch.setattr(cells, "today", lambda: date(2025, 3, 1))
    assert census_country.parse(path, "country.xlsx").newest_month == date(2025, 2, 1)

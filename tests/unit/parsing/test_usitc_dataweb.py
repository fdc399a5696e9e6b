"""DataWeb export: whole dollars, a total that must agree, and queries that are not over everything."""

from datetime import date
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import cells, usitc_dataweb
from assets.parsing.recognise import recognise
from tests import files
from tests.files import Grid, Value
from tests.unit.parsing.refusal import Case, assert_refused


@pytest.fixture(autouse=True)
def fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "today", lambda: date(2026, 11, 20))


def put(row: int, column: int, value: Value) -> files.Edit:
    def edit(rows: Grid) -> None:
        rows[row - 1][column] = value

    return edit


def ask(label: str, value: Value, nth: int = 0) -> files.Edit:
    def edit(rows: Grid) -> None:
        [row for row in rows if row[0] == label][nth][1] = value

    return edit


def forget(label: str) -> files.Edit:
    def edit(rows: Grid) -> None:
        rows[:] = [row for row in rows if row[0] != label]

    return edit


@pytest.mark.parametrize(("flow", "name"), [("General Imports", "imports"), ("Total Exports", "exports")])
def test_each_country_and_the_total_row_give_whole_dollars(flow: str, name: str, tmp_path: Path) -> None:
    parsed = usitc_dataweb.parse(files.dataweb(tmp_path / "dataweb.xlsx", flow=flow), "dataweb.xlsx")
    rows = {(row["partner_code"], row["year"]): row for row in parsed.table.to_pylist()}
    # from tests/files.py: rank x 400 billion + the year
    assert rows["1220", 2023]["value_usd"] == 400_000_002_023
    assert rows["0015", 2025]["value_usd"] == 6 * 400_000_000_000 + 3 * 2025
    assert rows["5700", 2024]["partner_name"] == "China"
    assert rows["5700", 2024]["row_number"] == 6
    assert rows["0015", 2024]["row_number"] == 7
    assert {row["flow"] for row in rows.values()} == {name}
    assert len(rows) == parsed.table.num_rows == 4 * 3
    assert parsed.table.schema == usitc_dataweb.SCHEMA
    assert parsed.newest_month is None
    assert parsed.retrieved_on == date(2026, 3, 27)
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (4, 4, 0)


def test_a_year_of_zeros_is_not_published(tmp_path: Path) -> None:
    parsed = usitc_dataweb.parse(files.dataweb(tmp_path / "dataweb.xlsx"), "dataweb.xlsx")
    assert max(parsed.table["year"].to_pylist()) == 2025
    assert parsed.notes == ("column 2026 left out: 0 for every country, not published",)


def test_values_may_be_text_with_commas(tmp_path: Path) -> None:
    path = files.dataweb(tmp_path / "dataweb.xlsx", put(4, 2, "400,000,002,023"))
    plain = files.dataweb(tmp_path / "plain.xlsx")
    assert usitc_dataweb.parse(path, "a").table == usitc_dataweb.parse(plain, "b").table


def test_two_names_of_one_partner_are_added_up_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usitc_dataweb, "code_for_name", lambda _, name: "5700" if name != "Canada" else "1220")
    parsed = usitc_dataweb.parse(files.dataweb(tmp_path / "dataweb.xlsx"), "dataweb.xlsx")
    assert "Mexico + China added up: one partner, 5700" in parsed.notes
    rows = {(row["partner_code"], row["year"]): row for row in parsed.table.to_pylist()}
    assert rows["5700", 2024]["value_usd"] == 5 * 400_000_000_000 + 2 * 2024
    assert rows["5700", 2024]["partner_name"] == "Mexico + China"
    assert parsed.table.num_rows == 3 * 3


def test_a_query_without_a_day_of_download_has_none(tmp_path: Path) -> None:
    path = files.dataweb(tmp_path / "dataweb.xlsx", edit_query=forget("Download Date"))
    assert usitc_dataweb.parse(path, "dataweb.xlsx").retrieved_on is None


def scale(rows: Grid) -> None:
    for row in rows[3:-1]:
        row[2:] = [int(str(cell)) // 1_000_000 for cell in row[2:]]
    rows[-1][2:] = [f"{sum(int(str(row[at])) for row in rows[3:-1]):,}" for at in range(2, 6)]


def no_last_year(rows: Grid) -> None:
    for row in rows[2:]:
        row.pop()


def no_rows(rows: Grid) -> None:
    del rows[2:]


def no_total(rows: Grid) -> None:
    rows.pop()


def extra_column(rows: Grid) -> None:
    rows[3].append("x")


def current_year(rows: Grid) -> None:
    rows[3][5], rows[6][5] = 200_000_000_000, "200,000,000,000"


TABLE_REFUSALS = [
    Case("missing year", no_last_year, "row 3", "column 2026", "3 year columns"),
    Case("renamed year", put(3, 5, "2O26"), "cell F3", "a year of the query", "'2O26'"),
    Case("year twice", put(3, 5, "2025"), "cell F3", "each year once", "2025 again"),
    Case("renamed column", put(3, 1, "Nation"), "row 3", "columns Data Type, Country and years", "Data Type, Nation"),
    Case("no table", no_rows, "row 3", "columns Data Type, Country and years", "no such row"),
    Case("no total", no_total, "cell A6", "a last row 'Total:'", "'General Customs Value'"),
    Case(
        "total",
        put(7, 3, "2,400,000,006,073"),
        "cell D7 (2024)",
        "the sum of the countries, 2,400,000,006,072",
        "2,400,000,006,073",
    ),
    Case(
        "a country changed",
        put(5, 3, 1),
        "cell D7 (2024)",
        "the sum of the countries, 1,600,000,004,049",
        "2,400,000,006,072",
    ),
    Case("text", put(5, 3, "n/a"), "cell D5 (2024)", "a whole number of US dollars", "'n/a'"),
    Case("blank", put(5, 3, ""), "cell D5 (2024)", "a whole number of US dollars", "''"),
    Case("cents", put(5, 3, 1.5), "cell D5 (2024)", "a whole number of US dollars", "1.5"),
    Case("negative", put(5, 3, -1), "cell D5 (2024)", "a whole number of US dollars", "-1"),
    Case(
        "too large",
        put(5, 3, 1e15),
        "cell D5 (2024)",
        "at most 100,000,000,000,000 US dollars",
        "1,000,000,000,000,000",
    ),
    Case("in millions", scale, "cell C7 (2023)", "a World total in US dollars", "2,400,000"),
    Case("duplicate", put(5, 1, "Canada"), "cell B5", "each country once", "Canada again, first in row 4"),
    Case("unknown", put(5, 1, "Ruritania"), "cell B5", "a country of Schedule C", "'Ruritania'"),
    Case("row count", put(2, 1, 4), "cell B2", "4 country rows, as 'Data Row Count' says", "3 before the total"),
    Case("no row count", put(2, 0, "Rows"), "cell A2", "'Data Row Count'", "'Rows'"),
    Case("other measure", put(5, 0, "FAS Value"), "cell A5", "'General Customs Value'", "'FAS Value'"),
    Case("padding", extra_column, "cell G4", "a blank cell: the column has no heading", "'x'"),
    Case("year not over", current_year, "cell F7 (2026)", "no full year after 2025", "values for 2026"),
    Case(
        "other title",
        put(1, 0, "General Imports|Monthly Data"),
        "workbook",
        "a sheet titled 'General Imports|Annual Data'",
        "'General Customs Value' titled",
    ),
]

QUERY_REFUSALS = [
    Case(
        "flow",
        ask("Trade Flow", "Imports For Consumption"),
        ", cell B3",
        "General Imports or Total Exports of all countries by year",
        "'Imports For Consumption' by country, year: General Customs Value",
    ),
    Case(
        "measure", ask("Data To Report", "Charges"), ", cell B5", "Data To Report 'General Customs Value'", "'Charges'"
    ),
    Case("in thousands", ask("Data Format", "1000"), ", cell B6", "Data Format '1'", "'1000'"),
    Case(
        "monthly", ask("Timeframe Aggregation", "Monthly"), ", cell B9", "Timeframe Aggregation 'Annual'", "'Monthly'"
    ),
    Case(
        "some countries",
        ask("Select Type", "Select Individual Countries", 1),
        ", cell B11",
        "all years, countries",
        "'Select Ind",
    ),
    Case(
        "aggregated",
        ask("Country Aggregation", "Aggregate"),
        ", cell B12",
        "Country Aggregation 'Break Out",
        "'Aggregate'",
    ),
    Case("no flow", forget("Trade Flow"), "", "a line 'Trade Flow'", "no such line"),
    Case("years", ask("Years", "2023 to 2026"), ", cell B8", "years separated by commas", "'2023 to 2026'"),
    Case("day", ask("Download Date", "soon"), ", cell B1", "a date of download", "'soon'"),
    Case(
        "future", ask("Download Date", "2999-01-01"), ", cell B1", "a date of download not in the future", "2999-01-01"
    ),
]


@pytest.mark.parametrize("case", TABLE_REFUSALS, ids=[case.what for case in TABLE_REFUSALS])
def test_a_wrong_table_is_refused_with_its_place(case: Case, tmp_path: Path) -> None:
    if case.where != "workbook":
        case = case._replace(where=f"sheet 'General Customs Value', {case.where}")
    assert_refused(usitc_dataweb.parse, files.dataweb(tmp_path / "stored.xlsx", case.edit), case)


@pytest.mark.parametrize("case", QUERY_REFUSALS, ids=[case.what for case in QUERY_REFUSALS])
def test_another_query_is_refused_with_its_place(case: Case, tmp_path: Path) -> None:
    path = files.dataweb(tmp_path / "stored.xlsx", edit_query=case.edit)
    assert_refused(usitc_dataweb.parse, path, case._replace(where=f"sheet 'Query Parameters'{case.where}"))


def test_a_workbook_without_query_parameters_is_refused(tmp_path: Path) -> None:
    path = files.write_xlsx(tmp_path / "a.xlsx", {"FAS Value": [["Total Exports|Annual Data"]]})
    with pytest.raises(RefusedFile) as caught:
        usitc_dataweb.parse(path, "a.xlsx")
    assert caught.value.expected == "a sheet 'Query Parameters'"


def test_another_query_is_named_by_what_it_is_about(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        ask("Trade Flow", "Imports For Consumption")(rows)
        ask("Classification System", "NAICS Codes (1997-present)")(rows)
        ask("Data To Report", "Customs Value, Calculated Duties")(rows)
        ask("Timeframe Aggregation", "Monthly")(rows)
        ask("Country Aggregation", "Aggregate Countries")(rows)
        rows += [["Commodity Aggregation Level", "3"], ["Commodity Aggregation", "Break Out Commodities"]]

    with pytest.raises(RefusedFile) as caught:
        usitc_dataweb.parse(files.dataweb(tmp_path / "a.xlsx", edit_query=edit), "a.xlsx")
    assert caught.value.seen == "'Imports For Consumption' by NAICS3, month: Customs Value, Calculated Duties"


def test_an_export_saved_as_text_is_named(tmp_path: Path) -> None:
    """A published form of DataWeb's long layout; nothing in it says which countries or programs were asked for."""
    path = tmp_path / "dataweb.csv"
    path.write_text("Data Type;Year;Country;General Customs Value\nGeneral Customs Value;2025;Canada;34\n")
    assert recognise(path, path.name) == "usitc_dataweb"
    with pytest.raises(RefusedFile) as caught:
        usitc_dataweb.parse(path, path.name)
    assert caught.value.expected == "the workbook that DataWeb exports, with its sheet 'Query Parameters'"
    assert caught.value.seen.startswith("text with columns Data Type, Year, Country, General Customs Value, which")

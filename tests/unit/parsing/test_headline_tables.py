"""FT-900 exhibits and BEA's table 1: the series told by heading and label, footers left out, figures that agree."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import pytest

from assets.errors import RefusedFile
from assets.parsing import bea, cells, ft900
from assets.parsing.common import HEADLINE_SCHEMA, Parsed
from assets.parsing.recognise import recognise
from tests import files
from tests.files import Grid, Value
from tests.unit.parsing.refusal import Case, assert_refused

Key = tuple[str | int | None, ...]
"""concept, basis, adjustment, flow, year, month"""


class Writer(Protocol):
    def __call__(self, path: Path, edit: files.Edit = files.keep) -> Path: ...


LAYOUTS: dict[str, tuple[Writer, Callable[[Path, str], Parsed]]] = {
    "1": (files.exhibit_1, ft900.parse),
    "12": (files.exhibit_12, ft900.parse),
    "Table 1": (files.bea, bea.parse),
}


def values(parsed: Parsed) -> dict[Key, Decimal]:
    names = ("concept", "basis", "adjustment", "flow", "year", "month")
    return {tuple(row[name] for name in names): row["value_musd"] for row in parsed.table.to_pylist()}


def line(rows: Grid, label: str, nth: int = 0) -> list[Value]:
    return [row for row in rows if str(row[0]).strip() == label][nth]


def put(label: str, column: int, value: Value, nth: int = 0) -> files.Edit:
    def edit(rows: Grid) -> None:
        line(rows, label, nth)[column] = value

    return edit


def fill(label: str, value: Value) -> files.Edit:
    def edit(rows: Grid) -> None:
        line(rows, label)[1:] = [value] * 9

    return edit


def scale(factor: float) -> files.Edit:
    def edit(rows: Grid) -> None:
        for row in rows:
            row[1:] = [cell * factor if isinstance(cell, int | float) else cell for cell in row[1:]]

    return edit


def copy(label: str, nth: int = 0) -> files.Edit:
    return lambda rows: rows.insert(rows.index(line(rows, label, nth)), list(line(rows, label, nth)))


def append(label: str) -> files.Edit:
    return lambda rows: rows.append(list(line(rows, label)))


def remove(label: str, nth: int = 0) -> files.Edit:
    return lambda rows: rows.remove(line(rows, label, nth))


def relabel(label: str, new: Value, nth: int = 0) -> files.Edit:
    return put(label, 0, new, nth)


def supplement(rows: Grid) -> None:
    """The title of exhibit 1 of the FT-900 Supplement (release of 2021-10-05), which has no line of a part above it."""
    title = "Exhibit 1. Exports, Imports, and Balance of Goods by Selected NAICS-Based Product Code,"
    relabel("Exhibit 1. U.S. International Trade in Goods and Services", title)(rows)
    remove("Part A: Seasonally Adjusted (by Commodity/Service)")(rows)


def test_exhibit_1_gives_nine_series_of_months_and_complete_years(tmp_path: Path) -> None:
    parsed = ft900.parse(files.exhibit_1(tmp_path / "exh1.xlsx"), "exh1.xlsx")
    seen = values(parsed)
    # tests/files.py: goods exports are 170,000 + the number of the month, so February 2025 is the 14th
    assert seen["goods", "BOP", "SA", "exports", 2025, 2] == 170_014
    assert seen["goods_services", "BOP", "SA", "balance", 2024, 1] == 170_001 + 90_002 - 260_000 - 64_001
    assert seen["goods", "BOP", "SA", "imports", 2024, None] == 12 * 260_000
    assert len(seen) == parsed.table.num_rows == 9 * (12 + 1 + 2)
    assert parsed.table.schema == HEADLINE_SCHEMA
    assert parsed.newest_month == date(2025, 2, 1)
    assert parsed.published_on is None
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (31, 15, 16)
    assert parsed.notes == (
        "year-to-date rows checked and left out: 2",
        "months without figures yet: 10",
        "lines of notes below the table: 3",
        "rows of last month's prior print left out: 1",
    )


def test_last_months_prior_print_never_becomes_data(tmp_path: Path) -> None:
    # the prior print of tests/files.py is made of the number 99
    for writer in (files.exhibit_1, files.exhibit_12):
        seen = values(ft900.parse(writer(tmp_path / "exh.xlsx"), "exh.xlsx"))
        assert not {170_099, 170_099 + 1_200} & set(seen.values())
        assert ("goods", "BOP", "SA", "exports", 2025, 3) not in seen


def january_release(rows: Grid) -> None:
    """The small exhibit as its release of January 2025 prints it: year to date of one month, 'Jan. -'."""
    for nth in (0, 1):
        line(rows, "Jan. - Feb.")[:] = ["Jan. -", *line(rows, "January" if nth == 0 else "January (R)")[1:]]
    line(rows, "February", 1)[1:] = [""] * (len(line(rows, "February")) - 1)
    line(rows, "January data as published last month:")[0] = "December data as published last month:"


@pytest.mark.parametrize("layout", ["1", "12"])
def test_the_year_to_date_of_a_january_release_is_checked_and_left_out(layout: str, tmp_path: Path) -> None:
    write, parse = LAYOUTS[layout]
    parsed = parse(write(tmp_path / "x.xlsx", january_release), "x.xlsx")
    assert parsed.newest_month == date(2025, 1, 1)
    assert "year-to-date rows checked and left out: 2" in parsed.notes

    def wrong(rows: Grid) -> None:
        january_release(rows)
        for column in (2, 3, 8) if layout == "1" else (3, 4):
            cell = line(rows, "Jan. -", 1)[column]
            assert isinstance(cell, int)
            line(rows, "Jan. -", 1)[column] = cell + 30

    with pytest.raises(RefusedFile) as caught:
        parse(write(tmp_path / "y.xlsx", wrong), "y.xlsx")
    assert caught.value.expected.endswith("the sum of 1 month of 2025")


def cut_blank_months(rows: Grid) -> None:
    rows[:] = [row for row in rows if row[1:2] != [""] or row[0] not in files.MONTH_NAMES]


def cut_notes(rows: Grid) -> None:
    del rows[rows.index(line(rows, "January data as published last month:")) :]


def cut_both(rows: Grid) -> None:
    cut_notes(rows)
    cut_blank_months(rows)


@pytest.mark.parametrize(
    ("edit", "told"), [(files.keep, True), (cut_blank_months, True), (cut_notes, True), (cut_both, False)]
)
def test_an_exhibit_tells_its_release_by_blank_months_or_by_the_prior_print(
    edit: files.Edit, told: bool, tmp_path: Path
) -> None:
    parsed = ft900.parse(files.exhibit_1(tmp_path / "x.xlsx", edit), "x.xlsx")
    assert parsed.edge_is_told is told
    assert parsed.release_month == (date(2025, 2, 1) if told else None)


def test_an_exhibit_without_the_month_of_its_release_is_refused(tmp_path: Path) -> None:
    def cut(rows: Grid) -> None:
        rows.remove(line(rows, "February", 1))
        line(rows, "Jan. - Feb.", 1)[:] = ["Jan. -", *line(rows, "January (R)")[1:]]

    with pytest.raises(RefusedFile) as caught:
        ft900.parse(files.exhibit_1(tmp_path / "x.xlsx", cut), "x.xlsx")
    assert caught.value.expected == "figures for February: the release after January"
    assert caught.value.seen == "2025-01 as the newest month"


def test_exhibit_12_gives_goods_on_both_bases_without_the_adjustments(tmp_path: Path) -> None:
    seen = values(ft900.parse(files.exhibit_12(tmp_path / "exh12.xlsx"), "exh12.xlsx"))
    assert {key[:3] for key in seen} == {("goods", "BOP", "NSA"), ("goods", "Census", "NSA")}
    assert seen["goods", "Census", "NSA", "exports", 2024, 12] == 170_012
    assert seen["goods", "BOP", "NSA", "exports", 2024, 12] == 171_212
    assert len(seen) == 6 * 15


def test_columns_are_found_by_heading_not_by_place(tmp_path: Path) -> None:
    def swap(rows: Grid) -> None:
        for row in rows:
            if len(row) > 9:
                row[2], row[3] = row[3], row[2]

    assert values(ft900.parse(files.exhibit_1(tmp_path / "a.xlsx", swap), "a.xlsx")) == values(
        ft900.parse(files.exhibit_1(tmp_path / "b.xlsx"), "b.xlsx")
    )


@pytest.mark.parametrize("label", ["Jan. - Dec.", "Jan. - Dec. (R)", "Jan.-Dec.", "Jan. - Dec. (r) "])
def test_every_spelling_of_the_year_row_is_read(label: str, tmp_path: Path) -> None:
    path = files.exhibit_1(tmp_path / "a.xlsx", relabel("Jan.- Dec.", label))
    assert ("goods", "BOP", "SA", "exports", 2024, None) in values(ft900.parse(path, "a.xlsx"))


def test_table_1_gives_years_from_the_first_and_months_from_the_second_block(tmp_path: Path) -> None:
    parsed = bea.parse(files.bea(tmp_path / "trad.xlsx"), "trad.xlsx")
    seen = values(parsed)
    assert seen["goods", "BOP", "SA", "exports", 2025, 1] == 170_013
    assert seen["services", "BOP", "SA", "balance", 2023, None] == sum(26_000 + month for month in range(1, 13))
    assert len(seen) == 9 * (2 + 12 + 2)
    assert parsed.newest_month == date(2025, 2, 1)
    assert parsed.published_on == date(2025, 4, 3)
    assert (parsed.rows_read, parsed.rows_refused) == (18, 2)
    assert parsed.notes == ("lines of notes below the table: 2",)


def test_a_table_without_its_day_of_update_has_none(tmp_path: Path) -> None:
    parsed = bea.parse(files.bea(tmp_path / "trad.xlsx", updated="Trade"), "trad.xlsx")
    assert (parsed.published_on, parsed.release_month, parsed.edge_is_told) == (None, None, False)


@pytest.mark.parametrize(
    ("updated", "told"),
    [
        # The release of February 2025 came on 2025-04-03, that of March on 2025-05-06 (Census, BEA).
        ("April 3, 2025", (date(2025, 4, 3), date(2025, 2, 1), True)),
        # Cut after download: the file is of the release of March, whose own month it lacks.
        ("May 6, 2025", (date(2025, 5, 6), date(2025, 3, 1), False)),
    ],
)
def test_the_day_of_update_tells_the_release(updated: str, told: tuple[object, ...], tmp_path: Path) -> None:
    parsed = bea.parse(files.bea(tmp_path / "trad.xlsx", updated=f"Last updated {updated}"), "trad.xlsx")
    assert (parsed.published_on, parsed.release_month, parsed.edge_is_told) == told


def test_an_answer_of_the_api_of_bea_is_named(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    request = {"RequestParam": [{"ParameterName": "DATASETNAME", "ParameterValue": "ITA"}]}
    path.write_text(json.dumps({"BEAAPI": {"Request": request, "Results": {"Data": []}}}))
    assert recognise(path, path.name) == "bea"
    with pytest.raises(RefusedFile) as caught:
        bea.parse(path, path.name)
    assert caught.value.expected == "the workbook trad-time-series-MMYY.xlsx with Table 1"
    assert caught.value.seen == "an answer of BEA's API, data set ITA"


def test_quarters_are_counted_and_left_out(tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        monthly = rows.index(line(rows, "Monthly"))
        rows[monthly:monthly] = [["Quarterly"], ["2024 I", *line(rows, "2024")[1:]]]

    parsed = bea.parse(files.bea(tmp_path / "trad.xlsx", edit), "trad.xlsx")
    assert "quarterly rows left out: the months are taken: 1" in parsed.notes
    assert parsed.table.num_rows == 9 * 16


REFUSALS = [
    ("1", Case("missing", put("", 5, "", nth=1), "row 6", "column 'exports: goods'", "8 of 9 columns")),
    ("1", Case("renamed", put("", 9, "Servces", nth=1), "cell J6", "only the columns", "column 'imports: Servces'")),
    ("1", Case("twice", put("", 9, "Total", nth=1), "cell J6", "each column once", "column 'imports: Total'")),
    ("12", Case("renamed", put("", 4, "Adjust.", nth=1), "cell E6", "only the columns", "column 'exports: Adjust.'")),
    ("Table 1", Case("renamed", put("", 6, "Service", nth=1), "cell G7", "only", "column 'exports: Service'")),
    ("1", Case("no heading", relabel("Period", "When"), "row 1", "a header row that starts with 'Period'", "none")),
    ("1", Case("text", put("March", 4, "n/a"), "cell E12", "a number in $ million", "'n/a'")),
    ("Table 1", Case("text", put("2024 Mar", 4, "n/a"), "cell E14", "a number in $ million", "'n/a'")),
    ("1", Case("half blank", put("March", 4, ""), "cell E12", "a number in $ million", "a blank cell beside numbers")),
    ("1", Case("padding", lambda rows: rows[11].append(7), "cell K12", "a blank cell: the column has no heading", "7")),
    ("1", Case("balance", put("March", 1, -1), "row 12", "2024-03 goods_services balance BOP of -63,994", "-1")),
    ("12", Case("balance", put("March", 2, -1), "row 12", "2024-03 goods balance Census of -92,006", "-1")),
    ("12", Case("adjustment", put("March", 7, 9), "row 12", "2024-03 goods imports BOP of 262,018", "264,406")),
    ("Table 1", Case("balance", put("2024 Mar", 2, 5), "row 14", "2024-03 goods balance BOP of -89,997", "5")),
    ("1", Case("year", put("Jan.- Dec.", 6, 1_080_200), "row 8", "2024 services balance BOP of 312,122", "312,078")),
    ("1", Case("to date", put("Jan. - Feb.", 6, 1, nth=1), "row 23", "services exports BOP of 180,054", "1")),
    ("1", Case("duplicate", copy("March"), "row 13", "each period once", "2024-03 again, first in row 12")),
    ("Table 1", Case("duplicate", copy("2024 Mar"), "row 15", "each period once", "2024-03 again")),
    ("1", Case("gap", remove("March"), "row 8", "figures for 2024-03, part of the sum", "none")),
    ("Table 1", Case("gap", remove("2025 Jan (R)"), "row 24", "figures for 2025-01, before 2025-02", "no such")),
    ("1", Case("unknown label", relabel("March", "Marhc"), "cell A12", "a year, a month,", "'Marhc' with figures")),
    ("Table 1", Case("unknown label", relabel("2024 Mar", "Mar"), "cell A14", "a month such as", "'Mar' with")),
    ("1", Case("below the footer", append("March"), "cell A40", "a year, a month,", "'March' with figures")),
    ("1", Case("years back", relabel("2025", "2024"), "cell A22", "a year after 2024", "2024")),
    ("1", Case("no year", remove("2024"), "cell A7", "a year heading above the first period", "Jan.- Dec.")),
    (
        "1",
        Case("year with figures", fill("2025", 5), "cell A22", "a year heading without figures", "2025 with figures"),
    ),
    ("1", Case("dollars", scale(1e6), "cell B8", "a value in $ million", "-767,844,000,000, as if in dollars")),
    ("12", Case("dollars", scale(1e6), "cell B8", "a value in $ million", "-1,1")),
    ("1", Case("billions", scale(1e-3), "row 8", "services imports in $ million, at least 1,000", "768.078")),
    ("Table 1", Case("billions", scale(1e-3), "row 9", "services imports in $ million, at least 1,000", "768.078")),
    (
        "1",
        Case(
            "adjusted?",
            relabel("Part A: Seasonally Adjusted (by Commodity/Service)", "Part B: NOT Seasonally Adjusted"),
            "row 2",
            "the line 'Part A: Seasonally Adjusted' above exhibit 1",
            "no such line",
        ),
    ),
    (
        "12",
        Case(
            "unit",
            relabel("In millions of dollars. Details may not equal totals due to rounding. (R) - Revised.", "In $"),
            "row 4",
            "the line 'In millions of dollars' above the table",
            "no such line",
        ),
    ),
    (
        "Table 1",
        Case(
            "unit",
            relabel("[Millions of dollars, months seasonally adjusted]", "[Billions of dollars]"),
            "row 4",
            "the line '[Millions of dollars, months seasonally adjusted]'",
            "no such line",
        ),
    ),
    (
        "1",
        Case(
            "other exhibit",
            relabel("Exhibit 1. U.S. International Trade in Goods and Services", "Exhibit 6. Goods"),
            "workbook",
            "land exhibit 1 or 12 of the release",
            "exhibit 6 of the FT-900, Goods",
        ),
    ),
    (
        "1",
        Case(
            "no title",
            relabel("Exhibit 1. U.S. International Trade in Goods and Services", ""),
            "workbook",
            "land exhibit 1 or 12 of the release",
            "a workbook of sheets '1', none with such a title",
        ),
    ),
    (
        "1",
        Case(
            "the Supplement's exhibit of the same number",
            supplement,
            "workbook",
            "land exhibit 1 or 12 of the release",
            "exhibit 1 of the FT-900 Supplement, Exports, Imports, and Balance of Goods by Selected NAICS-Based Product Code",
        ),
    ),
    (
        "Table 1",
        Case(
            "other table",
            relabel("Table 1. U.S. International Trade in Goods and Services", "Table 1. Services"),
            "row 2",
            "the title 'Table 1. U.S. International Trade",
            "'Table 1. Services'",
        ),
    ),
]


@pytest.mark.parametrize(("layout", "case"), REFUSALS, ids=[f"{layout}: {case.what}" for layout, case in REFUSALS])
def test_a_wrong_file_is_refused_with_its_place(layout: str, case: Case, tmp_path: Path) -> None:
    write, parse = LAYOUTS[layout]
    if case.where != "workbook":
        case = case._replace(where=f"sheet '{layout}', {case.where}")
    assert_refused(parse, write(tmp_path / "stored.xlsx", case.edit), case)


def move_year(label: str, columns: tuple[int, ...], step: int, nth: int = 0) -> files.Edit:
    """Exports and the balance of a year move together: the row agrees with itself, not with its months."""

    def edit(rows: Grid) -> None:
        year = line(rows, label, nth)
        for column in columns:
            year[column] = int(str(year[column])) + step

    return edit


@pytest.mark.parametrize(
    ("layout", "label", "columns", "tolerance"),
    [
        ("12", "Jan.- Dec.", (1, 2, 3, 5), 6.5),
        ("1", "Jan.- Dec.", (1, 2, 4, 5), 20),
        ("Table 1", "2024", (1, 2, 4, 5), 20),
    ],
)
def test_months_must_sum_to_their_year_within_rounding(
    layout: str, label: str, columns: tuple[int, ...], tolerance: float, tmp_path: Path
) -> None:
    """The tests of the staging models allow the same: what they would stop at is refused before."""
    write, parse = LAYOUTS[layout]
    parse(write(tmp_path / "near.xlsx", move_year(label, columns, int(tolerance))), "near.xlsx")
    with pytest.raises(RefusedFile) as caught:
        parse(write(tmp_path / "far.xlsx", move_year(label, columns, int(tolerance) + 1)), "far.xlsx")
    assert caught.value.expected.endswith(f"within {tolerance:g}, the sum of 12 months of 2024")


@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_a_month_that_is_not_over_is_refused(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, parse = LAYOUTS[layout]
    monkeypatch.setattr(cells, "today", lambda: date(2025, 2, 27))
    with pytest.raises(RefusedFile) as caught:
        parse(write(tmp_path / "table.xlsx"), "table.xlsx")
    assert (caught.value.expected, caught.value.seen) == ("no month after 2025-01", "figures for 2025-02")


@pytest.mark.parametrize("updated", ["Last updated February 20, 2025", "Last updated Smarch 3, 2025"])
def test_an_update_before_the_newest_month_is_over_is_refused(updated: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedFile) as caught:
        bea.parse(files.bea(tmp_path / "trad.xlsx", updated=updated), "trad.xlsx")
    assert (caught.value.where, caught.value.seen) == ("sheet 'Readme'", updated)


def test_a_workbook_without_table_1_is_refused(tmp_path: Path) -> None:
    path = files.write_xlsx(tmp_path / "trad.xlsx", {"Readme": [["x"]], "Table 2": [["y"]]})
    with pytest.raises(RefusedFile) as caught:
        bea.parse(path, "trad.xlsx")
    assert caught.value.reason == "workbook: expected a sheet 'Table 1'; seen sheets 'Readme', 'Table 2'"

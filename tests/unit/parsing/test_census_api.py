"""Answers of the Census International Trade API that are taken in: what each row becomes.

Refusals are in `test_census_api_refused.py`. Expected totals of the development figures: its SOURCES.md.
"""

import gzip
import json
import zipfile
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.errors import RefusedFile
from assets.parsing import census_api
from assets.parsing.census_api_variables import KNOWN
from assets.parsing.common import Parsed
from assets.parsing.content import look

Rows = list[list[object]]

HS2: Rows = [
    ["I_COMMODITY", "I_COMMODITY_LDESC", "CTY_CODE", "CTY_NAME", "GEN_VAL_MO", "YEAR", "MONTH", "COMM_LVL"],
    ["85", "ELECTRIC MACHINERY", "-", "TOTAL FOR ALL COUNTRIES", "300", "2024", "12", "HS2"],
    ["85", "ELECTRIC MACHINERY", "5700", "CHINA", "200", "2024", "12", "HS2"],
    ["85", "ELECTRIC MACHINERY", "5830", "TAIWAN", "100", "2024", "12", "HS2"],
    ["85", "ELECTRIC MACHINERY", "5XXX", "ASIA", "300", "2024", "12", "HS2"],
    ["01", "LIVE ANIMALS", "5700", "CHINA", "0", "2024", "12", "HS2"],
    ["01", "LIVE ANIMALS", "1220", "CANADA", "40", "2024", "12", "HS2"],
    ["01", "LIVE ANIMALS", "-", "TOTAL FOR ALL COUNTRIES", "40", "2024", "12", "HS2"],
]


def save(path: Path, rows: object) -> Path:
    """An answer in a file: plain, or gzipped by its name."""
    data = json.dumps(rows).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def save_zip(path: Path, members: dict[str, bytes]) -> Path:
    """Answers in a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def taken(tmp_path: Path, rows: object) -> Parsed:
    """The answer, parsed."""
    return census_api.parse(save(tmp_path / "answer.json", rows), "answer.json")


def column(parsed: Parsed, name: str) -> list[object]:
    """A column of the parsed rows."""
    values: list[object] = parsed.table.column(name).to_pylist()
    return values


def test_each_row_says_what_it_is_a_figure_of(tmp_path: Path) -> None:
    parsed = taken(tmp_path, HS2)
    assert parsed.table.schema == census_api.SCHEMA
    assert parsed.table.slice(1, 1).to_pylist() == [
        {
            "row_number": 2,
            "member": None,
            "flow": "imports",
            "classification": "HS",
            "level": "HS2",
            "commodity_code": "85",
            "commodity_name": "ELECTRIC MACHINERY",
            "partner_code": "5700",
            "partner_name": "CHINA",
            "row_kind": "detail",
            "reference_month": date(2024, 12, 1),
            "period": "month",
            "general_value_usd": 200,
            "consumption_value_usd": None,
            "dutiable_value_usd": None,
            "calculated_duty_usd": None,
            "export_value_usd": None,
            "quantity_1": None,
            "quantity_1_unit": None,
        }
    ]
    assert column(parsed, "row_kind") == ["world_commodity", "detail", "detail", "group", "detail", "world_commodity"]
    assert column(parsed, "partner_code") == ["0015", "5700", "5830", "5XXX", "1220", "0015"]
    assert parsed.newest_month == date(2024, 12, 1)


def test_rows_without_trade_are_counted_and_left_out(tmp_path: Path) -> None:
    parsed = taken(tmp_path, HS2)
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (7, 6, 1)
    assert parsed.notes == ("1 rows without trade left out",)
    assert column(parsed, "row_number") == [1, 2, 3, 4, 6, 7]


def test_columns_are_found_by_name_in_any_order(tmp_path: Path) -> None:
    turned = [row[::-1] for row in HS2]
    names = [name for name in census_api.SCHEMA.names if name != "row_number"]
    assert taken(tmp_path, turned).table.select(names).equals(taken(tmp_path, HS2).table.select(names))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(9)))
def test_no_order_of_columns_puts_a_value_under_another_measure(tmp_path: Path, order: list[int]) -> None:
    """Each figure is another number, so that one in a wrong place would show."""
    rows = [
        ["I_COMMODITY", "CTY_CODE", "time", "GEN_VAL_MO", "CON_VAL_MO", "DUT_VAL_MO", "CAL_DUT_MO", "GEN_VAL_YR", "COMM_LVL"],
        ["85", "5700", "2024-12", "501", "402", "303", "64", "5005", "HS2"],
        ["8542", "1220", "2024-12", "11", "12", "9", "8", "507", "HS4"],
    ]  # fmt: skip
    parsed = taken(tmp_path, [[row[place] for place in order] for row in rows])
    told = ("commodity_code", "partner_code", "period", *[name for name in census_api.SCHEMA.names if "_usd" in name])
    figures = [tuple(row[name] for name in told) for row in parsed.table.to_pylist()]
    assert set(figures) == {
        ("85", "5700", "month", 501, 402, 303, 64, None),
        ("8542", "1220", "month", 11, 12, 9, 8, None),
        ("85", "5700", "year_to_date", 5005, None, None, None, None),
        ("8542", "1220", "year_to_date", 507, None, None, None, None),
    }


def test_codes_that_may_be_but_are_in_no_list_are_noted(tmp_path: Path) -> None:
    """A number of ten digits of another year, a heading of chapter 98, Atlantic salmon of the HS of 2007."""
    rows = [
        ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"],
        ["8471309999", "5700", "1", "2024-12", "HS10"],
        ["9822", "5700", "1", "2024-12", "HS4"],
        ["030322", "5700", "1", "2011-12", "HS6"],
        ["854231", "5700", "1", "2024-12", "HS6"],
        ["999995", "5700", "1", "2024-12", "HS6"],
    ]
    parsed = taken(tmp_path, rows)
    assert parsed.rows_accepted == 5
    assert parsed.notes == ("3 codes are in no list of codes, such as 030322, 8471309999, 9822",)
    rows[3][3] = "2012-01"
    with pytest.raises(RefusedFile, match="HS6 030322"):
        taken(tmp_path, rows)


def test_a_predicate_comes_back_as_a_column_at_the_right(tmp_path: Path) -> None:
    rows = [
        ["CTY_CODE", "GEN_VAL_MO", "time", "I_COMMODITY", "CTY_CODE"],
        ["5700", "7", "2024-12", "850440", "5700"],
        ["-", "50", "2024-12", "850440", "-"],
    ]
    parsed = taken(tmp_path, rows)
    assert column(parsed, "general_value_usd") == [7, 50]  # not compared: one country was asked for
    assert column(parsed, "level") == ["HS6", "HS6"]


@pytest.mark.parametrize("total", ["-", "-  ", " - "])
def test_totals_of_both_dimensions(tmp_path: Path, total: str) -> None:
    rows = [
        ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"],
        [total, total, "30", "2024-12", total],
        [total, "1220", "30", "2024-12", total],
        ["85", total, "30", "2024-12", "HS2"],
        ["85", "1220", "30", "2024-12", "HS2"],
    ]
    parsed = taken(tmp_path, rows)
    assert column(parsed, "row_kind") == ["world_total", "country_total", "world_commodity", "detail"]
    assert column(parsed, "level") == ["TOTAL", "TOTAL", "HS2", "HS2"]
    assert column(parsed, "commodity_code") == [None, None, "85", "85"]


def test_an_answer_without_a_commodity_is_the_total_of_all(tmp_path: Path) -> None:
    rows = [["CTY_CODE", "ALL_VAL_MO", "time"], ["-", "5", "2013-01"], ["8220", "5", "2013-01"]]
    parsed = taken(tmp_path, rows)
    assert column(parsed, "flow") == ["exports", "exports"]
    assert column(parsed, "export_value_usd") == [5, 5]
    assert column(parsed, "row_kind") == ["world_total", "country_total"]


def test_months_and_years_to_date_become_two_rows(tmp_path: Path) -> None:
    rows = [
        ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "GEN_VAL_YR", "CON_VAL_YR", "CAL_DUT_YR", "DUT_VAL_YR", "time"],
        ["8504403000", "5700", "5", "60", "50", "7", "40", "2024-12"],
        ["8504404000", "5700", "0", "20", "0", "0", "0", "2024-12"],
    ]
    parsed = taken(tmp_path, rows)
    assert column(parsed, "period") == ["month", "year_to_date", "year_to_date"]
    assert column(parsed, "general_value_usd") == [5, 60, 20]
    assert column(parsed, "consumption_value_usd") == [None, 50, 0]
    assert column(parsed, "dutiable_value_usd") == [None, 40, 0]
    assert column(parsed, "calculated_duty_usd") == [None, 7, 0]
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (2, 2, 0)


@pytest.mark.parametrize(
    ("names", "levels", "expected"),
    [
        (("NAICS", "NAICS_SDESC", "CON_VAL_MO"), {"334": "NA3", "3341": "NA4"}, ("NAICS", "imports")),
        (("NAICS", "NAICS_LDESC", "ALL_VAL_MO"), {"31131X": "NA6"}, ("NAICS", "exports")),
        (("I_ENDUSE", "I_ENDUSE_LDESC", "GEN_VAL_MO"), {"2": "EU1", "21300": "EU5"}, ("ENDUSE", "imports")),
        (("E_ENDUSE", "E_ENDUSE_SDESC", "ALL_VAL_MO"), {"21300": "EU5"}, ("ENDUSE", "exports")),
        (("E_COMMODITY", "E_COMMODITY_SDESC", "ALL_VAL_MO"), {"1201": "HS4", "120190": "HS6"}, ("HS", "exports")),
    ],
)
def test_endpoints(tmp_path: Path, names: tuple[str, ...], levels: dict[str, str], expected: tuple[str, str]) -> None:
    rows: Rows = [[*names, "CTY_CODE", "time", "COMM_LVL"]]
    rows += [[code, f"NAME {code}", "9", "5700", "2024-12", level] for code, level in levels.items()]
    parsed = taken(tmp_path, rows)
    assert set(zip(column(parsed, "classification"), column(parsed, "flow"), strict=True)) == {expected}
    assert column(parsed, "commodity_code") == list(levels)
    assert column(parsed, "commodity_name") == [f"NAME {code}" for code in levels]
    published = {"NA": "NAICS", "EU": "ENDUSE", "HS": "HS"}
    assert column(parsed, "level") == [published[level[:2]] + level[2:] for level in levels.values()]


def test_all_products_of_naics_is_the_total(tmp_path: Path) -> None:
    rows = [
        ["NAICS", "CTY_CODE", "CON_VAL_MO", "time"],
        ["00", "5700", "30", "2025-11"],
        ["334", "5700", "20", "2025-11"],
        ["335", "5700", "10", "2025-11"],
    ]
    assert column(taken(tmp_path, rows), "row_kind") == ["country_total", "detail", "detail"]


def test_all_manufactures_is_kept_out(tmp_path: Path) -> None:
    rows = [
        ["NAICS", "CTY_CODE", "CON_VAL_MO", "time", "COMM_LVL"],
        ["31-33", "5700", "30", "2025-11", "MAN"],
        ["334", "5700", "20", "2025-11", "NA3"],
    ]
    parsed = taken(tmp_path, rows)
    assert column(parsed, "commodity_code") == ["334"]
    assert (parsed.rows_accepted, parsed.rows_refused) == (1, 1)
    assert parsed.notes == ("1 rows of all manufactures left out: a grouping across levels",)


def test_summary_level_names_groupings(tmp_path: Path) -> None:
    rows = [
        ["CTY_CODE", "GEN_VAL_MO", "time", "SUMMARY_LVL"],
        ["0003", "1", "2024-12", "CGP"],
        ["4280", "1", "2024-12", "DET"],
        ["-", "1", "2024-12", "DET"],
    ]
    assert column(taken(tmp_path, rows), "row_kind") == ["group", "country_total", "world_total"]


def test_only_the_total_of_a_finer_dimension_is_taken(tmp_path: Path) -> None:
    rows = [
        ["E_COMMODITY", "CTY_CODE", "DF", "ALL_VAL_MO", "time"],
        ["1201", "5700", "-", "30", "2024-12"],
        ["1201", "5700", "1", "20", "2024-12"],
        ["1201", "5700", "2", "10", "2024-12"],
    ]
    parsed = taken(tmp_path, rows)
    assert column(parsed, "export_value_usd") == [30]
    assert parsed.notes == ("2 rows by DF left out: its total is taken",)
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (3, 1, 2)


def test_quantities_flagged_missing_are_null(tmp_path: Path) -> None:
    names = ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "GEN_QY1_MO", "GEN_QY1_MO_FLAG", "UNIT_QY1", "time"]
    rows = [
        names,
        ["8703230190", "5880", "10", "4", "", "NO", "2024-12"],
        ["8703230190", "4280", "10", "0", "", "NO", "2024-12"],
        ["8703230190", "2010", "10", "0", "M", "NO", "2024-12"],
        ["9801001000", "2010", "10", "0", None, "X", "2024-12"],
    ]
    parsed = taken(tmp_path, rows)
    assert column(parsed, "quantity_1") == [4, 0, None, None]
    assert column(parsed, "quantity_1_unit") == ["NO", "NO", "NO", "X"]


def test_a_zero_quantity_without_a_flag_to_tell_is_null(tmp_path: Path) -> None:
    rows = [
        ["E_COMMODITY", "CTY_CODE", "ALL_VAL_MO", "QTY_1_MO", "time"],
        ["1201900095", "5700", "10", "0", "2024-12"],
        ["1201900095", "2010", "10", "3", "2024-12"],
    ]
    assert column(taken(tmp_path, rows), "quantity_1") == [None, 3]


def test_measures_that_are_not_taken_are_named(tmp_path: Path) -> None:
    rows = [["CTY_CODE", "GEN_VAL_MO", "CON_QY1_MO", "VES_WGT_MO", "time"], ["5700", "1", "2", "3", "2024-12"]]
    assert taken(tmp_path, rows).notes == ("measures not taken: CON_QY1_MO, VES_WGT_MO",)


def test_a_name_that_is_null_or_nan_is_null(tmp_path: Path) -> None:
    """Real export answers of 2013 to 2016 hold a bare NaN as the name of code 8220."""
    rows = [["CTY_CODE", "CTY_NAME", "ALL_VAL_MO", "time"], ["8220", float("nan"), "1", "2013-07"]]
    assert column(taken(tmp_path, rows), "partner_name") == [None]


def test_numbers_of_json_are_read_exactly(tmp_path: Path) -> None:
    rows = [["CTY_CODE", "ALL_VAL_MO", "time"], ["5700", 9_999_999_999_999, "2024-12"]]
    assert column(taken(tmp_path, rows), "export_value_usd") == [9_999_999_999_999]


@pytest.mark.parametrize("rows", [[HS2[0]], [["NAICS", "ALL_VAL_YR", "time"]]])
def test_a_heading_without_rows_is_an_answer_without_trade(tmp_path: Path, rows: Rows) -> None:
    parsed = taken(tmp_path, rows)
    assert parsed.table.schema == census_api.SCHEMA
    assert (parsed.table.num_rows, parsed.rows_read, parsed.newest_month) == (0, 0, None)


def test_an_empty_body_is_an_answer_without_trade(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.touch()
    parsed = census_api.parse(path, path.name)
    assert (parsed.table.num_rows, parsed.rows_read) == (0, 0)
    assert parsed.notes == ("1 of 1 answers empty: no trade",)


def test_a_zip_of_months(tmp_path: Path) -> None:
    november = [HS2[0], *([*row[:6], "11", row[7]] for row in HS2[1:])]
    members = {"2024-11.json": json.dumps(november), "2024-12.json": json.dumps(HS2), "2025-01.json": ""}
    path = save_zip(tmp_path / "months.zip", {name: text.encode() for name, text in members.items()})
    parsed = census_api.parse(path, path.name)
    assert column(parsed, "member") == ["2024-11.json"] * 6 + ["2024-12.json"] * 6
    assert column(parsed, "row_number") == [1, 2, 3, 4, 6, 7] * 2
    assert parsed.newest_month == date(2024, 12, 1)
    assert parsed.notes == ("1 of 3 answers empty: no trade", "2 rows without trade left out")


def test_gzipped_and_plain_answers_are_alike(tmp_path: Path) -> None:
    path = save(tmp_path / "answer.json.gz", HS2)
    assert census_api.parse(path, path.name).table.equals(taken(tmp_path, HS2).table)
    assert census_api.matches(look(path, path.name))


def test_a_byte_order_mark_and_latin_1_are_read(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    text = '[["CTY_CODE", "CTY_NAME", "GEN_VAL_MO", "time"], ["7480", "Côte d\'Ivoire", "1", "2024-12"]]'
    for encoding in ("utf-8-sig", "latin-1"):
        path.write_text(text, encoding=encoding)
        assert column(census_api.parse(path, path.name), "partner_name") == ["Côte d'Ivoire"]


def test_the_layout_is_recognised_by_content(tmp_path: Path) -> None:
    error = tmp_path / "anything"
    error.write_text("error: error: unknown variable 'GEN_VAL_MO'")
    other = tmp_path / "object.json"
    other.write_text('{"a": [["b"]]}')
    archive = save_zip(tmp_path / "a.zip", {"a.json": b""})
    found = [
        census_api.matches(look(path, path.name)) for path in (save(tmp_path / "no.txt", HS2), error, archive, other)
    ]
    assert found == [True, True, True, False]


def test_every_variable_of_the_official_lists_is_known(shared_data: Path) -> None:
    for path in sorted((shared_data / "guides").glob("*_intltrade_*_hs_variables.json")):
        assert json.loads(path.read_text())["variables"].keys() <= KNOWN


@pytest.mark.parametrize(
    ("flow", "measure", "rows", "years"),
    [
        (
            "imports",
            "general_value_usd",
            36_277,
            {2018: 2_536_145_273_678, 2022: 3_239_732_934_761, 2023: 3_076_796_376_327, 2024: 3_266_410_195_321},
        ),
        # 2024 exports: the total of the USITC's DataWeb export of 2026-03-27, FAS value
        ("exports", "export_value_usd", 36_283, {2024: 2_061_690_757_601}),
    ],
)
def test_world_totals_to_the_dollar(
    shared_data: Path, flow: str, measure: str, rows: int, years: dict[int, int]
) -> None:
    parsed = _shared(shared_data, f"{flow}_hs_total_by_country_2013-2024_json.zip")
    assert parsed.rows_read == rows
    for kind in ("world_total", "country_total"):
        assert {year: _sum(parsed.table, measure, kind, year) for year in years} == years


def test_chapters_sum_to_the_country_totals_of_every_month(shared_data: Path) -> None:
    chapters = _shared(shared_data, "imports_hs_HS2_by_country_2023-2024_json.zip")
    totals = _shared(shared_data, "imports_hs_total_by_country_2013-2024_json.zip").table
    assert (chapters.rows_read, chapters.rows_refused) == (285_711, 56_320)
    assert _sum(chapters.table, "general_value_usd", "world_commodity", 2024) == 3_266_410_195_321
    totals = totals.filter(pc.greater_equal(pc.year(totals["reference_month"]), 2023))
    assert _by_partner(chapters.table, 24) == _by_partner(totals, 24)


def _shared(shared_data: Path, name: str) -> Parsed:
    return census_api.parse(shared_data / "census_api" / name, name)


def _sum(table: pa.Table, measure: str, kind: str, year: int) -> int:
    wanted = pc.and_(pc.equal(table["row_kind"], kind), pc.equal(pc.year(table["reference_month"]), year))
    total: int = pc.sum(table.filter(wanted)[measure]).as_py()
    return total


def _by_partner(table: pa.Table, months: int) -> dict[tuple[date, str], int]:
    sums = table.group_by(["reference_month", "partner_code"]).aggregate([("general_value_usd", "sum")])
    assert len(sums["reference_month"].unique()) == months
    return {(row["reference_month"], row["partner_code"]): row["general_value_usd_sum"] for row in sums.to_pylist()}

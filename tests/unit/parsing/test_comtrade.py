"""Comtrade files in both forms: rules for codes, totals kept, parts counted, and refusals."""

import csv
import io
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import comtrade
from assets.parsing.common import Parsed
from assets.parsing.content import look
from assets.parsing.recognise import recognise
from assets.reference.un_partners import code_for_un

COLUMNS = (
    "typeCode",
    "freqCode",
    "refPeriodId",
    "refYear",
    "refMonth",
    "period",
    "reporterCode",
    "reporterISO",
    "reporterDesc",
    "flowCode",
    "flowDesc",
    "partnerCode",
    "partnerISO",
    "partnerDesc",
    "partner2Code",
    "partner2ISO",
    "partner2Desc",
    "classificationCode",
    "classificationSearchCode",
    "isOriginalClassification",
    "cmdCode",
    "cmdDesc",
    "aggrLevel",
    "isLeaf",
    "customsCode",
    "customsDesc",
    "mosCode",
    "motCode",
    "motDesc",
    "qtyUnitCode",
    "qtyUnitAbbr",
    "qty",
    "isQtyEstimated",
    "altQtyUnitCode",
    "altQtyUnitAbbr",
    "altQty",
    "isAltQtyEstimated",
    "netWgt",
    "isNetWgtEstimated",
    "grossWgt",
    "isGrossWgtEstimated",
    "cifvalue",
    "fobvalue",
    "primaryValue",
    "legacyEstimationFlag",
    "isReported",
    "isAggregate",
)
"""The 47 columns in the publisher's order."""

Row = dict[str, object]


def report_row(**changes: object) -> Row:
    """Vietnam's imports of telephones from China in January 2025."""
    row: Row = dict.fromkeys(COLUMNS, "")
    row |= {
        "typeCode": "C",
        "freqCode": "M",
        "refPeriodId": 20250101,
        "refYear": 2025,
        "refMonth": 1,
        "period": "202501",
        "reporterCode": 704,
        "reporterISO": "VNM",
        "flowCode": "M",
        "partnerCode": 156,
        "partnerISO": "CHN",
        "partner2Code": 0,
        "classificationCode": "H6",
        "cmdCode": "851713",
        "customsCode": "C00",
        "mosCode": "0",
        "motCode": 0,
        "netWgt": 1250.5,
        "isNetWgtEstimated": True,
        "primaryValue": 1000000.5,
    }
    return row | changes


def report_csv(path: Path, rows: list[Row]) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    return path


def _json(path: Path, rows: list[Row]) -> Path:
    path.write_text(json.dumps({"elapsedTime": "0.5 secs", "count": len(rows), "data": rows, "error": ""}))
    return path


def _parse(tmp_path: Path, rows: list[Row], form: str = "csv") -> Parsed:
    path = (report_csv if form == "csv" else _json)(tmp_path / f"sent.{form}", rows)
    assert comtrade.matches(look(path, "sent.file"))
    return comtrade.parse(path, "sent.file")


@pytest.mark.parametrize("form", ["csv", "json"])
def test_both_forms_give_the_same_row(tmp_path: Path, form: str) -> None:
    parsed = _parse(tmp_path, [report_row()], form)
    assert parsed.newest_month == date(2025, 1, 1)
    row = parsed.table.to_pylist()[0]
    assert row.pop("row_number") == (2 if form == "csv" else 1)
    assert row == {
        "reporter_code": "5520",
        "partner_code": "5700",
        "flow": "imports",
        "hs_revision": "H6",
        "level": "HS6",
        "commodity_code": "851713",
        "year": 2025,
        "month": 1,
        "value_usd": 1_000_000,
        "net_weight_kg": Decimal("1250.500"),
        "is_weight_estimated": True,
    }


def _snake(name: str) -> str:
    """A column as R's comtradr names it."""
    if name in ("cifvalue", "fobvalue"):
        return name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _as_r(cell: object) -> str:
    """A cell as R writes it: NA for a blank, truth in capitals, large whole numbers with an exponent."""
    return {"": "NA", "True": "TRUE", "1000000.0": "1e+06"}.get(str(cell), str(cell))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("numbered", [False, True])
def test_what_programs_make_of_it_is_the_same(tmp_path: Path, separator: str, numbered: bool) -> None:
    rows = [report_row(primaryValue=1000000.0), report_row(cmdCode="010121", netWgt="", isNetWgtEstimated="")]
    expected = _parse(tmp_path, rows).table
    assert (_snake("reporterISO"), _snake("partner2Code"), _snake("isNetWgtEstimated")) == (
        "reporter_iso",
        "partner2_code",
        "is_net_wgt_estimated",
    )
    lines = [[_snake(column) for column in COLUMNS], *([_as_r(cell) for cell in row.values()] for row in rows)]
    if numbered:
        lines = [[str(number) if number else "", *line] for number, line in enumerate(lines)]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(lines)
    path = tmp_path / "made.csv"
    path.write_text(text.getvalue())
    assert recognise(path, "made.csv") == "comtrade"
    assert comtrade.parse(path, "made.csv").table.equals(expected)


def test_bare_records_of_r_are_read(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    path.write_text(json.dumps([{_snake(name): cell for name, cell in report_row().items()}]))
    assert recognise(path, "made.json") == "comtrade"
    assert comtrade.parse(path, "made.json").table["value_usd"].to_pylist() == [1_000_000]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_empty_answer_is_an_answer_without_trade(tmp_path: Path, form: str) -> None:
    path = (report_csv if form == "csv" else _json)(tmp_path / f"sent.{form}", [])
    assert recognise(path, path.name) == "comtrade"
    parsed = comtrade.parse(path, path.name)
    assert (parsed.table.num_rows, parsed.table.schema) == (0, comtrade.SCHEMA)
    assert (parsed.rows_read, parsed.newest_month, parsed.notes) == (0, None, ("no rows: no such trade is reported",))


def test_a_column_in_both_spellings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sent.json"
    path.write_text(json.dumps([report_row() | {"primary_value": 7}]))
    with pytest.raises(RefusedFile) as caught:
        comtrade.parse(path, "sent.json")
    assert caught.value.reason == "columns: expected a column primaryValue; seen 2 of it"


def test_leading_zeros_and_the_total_are_kept(tmp_path: Path) -> None:
    table = _parse(
        tmp_path, [report_row(cmdCode="010121"), report_row(cmdCode="01"), report_row(cmdCode="TOTAL")]
    ).table
    assert list(zip(table["commodity_code"].to_pylist(), table["level"].to_pylist(), strict=True)) == [
        ("010121", "HS6"),
        ("01", "HS2"),
        ("TOTAL", "TOTAL"),
    ]


def test_parts_of_totals_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [
        report_row(),
        report_row(motCode=2100),
        report_row(customsCode="C01"),
        report_row(partner2Code=344),
        report_row(mosCode="1"),
        report_row(flowCode="RX"),
        report_row(classificationCode="S4"),
        report_row(primaryValue=""),
        report_row(partnerCode=899, partnerISO="_X"),
    ]
    parsed = _parse(tmp_path, rows)
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (9, 1, 8)
    assert sum(note.startswith("1 rows left out") for note in parsed.notes) == 8
    assert "partners that are no single partner: 899" in parsed.notes


@pytest.mark.parametrize(
    ("number", "iso", "code"),
    [
        ("156", None, "5700"),
        ("490", "S19", "5830"),
        ("699", "IND", "5330"),
        ("251", None, "4279"),
        ("757", None, "4419"),
        ("579", None, "4039"),
        ("842", "USA", "1000"),
        ("0", "W00", "0015"),
        ("276", "DEU", "4280"),
        ("056", "BEL", "4231"),
        ("276", None, None),
        ("899", "_X", None),
    ],
)
def test_numeric_codes_go_by_rule(number: str, iso: str | None, code: str | None) -> None:
    """699 is India and 356 is not; 490 is Taiwan: Comtrade's own numbers, not ISO's."""
    assert code_for_un(number, iso) == code


def test_annual_rows_have_no_month(tmp_path: Path) -> None:
    parsed = _parse(tmp_path, [report_row(freqCode="A", refMonth=52, period="2024", refYear=2024)])
    assert parsed.table["month"].to_pylist() == [None]
    assert parsed.newest_month is None


def test_money_is_exact_beyond_floats(tmp_path: Path) -> None:
    """2^53 + 1 dollars is no float; halves go to the even dollar; an exponent is a number."""
    values = ["9007199254740993", "1.5", "2.5", "1.2E+3"]
    rows = [report_row(primaryValue=value, refMonth=month) for month, value in enumerate(values, 1)]
    assert _parse(tmp_path, rows).table["value_usd"].to_pylist() == [9007199254740993, 2, 2, 1200]


@pytest.mark.parametrize(
    ("rows", "where", "expected"),
    [
        ([report_row(cmdCode="10121")], "row 2, cmdCode", "2, 4 or 6 digits with leading zeros, or TOTAL"),
        ([report_row(primaryValue="-5")], "row 2, primaryValue", "a number, not negative"),
        ([report_row(primaryValue="n/a")], "row 2, primaryValue", "a number, not negative"),
        ([report_row(refMonth=13)], "row 2, refYear and refMonth", "a year with month 52, or a month from 1 to 12"),
        ([report_row(), report_row()], "row 3", "each figure once"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, rows: list[Row], where: str, expected: str) -> None:
    with pytest.raises(RefusedFile) as caught:
        _parse(tmp_path, rows)
    assert (caught.value.file, caught.value.where, caught.value.expected) == ("sent.file", where, expected)


@pytest.mark.parametrize(
    "content",
    [
        b"typeCode,freqCode,refYear\r\nC,M,2025\r\n",
        b'{"elapsedTime": "0.1 secs", "count": 0, "data": [], "error": "quota"}',
        b'{"elapsedTime": "0.1 secs", "cou',
        b'{"elapsedTime": "0.1 secs", "count": 3, "data": [], "error": ""}',
        b'{"elapsedTime": "0.1 secs", "count": 0, "error": ""}',
        b'{"elapsedTime": "0.1 secs", "count": 0, "data": [], "error": ""} and more',
        b'{"statusCode": 401, "message": "Access denied", "typeCode": []}',
        b'typeCode,freqCode\r\n"C,M\r\nC,M,M\r\n',
        b"typeCode,freqCode\r\n",
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sent"
    path.write_bytes(content)
    with pytest.raises(RefusedFile):
        comtrade.parse(path, "sent.file")

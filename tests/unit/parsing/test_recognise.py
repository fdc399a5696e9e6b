"""Which source a file is: by content, whatever its name, and what a person is told when nobody knows it."""

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.errors import RefusedFile, UnknownLayout
from assets.parsing import recognise as module
from assets.parsing.recognise import PARSERS, SOURCES, layouts, recognise
from orchestration.cli import app
from tests import files


@pytest.mark.parametrize(
    ("write", "suffix", "source"),
    [
        (files.country, ".xlsx", "census_country"),
        (files.country, ".csv", "census_country"),
        (files.country, ".gz", "census_country"),
        (files.exhibit_1, ".xlsx", "ft900"),
        (files.exhibit_12, ".xlsx", "ft900"),
        (files.bea, ".xlsx", "bea"),
        (files.fred, ".csv", "fred"),
        (files.fred, ".gz", "fred"),
        (files.dataweb, ".xlsx", "usitc_dataweb"),
    ],
)
def test_a_file_is_known_by_its_content_and_its_parser_reads_it(
    write: Callable[[Path], Path], suffix: str, source: str, tmp_path: Path
) -> None:
    stored = write(tmp_path / f"stored{suffix}").rename(tmp_path / "0a1b2c")
    assert recognise(stored, "BOPGSTB") == source
    parsed = PARSERS[source].parse(stored, "BOPGSTB")
    assert parsed.source == source
    assert parsed.parser_version == PARSERS[source].PARSER_VERSION
    assert parsed.table.schema == PARSERS[source].SCHEMA
    assert parsed.table.num_rows > 0


def test_each_parser_is_listed_under_its_own_source() -> None:
    assert list(PARSERS) == [parser.SOURCE for parser in PARSERS.values()]
    assert len(PARSERS) == len(module._MODULES)


def test_a_country_table_on_a_wrong_sheet_is_left_to_its_parser_to_refuse(tmp_path: Path) -> None:
    path = files.country(tmp_path / "a.xlsx", sheet="Sheet1")
    assert recognise(path, "a.xlsx") == "census_country"


@pytest.mark.parametrize("body", [b"", b"\n"])
def test_a_blank_body_called_json_is_an_answer_without_trade(tmp_path: Path, body: bytes) -> None:
    """The API answers 204 without a body where there was no trade (raw formats, 2)."""
    stored = tmp_path / "0a1b2c"
    stored.write_bytes(body)
    assert recognise(stored, "imports_hs_2024-01.JSON") == "census_api"
    parsed = PARSERS["census_api"].parse(stored, "imports_hs_2024-01.JSON")
    assert (parsed.table.num_rows, parsed.notes) == (0, ("1 of 1 answers empty: no trade",))
    with pytest.raises(RefusedFile):
        recognise(stored, "country.csv")


def write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.jpg", "0101")


@pytest.mark.parametrize(
    ("write", "expected", "seen"),
    [
        (
            lambda path: write_bytes(path, b"hello\nworld\n"),
            "land a file as its publisher offers it; `tradewake formats` lists the layouts that are read",
            "text that starts 'hello",
        ),
        (
            lambda path: write_bytes(path, json.dumps({"a": 1}).encode()),
            "land a file as its publisher",
            "text that starts '{",
        ),
        (
            lambda path: write_bytes(path, gzip.compress(b"a,b,c\n")),
            "land a file as its publisher",
            "text that starts 'a,b,c",
        ),
        (write_zip, "land a file as its publisher", "a zip archive of photo.jpg"),
        (
            lambda path: files.write_xlsx(path.with_suffix(".xlsx"), {"a": [["x", "y"]], "b": []}).rename(path),
            "land a file as its publisher",
            "a workbook with sheets a, b; first row x, y",
        ),
        (lambda path: write_bytes(path, b""), "a file with content", "an empty file (0 bytes)"),
        (lambda path: write_bytes(path, files.HTML_PAGE), "a data file", "an HTML or XML page"),
        (lambda path: write_bytes(path, files.OLE_HEADER), "an unprotected .xlsx", "an OLE container"),
    ],
)
def test_an_unknown_file_is_refused_with_what_it_is(
    write: Callable[[Path], object], expected: str, seen: str, tmp_path: Path
) -> None:
    path = tmp_path / "stored"
    write(path)
    with pytest.raises(RefusedFile) as caught:
        recognise(path, "sent.xlsx")
    error = caught.value
    assert (error.file, error.where) == ("sent.xlsx", "file")
    assert error.expected.startswith(expected)
    assert error.seen.startswith(seen)


def test_the_reason_of_an_unknown_layout_says_what_the_file_is_before_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "stored"
    write_bytes(path, b"a,b,c\n")
    with pytest.raises(UnknownLayout) as caught:
        recognise(path, "mine.csv")
    assert str(caught.value) == (
        "mine.csv: it seems to be text that starts 'a,b,c\\n', which is not read. Instead, land a file as its publisher "
        "offers it; `tradewake formats` lists the layouts that are read."
    )


MONTH_HEADINGS = [f"{letter}{month}" for letter in "BEI" for month in files.MONTHS]
NOT_READ: dict[str, Callable[[Path], object]] = {
    "Census ctyseasonal.xlsx": lambda path: files.write_xlsx(
        path, {"ctyseasonal": [["year", "cty_code", "cty_desc", *MONTH_HEADINGS], [2024, "5700", "China", *[1e9] * 36]]}
    ),
    "Census imports_enduse.xlsx": lambda path: files.write_xlsx(
        path, {"imports_enduse": [["DATE", "ENDUSE", "DESCRIPTION", "VALUE"], ["Jan-24", "21300", "Computers", 1e9]]}
    ),
    "Census enduse_imports.xlsx": lambda path: files.write_xlsx(
        path,
        {
            "EnduseImp": [
                ["CTY_CODE", "CTY_DESC", "END_USE", "COMM_DESC", "value_16"],
                ["0000", "World", "00000", "x", 1],
            ]
        },
    ),
    "a report of USA Trade Online": lambda path: files.write_xlsx(
        path, {"Standard Report - Imports": [["Standard Report - Imports"], ["Current date: 04/12/2022"]]}
    ),
    "a table of USA Trade Online": lambda path: files.write_csv(
        path,
        [["Commodity", "Country", "Time", "Customs  Value (Cons) ($US)", ""], ["01 Live", "China", "2024", "1", ""]],
    ),
    "BEA trad-geo-time-series": lambda path: files.write_xlsx(
        path,
        {
            "Readme": [["Last updated March 6, 2025"]],
            "Table 1": [
                ["Last updated March 6, 2025"],
                ["Table 1. U.S. International Trade by Selected Countries and Areas"],
            ],
        },
    ),
    "Census gands.xlsx": lambda path: files.write_xlsx(
        path,
        {"g": [["U.S. International Trade in Goods and Services"], ["1960 - present"], ["In millions of dollars"]]},
    ),
    "Census realexp.xlsx": lambda path: files.write_xlsx(
        path, {"r": [["Real Exports of Goods by Principal End-Use Category"], ["Chained (2012) Dollars"]]}
    ),
}


@pytest.mark.parametrize("what", NOT_READ)
def test_a_publishers_file_that_is_not_read_is_named(what: str, tmp_path: Path) -> None:
    path = tmp_path / ("stored.csv" if "table" in what else "stored.xlsx")
    NOT_READ[what](path)
    with pytest.raises(UnknownLayout) as caught:
        recognise(path, "sent")
    assert caught.value.seen.startswith(what)


def test_every_layout_is_listed_once_with_its_source_or_with_what_to_land_instead() -> None:
    listed = layouts()
    assert [one.source for one in listed if one.source] == list(SOURCES)
    assert len({one.layout for one in listed}) == len(listed) - 1  # one layout of archives serves both flows
    assert all(bool(one.source) is not bool(one.instead) for one in listed)


def test_the_command_formats_prints_them() -> None:
    printed = CliRunner().invoke(app, ["formats", "--json"])
    assert json.loads(printed.stdout) == [one._asdict() for one in layouts()]
    words = " ".join(CliRunner().invoke(app, ["formats"]).stdout.split())
    assert "census_country" in words and "Known and not read" in words

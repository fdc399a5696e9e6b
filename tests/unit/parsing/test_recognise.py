"""Which source a file is: by content, whatever its name, and what a person is told when nobody knows it."""

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import recognise as module
from assets.parsing.recognise import PARSERS, recognise
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
            "one of the known layouts: Census country",
            "text that starts 'hello",
        ),
        (
            lambda path: write_bytes(path, json.dumps({"a": 1}).encode()),
            "one of the known layouts: ",
            "text that starts '{",
        ),
        (
            lambda path: write_bytes(path, gzip.compress(b"a,b,c\n")),
            "one of the known layouts: ",
            "text that starts 'a,b,c",
        ),
        (write_zip, "one of the known layouts: ", "a zip archive of photo.jpg"),
        (
            lambda path: files.write_xlsx(path.with_suffix(".xlsx"), {"a": [["x", "y"]], "b": []}).rename(path),
            "one of the known layouts: ",
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
    if expected.startswith("one of"):
        assert all(parser.LAYOUT in error.expected for parser in PARSERS.values())

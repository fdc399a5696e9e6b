"""Packed files whose bytes follow from their content alone."""

import gzip
import io
import zipfile
from datetime import datetime

import pytest
from openpyxl import load_workbook

from assets.bundled.reproducible import FIXED_TIME, Cell, content_hash, csv_gz, xlsx

SHEETS: dict[str, list[list[Cell]]] = {
    "first": [["year", "", "text "], [1985, 0.5, "0015"]],
    "second": [[], ["", datetime(2026, 3, 27, 12, 52)]],  # noqa: DTZ001 - workbook times have no zone
}


def test_csv_has_no_time_and_no_name_in_its_header() -> None:
    data = csv_gz([["a", "b"], ["0015", 'x, "y"']])
    assert data[3] == 0 and data[4:8] == bytes(4)
    assert gzip.decompress(data) == b'a,b\n0015,"x, ""y"""\n'
    assert data == csv_gz([["a", "b"], ["0015", 'x, "y"']])


def test_workbook_keeps_cells_in_place_and_no_clock() -> None:
    data = xlsx(SHEETS)
    assert data == xlsx(SHEETS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {member.date_time for member in archive.infolist()} == {FIXED_TIME.timetuple()[:6]}
        assert archive.read("docProps/core.xml").count(b"1980-01-01T00:00:00Z") == 2
    book = load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["first", "second"]
    assert [cell.value for cell in book["first"][2]] == [1985, 0.5, "0015"]
    assert book["first"]["C1"].value == "text " and book["first"]["B1"].value is None
    assert book["second"]["B2"].value == SHEETS["second"][1][1]


@pytest.mark.parametrize("pack", [lambda text: csv_gz([[text]]), lambda text: xlsx({"s": [[text]]})])
def test_content_hash_tells_content_not_packing(pack: object) -> None:
    assert callable(pack)
    assert content_hash(pack("a")) == content_hash(pack("a")) != content_hash(pack("b"))


def test_content_hash_is_the_same_for_another_compression() -> None:
    data = csv_gz([["a"] * 100])
    assert content_hash(gzip.compress(gzip.decompress(data), 1)) == content_hash(data)

"""What no layout can be read from: damaged, hostile or wrong files, refused before a sheet or line is looked at."""

import gzip
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import opening, textfile, workbook
from tests import files


def refusal(read: Callable[[Path, str], object], path: Path) -> RefusedFile:
    with pytest.raises(RefusedFile) as caught:
        read(path, path.name)
    assert caught.value.file == path.name
    return caught.value


def file_of(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("read", [workbook.open_workbook, textfile.read_text])
@pytest.mark.parametrize(
    ("data", "expected", "seen"),
    [
        (b"", "a file with content", "an empty file (0 bytes)"),
        (files.HTML_PAGE, "a data file", "an HTML or XML page that starts '<!DOCTYPE html>"),
        (b"\xef\xbb\xbf\r\n  <html>", "a data file", "an HTML or XML page that starts"),
        (files.OLE_HEADER, "an unprotected .xlsx", "an OLE container: an encrypted workbook"),
    ],
)
def test_no_reader_opens_an_empty_file_a_web_page_or_an_ole_container(
    read: Callable[[Path, str], object], data: bytes, expected: str, seen: str, tmp_path: Path
) -> None:
    error = refusal(read, file_of(tmp_path, "country.xlsx", data))
    assert (error.where, error.expected) == ("file", expected)
    assert error.seen.startswith(seen)


def test_a_file_over_the_size_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_FILE_BYTES", 10)
    error = refusal(textfile.read_text, file_of(tmp_path, "a.csv", b"12345678901"))
    assert (error.expected, error.seen) == ("at most 10 bytes", "11 bytes")


def test_a_missing_file_is_a_refusal(tmp_path: Path) -> None:
    assert refusal(textfile.read_text, tmp_path / "gone.csv").expected == "a readable file"


def test_a_truncated_workbook_is_named_as_such(tmp_path: Path) -> None:
    path = files.country(tmp_path / "country.xlsx")
    path.write_bytes(path.read_bytes()[:-200])
    error = refusal(workbook.open_workbook, path)
    assert (error.where, error.expected) == ("file", "a complete zip archive")
    assert error.seen.startswith("a truncated or damaged one")


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    path = files.country(tmp_path / "country.xlsx")
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    data = bytearray(path.read_bytes())
    data[info.header_offset + 200] ^= 0xFF
    path.write_bytes(data)
    error = refusal(workbook.open_workbook, path)
    assert error.where == "zip member 'xl/worksheets/sheet1.xml'"
    assert error.expected == "a readable member"


def test_a_csv_under_the_name_of_a_workbook_is_refused(tmp_path: Path) -> None:
    error = refusal(workbook.open_workbook, file_of(tmp_path, "country.xlsx", b"year,CTY_CODE\n"))
    assert (error.expected, error.seen) == ("an .xlsx workbook (a zip archive)", "first bytes b'year,CTY'")


def test_a_zip_without_a_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(workbook.open_workbook, path).expected == "a readable workbook"


def zip_with(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "bomb.xlsx", {"xl/worksheets/sheet1.xml": bytes(20_000_000)})
    assert path.stat().st_size < 50_000
    error = refusal(workbook.open_workbook, path)
    assert error.where == "zip member 'xl/worksheets/sheet1.xml'"
    assert error.expected == f"at most {workbook.MAX_RATIO} bytes from each compressed byte"
    assert error.seen.endswith("(a zip bomb)")


def test_a_bomb_is_refused_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_INFLATED_BYTES", 1_000)
    path = zip_with(tmp_path / "bomb.xlsx", {"a.xml": bytes(600), "b.xml": bytes(600)})
    error = refusal(workbook.open_workbook, path)
    assert (error.where, error.expected) == ("zip directory", "at most 1,000 bytes inflated")
    assert error.seen == "1,200 bytes declared"


def test_a_bomb_that_understates_its_size_is_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "bomb.xlsx", {"a.xml": bytes(5_000_000)})
    data = path.read_bytes()
    path.write_bytes(data.replace((5_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")))
    error = refusal(workbook.open_workbook, path)
    assert (error.where, error.expected) == ("zip member 'a.xml'", "a readable member")


@pytest.mark.parametrize(
    "far",
    [
        b'<c r="XFD1048576" t="n">',
        b'<c r="A99999999999">',
        b'<c r="ZZZZZZ1">',
        b"<c t='>' r='XFD1048576'>",
        b'<c\tr="XFD1048576">',
        b"""<c s=' r="A1"' r="XFD1048576">""",
    ],
)
def test_a_bomb_of_one_far_cell_is_refused(far: bytes, tmp_path: Path) -> None:
    path = files.country(tmp_path / "country.xlsx")
    files.rezip(path, lambda _, content: re.sub(rb'<c r="AC9"[^>]*>', lambda _: far, content))
    error = refusal(workbook.open_workbook, path)
    assert error.where == "zip member 'xl/worksheets/sheet1.xml'"
    assert error.expected == "a sheet of at most 4,000,000 cells"
    assert error.seen.startswith("a last cell at row ")


def test_a_formatted_row_without_cells_at_the_far_end_is_no_bomb(tmp_path: Path) -> None:
    path = files.country(tmp_path / "country.xlsx")
    far = b'<row r="1048576" ht="12.8"><c r="XFD1048576" s="0"/></row></sheetData>'
    files.rezip(path, lambda _, content: content.replace(b"</sheetData>", far))
    assert len(workbook.open_workbook(path, path.name).rows("country")) == 9


def test_a_far_cell_reached_without_references_is_refused(tmp_path: Path) -> None:
    path = files.country(tmp_path / "country.xlsx")
    far = b'<row r="1048576">' + b"<c/>" * 40 + b"<c><v>1</v></c></row></sheetData>"
    files.rezip(path, lambda _, content: content.replace(b"</sheetData>", far))
    assert refusal(workbook.open_workbook, path).seen == "a last cell at row 1,048,576, column 41"


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_MEMBERS", 2)
    path = zip_with(tmp_path / "many.xlsx", dict.fromkeys("abc", b""))
    assert refusal(workbook.open_workbook, path).seen == "3"


@pytest.mark.parametrize("member", ["../../etc/x", "/etc/x", "a/../../x", "C:/x", "a\\..\\x", "a/.."])
def test_path_tricks_in_member_names_are_refused(member: str, tmp_path: Path) -> None:
    error = refusal(workbook.open_workbook, zip_with(tmp_path / "tricky.xlsx", {member: b"x"}))
    assert error.expected == "a plain relative path"
    assert repr(member) in error.where


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / "locked.xlsx", {"a.xml": b"x" * 100})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert refusal(workbook.open_workbook, path).expected == "an unencrypted member"


def test_a_wrong_sheet_is_answered_with_the_sheets_seen(tmp_path: Path) -> None:
    book = workbook.open_workbook(files.write_xlsx(tmp_path / "a.xlsx", {"one": [["x"]], "two": [["y"]]}), "a.xlsx")
    with pytest.raises(RefusedFile) as caught:
        book.rows("country")
    assert caught.value.reason == "workbook: expected a sheet 'country'; seen sheets 'one', 'two'"


def test_rows_begin_at_row_one_even_when_it_is_blank(tmp_path: Path) -> None:
    path = files.write_xlsx(tmp_path / "a.xlsx", {"one": [[None], [None, "x"]]})
    assert workbook.open_workbook(path, "a.xlsx").rows("one") == [["", ""], ["", "x"]]


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    error = refusal(textfile.read_text, file_of(tmp_path, "a.csv.gz", gzip.compress(b"a,b\n" * 1000)[:-9]))
    assert (error.expected, error.seen) == ("a complete gzip file", "a truncated one")


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(bytes(range(256)) * 20))
    data[60] ^= 0xFF
    assert refusal(textfile.read_text, file_of(tmp_path, "a.csv.gz", bytes(data))).expected == "a sound gzip file"


def test_a_gzip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textfile, "MAX_INFLATED_BYTES", 3_000_000)
    error = refusal(textfile.read_text, file_of(tmp_path, "a.csv.gz", gzip.compress(b"1" * 10_000_000)))
    assert (error.expected, error.seen) == ("at most 3,000,000 bytes inflated", "more than that (a gzip bomb)")


@pytest.mark.parametrize(
    ("data", "where", "seen"),
    [
        (gzip.compress(b""), "file", "a gzip of an empty file"),
        (gzip.compress(files.HTML_PAGE), "file", "an HTML or XML page that starts"),
        (b"PK\x03\x04", "file", "a zip archive or a workbook"),
        (b"a,b\n1,\x002\n", "line 2", "a NUL byte"),
        (b" \r\n\t", "file", "blanks only"),
        (b"\xef\xbb\xbf", "file", "blanks only"),
    ],
)
def test_what_is_not_text_is_refused(data: bytes, where: str, seen: str, tmp_path: Path) -> None:
    error = refusal(textfile.read_text, file_of(tmp_path, "a.csv", data))
    assert error.where == where
    assert error.seen.startswith(seen)


@pytest.mark.parametrize("data", ["\ufeffCôte,1".encode(), "Côte,1".encode(), "Côte,1".encode("latin-1")])
def test_text_is_utf8_with_or_without_mark_else_latin1(data: bytes, tmp_path: Path) -> None:
    assert textfile.read_text(file_of(tmp_path, "a.csv", data), "a.csv") == "Côte,1"


def test_csv_lines_keep_their_line_numbers_and_skip_blank_ones() -> None:
    assert textfile.csv_lines('a, b\n\n,\n"c\nd",e\n', "a.csv") == [(1, ["a", "b"]), (5, ["c\nd", "e"])]


def test_a_csv_of_blank_rows_is_refused() -> None:
    with pytest.raises(RefusedFile) as caught:
        textfile.csv_lines(",\n , \n", "a.csv")
    assert caught.value.reason == "file: expected a header row; seen only blank rows"


def test_an_unclosed_quote_is_refused_with_its_line() -> None:
    with pytest.raises(RefusedFile) as caught:
        textfile.csv_lines('a,b\n1,"2\n', "a.csv")
    assert (caught.value.where, caught.value.expected) == ("line 2", "a well-formed CSV row")

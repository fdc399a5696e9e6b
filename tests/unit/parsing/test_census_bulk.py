"""Detail lines of bulk archives: what is taken is exactly what is in the file, what is wrong is refused."""

from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.parsing.bulk_layouts import Flow, layout, layouts
from assets.parsing.census_bulk import BadLinesFound, parse_archive
from tests.synthetic.archives import EXPORT_LINES, IMPORT_LINES, edited, members_of, with_cell, write_members
from tests.synthetic.bulk import write_synthetic
from tests.unit.parsing.bulk_reading import (
    EXPORT_CELLS,
    IMPORT_CELLS,
    Edit,
    by_slicing,
    parsed,
    refusal,
    rows_of,
    written,
)


@pytest.mark.parametrize("flow", ["imports", "exports"])
def test_every_kept_number_is_the_one_in_the_file(tmp_path: Path, flow: Flow) -> None:
    path = written(tmp_path, flow)
    result = parsed(path)
    detail = members_of(path)["IMP_DETL.TXT" if flow == "imports" else "EXP_DETL.TXT"]
    assert rows_of(result) == by_slicing(detail, flow)
    lines = IMPORT_LINES if flow == "imports" else EXPORT_LINES
    assert (result.rows_read, result.rows_accepted, result.rows_zero_month) == (len(lines), len(lines) - 1, 1)
    assert (result.flow, result.newest_month, result.source) == (flow, date(2025, 12, 1), f"census_bulk_{flow}")
    assert (result.rows_refused, result.bad_lines, result.differences.num_rows) == (0, (), 0)


def test_types_are_integers_for_codes_and_money(tmp_path: Path) -> None:
    schema = pq.read_schema(parsed(written(tmp_path, "imports")).path)
    assert {name: str(schema.field(name).type) for name in schema.names[:8]} == {
        "line_number": "int32", "reference_month": "date32[day]", "commodity": "int64", "country": "int16",
        "subcode": "string", "district_entry": "int16", "district_unlading": "int16", "rate_provision": "int16",
    }  # fmt: skip
    assert {str(schema.field(name).type) for name in schema.names[8:]} == {"int64"}
    exports = pq.read_schema(parsed(written(tmp_path, "exports")).path)
    assert str(exports.field("domestic_foreign").type) == "int8"


def test_lookups_are_text_with_leading_zeros_and_accents(tmp_path: Path) -> None:
    lookups = parsed(written(tmp_path, "imports")).lookups
    assert set(lookups) == {"CONCORD", "COUNTRY", "DISTRICT", "ENDUSE", "HITECH", "HSDESC", "NAICS", "SITC"}
    assert lookups["CONCORD"]["commodity"].to_pylist() == ["0101210010", "8471300100", "8542310045"]
    assert lookups["CONCORD"]["unit_2"].to_pylist() == ["KG"] * 3
    assert lookups["COUNTRY"]["name"].to_pylist()[0] == "LAND É 1220"
    assert lookups["DISTRICT"]["district"].to_pylist() == ["07", "09", "23", "27", "30"]


def test_columns_of_one_value_are_added_to_every_row(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    constants = {"file_id": pa.scalar("abc"), "vintage": pa.scalar(date(2026, 2, 19))}
    table = pq.read_table(parse_archive(path, path.name, tmp_path, constants=constants).path)
    assert table.column_names[-2:] == ["file_id", "vintage"]
    assert set(table["file_id"].to_pylist()) == {"abc"}
    assert set(table["vintage"].to_pylist()) == {date(2026, 2, 19)}


def space_padded(data: bytes) -> bytes:
    """Every number of IMP_DETL right aligned with blanks, as a writer without leading zeros would have it."""
    lines = []
    for line in data.split(b"\r\n")[:-1]:
        cells = [line[start : start + 15] for start in range(28, 688, 15)]
        lines.append(line[:28] + b"".join(str(int(cell)).encode().rjust(15) for cell in cells))
    return b"\r\n".join(lines) + b"\r\n"


def test_names_in_any_case_folders_and_documentation(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    plain = rows_of(parsed(path))
    members = {f"Imdb2512/{name.lower()}": data for name, data in members_of(path).items()}
    members["Documentation/IMP_DETL.TXT"] = b"layout"
    members["DOCUMENTATION/IMP_DETL.STR"] = b"layout"
    members["README.TXT"] = b"read me"
    result = parsed(write_members(path, members))
    assert rows_of(result) == plain
    assert result.notes[-1] == "members not read: Documentation/IMP_DETL.TXT, DOCUMENTATION/IMP_DETL.STR, README.TXT"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\r\n", b"\n"),
        lambda data: data + b"\x1a",
        lambda data: data.removesuffix(b"\r\n"),
        space_padded,
    ],
    ids=["LF", "Ctrl-Z", "no last line end", "blank padded"],
)
def test_other_spellings_of_the_same_lines(tmp_path: Path, change: Edit) -> None:
    path = written(tmp_path, "imports")
    plain = rows_of(parsed(path))
    assert rows_of(parsed(edited(path, "IMP_DETL", change))) == plain


def test_code_lists_of_history_files(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    members = members_of(path)
    cut = {"COUNTRY.TXT": (41, 51), "DISTRICT.TXT": (39, 49), "CONCORD.TXT": (235, 245)}
    for name, (kept, length) in cut.items():
        lines = members[name].split(b"\r\n")[:-1]
        members[name] = b"".join(line[:kept] + b"2122232425".ljust(length - kept) + b"\r\n" for line in lines)
    lookups = parsed(write_members(path, members)).lookups
    assert lookups["COUNTRY"].to_pylist()[0] == {
        "country": "1220", "short_name": "1220", "name": "LAND É 1220", "years_applicable": "2122232425",
    }  # fmt: skip
    assert lookups["DISTRICT"]["name"].to_pylist()[0] == "PORT 07"
    assert lookups["CONCORD"]["years_applicable"].to_pylist() == ["2122232425"] * 3


def test_an_archive_without_a_code_list_is_taken_with_a_note(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    members = {name: data for name, data in members_of(path).items() if name not in ("HITECH.TXT", "CONCORD.TXT")}
    result = parsed(write_members(path, members))
    assert "lookup members that the archive does not have: CONCORD, HITECH" in result.notes


WRONG_CELLS = (
    ("letter", 3, 179, 193, b"12345678901234X", "gen_val_mo: not digits: '12345678901234X'"),
    ("letter in a number not kept", 2, 674, 688, b"00000000000000O", "cnt_cha_yr: not digits: '00000000000000O'"),
    ("sign", 3, 104, 118, b"-00000000000012", "cal_dut_mo: a sign in '-00000000000012'"),
    ("blank number", 4, 74, 88, b" " * 15, "con_val_mo: blank '               '"),
    ("blank code", 4, 21, 22, b"  ", "rate_prov: blank '  '"),
    ("other month", 2, 27, 28, b"11", "period 202511, the archive's is 202512"),
    ("other year", 4, 23, 26, b"2024", "period 202412, the archive's is 202512"),
    ("unknown country", 3, 11, 14, b"9999", "country 9999 is not in Schedule C"),
    ("aggregate", 3, 11, 14, b"0015", "country 0015 is not in Schedule C"),
    ("country not in CTY", 3, 11, 14, b"4280", "country 4280 is not in IMP_CTY"),
    ("unknown commodity", 1, 1, 10, b"0101210011", "commodity 0101210011 is not in IMP_COMM"),
    ("district of entry", 1, 17, 18, b"99", "district_entry 99 is not in IMP_DE"),
    ("district of unlading", 1, 19, 20, b"98", "district_unlading 98 is not in IMP_DU"),
)
BAD_LINES: list[tuple[str, Edit, int, str]] = [
    ("short line", lambda data: data[:687] + data[688:], 1, "687 characters, expected 688"),
    ("long line", lambda data: data[:688] + b"0" + data[688:], 1, "689 characters, expected 688"),
    ("blank line", lambda data: data[:690] + b"\r\n" + data[690:], 2, "0 characters, expected 688"),
    *(
        (what, partial(with_cell, line=line, start=start, end=end, text=text), line, reason)
        for what, line, start, end, text, reason in WRONG_CELLS
    ),
]


@pytest.mark.parametrize(
    ("edit", "line", "reason"), [case[1:] for case in BAD_LINES], ids=[case[0] for case in BAD_LINES]
)
def test_a_bad_line_refuses_the_archive_and_is_listed(tmp_path: Path, edit: Edit, line: int, reason: str) -> None:
    path = edited(written(tmp_path, "imports"), "IMP_DETL", edit)
    error = refusal(path)
    assert isinstance(error, BadLinesFound)
    first = error.bad_lines[0]
    assert (first.member, first.line_number) == ("IMP_DETL", line)
    assert first.reason == reason
    assert len(first.head) == (0 if reason.startswith("0 ") else 80)
    assert (error.where, error.expected) == ("lines", "no bad line")
    assert f"IMP_DETL line {line}: " in error.seen


@pytest.mark.parametrize(
    ("member", "edit", "reason"),
    [
        ("IMP_COMM", lambda data: with_cell(data, 2, 67, 72, b"202511"), "period 202511, the archive's is 202512"),
        ("IMP_CTY", lambda data: with_cell(data, 1, 131, 145, b"0000000000006OO"), "gen_val_mo: not digits"),
        ("CONCORD", lambda data: data[:230] + data[231:], "234 characters, expected 235"),
    ],
)
def test_bad_lines_of_other_members_refuse_it_too(tmp_path: Path, member: str, edit: Edit, reason: str) -> None:
    error = refusal(edited(written(tmp_path, "imports"), member, edit))
    assert isinstance(error, BadLinesFound)
    assert error.bad_lines[0].member == member
    assert error.bad_lines[0].reason.startswith(reason)


def test_a_commodity_outside_the_concordance(tmp_path: Path) -> None:
    path = edited(written(tmp_path, "imports"), "CONCORD", lambda data: data[237:])
    error = refusal(path)
    assert isinstance(error, BadLinesFound)
    assert [line.reason for line in error.bad_lines] == ["commodity 0101210010 is not in CONCORD"] * 2


def test_bad_lines_up_to_the_limit_are_left_out_and_listed(tmp_path: Path) -> None:
    path = edited(
        written(tmp_path, "imports"), "IMP_DETL", lambda data: data[:690] + b"*** notice ***\r\n" + data[690:]
    )
    result = parsed(path, bad_line_limit=1)
    assert (result.rows_read, result.rows_accepted, result.rows_zero_month, result.rows_refused) == (5, 3, 1, 1)
    assert [str(line) for line in result.bad_lines] == ["IMP_DETL line 2: 14 characters, expected 688"]
    assert result.bad_lines[0].head == "*** notice ***"
    assert [row["line_number"] for row in rows_of(result)] == [1, 4, 5]


@pytest.mark.parametrize("flow", ["imports", "exports"])
def test_many_lines_in_several_batches_are_exact(tmp_path: Path, flow: Flow) -> None:
    path = write_synthetic(tmp_path, flow, date(2025, 12, 1), 4_000)
    result = parsed(path)
    detail = members_of(path)["IMP_DETL.TXT" if flow == "imports" else "EXP_DETL.TXT"]
    assert rows_of(result) == by_slicing(detail, flow)
    assert result.rows_read == detail.count(b"\n")


def test_the_layouts_fit_their_records() -> None:
    lengths = {name: [one.length for one in variants] for name, variants in layouts().items()}
    assert lengths["IMP_DETL"] == [688]
    assert lengths["CONCORD"] == [235, 245]
    assert all(one.record.length == one.length for variants in layouts().values() for one in variants)
    positions = {field.column: (field.start, field.end) for field in layout("IMP_DETL").kept if field.kind != "text"}
    assert positions == IMPORT_CELLS
    assert {field.column: (field.start, field.end) for field in layout("EXP_DETL").kept} == EXPORT_CELLS

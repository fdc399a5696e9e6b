"""The zip of a bulk archive: damaged, hostile or wrongly named ones are refused, whatever their bytes."""

import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.errors import RefusedFile
from assets.parsing import bulk_archive
from assets.parsing.bulk_archive import flow_by_members
from assets.parsing.bulk_layouts import Flow
from assets.parsing.census_bulk import NotReconciled, inspect_archive
from tests.synthetic.archives import members_of, write_members
from tests.unit.parsing.bulk_reading import (
    IMPORT_CELLS,
    parsed,
    refusal,
    rows_of,
    written,
)


def test_looking_at_an_archive_reads_its_month(tmp_path: Path) -> None:
    path = written(tmp_path, "exports")
    head = inspect_archive(path, "exports of december.zip")
    assert (head.source, head.flow, head.month) == ("census_bulk_exports", "exports", date(2025, 12, 1))
    assert flow_by_members(path, path.name) == "exports"
    assert flow_by_members(write_members(tmp_path / "other.zip", {"answer.json": b"[]"}), "other.zip") is None
    assert flow_by_members(tmp_path, "IMDB2512.ZIP") is None


@pytest.mark.parametrize("flow", ["imports", "exports"])
def test_every_control_member_is_needed(tmp_path: Path, flow: Flow) -> None:
    path = written(tmp_path, flow)
    members = members_of(path)
    letters = "IMP" if flow == "imports" else "EXP"
    for name in [name for name in members if name.startswith(letters)]:
        left = write_members(path, {key: data for key, data in members.items() if key != name})
        error = refusal(left)
        assert (error.where, error.seen) == ("members", f"no {name.removesuffix('.TXT')}")


def test_members_with_nothing_in_them(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    members = members_of(path)
    assert refusal(write_members(path, {**members, "IMP_DU.TXT": b""})).seen == "an empty member"
    assert isinstance(refusal(write_members(path, {**members, "IMP_DETL.TXT": b""})), NotReconciled)
    assert refusal(write_members(path, {**members, "IMP_COMM.TXT": b""})).where == "IMP_COMM.TXT line 1"


def test_the_name_must_fit_the_content(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    assert refusal(path, "EXDB2512.ZIP").where == "file name"
    error = refusal(path, "imdb2511.zip")
    assert (error.where, error.expected) == ("IMP_COMM.TXT line 1", "2025-11, the period in the file's name")
    assert refusal(path, "IMDB2513.ZIP").expected == "a month from 01 to 12"
    assert refusal(path, "IMHDB24.ZIP").expected == "2024, the period in the file's name"
    assert parsed(path, name="IMDB2512 (2).zip").newest_month == date(2025, 12, 1)
    assert parsed(path, name="5f3a9c.zip").rows_accepted == 3


def test_imports_and_exports_in_one_zip(tmp_path: Path) -> None:
    both = {**members_of(written(tmp_path, "imports")), **members_of(written(tmp_path, "exports"))}
    assert refusal(write_members(tmp_path / "both.zip", both)).seen == "both"
    neither = {"COUNTRY.TXT": both["COUNTRY.TXT"]}
    assert refusal(write_members(tmp_path / "neither.zip", neither)).seen == "members COUNTRY"


def test_history_files_of_annual_values_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "exports")
    members = {**members_of(path), "EXP_COMM.TXT": b"1" + b"0" * 223 + b"\r\n"}
    error = refusal(write_members(path, members), "EXHDB25.ZIP")
    assert (error.where, error.expected) == ("EXP_COMM.TXT line 1", "year and month in columns 68-73")


@pytest.mark.parametrize(
    "name", ["../IMP_DU.TXT", "a/../../IMP_DU.TXT", "/IMP_DU.TXT", "..\\IMP_DU.TXT", "C:IMP_DU.TXT"]
)
def test_members_that_point_outside(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, "imports")
    error = refusal(write_members(path, {**members_of(path), name: b""}))
    assert (error.where, error.expected) == ("members", "member names inside the archive")


def test_two_members_of_one_kind(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    members = members_of(path)
    error = refusal(write_members(path, {**members, "old/imp_cty.txt": members["IMP_CTY.TXT"]}))
    assert (error.where, error.seen) == ("old/imp_cty.txt", "a second one beside IMP_CTY.TXT")


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "imports")
    members = members_of(path)
    bomb = write_members(path, {**members, "IMP_DETL.TXT": b"0" * 5_000_000})
    assert "a zip bomb" in refusal(bomb).seen
    assert refusal(write_members(path, {**members, **{f"{n}.TXT": b"" for n in range(200)}})).where == "members"
    monkeypatch.setattr(bulk_archive, "MAX_INFLATED_BYTES", 10_000)
    assert refusal(write_members(path, members)).expected == "at most 10,000 bytes inflated"


def test_encrypted_and_unusual_members(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    members = members_of(path)
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 8] |= 1
    path.write_bytes(bytes(data))
    assert refusal(path).expected == "a member without a password"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("IMP_DETL.TXT", members["IMP_DETL.TXT"])
    assert refusal(path).expected == "a stored or deflated member"


def test_truncated_anywhere(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    data = path.read_bytes()
    for length in [0, 1, 4, *range(30, len(data) - 1, 211), len(data) - 1]:
        path.write_bytes(data[:length])
        assert refusal(path).expected == "a complete zip archive"


def test_damage_inside_a_member_is_told_by_its_name(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("IMP_DETL.TXT")
    start = info.header_offset + 30 + len(info.filename) + 20
    data[start + info.compress_size // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    error = refusal(path)
    assert (error.where, error.expected) == ("IMP_DETL.TXT", "a sound member of the zip")


def test_files_that_are_no_archive(tmp_path: Path) -> None:
    page = tmp_path / "IMDB2512.ZIP"
    page.write_bytes(b"<html><body>503 Service Unavailable</body></html>")
    assert refusal(page).expected == "a complete zip archive"
    assert refusal(page).seen.startswith("a web page that starts '<html>")
    assert refusal(tmp_path / "absent.zip").where == "file"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Mapping[str, bytes], list[dict[str, object]]]:
    path = written(tmp_path_factory.mktemp("sound"), "imports")
    return path.parent, path.read_bytes(), members_of(path), rows_of(parsed(path))


Sound = tuple[Path, bytes, Mapping[str, bytes], list[dict[str, object]]]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_zips_are_refused_or_the_same(sound: Sound, changes: list[tuple[int, int]]) -> None:
    folder, data, _, rows = sound
    damaged = bytearray(data)
    for place, byte in changes:
        damaged[place % len(damaged)] = byte
    path = folder / "IMDB2512.ZIP"
    path.write_bytes(bytes(damaged))
    try:
        result = parsed(path)
    except RefusedFile:
        return
    assert rows_of(result) == rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 4 * 690 - 1), st.binary(max_size=4) | st.sampled_from([b"\r\n", b"0", b" ", b"-"])),
        min_size=1,
        max_size=4,
    )
)
def test_no_accepted_row_is_not_in_the_file(sound: Sound, changes: list[tuple[int, bytes]]) -> None:
    folder, _, members, _ = sound
    detail = members["IMP_DETL.TXT"]
    for place, new in changes:
        detail = detail[:place] + new + detail[place + len(new) :]
    path = write_members(folder / "IMDB2512.ZIP", {**members, "IMP_DETL.TXT": detail})
    try:
        result = parsed(path, bad_line_limit=100)
    except RefusedFile:
        return
    lines = detail.split(b"\n")
    for row in rows_of(result):
        number = row.pop("line_number")
        assert isinstance(number, int)
        line = lines[number - 1].removesuffix(b"\r").decode("latin-1")
        assert {name: int(line[start - 1 : end]) for name, (start, end) in IMPORT_CELLS.items()} == {
            name: row[name] for name in IMPORT_CELLS
        }
    assert result.rows_read == result.rows_accepted + result.rows_zero_month + result.rows_refused
    assert result.rows_read == len(lines) - (not lines[-1].rstrip(b"\x1a"))
    assert len(result.bad_lines) == result.rows_refused

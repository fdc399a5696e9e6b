"""Answers of the Census International Trade API that are refused, and what the refusal says; no bytes do worse."""

import copy
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.errors import RefusedFile
from assets.parsing import census_api
from assets.parsing.census_api_checks import AnswerNotReconciled
from tests.unit.parsing.test_census_api import HS2, Rows, save, save_zip

Edit = Callable[[Rows], object]
DECEMBER = json.dumps(HS2).encode()


def refused(path: Path) -> RefusedFile:
    """The refusal of a file."""
    with pytest.raises(RefusedFile) as caught:
        census_api.parse(path, path.name)
    assert caught.value.file == path.name
    return caught.value


def edited(edit: Edit) -> Rows:
    """HS2 after an edit."""
    rows = copy.deepcopy(HS2)
    edit(rows)
    return rows


def cell(row: int, name: str, value: object) -> Edit:
    """The edit of one cell."""
    return lambda rows: rows[row].__setitem__(HS2[0].index(name), value)


def column(name: str, change: Callable[[int], object]) -> Edit:
    """The edit that adds a column at the right, its cells by row from 1."""

    def add(rows: Rows) -> None:
        rows[0].append(name)
        for row, cells in enumerate(rows[1:], start=1):
            cells.append(change(row))

    return add


def without(*names: str) -> Edit:
    """The edit that takes columns out."""

    def drop(rows: Rows) -> None:
        places = [place for place, name in enumerate(rows[0]) if name not in names]
        rows[:] = [[cells[place] for place in places] for cells in rows]

    return drop


def several(*edits: Edit) -> Edit:
    """One edit after the other."""
    return lambda rows: [edit(rows) for edit in edits]


def _recode(rows: Rows, code: str, level: str) -> None:
    """Another code for chapter 85."""
    for row in rows[1:5]:
        row[0], row[7] = code, level


CASES: dict[str, tuple[Edit, str, str, str]] = {
    "heading repeated": (lambda rows: rows.insert(4, list(rows[0])), "row 4", "the heading once", "the heading again"),
    "short row": (lambda rows: rows[3].pop(), "row 3", "8 values as in the heading", "7 values"),
    "long row": (lambda rows: rows[3].append("x"), "row 3", "8 values as in the heading", "9 values"),
    "row of another kind": (lambda rows: rows.insert(1, {}), "row 1", "8 values", "dict"),  # type: ignore[arg-type]
    "row twice": (
        lambda rows: rows.append(list(rows[2])),
        "row 8",
        "each commodity, partner and month once",
        "HS2 85 2024-12 partner 5700 2024-12 again, first in row 2",
    ),
    "unknown variable": (column("PORTS", str), "row 0", "variables of the hs, naics", "unknown PORTS"),
    "another name twice": (column("CTY_CODE", str), "column CTY_CODE", "the same values in both", "different ones"),
    "two classifications": (column("NAICS", lambda _: "334"), "row 0", "one classification", "I_COMMODITY, NAICS"),
    "both flows": (column("ALL_VAL_MO", str), "row 0", "variables of imports or of exports", "GEN_VAL_MO, ALL_VAL_MO"),
    "flow of another measure": (column("QTY_1_MO", str), "row 0", "variables of imports or of exports", "GEN_VAL_MO"),
    "no value": (without("GEN_VAL_MO"), "row 0", "a measure: GEN_VAL", "I_COMMODITY"),
    "no month": (without("MONTH"), "row 0", "a column time, or YEAR and MONTH", "YEAR alone, which"),
    "no period": (without("YEAR", "MONTH"), "row 0", "a column time, or YEAR and MONTH", "I_COMMODITY"),
    "name without code": (without("CTY_CODE"), "row 0", "CTY_CODE beside CTY_NAME", "no CTY_CODE"),
    "letters in a number": (cell(2, "GEN_VAL_MO", "12a"), "row 2, column GEN_VAL_MO", "a whole number", "'12a'"),
    "sign": (cell(2, "GEN_VAL_MO", "-200"), "row 2, column GEN_VAL_MO", "a whole number of 0 or more", "'-200'"),
    "decimals": (cell(2, "GEN_VAL_MO", 200.5), "row 2, column GEN_VAL_MO", "a whole number", "'200.5'"),
    "no number": (cell(2, "GEN_VAL_MO", None), "row 2, column GEN_VAL_MO", "a whole number of 0 or more", "None"),
    "too many digits": (cell(2, "GEN_VAL_MO", "9" * 16), "row 2, column GEN_VAL_MO", "a whole number", "'999"),
    "too large": (cell(2, "GEN_VAL_MO", "9" * 15), "row 2, column GEN_VAL_MO", "at most 10,000,000,000,000", "999,"),
    "unknown partner": (cell(2, "CTY_CODE", "9999"), "row 2, column CTY_CODE", "a partner code of Schedule C", "9999"),
    "partner without zeros": (cell(4, "CTY_CODE", "3"), "row 4, column CTY_CODE", "a partner code of Schedule C", "3"),
    "blank partner": (cell(2, "CTY_CODE", " "), "row 2, column CTY_CODE", "a value", "a blank"),
    "chapter 77": (cell(1, "I_COMMODITY", "77"), "row 1, column I_COMMODITY", "a code of HS or -", "'77'"),
    "code with a blank inside": (cell(1, "I_COMMODITY", "8 5"), "row 1, column I_COMMODITY", "a code of HS", "'8 5'"),
    "level not the code's": (
        cell(1, "COMM_LVL", "HS4"),
        "row 1, column COMM_LVL",
        "the level of code 85, HS2",
        "'HS4'",
    ),
    "month 13": (cell(2, "MONTH", "13"), "row 2, column YEAR and MONTH", "a month from 1989-01 to", "2024-13"),
    "month to come": (cell(2, "YEAR", "2999"), "row 2, column YEAR and MONTH", "a month from 1989-01 to", "2999-12"),
    "before the system": (
        cell(2, "YEAR", "1988"),
        "row 2, column YEAR and MONTH",
        "a month from 1989-01 to",
        "1988-12",
    ),
    "time and year differ": (
        column("time", lambda row: "2024-11" if row == 5 else "2024-12"),
        "row 5",
        "time the same as YEAR and MONTH",
        "2024-11 and 2024-12",
    ),
    "summary of a country": (
        column("SUMMARY_LVL", lambda row: "CGP" if row in {2, 4} else "DET"),
        "row 2, column SUMMARY_LVL",
        "DET for partner 5700",
        "'CGP'",
    ),
    "unknown summary": (column("SUMMARY_LVL", lambda _: "X"), "row 1, column SUMMARY_LVL", "DET for partner -", "'X'"),
    "no total of a dimension": (
        column("DISTRICT", lambda _: "13"),
        "row 1, column DISTRICT",
        "rows with DISTRICT -, its total (ask without DISTRICT",
        "only parts, such as '13'",
    ),
    "unknown flag": (
        several(column("GEN_QY1_MO", lambda _: "1"), column("GEN_QY1_MO_FLAG", lambda _: "Q")),
        "row 1, column GEN_QY1_MO_FLAG",
        "a blank or M",
        "'Q'",
    ),
    "subheading of no revision": (
        lambda rows: _recode(rows, "999999", "HS6"),
        "row 1, column I_COMMODITY",
        "a code in the lists of HS",
        "HS6 999999",
    ),
    "heading of no revision": (
        lambda rows: _recode(rows, "8599", "HS4"),
        "row 1, column I_COMMODITY",
        "a code in the lists of HS",
        "HS4 8599",
    ),
    "countries miss the world": (
        cell(2, "GEN_VAL_MO", "199"),
        "file",
        "countries and commodities that add up",
        "1 differences: HS2 85 2024-12 general_value_usd (month) 299 not 300",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_wrong_answer_is_refused_at_its_place(tmp_path: Path, case: tuple[Edit, str, str, str]) -> None:
    edit, where, expected, seen = case
    error = refused(save(tmp_path / "answer.json", edited(edit)))
    assert error.where == where
    assert error.expected.startswith(expected)
    assert error.seen.startswith(seen)


OTHER_CODES: dict[str, tuple[str, str, str, str]] = {
    "sector of no NAICS": ("NAICS", "3X", "NA2", "NAICS2 3X"),
    "sectors side by side": ("NAICS", "31-33", "NA2", "'31-33'"),
    "subsector of no NAICS": ("NAICS", "338", "NA3", "NAICS3 338"),
    "part of a subsector of no NAICS": ("NAICS", "3381", "NA4", "NAICS4 3381"),
    "end use of no list": ("I_ENDUSE", "8", "EU1", "ENDUSE1 8"),
    "part of an end use of no list": ("I_ENDUSE", "81000", "EU5", "ENDUSE5 81000"),
}
"""Variable, code, level, and what the refusal says was seen."""


@pytest.mark.parametrize("case", OTHER_CODES.values(), ids=OTHER_CODES.keys())
def test_codes_of_no_list_of_other_classifications(tmp_path: Path, case: tuple[str, str, str, str]) -> None:
    variable, code, level, seen = case
    rows = [[variable, "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"], [code, "5700", "1", "2024-12", level]]
    error = refused(save(tmp_path / "a.json", rows))
    assert (error.where, error.seen) == (f"row 1, column {variable}", seen)


MEASURES = ["GEN_VAL_MO", "CON_VAL_MO", "DUT_VAL_MO", "CAL_DUT_MO", "GEN_VAL_YR", "CON_VAL_YR"]
ROW = ["500", "400", "300", "60", "5000", "4000"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("CON_VAL_MO", "DUT_VAL_MO", "dutiable value within consumption value"),
        ("GEN_VAL_MO", "GEN_VAL_YR", "general_value_usd of the month within the year to date"),
        ("CON_VAL_MO", "CON_VAL_YR", "consumption_value_usd of the month within the year to date"),
        ("CON_VAL_MO", "CAL_DUT_MO", "dutiable value within consumption value"),
        ("CTY_CODE", "GEN_VAL_MO", "a partner code of Schedule C"),
        ("time", "GEN_VAL_MO", "a month from"),
        ("I_COMMODITY", "GEN_VAL_MO", "a code of HS"),
    ],
)
def test_headings_that_changed_places_without_their_values(tmp_path: Path, one: str, other: str, expected: str) -> None:
    heading = [*MEASURES, "I_COMMODITY", "CTY_CODE", "time"]
    first, second = heading.index(one), heading.index(other)
    rows: Rows = [list(heading), [*ROW, "85", "5700", "2024-12"]]
    census_api.parse(save(tmp_path / "a.json", rows), "a.json")
    rows[0][first], rows[0][second] = rows[0][second], rows[0][first]
    assert refused(save(tmp_path / "a.json", rows)).expected.startswith(expected)


def test_duty_on_nothing_imported(tmp_path: Path) -> None:
    rows = [["CTY_CODE", "CON_VAL_MO", "CAL_DUT_MO", "time"], ["5700", "0", "7", "2024-12"]]
    assert refused(save(tmp_path / "a.json", rows)).expected.startswith("duty on a consumption value")


BODIES: dict[str, tuple[bytes, str]] = {
    "error text": (
        b"error: error: unknown variable 'GEN_VAL_MO'\n",
        "an error of the API: error: error: unknown variable",
    ),
    "web page": (b"<!DOCTYPE html><html><body>Sorry</body></html>", "an HTML or XML page that starts"),
    "truncated": (DECEMBER[:-40], '\'["01", "LIVE ANIMALS", "-", '),
    "cut between rows": (DECEMBER[: DECEMBER.rindex(b"[")], "truncated or no JSON"),
    "followed by another": (DECEMBER + DECEMBER, "nothing after the answer"),
    "object": (b'{"error": "no"}', "a JSON object"),
    "no heading": (b"[]", "an empty array"),
    "heading of numbers": (b"[[1, 2]]", "1, 2"),
    "deep nesting": (b"[" * 100_000, "'[[[["),
    "binary": (b'[["CTY_NAME"],["C\x00te"]]', "a NUL byte"),
    "half a character": (
        b'[["CTY_CODE","CTY_NAME","GEN_VAL_MO","time"],["5700","\\ud800","1","2024-12"]]',
        "'\\ud800'",
    ),
    "number without end": (
        b'[["GEN_VAL_MO", "time"],[' + b"9" * 5000 + b', "2024-12"]]',
        "a whole number of 0 or more; seen '9999",
    ),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("kind", ["plain", "gz", "zip"])
def test_a_body_that_is_no_answer_is_refused(tmp_path: Path, body: tuple[bytes, str], kind: str) -> None:
    data, seen = body
    path = tmp_path / {"plain": "a.json", "gz": "a.json.gz", "zip": "a.zip"}[kind]
    if kind == "zip":
        save_zip(path, {"b.json": data})
    else:
        path.write_bytes(gzip.compress(data) if kind == "gz" else data)
    with pytest.raises(RefusedFile) as caught:
        census_api.parse(path, path.name)
    assert seen in str(caught.value)
    assert ("member b.json" in str(caught.value)) == (kind == "zip")


def test_every_difference_is_listed(tmp_path: Path) -> None:
    rows: Rows = [
        ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "CON_VAL_YR", "time", "COMM_LVL"],
        ["-", "-", "30", "30", "2024-12", "-"],
        ["-", "1220", "29", "30", "2024-12", "-"],
        ["85", "-", "30", "30", "2024-12", "HS2"],
        ["85", "1220", "30", "31", "2024-12", "HS2"],
    ]
    with pytest.raises(AnswerNotReconciled) as caught:
        census_api.parse(save(tmp_path / "a.json", rows), "a.json")
    assert [tuple(one.values()) for one in caught.value.differences.to_pylist()] == [
        ("TOTAL 2024-12", "general_value_usd (month)", 30, 29),
        ("HS2 85 2024-12", "consumption_value_usd (year_to_date)", 30, 31),
        ("HS2, partner 1220 2024-12", "general_value_usd (month)", 29, 30),
        ("HS2, partner 1220 2024-12", "consumption_value_usd (year_to_date)", 30, 31),
    ]


def test_a_world_row_missing_beside_others_is_a_difference(tmp_path: Path) -> None:
    error = refused(save(tmp_path / "a.json", edited(lambda rows: rows.pop(7))))
    assert error.seen == "1 differences: HS2 01 2024-12 general_value_usd (month) 40 not 0"


def test_the_same_figure_in_two_members_is_refused(tmp_path: Path) -> None:
    error = refused(save_zip(tmp_path / "a.zip", {"one.json": DECEMBER, "two.json": DECEMBER}))
    assert (error.where, error.expected) == ("member two.json, row 1", "each figure in one member")
    assert error.seen == "imports HS HS2 85 0015 2024-12-01 month also in one.json, row 1"


def test_a_zip_holds_answers_only(tmp_path: Path) -> None:
    error = refused(save_zip(tmp_path / "a.zip", {"one.json": DECEMBER, "notes.txt": b"x"}))
    assert (error.where, error.seen) == ("zip directory", "notes.txt")


def test_a_member_outside_the_archive_is_refused(tmp_path: Path) -> None:
    assert refused(save_zip(tmp_path / "a.zip", {"../one.json": DECEMBER})).where == "zip member '../one.json'"


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    error = refused(save_zip(tmp_path / "a.zip", {"one.json": b" " * 4_000_000}))
    assert error.seen.endswith("(a zip bomb)")


def test_a_damaged_member_is_refused(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "a.zip", {"one.json": DECEMBER})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    assert refused(path).where == "zip member 'one.json'"


QUICK = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["-", "- ", "0", "", "M", "85", "8542", "0003", "5XXX", "HS2", "HS4", "2024-13", *map(str, HS2[0])]
    ),
    st.lists(st.text(max_size=2), max_size=2),
)


def _answers_or_refuses(path: Path) -> None:
    """Rows of the schema, or `RefusedFile`; any other exception fails the test."""
    try:
        parsed = census_api.parse(path, path.name)
    except RefusedFile:
        return
    assert parsed.table.schema == census_api.SCHEMA
    assert parsed.rows_read >= parsed.rows_accepted


@QUICK
@given(
    changes=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 9), ODD_CELLS), min_size=1, max_size=6),
    dropped=st.lists(st.integers(0, 7), max_size=2),
)
def test_odd_cells_never_crash_the_parser(
    tmp_path: Path, changes: list[tuple[int, int, object]], dropped: list[int]
) -> None:
    rows = copy.deepcopy(HS2)
    for row, place, value in changes:
        rows[row][place : place + 1] = [value]
    for row in dropped:
        rows[min(row, len(rows) - 1) :][:1] = []
    _answers_or_refuses(save(tmp_path / "a.json", rows))


@QUICK
@given(
    places=st.lists(st.tuples(st.integers(0, len(DECEMBER)), st.integers(0, 255)), max_size=8), cut=st.integers(0, 60)
)
@pytest.mark.parametrize("kind", ["plain", "gz", "zip", "inside gz", "inside zip"])
def test_damaged_bytes_never_crash_the_parser(
    tmp_path: Path, kind: str, places: list[tuple[int, int]], cut: int
) -> None:
    def damaged(data: bytes) -> bytes:
        changed = bytearray(data)
        for place, value in places:
            changed[place % len(changed)] = value
        return bytes(changed[: len(changed) - cut])

    path = tmp_path / "a.zip"
    inside = kind.startswith("inside")
    answer = damaged(DECEMBER) if inside or kind == "plain" else DECEMBER
    if kind.endswith("zip"):
        save_zip(path, {"one.json": answer, "two.json": b""})
    else:
        path.write_bytes(gzip.compress(answer, mtime=0) if kind.endswith("gz") else answer)
    if not inside and kind != "plain":
        path.write_bytes(damaged(path.read_bytes()))
    _answers_or_refuses(path)

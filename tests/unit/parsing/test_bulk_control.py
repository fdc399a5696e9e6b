"""Bulk archives must add up to their own control members to the dollar."""

from pathlib import Path

import pytest

from assets.parsing.bulk_layouts import Flow
from assets.parsing.census_bulk import NotReconciled
from tests.synthetic.archives import edited, members_of, with_cell
from tests.unit.parsing.bulk_reading import parsed, refusal, written


def test_control_totals_show_both_sides(tmp_path: Path) -> None:
    totals = parsed(written(tmp_path, "imports")).control_totals.to_pylist()
    assert {row["member"] for row in totals} == {"IMP_COMM", "IMP_CTY", "IMP_DE", "IMP_DU"}
    general = [row for row in totals if row["measure"] == "general_value_usd"]
    assert {(row["expected"], row["seen"]) for row in general} == {(600 + 123_456_790_000 + 1,) * 2}
    to_date = [row for row in totals if row["measure"] == "general_value_ytd_usd"]
    assert {row["seen"] for row in to_date} == {7000 + 2600 + 999_999_999_999 + 1}
    assert {row["rows"] for row in totals if row["member"] == "IMP_COMM"} == {3}


def test_exports_are_reconciled_over_domestic_and_foreign(tmp_path: Path) -> None:
    totals = parsed(written(tmp_path, "exports")).control_totals.to_pylist()
    value = {row["member"]: row for row in totals if row["measure"] == "export_value_usd"}
    assert {name: (row["rows"], row["seen"]) for name, row in value.items()} == {
        "EXP_COMM": (3, 141_215_832),
        "EXP_CTY": (3, 141_215_832),
        "EXP_DIST": (3, 141_215_832),
    }


def test_a_line_with_money_is_missed_even_within_the_limit(tmp_path: Path) -> None:
    path = edited(
        written(tmp_path, "imports"), "IMP_DETL", lambda data: with_cell(data, 4, 179, 193, b"00000000000000X")
    )
    with pytest.raises(NotReconciled) as caught:
        parsed(path, bad_line_limit=1)
    assert {"where": "IMP_CTY 5830", "measure": "general_value_usd", "expected": 1, "seen": 0} in (
        caught.value.differences.to_pylist()
    )


@pytest.mark.parametrize("member", ["IMP_COMM", "IMP_CTY", "IMP_DE", "IMP_DU"])
def test_control_rows_may_stand_in_any_order(tmp_path: Path, member: str) -> None:
    def reverse(data: bytes) -> bytes:
        return b"".join(reversed(data.splitlines(keepends=True)))

    assert not parsed(edited(written(tmp_path, "imports"), member, reverse)).differences


CONTROL_CELLS = {
    "IMP_COMM": {
        "general_value_usd": (223, 237),
        "calculated_duty_usd": (148, 162),
        "general_value_ytd_usd": (553, 567),
    },
    "IMP_CTY": {"general_value_usd": (131, 145), "calculated_duty_usd": (86, 100), "general_value_ytd_usd": (401, 415)},
    "IMP_DE": {"general_value_usd": (129, 143), "calculated_duty_usd": (84, 98), "general_value_ytd_usd": (399, 413)},
    "IMP_DU": {"general_value_usd": (129, 143), "calculated_duty_usd": (84, 98), "general_value_ytd_usd": (399, 413)},
    "EXP_COMM": {"export_value_usd": (119, 133), "export_value_ytd_usd": (269, 283)},
    "EXP_CTY": {"export_value_usd": (56, 70), "export_value_ytd_usd": (176, 190)},
    "EXP_DIST": {"export_value_usd": (54, 68), "export_value_ytd_usd": (174, 188)},
}


def add(data: bytes, line: int, cell: tuple[int, int], dollars: int) -> bytes:
    start, end = cell
    now = int(data.split(b"\n")[line - 1][start - 1 : end])
    return with_cell(data, line, start, end, f"{now + dollars:015d}".encode())


@pytest.mark.parametrize(
    ("member", "measure", "cell"),
    [(member, measure, cell) for member, cells in CONTROL_CELLS.items() for measure, cell in cells.items()],
)
def test_one_dollar_too_many_in_a_control_member(
    tmp_path: Path, member: str, measure: str, cell: tuple[int, int]
) -> None:
    flow: Flow = "imports" if member.startswith("IMP") else "exports"
    error = refusal(edited(written(tmp_path, flow), member, lambda data: add(data, 1, cell, 1)))
    assert isinstance(error, NotReconciled)
    total, code = error.differences.to_pylist()
    assert (total["where"], total["measure"], total["expected"] - total["seen"]) == (f"{member} total", measure, 1)
    assert (code["measure"], code["expected"] - code["seen"]) == (measure, 1)
    assert error.where == f"{member} total, {measure}"


def test_a_dollar_moved_between_two_countries(tmp_path: Path) -> None:
    cell = CONTROL_CELLS["IMP_CTY"]["general_value_usd"]
    path = edited(written(tmp_path, "imports"), "IMP_CTY", lambda data: add(add(data, 1, cell, -1), 3, cell, 1))
    error = refusal(path)
    assert isinstance(error, NotReconciled)
    assert error.differences.to_pylist() == [
        {"where": "IMP_CTY 1220", "measure": "general_value_usd", "expected": 599, "seen": 600},
        {"where": "IMP_CTY 5700", "measure": "general_value_usd", "expected": 123_456_790_001, "seen": 123_456_790_000},
    ]


def test_a_dollar_too_many_in_the_detail(tmp_path: Path) -> None:
    error = refusal(edited(written(tmp_path, "imports"), "IMP_DETL", lambda data: add(data, 1, (179, 193), 1)))
    assert isinstance(error, NotReconciled)
    wheres = {row["where"] for row in error.differences.to_pylist()}
    codes = {"IMP_COMM 0101210010", "IMP_CTY 1220", "IMP_DE 07", "IMP_DU 09"}
    assert wheres == codes | {f"{member} total" for member in ("IMP_COMM", "IMP_CTY", "IMP_DE", "IMP_DU")}


def test_quantities_that_do_not_add_up_are_shown_and_taken(tmp_path: Path) -> None:
    path = edited(written(tmp_path, "imports"), "IMP_COMM", lambda data: add(data, 1, (193, 207), 5))
    differences = parsed(path).differences.to_pylist()
    assert [row["where"] for row in differences] == ["IMP_COMM total", "IMP_COMM 0101210010"]
    assert {row["measure"] for row in differences} == {"general_quantity_1"}


def test_a_detail_line_that_is_missing(tmp_path: Path) -> None:
    error = refusal(edited(written(tmp_path, "imports"), "IMP_DETL", lambda data: data[: 690 * 3]))
    assert isinstance(error, NotReconciled)
    zero_month = refusal(edited(written(tmp_path, "imports"), "IMP_DETL", lambda data: data[:690] + data[690 * 2 :]))
    assert isinstance(zero_month, NotReconciled)
    assert {row["measure"] for row in zero_month.differences.to_pylist()} == {
        "consumption_value_ytd_usd", "general_value_ytd_usd",
    }  # fmt: skip


def test_sums_beyond_64_bits_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "imports")
    line = with_cell(members_of(path)["IMP_DETL.TXT"][:690], 1, 179, 193, b"9" * 15)
    error = refusal(edited(path, "IMP_DETL", lambda _: line * 5_000))
    assert (error.where, error.expected) == ("IMP_DETL", "totals below 2^62")


def test_a_code_twice_in_a_control_member(tmp_path: Path) -> None:
    error = refusal(edited(written(tmp_path, "imports"), "IMP_CTY", lambda data: data + data[:582]))
    assert (error.where, error.seen) == ("IMP_CTY", "more than one of 1220")

"""Forms in which users have the API's answers: without levels, by state or port, saved again, or of other endpoints."""

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import census_api, columns
from assets.parsing.common import Parsed
from assets.parsing.content import look
from assets.parsing.recognise import recognise

Table = list[list[str]]

ANSWER: Table = [
    ["I_COMMODITY", "CTY_CODE", "CTY_NAME", "GEN_VAL_MO", "CON_VAL_MO", "YEAR", "MONTH", "COMM_LVL"],
    ["010121", "5700", "CHINA", "200", "150", "2024", "01", "HS6"],
    ["854231", "5700", "CHINA", "300", "310", "2024", "12", "HS6"],
    ["854231", "7644", "SAO TOME AND PRINCIPE", "7", "0", "2024", "12", "HS6"],
]


def parsed(path: Path) -> Parsed:
    """The file, recognised by its content and parsed."""
    assert recognise(path, path.name) == "census_api"
    return census_api.parse(path, path.name)


def saved(folder: Path, text: str | bytes, name: str = "answer.json") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def answer(folder: Path, rows: Table) -> Parsed:
    return parsed(saved(folder, json.dumps(rows)))


def as_csv(rows: Table, separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    return text.getvalue()


def as_records(rows: Table) -> list[dict[str, object]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def counted(rows: Table, first: int, heading: str) -> Table:
    """The rows with a column in front that counts them."""
    return [[heading, *rows[0]], *([str(number), *row] for number, row in enumerate(rows[1:], start=first))]


FORMS: dict[str, Callable[[Table], str | bytes]] = {
    "csv": as_csv,
    "semicolons": lambda rows: as_csv(rows, ";"),
    "tabs": lambda rows: as_csv(rows, "\t"),
    "csv of pandas with its index": lambda rows: as_csv(counted(rows, 0, "")),
    "csv of R with its row names": lambda rows: as_csv(counted(rows, 1, "")),
    "csv with line ends of Windows": lambda rows: as_csv(rows).replace("\n", "\r\n"),
    "csv with byte order mark": lambda rows: "\ufeff" + as_csv(rows),
    "csv in UTF-16": lambda rows: as_csv(rows, "\t").encode("utf-16"),
    "csv with line ends of old Macs": lambda rows: as_csv(rows).replace("\n", "\r"),
    "records in UTF-16": lambda rows: json.dumps(as_records(rows)).encode("utf-16"),
    "gzipped csv": lambda rows: gzip.compress(as_csv(rows).encode()),
    "records": lambda rows: json.dumps(as_records(rows)),
    "records of several lines": lambda rows: json.dumps(as_records(rows), indent=2),
    "gzipped records": lambda rows: gzip.compress(json.dumps(as_records(rows)).encode()),
    "records with numbers": lambda rows: json.dumps(
        [{name: int(str(cell)) if name.endswith("_MO") else cell for name, cell in row.items()} for row in as_records(rows)]
    ),
    "numbers with a decimal": lambda rows: as_csv(
        [rows[0], *([cell + ".0" if name.endswith("_MO") else cell for name, cell in zip(rows[0], row, strict=True)]
        for row in rows[1:])]
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_an_answer_saved_in_another_form_has_the_same_rows(
    tmp_path: Path, form: Callable[[Table], str | bytes]
) -> None:
    again = parsed(saved(tmp_path, form(ANSWER), "answer.csv"))
    assert again.table.equals(answer(tmp_path, ANSWER).table)
    assert again.rows_read == 3


def test_a_measure_that_was_not_asked_for_is_unknown_and_never_zero(tmp_path: Path) -> None:
    rows = [
        ["NAICS", "CTY_CODE", "GEN_VAL_MO", "time"],
        ["211", "-", "14699418196", "2024-01"],
        ["212", "-", "0", "2024-01"],
    ]
    table = answer(tmp_path, rows).table
    assert table["general_value_usd"].to_pylist() == [14699418196]
    for column in (
        "consumption_value_usd",
        "dutiable_value_usd",
        "calculated_duty_usd",
        "export_value_usd",
        "quantity_1",
    ):
        assert table[column].null_count == len(table)


def test_row_numbers_that_are_left_out_are_told(tmp_path: Path) -> None:
    told = parsed(saved(tmp_path, as_csv(counted(ANSWER, 0, "")), "answer.csv")).notes
    assert told == ("the first column, which counts the rows, left out",)


def test_a_first_column_that_does_not_count_is_not_left_out(tmp_path: Path) -> None:
    rows = counted(ANSWER, 0, "")
    rows[2][0] = "7"
    with pytest.raises(RefusedFile) as caught:
        parsed(saved(tmp_path, as_csv(rows), "answer.csv"))
    assert caught.value.where == "row 0"


def test_months_are_read_as_programs_write_them(tmp_path: Path) -> None:
    def first_months(month: str, times: dict[str, str] | None = None) -> list[object]:
        rows = [[*row[:6], month if row[6] == "01" else row[6], row[7]] if place else row
                for place, row in enumerate(ANSWER)]  # fmt: skip
        if times:
            rows = [[*row[:5], "time" if place == 0 else times[row[6]], row[7]] for place, row in enumerate(ANSWER)]
        return list(answer(tmp_path, rows).table["reference_month"].to_pylist())

    expected = first_months("01")
    assert first_months("1") == expected
    assert first_months("", {"01": "2024-01", "12": "2024-12"}) == expected
    assert first_months("", {"01": "2024-01-01", "12": "2024-12-01"}) == expected
    assert first_months("", {"01": "Jan-24", "12": "Dec-24"}) == expected


@pytest.mark.parametrize("month", ["2024-12-02", "24-12", "Dec-2024", "dec-24", "Foo-24", "12", "2024-1a"])
def test_what_is_no_month_is_refused(tmp_path: Path, month: str) -> None:
    with pytest.raises(RefusedFile) as caught:
        answer(tmp_path, [["CTY_CODE", "GEN_VAL_MO", "time"], ["5700", "1", month]])
    assert (caught.value.where, caught.value.seen) == ("row 1, column time", month)


def test_without_comm_lvl_each_row_has_the_level_of_its_own_code(tmp_path: Path) -> None:
    hs = answer(
        tmp_path,
        [
            ["GEN_VAL_MO", "CTY_CODE", "I_COMMODITY", "time"],
            ["1200", "5700", "1604", "2024-11"],
            ["1200", "5700", "160414", "2024-11"],
            ["700", "5700", "1604141010", "2024-11"],
            ["500", "5700", "1604144000", "2024-11"],
        ],
    )
    assert hs.table["level"].to_pylist() == ["HS4", "HS6", "HS10", "HS10"]
    assert hs.table["commodity_code"].to_pylist() == ["1604", "160414", "1604141010", "1604144000"]
    assert hs.table["general_value_usd"].to_pylist() == [1200, 1200, 700, 500]
    end_use = answer(
        tmp_path,
        [
            ["I_ENDUSE", "GEN_VAL_MO", "time"],
            ["-", "300", "2024-12"],
            ["2", "200", "2024-12"],
            ["4", "100", "2024-12"],
            ["21300", "200", "2024-12"],
            ["40000", "100", "2024-12"],
        ],
    )
    assert end_use.table["level"].to_pylist() == ["TOTAL", "ENDUSE1", "ENDUSE1", "ENDUSE5", "ENDUSE5"]


def test_codes_that_lost_their_zeros_are_refused(tmp_path: Path) -> None:
    rows = [row[:] for row in ANSWER]
    rows[1][0] = "10121"
    with pytest.raises(RefusedFile) as caught:
        parsed(saved(tmp_path, as_csv(rows), "answer.csv"))
    assert (caught.value.where, caught.value.seen) == ("row 1, column I_COMMODITY", "'10121'")


@pytest.mark.parametrize(
    ("dimension", "named"), [("STATE", ()), ("PORT", ("PORT_NAME",)), ("DISTRICT", ("DIST_NAME",))]
)
def test_of_an_answer_by_state_or_port_the_total_is_taken(
    tmp_path: Path, dimension: str, named: tuple[str, ...]
) -> None:
    rows = [
        [dimension, *named, "CTY_CODE", "GEN_VAL_MO", "time"],
        ["-", *named, "5700", "30", "2024-12"],
        ["10", *named, "5700", "20", "2024-12"],
        ["11", *named, "5700", "10", "2024-12"],
    ]
    taken = answer(tmp_path, rows)
    assert taken.table["general_value_usd"].to_pylist() == [30]
    assert taken.notes == (f"2 rows by {dimension} left out: its total is taken",)
    with pytest.raises(RefusedFile) as caught:
        answer(tmp_path, [rows[0], *rows[2:]])
    assert caught.value.where == f"row 1, column {dimension}"
    assert f"ask without {dimension}, or with {dimension}=-" in caught.value.expected
    assert caught.value.seen == "only parts, such as '10'"


OTHERS: dict[str, tuple[Table, str, str]] = {
    "year alone": ([["CTY_CODE", "GEN_VAL_YR", "YEAR"], ["5700", "43", "2024"]], "time=2024-12", "YEAR alone"),
    "CIF alone": ([["CTY_CODE", "GEN_CIF_MO", "time"], ["5700", "1", "2024-12"]], "GEN_VAL", "GEN_CIF_MO"),
    "quantity alone": (
        [["CTY_CODE", "I_COMMODITY", "GEN_QY1_MO", "time"], ["5700", "854231", "1", "2024-12"]],
        "GEN_VAL",
        "quantities: GEN_QY1_MO",
    ),
    "SITC": ([["SITC", "GEN_VAL_MO", "time"], ["75", "1", "2024-12"]], "endpoint hs", "commodities by SITC"),
    "advanced technology": (
        [["HITECH", "HITECH_DESC", "GEN_VAL_MO", "time"], ["01", "BIO", "1", "2024-12"]],
        "endpoint hs",
        "advanced technology products",
    ),
    "economic indicators": (
        [["cell_value", "data_type_code", "time", "us"], ["-73600", "BAL", "2025-12", "1"]],
        "endpoint hs",
        "economic indicators",
    ),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize(
    "form", [json.dumps, as_csv, lambda rows: json.dumps(as_records(rows))], ids=["json", "csv", "records"]
)
def test_other_answers_are_named_with_what_to_ask_for(
    tmp_path: Path, other: tuple[Table, str, str], form: Callable[[Table], str]
) -> None:
    rows, remedy, kind = other
    with pytest.raises(RefusedFile) as caught:
        parsed(saved(tmp_path, form(rows)))
    assert remedy in caught.value.expected
    assert kind in caught.value.seen
    assert len(str(caught.value)) < 240


def test_records_of_unlike_names_are_refused(tmp_path: Path) -> None:
    records = [{"CTY_CODE": "5700", "GEN_VAL_MO": "1", "time": "2024-12"}, {"CTY_CODE": "1220", "GEN_VAL_YR": "1"}]
    with pytest.raises(RefusedFile) as caught:
        parsed(saved(tmp_path, json.dumps(records)))
    assert (caught.value.where, caught.value.seen) == ("row 2", "GEN_VAL_YR")
    with pytest.raises(RefusedFile) as caught:
        parsed(saved(tmp_path, json.dumps([records[0], {"CTY_CODE": "1220", "time": "2024-12"}])))
    assert caught.value.where == "row 2, column GEN_VAL_MO"


def test_rows_longer_than_a_window_apart_are_read_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = answer(tmp_path, ANSWER)
    monkeypatch.setattr(columns, "WINDOW_CHARACTERS", 300)
    monkeypatch.setattr(columns, "BATCH_CELLS", 9)
    assert answer(tmp_path, ANSWER).table.equals(whole.table)
    assert parsed(saved(tmp_path, json.dumps(as_records(ANSWER), indent=1))).table.equals(whole.table)


HEAD = b'[["GEN_VAL_MO","time"],'
BOMBS: dict[str, tuple[bytes, str]] = {
    "many small rows": (HEAD + b'["1","2024-12"],' * 40, "at most 60 cells"),
    "many rows of CSV": (b"GEN_VAL_MO,time\n" + b"1,2024-12\n" * 40, "at most 60 cells"),
    "many records": (b'[{"GEN_VAL_MO":1,"time":2}' + b',{"time":2}' * 40 + b"]", "at most 60 cells"),
    "empty rows": (HEAD + b"[]," * 500, "2 values as in the heading"),
    "one endless row": (HEAD + b"[" + b'"1",' * 500, "JSON rows of at most 800 characters"),
    "deep nesting": (HEAD + b"[" * 900, "JSON rows of at most 800 characters"),
    "nested records": (HEAD + b'{"a":' * 900, "JSON rows of at most 800 characters"),
    "endless heading": (b"GEN_VAL_MO" + b"," * 2_000, "a heading of at most 900 characters"),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_small_file_that_would_need_much_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: tuple[bytes, str]
) -> None:
    """The limits are made small, so that small files go over them."""
    monkeypatch.setattr(columns, "MAX_CELLS", 60)
    monkeypatch.setattr(columns, "WINDOW_CHARACTERS", 800)
    monkeypatch.setattr(columns, "MAX_HEADING_CHARACTERS", 900)
    data, expected = bomb
    path = saved(tmp_path, gzip.compress(data), "answer.json.gz")
    assert census_api.matches(look(path, path.name))
    with pytest.raises(RefusedFile) as caught:
        census_api.parse(path, path.name)
    assert caught.value.expected == expected


def test_memory_does_not_grow_with_the_number_of_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 rows are 9 MB as Python lists; their text is 0.8 MB."""
    monkeypatch.setattr(columns, "BATCH_CELLS", 2_000)
    data = HEAD + b'["",""],' * 100_000 + b'["",""]]'
    path = saved(tmp_path, gzip.compress(data), "answer.json.gz")
    tracemalloc.start()
    try:
        with pytest.raises(RefusedFile):
            census_api.parse(path, path.name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * len(data)

"""FRED series: both headings, missing values, and what is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.parsing import cells, fred
from assets.parsing.common import HEADLINE_SCHEMA
from tests import files
from tests.files import Grid, Value


def put(line: int, column: int, value: Value) -> files.Edit:
    def edit(rows: Grid) -> None:
        rows[line - 1][column] = value

    return edit


@pytest.mark.parametrize(
    ("name", "heading"),
    [("BOPGSTB_vintage.csv", ("date", "value")), ("download.csv", ("observation_date", "BOPGSTB"))],
)
def test_the_series_is_named_by_the_file_or_by_the_heading(name: str, heading: tuple[str, str], tmp_path: Path) -> None:
    parsed = fred.parse(files.fred(tmp_path / "stored", heading=heading), name)
    rows = parsed.table.to_pylist()
    assert [(row["year"], row["month"], row["value_musd"], row["row_number"]) for row in rows] == [
        (2024, 11, Decimal(-79752), 2),
        (2024, 12, Decimal(-96948), 3),
        (2025, 1, Decimal(-128344), 4),
        (2025, 2, Decimal(-119822), 5),
    ]
    labels = {(row["sheet"], row["concept"], row["basis"], row["adjustment"], row["flow"]) for row in rows}
    assert labels == {(None, "goods_services", "BOP", "SA", "balance")}
    assert parsed.table.schema == HEADLINE_SCHEMA
    assert parsed.newest_month == date(2025, 2, 1)


@pytest.mark.parametrize("missing", [".", ""])
def test_missing_values_are_counted_and_left_out(missing: str, tmp_path: Path) -> None:
    parsed = fred.parse(files.fred(tmp_path / "BOPGSTB.csv", put(5, 1, missing)), "BOPGSTB.csv")
    assert (parsed.rows_read, parsed.rows_accepted, parsed.rows_refused) == (4, 3, 1)
    assert parsed.notes == ("1 months without a value left out",)
    assert parsed.newest_month == date(2025, 1, 1)


def dollars(rows: Grid) -> None:
    for row in rows[1:]:
        row[1] = str(float(str(row[1])) * 1e6)


def billions(rows: Grid) -> None:
    for row in rows[1:]:
        row[1] = str(float(str(row[1])) / 1e3)


def blank(rows: Grid) -> None:
    for row in rows[1:]:
        row[1] = "."


@pytest.mark.parametrize(
    ("edit", "where", "expected", "seen"),
    [
        (put(1, 1, "GDP"), "line 1", "column BOPGSTB or value", "'GDP'"),
        (put(1, 0, "month"), "line 1", "columns date,value or observation_date,BOPGSTB", "month,value"),
        (put(3, 1, "n/a"), "line 3", "a number in $ million", "'n/a'"),
        (put(3, 1, "1e5"), "line 3", "a number in $ million", "'1e5'"),
        (put(3, 0, "Dec 2024"), "line 3", "the first day of a month as YYYY-MM-DD", "'Dec 2024'"),
        (put(3, 0, "2024-12-31"), "line 3", "the first day of a month as YYYY-MM-DD", "'2024-12-31'"),
        (put(3, 0, "2024-11-01"), "line 3", "each month once", "2024-11-01 again, first in line 2"),
        (lambda rows: rows.__delitem__(2), "line 3", "a line for 2024-12-01", "none before 2025-01-01"),
        (lambda rows: rows[2].append("R"), "line 3", "two columns, a date and a value", "3 columns"),
        (put(5, 0, "2999-02-01"), "line 5", "no month after ", "2999-02-01"),
        (dollars, "line 2", "a value in $ million", "-79752000000.0, as if in dollars or thousands"),
        (billions, "values", "a series in $ million", "none of 4 reaches 500"),
        (blank, "line 2", "at least one month with a value", "none"),
        (lambda rows: rows.__delitem__(slice(1, None)), "line 2", "at least one month with a value", "none"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    edit: files.Edit, where: str, expected: str, seen: str, tmp_path: Path
) -> None:
    with pytest.raises(RefusedFile) as caught:
        fred.parse(files.fred(tmp_path / "stored", edit), "BOPGSTB.csv")
    error = caught.value
    assert (error.file, error.where) == ("BOPGSTB.csv", where)
    assert error.expected.startswith(expected)
    assert error.seen == seen


def test_a_series_that_nothing_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile) as caught:
        fred.parse(files.fred(tmp_path / "stored"), "series.csv")
    assert (caught.value.where, caught.value.seen) == ("file name", "series.csv")


def test_a_month_that_is_not_over_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "today", lambda: date(2025, 2, 27))
    with pytest.raises(RefusedFile) as caught:
        fred.parse(files.fred(tmp_path / "stored"), "BOPGSTB.csv")
    assert caught.value.reason == "line 5: expected no month after 2025-01; seen 2025-02-01"

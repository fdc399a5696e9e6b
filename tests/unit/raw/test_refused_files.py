"""Refused files among good ones: the difference tables of the check, whether it blocks, and when it is over."""

import json

import dagster as dg
import pyarrow.parquet as pq
import pytest

from assets.home import Home
from assets.raw.census_api import census_api
from assets.raw.census_bulk_exports import census_bulk_exports
from assets.raw.census_bulk_imports import census_bulk_imports
from assets.store.ledger import read_ledger
from tests.synthetic.archives import edited, with_cell, write_lines
from tests.unit.raw.conftest import RunRaw

CHECK = "files_reconcile"
NONE = "| file | where | measure | expected | seen |\n| --- | --- | --- | --- | --- |"
GEN_VAL_MO = (131, 145)
"""Columns of the general value of the month in IMP_CTY (layouts/bulk.csv)."""


def checked(result: dg.ExecuteInProcessResult, source: str) -> dg.AssetCheckEvaluation:
    (found,) = [
        check
        for check in result.get_asset_check_evaluations()
        if check.check_name == CHECK and check.asset_key.path[-1] == source
    ]
    return found


def table(check: dg.AssetCheckEvaluation, name: str) -> str:
    return str(check.metadata[name].value)


def test_one_dollar_in_one_archive_is_a_row_of_the_table_and_the_other_archive_is_taken(
    home: Home, run_raw: RunRaw
) -> None:
    write_lines(home.landing / "EXDB2512.ZIP", "exports")
    bad = write_lines(home.landing / "IMDB2512.ZIP", "imports")
    edited(bad, "IMP_CTY", lambda data: _one_dollar_more(data, line=1))
    result = run_raw([census_bulk_imports, census_bulk_exports])
    assert result.success
    good, refused = checked(result, "census_bulk_exports"), checked(result, "census_bulk_imports")
    assert (good.passed, table(good, "differences")) == (True, NONE)
    assert (refused.passed, refused.severity, refused.blocking) == (False, dg.AssetCheckSeverity.WARN, False)
    # 1220 has 600 USD in the detail; the world has 123,456,790,601 (600 + 123,456,790,000 + 1).
    assert "| IMDB2512.ZIP | IMP_CTY total | general_value_usd | 123456790602 | 123456790601 |" in table(
        refused, "differences"
    )
    assert "| IMDB2512.ZIP | IMP_CTY 1220 | general_value_usd | 601 | 600 |" in table(refused, "differences")
    assert table(refused, "differences").count("\n") == 3
    statuses = {row.file_name: row.status for row in read_ledger(home.lake).values()}
    assert statuses == {"EXDB2512.ZIP": "accepted", "IMDB2512.ZIP": "refused"}


def test_bad_lines_are_listed_by_number_with_the_reason(home: Home, run_raw: RunRaw) -> None:
    bad = write_lines(home.landing / "IMDB2512.ZIP", "imports")
    edited(bad, "IMP_DETL", lambda data: with_cell(with_cell(data, 1, 11, 14, b"9999"), 3, 74, 74, b"-"))
    check = checked(run_raw([census_bulk_imports]), "census_bulk_imports")
    assert not check.passed
    rows = table(check, "bad_lines").splitlines()[2:]
    assert [row.split(" | ")[:3] for row in rows] == [
        ["| IMDB2512.ZIP", "IMP_DETL", "1"],
        ["| IMDB2512.ZIP", "IMP_DETL", "3"],
    ]
    assert "country 9999 is not in Schedule C" in rows[0]
    assert table(check, "differences") == NONE


def test_an_answer_that_does_not_add_up_and_one_that_is_cut_off(home: Home, run_raw: RunRaw) -> None:
    heading = ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"]
    rows = [heading, ["85", "5700", "5", "2024-12", "HS2"], ["85", "-", "6", "2024-12", "HS2"]]
    (home.landing / "apart.json").write_text(json.dumps(rows))
    (home.landing / "cut.json").write_text(json.dumps(rows)[:-20])
    check = checked(run_raw([census_api]), "census_api")
    assert check.metadata["refused_files"].value == 2
    assert "| apart.json | HS2 85 2024-12 | general_value_usd (month) | 6 | 5 |" in table(check, "differences")
    assert "| cut.json | file |  | a complete JSON array |" in table(check, "differences")


def test_the_check_passes_again_when_a_sound_file_of_that_name_came_in(home: Home, run_raw: RunRaw) -> None:
    bad = write_lines(home.landing / "IMDB2512.ZIP", "imports")
    edited(bad, "IMP_CTY", lambda data: _one_dollar_more(data, line=1))
    assert not checked(run_raw([census_bulk_imports]), "census_bulk_imports").passed
    assert not checked(run_raw([census_bulk_imports]), "census_bulk_imports").passed  # it still stands
    write_lines(home.landing / "IMDB2512.ZIP", "imports")
    check = checked(run_raw([census_bulk_imports]), "census_bulk_imports")
    assert (check.passed, check.metadata["refused_files"].value) == (True, 0)


def test_quantities_that_do_not_add_up_warn_with_their_table_and_the_archive_is_taken(
    home: Home, run_raw: RunRaw
) -> None:
    """One more of the first quantity of the first commodity (3 in the lines); columns 193 to 207 of IMP_COMM."""
    bad = write_lines(home.landing / "IMDB2512.ZIP", "imports")
    edited(bad, "IMP_COMM", lambda data: with_cell(data, 1, 193, 207, b"%015d" % 4))
    result = run_raw([census_bulk_imports])
    assert result.success
    check = checked(result, "census_bulk_imports")
    assert (check.passed, check.severity, check.blocking) == (False, dg.AssetCheckSeverity.WARN, False)
    assert (check.metadata["refused_files"].value, check.metadata["files_with_remarks"].value) == (0, 1)
    assert "| IMDB2512.ZIP | IMP_COMM 0101210010 | general_quantity_1 | 4 | 3 |" in table(check, "differences")
    assert [row.status for row in read_ledger(home.lake).values()] == ["accepted"]


def test_the_number_of_bad_lines_that_is_set_is_taken_and_listed(
    home: Home, run_raw: RunRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = write_lines(home.landing / "IMDB2512.ZIP", "imports")
    edited(bad, "IMP_DETL", lambda data: b"*** notice ***\r\n" + data)
    monkeypatch.setenv("TRADEWAKE_BAD_LINES", "1")
    check = checked(run_raw([census_bulk_imports]), "census_bulk_imports")
    assert (check.passed, check.metadata["refused_files"].value) == (False, 0)
    (row,) = table(check, "bad_lines").splitlines()[2:]
    assert row == "| IMDB2512.ZIP | IMP_DETL | 1 | 14 characters, expected 688 | \\*\\*\\* notice \\*\\*\\* |"
    assert [one.status for one in read_ledger(home.lake).values()] == ["accepted"]


def test_strict_runs_fail_with_the_same_table(home: Home, run_raw: RunRaw) -> None:
    bad = write_lines(home.landing / "IMDB2512.ZIP", "imports")
    edited(bad, "IMP_CTY", lambda data: _one_dollar_more(data, line=1))
    strict: dict[str, object] = {"ops": {"raw__census_bulk_imports": {"config": {"strict": True}}}}
    result = run_raw([census_bulk_imports], run_config=strict)
    assert not result.success
    failure = result.failure_data_for_node("raw__census_bulk_imports")
    assert failure is not None and failure.user_failure_data is not None
    shown = str(failure.user_failure_data.metadata["differences"].value)
    assert "| IMDB2512.ZIP | IMP_CTY 1220 | general_value_usd | 601 | 600 |" in shown


def test_all_differences_are_kept_however_many_are_shown(home: Home, run_raw: RunRaw) -> None:
    bad = write_lines(home.landing / "IMDB2512.ZIP", "imports")
    edited(bad, "IMP_CTY", lambda data: _one_dollar_more(data, line=1))
    run_raw([census_bulk_imports])
    (row,) = read_ledger(home.lake).values()
    kept = pq.read_table(home.lake / "refusal" / f"{row.file_id}.parquet").to_pylist()
    assert [(one["where"], one["expected"], one["seen"]) for one in kept] == [
        ("IMP_CTY total", "123456790602", "123456790601"),
        ("IMP_CTY 1220", "601", "600"),
    ]


def _one_dollar_more(data: bytes, line: int) -> bytes:
    start, end = GEN_VAL_MO
    row = data.split(b"\n")[line - 1]
    value = int(row[start - 1 : end]) + 1
    return with_cell(data, line, start, end, b"%015d" % value)

"""The manifest that the definitions are loaded from, and what is shown beside the results of a dbt build."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
import duckdb
import pytest

from assets import dbt_models
from assets.dbt_models import RECONCILES
from assets.home import Home

MART, TEST, OTHER = "model.t.reconciliation", f"test.t.{RECONCILES}.1", "test.t.other.2"
MANIFEST: dict[str, Any] = {
    "nodes": {
        MART: {"unique_id": MART, "name": "reconciliation", "schema": "marts", "alias": "reconciliation"},
        TEST: {"unique_id": TEST, "name": RECONCILES, "schema": "dbt_test__audit", "alias": RECONCILES},
        OTHER: {"unique_id": OTHER, "name": "other", "schema": "dbt_test__audit", "alias": "other"},
    }
}
COLUMNS = (
    "check_name varchar, source varchar, flow varchar, level varchar, period_start date, partner_code varchar, "
    "measure varchar, vintage date, compared_with varchar, compared_vintage date, expected_usd bigint, "
    "seen_usd bigint, difference_usd bigint, status varchar, compared integer, equal integer, within_rounding integer, "
    "revised integer, reported integer, different integer"
)


@pytest.fixture
def built(home: Home) -> Iterator[Home]:
    """A warehouse with one equal comparison and one that is a dollar apart, and the results of the last dbt run."""
    home.warehouse.parent.mkdir(parents=True)
    day = date(2026, 6, 9)
    rows = [
        ("levels_agree", "census_api", "imports", "HS2", day, "0015", "v", day, "HS6", day, 5, 5, 0, "equal", 1, 1, 0, 0, 0, 0),
        ("archive_control", "census_bulk", "imports", "HS10", day, "0015", "v", day, "IMP_CTY", day, 7, 6, -1,
         "different", 1, 0, 0, 0, 0, 1),
    ]  # fmt: skip
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute(f"create schema marts; create table marts.reconciliation ({COLUMNS})")
        con.executemany(f"insert into marts.reconciliation values ({', '.join('?' * 20)})", rows)
    home.dbt_target.mkdir(parents=True)
    results = [
        {
            "unique_id": TEST,
            "compiled_code": "select check_name, seen_usd from marts.reconciliation where status <> 'equal'",
        },
        {"unique_id": OTHER, "compiled_code": "select * from marts.absent"},
    ]
    (home.dbt_target / "run_results.json").write_text(json.dumps({"results": results}))
    yield home


def shown(home: Home, unique_id: str, result: dg.Output[None] | dg.AssetCheckResult) -> dict[str, object]:
    """The metadata of a result after the warehouse was asked."""
    assert dbt_models._has_evidence(result, unique_id, MANIFEST)
    (told,) = dbt_models._with_evidence(home, MANIFEST, [(unique_id, result)])
    return {name: getattr(value, "value", value) for name, value in told.metadata.items()}


def check(name: str, *, passed: bool) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=passed, asset_key=["marts", "reconciliation"], check_name=name)


def test_a_mart_shows_its_size_and_first_rows(built: Home) -> None:
    told = shown(built, MART, dg.Output(None, metadata={"status": "success"}))
    assert (told["status"], told["dagster/row_count"]) == ("success", 2)
    assert len(str(told["preview"]).splitlines()) == 2 + 2


def test_the_differences_are_shown_when_sums_miss_their_totals(built: Home) -> None:
    told = shown(built, TEST, check(RECONCILES, passed=False))
    assert str(told["failing_rows"]).splitlines()[2:] == ["| archive_control | 6 |"]
    first, second = str(told["largest_differences"]).splitlines()[2:]
    assert first == (
        "| archive_control census_bulk imports HS10 2026-06-09 partner 0015 v | 2026-06-09 | IMP_CTY | 2026-06-09 "
        "| 7 | 6 | -1 | different |"
    )
    assert second.endswith("| 5 | 5 | 0 | equal |")


def test_the_comparisons_are_shown_when_all_sums_are_equal_too(built: Home) -> None:
    told = shown(built, TEST, check(RECONCILES, passed=True))
    assert "| levels_agree | 1 | 1 | 1 | 0 | 0 | 0 |" in str(told["comparisons"])
    assert "failing_rows" not in told


def test_a_test_that_could_not_run_hides_nothing(built: Home) -> None:
    told = shown(built, OTHER, check("other", passed=False))
    assert "absent" in str(told["no_rows"])


def test_other_tests_that_pass_are_told_at_once() -> None:
    assert not dbt_models._has_evidence(check("other", passed=True), OTHER, MANIFEST)


def test_a_manifest_that_was_cut_off_is_parsed_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt writes it in place: a full disk or a killed build leaves half of it, under a stamp that fits."""
    parsed: list[str] = []

    def parse(home: Home, command: str) -> list[object]:
        parsed.append(command)
        (home.dbt_target / "manifest.json").write_text(json.dumps(MANIFEST))
        return []

    monkeypatch.setattr(dbt_models, "run_dbt", parse)
    for left in (None, "", '{"nodes": {"model'):
        if left is not None:
            (home.dbt_target / "manifest.json").write_text(left)
        project = dbt_models.prepare_project(home)
        assert json.loads(project.manifest_path.read_text()) == MANIFEST
    assert parsed == ["parse"] * 3
    dbt_models.prepare_project(home)
    assert parsed == ["parse"] * 3

"""Damaged commodity figures turn the tests of the reconciliation red, and stop publication."""

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.home import Home
from assets.parsing.recognise import SOURCES, datasets
from assets.store.lake import ensure_dataset, lake_schema
from assets.store.ledger import ensure_ledger, read_ledger
from assets.store.origin import ORIGIN_SUFFIX
from tests.integration.conftest import Refreshed
from tests.integration.test_commodity_batches import (
    API,
    CHAPTERS,
    CHINA,
    DATA_TESTS,
    FIRST,
    PARTNERS,
    SUBHEADINGS,
    Row,
    build,
    land,
)
from tests.integration.test_dbt import dbt

JANUARY, FEBRUARY, MARCH = (date(2025, month, 1) for month in (1, 2, 3))
WORLD = "0015"
LABELS = {"flow": "imports", "classification": "HS", "period": "month"}
MODELS = ("--select", "+reconciliation", "--indirect-selection", "cautious")


def answers(month: date, *, off_by: dict[tuple[str, str], int]) -> list[Row]:
    """Chapters by partner with World's row, and China by subheading; `off_by` adds dollars to a partner's chapter."""
    china = dict.fromkeys(CHAPTERS, 0)
    rows: list[Row] = []
    for at, subheading in enumerate(SUBHEADINGS, start=1):
        china[subheading[:2]] += at
        rows.append(_row(month, "HS6", subheading, CHINA, at))
    for place, chapter in enumerate(CHAPTERS, start=1):
        values = dict.fromkeys(PARTNERS, place) | {CHINA: china[chapter]}
        values[WORLD] = sum(values.values())
        rows += [
            _row(month, "HS2", chapter, partner, value + off_by.get((partner, chapter), 0))
            for partner, value in values.items()
        ]
    return rows


def _row(month: date, level: str, code: str, partner: str, value: int) -> Row:
    kind = "world_commodity" if partner == WORLD else "detail"
    labels = {**LABELS, "reference_month": month, "level": level, "commodity_code": code, "partner_code": partner}
    return {**labels, "row_kind": kind, "general_value_usd": value}


def failed(home: Home) -> set[str]:
    outcome = dbt(home, "test", *MODELS, *DATA_TESTS)
    return {name for name, status in outcome.items() if status not in {"pass", "success"}}


def test_a_dollar_off_turns_its_test_red(tmp_path: Path) -> None:
    """In January all adds up. In February a chapter of China is not its subheadings (and World's is one higher, too), in
    March the chapter's World is not its partners.
    """
    assert CHINA in PARTNERS
    home = Home(tmp_path / "data")
    ensure_ledger(home.lake)
    for source in SOURCES:
        for dataset, schema in datasets(source).items():
            ensure_dataset(home.lake, dataset, lake_schema(schema))
    chapter = CHAPTERS[0]
    land(home, API, FIRST, JANUARY, answers(JANUARY, off_by={}))
    build(home)
    assert failed(home) == set()

    land(home, API, FIRST, FEBRUARY, answers(FEBRUARY, off_by={(CHINA, chapter): 1, (WORLD, chapter): 1}))
    build(home)
    assert failed(home) == {"commodity_levels_agree", "sums_equal_their_totals"}

    land(home, API, FIRST, FEBRUARY, answers(FEBRUARY, off_by={}))
    land(home, API, FIRST, MARCH, answers(MARCH, off_by={(WORLD, chapter): -1}))
    with duckdb.connect(str(home.warehouse)) as con:
        # The same file again, as if nobody had built it: a file's name tells the models whether it changed.
        con.execute("delete from intermediate.commodity_built_from where period_start = ?", [FEBRUARY])
    build(home)
    assert failed(home) == {"commodity_partners_make_the_world", "sums_equal_their_totals"}
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        different = con.execute(
            "select check_name, period_start, level, difference_usd from marts.reconciliation where status = 'different'"
        ).fetchall()
    assert different == [("partners_make_the_world", MARCH, "HS2", 1)]


@pytest.fixture(scope="module")
def damaged(refreshed: Refreshed, tmp_path_factory: pytest.TempPathFactory) -> Refreshed:
    """A copy of the shared folder with a total of March 2023 that is a dollar above what the commodities come to."""
    folder = Home(tmp_path_factory.mktemp("damaged") / "data")
    shutil.copytree(refreshed.home.root, folder.root)
    ((world,),) = refreshed.rows(
        "select sum(general_value_usd) from marts.commodity_partner_month "
        "where level = 'HS2' and partner_code = '0015' and reference_month = date '2023-03-01'"
    )
    heading = ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"]
    total = folder.landing / "total.json"
    total.write_text(json.dumps([heading, ["-", "-", str(world + 1), "2023-03", "-"]]))
    origin = {"published_on": "2025-06-05", "retrieved_at": "2026-11-25"}
    (folder.landing / f"total.json{ORIGIN_SUFFIX}").write_text(json.dumps(origin))
    return Refreshed(folder, refreshed.first)


def test_a_file_that_fails_a_test_of_the_marts_is_set_aside_and_the_rest_is_published(damaged: Refreshed) -> None:
    before = damaged.rows("select * from marts.commodity_year order by all")
    run = damaged.run("refresh")
    assert run.returncode == 0, run.stdout + run.stderr
    # Without it nothing is new, so that nothing is published; the ledger tells.
    (row,) = (row for row in read_ledger(damaged.home.lake).values() if row.file_name == "total.json")
    assert row.status == "quarantined"
    assert "fails sums_equal_their_totals" in str(row.why) and "2023-03-01" in str(row.why)
    assert "total.json" in run.stdout and "tradewake accept total.json --why" in " ".join(run.stdout.split())
    assert damaged.rows("select count(*) from marts.reconciliation where status = 'different'") == [(0,)]
    assert damaged.rows("select * from marts.commodity_year order by all") == before
    # Neither today nor tomorrow does it stop the others.
    again = damaged.run("refresh")
    assert again.returncode == 0, again.stdout + again.stderr

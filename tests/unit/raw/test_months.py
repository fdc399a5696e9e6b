"""Archives as partitions of the UI: which months, with what counts, totals and rows. The archives are invented."""

import json
import zipfile
from collections.abc import Callable
from datetime import date

import dagster as dg
import pytest

from assets.home import Home
from assets.raw.census_api import census_api
from assets.raw.census_bulk_exports import census_bulk_exports
from assets.raw.census_bulk_imports import census_bulk_imports
from assets.raw.months import API_MONTH, EXDB_MONTH, IMDB_MONTH
from assets.store.ledger import read_ledger
from tests.files import told
from tests.synthetic.archives import IMPORT_LINES, MONTH, write_lines
from tests.unit.raw.conftest import RunRaw


@pytest.fixture
def take_in(run_raw: RunRaw) -> Callable[..., None]:
    """Runs the sources that come by month."""

    def take(*history: dg.DagsterInstance) -> None:
        sources = [census_bulk_imports, census_bulk_exports, census_api, IMDB_MONTH, EXDB_MONTH, API_MONTH]
        assert run_raw(sources, *history).success

    return take


def months_of(instance: dg.DagsterInstance, spec: dg.AssetSpec) -> set[str]:
    return instance.get_materialized_partitions(spec.key)


def newest(instance: dg.DagsterInstance, spec: dg.AssetSpec) -> dict[str, object]:
    """The metadata of the newest event."""
    event = instance.get_latest_materialization_event(spec.key)
    assert event is not None and event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_each_archive_is_a_month_with_counts_totals_and_rows(
    home: Home, instance: dg.DagsterInstance, take_in: Callable[..., None]
) -> None:
    write_lines(home.landing / "IMDB2512.ZIP", "imports")
    write_lines(home.landing / "EXDB2511.ZIP", "exports", month=date(2025, 11, 1))
    take_in()
    assert months_of(instance, IMDB_MONTH) == {"2025-12-01"}
    assert months_of(instance, EXDB_MONTH) == {"2025-11-01"}
    shown = newest(instance, IMDB_MONTH)
    # Four lines, of which the second has no trade in the month.
    assert (shown["rows_physical"], shown["rows_accepted"], shown["rows_zero_month"]) == (4, 3, 1)
    (row,) = [one for one in read_ledger(home.lake).values() if one.source == "census_bulk_imports"]
    assert (shown["trade/raw_sha256"], shown["trade/vintage"]) == (row.sha256, str(row.vintage))
    general = sum(int(line.get("gen_val_mo", 0)) for line in IMPORT_LINES)
    total = f"| general_value_usd | {' | '.join([f'{general:,}'] * 5)} |"
    assert total in str(shown["control_totals_usd"])  # the detail, IMP_COMM, IMP_CTY, IMP_DE and IMP_DU
    preview = str(shown["preview"]).splitlines()
    assert len(preview) == 2 + 3
    assert preview[0].startswith("| line_number | commodity | country | subcode |")
    assert preview[3].startswith("| 3 | 8471300100 | 5700 |")


def test_a_second_run_reports_nothing_and_a_new_run_history_is_filled_again(
    home: Home, instance: dg.DagsterInstance, take_in: Callable[..., None]
) -> None:
    write_lines(home.landing / "IMDB2512.ZIP", "imports")
    take_in()
    take_in()
    assert len(instance.fetch_materializations(IMDB_MONTH.key, limit=9).records) == 1
    with dg.DagsterInstance.ephemeral() as fresh:
        take_in(fresh)
        assert months_of(fresh, IMDB_MONTH) == {"2025-12-01"}


def test_a_reissue_is_reported_as_the_newest_print_of_its_month(
    home: Home, instance: dg.DagsterInstance, take_in: Callable[..., None]
) -> None:
    write_lines(home.landing / "IMDB2512.ZIP", "imports")
    take_in()
    first = newest(instance, IMDB_MONTH)
    told(write_lines(home.landing / "IMDB2512.ZIP", "imports", IMPORT_LINES[:3], MONTH), retrieved_at="2026-06-20")
    take_in()
    second = newest(instance, IMDB_MONTH)
    assert months_of(instance, IMDB_MONTH) == {"2025-12-01"}
    assert (first["rows_accepted"], second["rows_accepted"]) == (3, 2)
    assert str(first["trade/vintage"]) < str(second["trade/vintage"])


def test_a_refused_archive_is_no_month(home: Home, instance: dg.DagsterInstance, take_in: Callable[..., None]) -> None:
    write_lines(home.landing / "IMDB2511.ZIP", "imports")  # its lines say December
    take_in()
    assert months_of(instance, IMDB_MONTH) == set()


def test_answers_are_months_with_their_files(
    home: Home, instance: dg.DagsterInstance, take_in: Callable[..., None]
) -> None:
    """Two months in a zip of answers, then another print of the second; the year of a third answer is no month."""
    with zipfile.ZipFile(home.landing / "HS2.zip", "w") as archive:
        for month in ("2024-11", "2024-12"):
            archive.writestr(f"{month}.json", answer("GEN_VAL_MO", "5", month))
    (home.landing / "year.json").write_text(answer("GEN_VAL_YR", "9", "2023-12"))
    for name in ("HS2.zip", "year.json"):
        told(home.landing / name, retrieved_at="2025-03-01")
    take_in()
    assert months_of(instance, API_MONTH) == {"2024-11-01", "2024-12-01"}
    (home.landing / "again.json").write_text(answer("GEN_VAL_MO", "6", "2024-12"))
    told(home.landing / "again.json", retrieved_at="2025-07-01")
    take_in()
    shown = newest(instance, API_MONTH)
    assert shown["files"] == 2
    assert "| HS2.zip | imports HS2 |" in str(shown["answers"])
    assert "| again.json | imports HS2 |" in str(shown["answers"])
    events = instance.fetch_materializations(API_MONTH.key, limit=9).records
    assert [record.partition_key for record in events] == ["2024-12-01", "2024-12-01", "2024-11-01"]


def answer(measure: str, value: str, month: str) -> str:
    """An answer of one row."""
    rows = [["I_COMMODITY", "CTY_CODE", measure, "time", "COMM_LVL"], ["85", "5700", value, month, "HS2"]]
    return json.dumps(rows)


def test_answers_without_trade_are_taken_and_replace_nothing(home: Home, take_in: Callable[..., None]) -> None:
    (home.landing / "204.json").write_bytes(b"")
    (home.landing / "heading.json").write_text(json.dumps([["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time"]]))
    take_in()
    ledger = read_ledger(home.lake).values()
    assert {row.file_name: (row.status, row.rows_read) for row in ledger} == {
        "204.json": ("accepted", 0),
        "heading.json": ("accepted", 0),
    }
    assert {row.reason for row in ledger if row.file_name == "204.json"} == {"1 of 1 answers empty: no trade"}

"""Which months of archives and API answers are missing; ledger rows are made up, files are not opened but for ranges."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa

from assets.parsing.coverage import fold
from assets.store.coverage import coverage
from assets.store.lake import write_rows
from assets.store.ledger import LedgerRow, OriginKind, Status

TODAY = date(2025, 3, 20)
"""January 2025 was released on 2025-03-06, February on 2025-04-03."""


def row(
    source: str, part: str, month: date | None, *, kind: OriginKind = "landed", status: Status = "accepted"
) -> LedgerRow:
    """A ledger row of one file."""
    moment = datetime(2025, 3, 20, tzinfo=UTC)
    return LedgerRow(
        file_id=f"{abs(hash((source, part))):016x}"[:16],
        source=source,
        file_name=part,
        sha256="",
        bytes=1,
        publisher=None,
        title=None,
        licence=None,
        url=None,
        published_on=None,
        retrieved_at=moment,
        vintage=moment.date(),
        vintage_rule="",
        part=part,
        parser_version=1,
        rows_read=1,
        rows_accepted=1,
        rows_refused=0,
        status=status,
        reason=None,
        newest_reference_month=month,
        origin_kind=kind,
    )


def archive(month: date, *, kind: OriginKind = "landed", status: Status = "accepted") -> LedgerRow:
    return row("census_bulk_imports", f"imports/{month:%Y-%m}", month, kind=kind, status=status)


def answer(question: str, month: date) -> LedgerRow:
    return row("census_api", question, month)


def test_months_from_the_oldest_landed_to_the_newest_release(tmp_path: Path) -> None:
    rows = [archive(date(2024, 9, 1)), archive(date(2024, 11, 1)), archive(date(2024, 12, 1), status="refused")]
    (found,) = coverage(tmp_path, rows, TODAY)
    assert (found.source, found.dataset, found.released) == ("census_bulk_imports", "imports", date(2025, 1, 1))
    assert found.missing == (date(2024, 10, 1), date(2024, 12, 1), date(2025, 1, 1))


def test_a_release_makes_a_month_missing(tmp_path: Path) -> None:
    rows = [archive(date(2025, 1, 1))]
    assert coverage(tmp_path, rows, date(2025, 4, 2))[0].missing == ()
    assert coverage(tmp_path, rows, date(2025, 4, 3))[0].missing == (date(2025, 2, 1),)


def test_bundled_months_are_here_but_nothing_is_expected_of_them_alone(tmp_path: Path) -> None:
    bundled = archive(date(2024, 12, 1), kind="bundled")
    assert coverage(tmp_path, [bundled], TODAY) == []
    (found,) = coverage(tmp_path, [bundled, archive(date(2024, 11, 1))], TODAY)
    assert found.missing == (date(2025, 1, 1),)


def test_answers_are_told_apart_by_flow_and_level_and_years_are_no_months(tmp_path: Path) -> None:
    rows = [
        answer("imports/HS/HS6+TOTAL/month/2024-11/8/all/general_value_usd", date(2024, 11, 1)),
        answer("imports/HS/HS6/month/2025-01/8/all/general_value_usd", date(2025, 1, 1)),
        answer("exports/HS/HS2/month/2024-12/8/all/export_value_usd", date(2024, 12, 1)),
        answer("imports/HS/HS4/year_to_date/2023-12/8/all/general_value_usd", date(2023, 12, 1)),
    ]
    assert [(one.dataset, fold(one.missing)) for one in coverage(tmp_path, rows, TODAY)] == [
        ("exports HS2", "2025-01"),
        ("imports HS6", "2024-12"),
    ]


def test_a_gap_inside_one_file_of_many_months_is_seen(tmp_path: Path) -> None:
    file = answer("imports/HS/HS2/month/2024-10+2025-01/8/all/general_value_usd", date(2025, 1, 1))
    assert file.source is not None and file.vintage is not None
    months = [date(2024, 10, 1), date(2024, 12, 1), date(2025, 1, 1), date(2024, 11, 1)]
    periods = pa.array(["month", "month", "month", "year_to_date"]).dictionary_encode()
    table = pa.table({"reference_month": pa.array(months, pa.date32()), "period": periods})
    write_rows(tmp_path, file.source, file.vintage, file.file_id, table)
    assert coverage(tmp_path, [file], TODAY)[0].missing == (date(2024, 11, 1),)

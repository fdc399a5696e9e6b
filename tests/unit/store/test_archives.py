"""Bulk archives in the store: the same content under two names, bad lines up to a limit, quantities that do not add up."""

import shutil
import zipfile
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.home import Home
from assets.publication.source_file import write_source_file
from assets.store.lake import dataset_files
from assets.store.landing import Received, receive, waiting_files
from assets.store.ledger import SCHEMA, LedgerRow, is_row_intact, read_ledger, row_file
from assets.store.origin import ORIGIN_SUFFIX
from assets.store.parse import parse_stored
from assets.store.raw_store import stored
from assets.store.refusals import read_details, remarked, standing_refusals
from assets.upkeep.verify import verify_store
from tests.synthetic.archives import IMPORT_LINES, edited, with_cell, write_lines, zipped_again

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
SOURCE = "census_bulk_imports"
OTHER_LINES = IMPORT_LINES[:3]


def take(home: Home, now: datetime = NOW, limit: int = 0) -> tuple[Received, list[LedgerRow]]:
    """Take in what waits."""
    return receive(home, waiting_files(home, None), now), parse_stored(home, SOURCE, now, limit)


def land(home: Home, name: str = "IMDB2512.ZIP", lines: tuple[dict[str, int | bytes], ...] = IMPORT_LINES) -> Path:
    home.landing.mkdir(parents=True, exist_ok=True)
    return write_lines(home.landing / name, "imports", lines)


def told_retrieved(path: Path, moment: str) -> None:
    path.with_name(path.name + ORIGIN_SUFFIX).write_text(f'{{"retrieved_at": "{moment}"}}')


def by_name(home: Home) -> dict[str, LedgerRow]:
    return {row.file_name: row for row in read_ledger(home.lake).values()}


def lake_state(home: Home) -> dict[str, bytes]:
    """Every file of the lake."""
    return {
        path.relative_to(home.lake).as_posix(): path.read_bytes() for path in home.lake.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_same_members_zipped_again_are_no_new_vintage(home: Home, compression: int) -> None:
    land(home)
    take(home)
    zipped_again(land(home, "IMDB2512 (1).ZIP"), compression, (2026, 3, 1, 0, 0, 0))
    received, (row,) = take(home, NOW + timedelta(days=1))
    first = by_name(home)["IMDB2512.ZIP"]
    assert received.stored == ["IMDB2512 (1).ZIP"]
    assert (row.status, row.vintage, row.source) == ("superseded", first.vintage, SOURCE)
    assert row.why == f"same figures as IMDB2512.ZIP (file {first.file_id})"
    assert first.status == "accepted"
    assert len(dataset_files(home.lake, SOURCE)) == 1
    # Nothing is left to do about it: what it says is here.
    assert standing_refusals(read_ledger(home.lake).values()) == []
    assert verify_store(home).damages == ()


def test_one_byte_of_a_member_is_another_content(home: Home) -> None:
    """A code list that was corrected is a new print, with the same figures; nothing tells its day but its record."""
    land(home)
    take(home)
    edited(land(home), "SITC", lambda data: data.replace(b"INVENTED", b"CORRECTED"[:8]))
    (row,) = take(home, NOW + timedelta(days=1))[1]
    assert (row.status, row.vintage) == ("undated", None)
    told_retrieved(edited(land(home), "SITC", lambda data: data.replace(b"INVENTED", b"COLLECTED"[:8])), "2026-10-01")
    rows = {row.vintage: row.status for row in take(home, NOW + timedelta(days=2))[1]}
    assert rows[date(2026, 10, 1)] == "accepted"


def test_the_same_bytes_under_another_name_are_told_with_the_first(home: Home) -> None:
    shutil.copy(land(home), home.landing / "second.zip")
    received, (row,) = take(home)
    assert (received.stored, received.repeated) == (["IMDB2512.ZIP"], {"second.zip": "IMDB2512.ZIP"})
    assert row.status == "accepted"
    land(home, "third.zip")
    received, rows = take(home, NOW + timedelta(days=1))
    assert (received.stored, received.repeated, rows) == ([], {"third.zip": "IMDB2512.ZIP"}, [])
    assert len(list(stored(home.raw, SOURCE))) == 1


PRINTS = {
    "a.zip": (IMPORT_LINES, zipfile.ZIP_DEFLATED, "2026-03-02T12:00:00Z"),
    "b.zip": (IMPORT_LINES, zipfile.ZIP_STORED, "2026-03-03T12:00:00Z"),
    "c.zip": (OTHER_LINES, zipfile.ZIP_DEFLATED, "2026-03-04T12:00:00Z"),
    "d.zip": (IMPORT_LINES, zipfile.ZIP_STORED, "2026-03-05T12:00:00Z"),
}
"""A print, the same again, another one, and the first again: the publisher went back."""


@pytest.mark.parametrize("order", list(permutations(PRINTS)), ids="".join)
def test_prints_and_repetitions_in_any_order_give_the_same_lake(tmp_path: Path, order: tuple[str, ...]) -> None:
    home = Home(tmp_path / "data")
    for day, name in enumerate(order):
        lines, compression, moment = PRINTS[name]
        path = zipped_again(
            land(home, name, lines=lines), compression, (2026, 3, list(PRINTS).index(name) + 1, 0, 0, 0)
        )
        told_retrieved(path, moment)
        take(home, NOW + timedelta(days=day))
    rows = by_name(home)
    # December 2025 was released on 19 February 2026 (release_calendar.csv).
    assert {name: (row.status, row.vintage) for name, row in rows.items()} == {
        "a.zip": ("accepted", date(2026, 2, 19)),
        "b.zip": ("superseded", date(2026, 2, 19)),
        "c.zip": ("accepted", date(2026, 3, 4)),
        "d.zip": ("accepted", date(2026, 3, 5)),
    }
    assert verify_store(home).damages == ()


NOTICE = b"*** notice ***\r\n"


def with_notices(path: Path, count: int) -> Path:
    return edited(path, "IMP_DETL", lambda data: data[:690] + NOTICE * count + data[690:])


def test_bad_lines_up_to_the_limit_are_listed_and_not_mixed_with_lines_without_trade(home: Home) -> None:
    with_notices(land(home), 2)
    (row,) = take(home, limit=2)[1]
    assert (row.status, row.bad_lines) == ("accepted", 2)
    # Four lines, of which the second has no trade in the month, and two that are no lines.
    assert (row.rows_read, row.rows_accepted, row.rows_refused, row.rows_zero_month) == (6, 3, 2, 1)
    assert str(row.reason).startswith("2 bad lines left out: IMP_DETL line 2: 14 characters, expected 688; ")
    listed = read_details(home.lake, row.file_id).to_pylist()
    assert [(one["where"], one["line_number"], one["reason"], one["seen"]) for one in listed] == [
        ("IMP_DETL", 2, "14 characters, expected 688", "*** notice ***"),
        ("IMP_DETL", 3, "14 characters, expected 688", "*** notice ***"),
    ]
    assert remarked(home.lake, [row]) == [row]
    with duckdb.connect() as con:
        con.execute("create schema meta")
        write_source_file(con, home)
        query = "select rows_read, rows_accepted, rows_refused, rows_zero_month, bad_lines from meta.source_file"
        assert con.execute(query).fetchall() == [(6, 3, 2, 1, 2)]


def test_bad_lines_of_other_members_count_too(home: Home) -> None:
    edited(land(home), "SITC", lambda data: data + NOTICE)
    (row,) = take(home, limit=1)[1]
    assert (row.status, row.bad_lines, row.rows_refused) == ("accepted", 1, 0)
    assert read_details(home.lake, row.file_id)["where"].to_pylist() == ["SITC"]


def test_another_limit_decides_anew_about_archives_with_bad_lines_alone(home: Home) -> None:
    with_notices(land(home), 2)
    land(home, "EXDB2512.ZIP")  # refused for its name, whatever the limit
    assert {row.status for row in take(home, limit=1)[1]} == {"refused"}
    assert take(home, limit=1)[1] == []
    assert [(row.file_name, row.status) for row in take(home, limit=2)[1]] == [("IMDB2512.ZIP", "accepted")]
    assert take(home, limit=3)[1] == []
    assert [(row.file_name, row.status) for row in take(home, limit=1)[1]] == [("IMDB2512.ZIP", "refused")]
    assert dataset_files(home.lake, SOURCE) == []
    assert verify_store(home).damages == ()


def test_all_bad_lines_are_counted_and_the_first_hundred_listed(home: Home) -> None:
    with_notices(land(home), 250)
    (row,) = take(home, limit=249)[1]
    assert (row.status, row.bad_lines) == ("refused", 250)
    assert str(row.reason).startswith("lines: expected at most 249 bad lines; seen 250: IMP_DETL line 2: 14 characters")
    assert len(read_details(home.lake, row.file_id)) == 100


def five_more(data: bytes) -> bytes:
    """IMP_COMM with 5 more of the first quantity of its first commodity (3, see IMPORT_LINES); columns 193 to 207."""
    return with_cell(data, 1, 193, 207, b"%015d" % 8)


def test_quantities_that_do_not_add_up_are_kept_with_the_file_until_a_newer_print_comes(home: Home) -> None:
    edited(land(home), "IMP_COMM", five_more)
    (row,) = take(home)[1]
    assert row.status == "accepted"
    assert (
        "2 differences in counts, quantities and weights: IMP_COMM total general_quantity_1 1,004 not 1,009; "
        in str(row.reason)
    )
    details = read_details(home.lake, row.file_id).to_pylist()
    assert [(one["where"], one["measure"], one["expected"], one["seen"]) for one in details] == [
        ("IMP_COMM total", "general_quantity_1", "1009", "1004"),
        ("IMP_COMM 0101210010", "general_quantity_1", "8", "3"),
    ]
    assert remarked(home.lake, read_ledger(home.lake).values()) == [row]
    told_retrieved(land(home), "2026-11-22T16:00:00Z")
    assert [one.status for one in take(home, NOW + timedelta(days=1))[1]] == ["accepted"]
    assert remarked(home.lake, read_ledger(home.lake).values()) == []


def test_a_ledger_of_an_older_version_is_read_and_counts_as_whole(home: Home) -> None:
    """Rows written before the newest columns came have their defaults, and their hash is of what they hold."""
    land(home)
    (row,) = take(home)[1]
    path = row_file(home.lake, row.file_id)
    new = ("rows_zero_month", "bad_lines", "content_sha256", "told")
    # The hash as it was computed then, over the columns of then.
    old = {name: value for name, value in asdict(row).items() if name not in new}
    table = pa.Table.from_pylist([old], schema=pa.schema([field for field in SCHEMA if field.name not in new]))
    metadata = {b"tradewake.digest": digest_of(old)}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    assert is_row_intact(path)
    assert read_ledger(home.lake)[row.file_id] == replace(
        row, rows_zero_month=0, bad_lines=0, content_sha256=None, told=None
    )
    with duckdb.connect() as con:
        con.execute("create schema meta")
        assert write_source_file(con, home) == 1
        assert con.execute("select rows_zero_month, content_sha256 from meta.source_file").fetchall() == [(0, None)]


def digest_of(values: dict[str, object]) -> bytes:
    """The hash of a row: name=value lines but for the moment of retrieval, which follows as seconds."""
    moment = values["retrieved_at"]
    assert isinstance(moment, datetime)
    lines = [f"{name}={value!r}" for name, value in values.items() if name != "retrieved_at"]
    return sha256("\n".join([*lines, repr(moment.timestamp())]).encode()).hexdigest().encode()


def test_a_copy_of_an_archive_whose_record_tells_its_day_stands_for_nothing(home: Home) -> None:
    """Seen: a bundled archive zipped again took its place under an older day, and its known measures were lost."""
    told_retrieved(land(home), "2026-06-10T12:00:00Z")
    take(home)
    zipped_again(land(home, "copy.zip"), zipfile.ZIP_STORED, (2026, 3, 1, 0, 0, 0))
    take(home, NOW + timedelta(days=1))
    rows = by_name(home)
    assert (rows["IMDB2512.ZIP"].status, rows["copy.zip"].status) == ("accepted", "superseded")

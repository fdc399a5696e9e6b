"""Publishing: same content same hash, comments kept, readers undisturbed, the old file untouched by a failure.

And what others do to published files: clients that write, foreign files beside them, odd characters in the path.
"""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import time_machine

from assets.contracts.meta import SOURCE_FILE
from assets.home import HOME_VARIABLE, Home, UnusableHome
from assets.publication import publish as module
from assets.publication.publish import (
    HISTORY_FOLDER,
    KEPT_PUBLICATIONS,
    changes_beside,
    publication_from,
    publish,
    set_changes_aside,
    stamp_of,
)
from assets.upkeep.machine import changes
from assets.upkeep.verify_published import verify_published


@pytest.fixture
def filled(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    """A data folder whose warehouse holds two marts and an internal table."""
    macros = tmp_path / "as_of.sql"
    macros.write_text(
        "create macro marts.upto(day) as table select * from marts.partner_month where reference_month <= day"
    )
    monkeypatch.setattr(module, "AS_OF_MACROS", macros)
    return fill(home)


def fill(home: Home) -> Home:
    home.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute(
            "create schema marts; create schema intermediate; create table intermediate.hidden as select 1 as x"
        )
        con.execute(
            "create table marts.partner_month as "
            "select date '2026-07-01' as reference_month, 5 as balance_usd, 0.1 as share"
        )
        con.execute("comment on table marts.partner_month is 'it''s monthly'")
        con.execute("comment on column marts.partner_month.balance_usd is 'USD'")
        con.execute(SOURCE_FILE.create_sql())
        con.execute(
            "insert into meta.source_file (file_id, source, file_name, sha256, vintage, status) "
            "values ('a', 'census_country', 'country.csv', 'aa', '2026-09-03', 'accepted')"
        )
    return home


def _set_balance(home: Home, value: int) -> None:
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("update marts.partner_month set balance_usd = ?", [value])


def test_the_same_content_has_the_same_hash_and_other_content_another(filled: Home) -> None:
    first, second = publish(filled, "f"), publish(filled, "f")
    assert first.content_hash == second.content_hash
    _set_balance(filled, 6)
    assert publish(filled, "f").content_hash != first.content_hash


def test_the_hash_does_not_depend_on_row_order(filled: Home) -> None:
    with duckdb.connect(str(filled.warehouse)) as con:
        con.execute("insert into marts.partner_month values ('2026-06-01', 7, 0.2)")
    before = publish(filled, "f").content_hash
    with duckdb.connect(str(filled.warehouse)) as con:
        con.execute("create or replace table marts.partner_month as from marts.partner_month order by reference_month")
    assert publish(filled, "f").content_hash == before


def test_only_published_schemas_with_comments_manifest_and_macros(filled: Home) -> None:
    publish(filled, "fingerprint")
    with duckdb.connect(str(filled.published), read_only=True) as con:
        tables = con.execute("select schema_name || '.' || table_name from duckdb_tables() order by 1").fetchall()
        assert [row[0] for row in tables] == ["marts.partner_month", "meta.published_manifest", "meta.source_file"]
        comments = con.execute("select comment from duckdb_tables() where table_name = 'partner_month'").fetchone()
        assert comments == ("it's monthly",)
        assert con.execute("from marts.upto(date '2026-06-01')").fetchall() == []
        manifest = con.execute(
            "select input_fingerprint, newest_reference_month::varchar, vintages, row_counts "
            "from meta.published_manifest"
        ).fetchone()
    assert manifest is not None
    assert manifest[:2] == ("fingerprint", "2026-07-01")
    assert json.loads(manifest[2]) == {"census_country": ["2026-09-03"]}
    assert json.loads(manifest[3]) == {"marts.partner_month": 1, "meta.source_file": 1}
    assert not list(filled.published_folder.glob("*.wal"))


def test_the_parquet_export_holds_the_same_rows(filled: Home) -> None:
    publish(filled, "f")
    pointer = json.loads((filled.published_folder / "parquet" / "current.json").read_text())
    folder = filled.published_folder / "parquet" / pointer["folder"]
    assert duckdb.sql(f"select balance_usd from '{folder}/marts.partner_month.parquet'").fetchall() == [(5,)]


def test_a_reader_of_the_old_file_goes_on_and_the_last_files_are_kept(filled: Home) -> None:
    publish(filled, "f")
    with duckdb.connect(str(filled.published), read_only=True) as reader:
        for value in range(10, 10 + KEPT_PUBLICATIONS + 2):
            _set_balance(filled, value)
            publish(filled, "f")
        assert reader.execute("select balance_usd from marts.partner_month").fetchall() == [(5,)]
    with duckdb.connect(str(filled.published), read_only=True) as con:
        assert con.execute("select balance_usd from marts.partner_month").fetchone() == (16,)
    assert len(list((filled.published_folder / HISTORY_FOLDER).glob("*.duckdb"))) == KEPT_PUBLICATIONS


def test_readers_never_meet_a_half_file(filled: Home) -> None:
    publish(filled, "f")
    problems: list[BaseException] = []
    seen: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                with duckdb.connect(str(filled.published), read_only=True) as con:
                    balance, count = con.execute(
                        "select max(balance_usd), count(*) from marts.partner_month"
                    ).fetchone() or (0, 0)
                    assert count == 1
                    seen.append(balance)
            except (duckdb.Error, AssertionError) as problem:
                problems.append(problem)

    reader = threading.Thread(target=read)
    reader.start()
    for value in range(20, 26):
        _set_balance(filled, value)
        publish(filled, "f")
    stop.set()
    reader.join()
    assert problems == []
    assert set(seen) <= {5, *range(20, 26)}


def test_a_failing_publication_leaves_the_old_file(filled: Home) -> None:
    publish(filled, "f")
    before = filled.published.read_bytes()
    with duckdb.connect(str(filled.warehouse)) as con:
        con.execute("drop table marts.partner_month")
    with pytest.raises(duckdb.Error):
        publish(filled, "f")
    assert filled.published.read_bytes() == before
    assert not list(filled.published_folder.glob(".trade*"))


def _names(home: Home) -> tuple[list[str], list[str]]:
    history = sorted(path.name for path in (home.published_folder / HISTORY_FOLDER).iterdir())
    exports = sorted(path.name for path in (home.published_folder / "parquet").iterdir() if path.is_dir())
    return history, exports


def test_publications_while_the_clock_goes_back_keep_their_order(filled: Home) -> None:
    """Eight publications, each a day earlier by the clock: names and times increase, the newest are kept and pointed at."""
    made: list[tuple[datetime, int]] = []
    newest: list[str] = []
    for step in range(KEPT_PUBLICATIONS + 3):
        with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC) - timedelta(days=step), tick=False):
            _set_balance(filled, step)
            publish(filled, "f")
        with duckdb.connect(str(filled.published), read_only=True) as con:
            (at,) = con.execute("select published_at from meta.published_manifest").fetchone() or (None,)
        made.append((at, step))
        pointer = json.loads((filled.published_folder / "parquet" / "current.json").read_text())
        newest.append(pointer["folder"])
        assert (filled.published_folder / "parquet" / pointer["folder"] / "marts.partner_month.parquet").exists()
    assert made == sorted(made) and len({at for at, _ in made}) == len(made)
    assert newest == sorted(newest)
    history, exports = _names(filled)
    assert exports == newest[-KEPT_PUBLICATIONS:]
    kept = [_balance(filled.published_folder / HISTORY_FOLDER / name) for name in history]
    assert kept == [2, 3, 4, 5, 6]


def test_a_publication_cut_off_before_the_swap_can_be_made_again(filled: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(filled, "f")
    with monkeypatch.context() as patch:
        patch.setattr(module, "flush_folder", lambda _: None)
        patch.setattr(module, "set_changes_aside", lambda _: (_ for _ in ()).throw(OSError("cut off")))
        with pytest.raises(OSError, match="cut off"):
            publish(filled, "f")
    publish(filled, "f")
    assert len(_names(filled)[0]) == 1


def _balance(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as con:
        row = con.execute("select balance_usd from marts.partner_month").fetchone()
    return int(row[0]) if row else -1


WRITES = """
import duckdb, os, sys
con = duckdb.connect(sys.argv[1])
con.execute("update marts.partner_month set balance_usd = 0")
print("changed", flush=True)
if sys.argv[2] == "stays":
    sys.stdin.read()
os._exit(0)
"""
"""A client that opens the published file to write, as many do unasked, and ends without closing it, or stays open."""


def _client(home: Home, *, stays: bool = False) -> subprocess.Popen[str]:
    home.published.chmod(0o644)  # as a file of an older version; whoever runs as root may write in any case
    client = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(home.published), "stays" if stays else "ends"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert client.stdout is not None and client.stdout.readline() == "changed\n"
    if not stays:
        client.wait()
    assert changes_beside(home).exists()
    return client


def test_changes_of_a_client_never_reach_the_next_publication(filled: Home) -> None:
    publish(filled, "f")
    _client(filled)
    assert _balance(filled.published) == 0, "the client's changes are not replayed: the fault is not tried"
    publish(filled, "f")
    assert _balance(filled.published) == 5
    assert not changes_beside(filled).exists()
    (kept,) = (filled.published_folder / HISTORY_FOLDER).glob("trade-*.duckdb")
    assert _balance(kept) == 5
    assert len(list((filled.published_folder / HISTORY_FOLDER).glob("changes-*.wal"))) == 1


def test_a_client_that_stays_open_over_a_publication_does_not_reach_it(filled: Home) -> None:
    publish(filled, "f")
    with _client(filled, stays=True):
        publish(filled, "f")
        assert _balance(filled.published) == 5
    assert _balance(filled.published) == 5
    assert not changes_beside(filled).exists()


def test_verify_and_doctor_name_a_clients_changes_and_what_they_tell_to_do_works(filled: Home) -> None:
    publish(filled, "f")
    assert verify_published(filled) == [] and changes(filled).is_fine
    _client(filled)
    (damage,) = verify_published(filled)
    assert damage.path == "published/trade.duckdb.wal" and "tradewake tidy" in damage.remedy
    assert "tradewake tidy" in changes(filled).todo
    set_changes_aside(filled)  # what tidy and each refresh do
    assert verify_published(filled) == [] and changes(filled).is_fine


def test_only_so_many_changes_are_kept(filled: Home) -> None:
    publish(filled, "f")
    for second in range(KEPT_PUBLICATIONS + 2):
        with time_machine.travel(datetime(2026, 11, 20, 12, 0, second, tzinfo=UTC), tick=False):
            changes_beside(filled).write_bytes(b"x")
            os.utime(changes_beside(filled), (second, second))
            set_changes_aside(filled)
    assert len(list((filled.published_folder / HISTORY_FOLDER).glob("changes-*.wal"))) == KEPT_PUBLICATIONS
    assert set_changes_aside(filled) is None


def test_everything_published_is_read_only(filled: Home) -> None:
    publish(filled, "f")
    publish(filled, "f")
    folder = filled.published_folder
    files = [filled.published, *folder.glob("history/*.duckdb"), *folder.glob("parquet/*/*.parquet")]
    assert len(files) == 2 + 2 * 3
    assert {file.stat().st_mode & 0o777 for file in files} == {0o444}


def test_foreign_files_in_the_published_folders_block_nothing_and_stay(filled: Home) -> None:
    publish(filled, "f")
    history, parquet = filled.published_folder / HISTORY_FOLDER, filled.published_folder / "parquet"
    foreign = [
        history / "trade-backup.duckdb",
        history / "trade-old.duckdb",
        history / "trade-20261399T000000000000Z.duckdb",
        history / "notes.txt",
    ]
    for path in foreign:
        path.write_text("mine")
    folders = [history / "trade-20260101T000000000000Z.duckdb", parquet / "20T20Z-mine", parquet / "2026 backup"]
    for path in folders:
        path.mkdir()
    for value in range(KEPT_PUBLICATIONS + 2):
        _set_balance(filled, value)
        publish(filled, "f")
    assert all(path.read_text() == "mine" for path in foreign) and all(path.is_dir() for path in folders)
    own = [path for path in history.glob("trade-2*.duckdb") if path.is_file() and path not in foreign]
    assert len(own) == KEPT_PUBLICATIONS
    assert publication_from(filled, str(stamp_of(filled))) is None
    assert verify_published(filled) == []


@pytest.mark.parametrize("name", ["it's", "100%", "two words", 'a"b', "a=b", "a,b", "&<b>", "ä", "--x"])
def test_a_data_folder_of_any_name_is_published_and_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    macros = tmp_path / "as_of.sql"
    macros.write_text("select 1")
    monkeypatch.setattr(module, "AS_OF_MACROS", macros)
    home = fill(Home(tmp_path / name))
    publish(home, "f")
    assert verify_published(home) == []
    assert _balance(home.published) == 5


@pytest.mark.parametrize("name", ["what?", "a;b", "a#b", "all*", "[a]", "a\\b", "{x}", "a\nb", "a\x1b[2Jb"])
def test_a_data_folder_that_cannot_be_worked_in_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / name))
    with pytest.raises(UnusableHome, match=HOME_VARIABLE) as problem:
        Home.from_environment()
    assert str(problem.value).isprintable()


def test_the_pointer_to_the_parquet_copy_switches_after_the_database(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(filled, "f")
    pointer = filled.published_folder / "parquet" / "current.json"
    before = pointer.read_text()
    _set_balance(filled, 6)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_swap", lambda *_: (_ for _ in ()).throw(OSError("cut off")))
        with pytest.raises(OSError, match="cut off"):
            publish(filled, "f")
    assert pointer.read_text() == before
    publish(filled, "f")
    assert verify_published(filled) == []


def test_every_published_type_is_plain(filled: Home) -> None:
    """DBeaver, Polars and plain clients read these; JSON comes as bytes there, a zoned moment needs another library."""
    with duckdb.connect(str(filled.warehouse)) as con:
        con.execute("set timezone = 'America/New_York'")
        con.execute(
            "create table marts.odd as select json_object('a', 1) as evidence, "
            "timestamptz '2026-06-09 12:30:00+00' as moment, 1 as plain"
        )
        con.execute("comment on column marts.odd.evidence is 'JSON text'")
    publish(filled, "f")
    with duckdb.connect(str(filled.published), read_only=True) as con:
        types = {
            row[0]
            for row in con.execute("select distinct data_type from duckdb_columns() where not internal").fetchall()
        }
        assert types <= {"VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL(2,1)"}
        assert con.execute("select evidence ->> 'a', cast(moment as varchar) from marts.odd").fetchall() == [
            ("1", "2026-06-09 12:30:00")
        ]
        comment = con.execute("select comment from duckdb_columns() where column_name = 'evidence'").fetchone()
        assert comment == ("JSON text",)


def test_what_is_told_of_files_alone_is_no_other_content(filled: Home) -> None:
    """A refused or withdrawn file has its row in meta.source_file, and changes no figure."""
    before = publish(filled, "f").content_hash
    with duckdb.connect(str(filled.warehouse)) as con:
        con.execute("insert into meta.source_file (file_id, file_name, status) values ('b', 'page.xlsx', 'refused')")
    assert publish(filled, "f").content_hash == before
    assert verify_published(filled) == []
    with duckdb.connect(str(filled.published)) as con:
        con.execute("delete from meta.source_file where file_id = 'b'")
    assert [damage.path for damage in verify_published(filled)] == ["published/trade.duckdb"]

"""Publishing: same content same hash, comments kept, readers undisturbed, the old file untouched by a failure."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import time_machine

from assets.home import Home
from assets.publication import publish as module
from assets.publication.publish import HISTORY_FOLDER, KEPT_PUBLICATIONS, publish
from assets.publication.source_file import SOURCE_FILE


@pytest.fixture
def filled(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    """A data folder whose warehouse holds two marts and an internal table."""
    macros = tmp_path / "as_of.sql"
    macros.write_text(
        "create macro marts.upto(day) as table select * from marts.partner_month where reference_month <= day"
    )
    monkeypatch.setattr(module, "AS_OF_MACROS", macros)
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
        patch.setattr(Path, "chmod", lambda *_: (_ for _ in ()).throw(OSError("cut off")))
        with pytest.raises(OSError, match="cut off"):
            publish(filled, "f")
    publish(filled, "f")
    assert len(_names(filled)[0]) == 1


def _balance(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as con:
        row = con.execute("select balance_usd from marts.partner_month").fetchone()
    return int(row[0]) if row else -1

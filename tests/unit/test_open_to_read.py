"""SQL on a connection of `open_to_read` or `open_beside` reads the tables of its file, and nothing else happens."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets import warehouse
from assets.warehouse import THREADS, only_reads, open_beside, open_nothing, open_to_read

OPENERS = ("open_to_read", "open_beside")

REFUSED = [
    # other files
    "from read_text('text.csv')",
    "from read_blob('text.csv')",
    "from read_csv('text.csv')",
    "from read_csv_auto('text.csv')",
    "from read_json('text.csv')",
    "from read_json_objects('text.csv')",
    "from read_ndjson_auto('text.csv')",
    "from read_parquet('rows.parquet')",
    "from parquet_scan('rows.parquet')",
    "from parquet_metadata('rows.parquet')",
    "from parquet_schema('rows.parquet')",
    "from parquet_kv_metadata('rows.parquet')",
    "from read_duckdb('other.duckdb')",
    "from sniff_csv('text.csv')",
    "from glob('*')",
    "from 'text.csv'",
    "from 'rows.parquet'",
    "from 'other.duckdb'",
    'from "text.csv"',
    "from '/etc/passwd'",
    "from read_text('/etc/passwd')",
    "from read_csv('/dev/stdin')",
    "from query('from read_text(''text.csv'')')",
    "from query_table('text.csv')",
    "from json_execute_serialized_sql(json_serialize_sql('from read_text(''text.csv'')'))",
    "with rows as (from 'text.csv') from rows",
    "select (select content from read_text('text.csv'))",
    "explain analyze from 'text.csv'",
    # addresses
    "from 'http://127.0.0.1:9/x.parquet'",
    "from 'https://127.0.0.1:9/x.csv'",
    "from read_parquet('s3://bucket/x.parquet')",
    "attach 'http://127.0.0.1:9/x.duckdb' as far",
    # other databases, extensions, secrets
    "attach 'other.duckdb' as other",
    "attach 'new.duckdb' as new",
    "attach 'other.duckdb' as other (read_only)",
    "install httpfs",
    "force install httpfs",
    "load httpfs",
    "load './x.duckdb_extension'",
    "update extensions",
    "create secret s (type s3, key_id 'a')",
    "create persistent secret s (type s3, key_id 'a')",
    "from duckdb_secrets()",
    "from which_secret('s3://x', 's3')",
    "select getenv('PATH')",
    # writing to disk
    "copy marts.figure to 'out.csv'",
    "copy (select 1) to 'out.parquet' (format parquet)",
    "copy (select 1) to '/dev/stdout'",
    "copy marts.figure from 'text.csv'",
    "explain analyze copy (select 1) to 'out.csv'",
    "export database 'out'",
    "import database 'out'",
    # settings
    "set memory_limit = '100GB'",
    "set threads = 64",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "set python_enable_replacements = true",
    "set temp_directory = 'out'",
    "set home_directory = '/'",
    "set file_search_path = '/etc'",
    "set allowed_directories = ['/']",
    "set allowed_paths = ['text.csv']",
    "set log_query_path = 'out.log'",
    "set global timezone = 'Asia/Tokyo'",
    "reset memory_limit",
    "reset enable_external_access",
    "pragma memory_limit = '100GB'",
    "pragma threads = 64",
    "pragma enable_profiling = 'json'",
    "pragma profile_output = 'out.json'",
    # Python variables
    "from frame",
    "select * from frame as f",
]
"""Refused on both connections, whatever the kind of statement."""

WRITES = [
    "insert into marts.figure values (2, 'b')",
    "insert into {schema}.figure values (2, 'b')",
    "update {schema}.figure set id = 2",
    "delete from {schema}.figure",
    "truncate {schema}.figure",
    "drop table {schema}.figure",
    "drop schema {schema} cascade",
    "alter table {schema}.figure add column more integer",
    "create table {schema}.more as select 1",
    "create or replace table {schema}.figure as select 1",
    "create view {schema}.more as select 1",
    "create macro {schema}.more() as 1",
    "create sequence {schema}.more",
    "create type {schema}.more as enum ('a')",
    "create index more on {schema}.figure (id)",
    "comment on table {schema}.figure is 'x'",
    "merge into {schema}.figure using (select 1 as id) using (id) when matched then delete",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a database of one table and other files that a query may want."""
    monkeypatch.chdir(tmp_path)
    Path("text.csv").write_text("a,b\n1,2\n")
    with duckdb.connect() as con:
        con.execute("copy (select 1 as a) to 'rows.parquet'")
    for name in ("it.duckdb", "other.duckdb"):
        with duckdb.connect(name) as con:
            con.execute("create schema marts; create table marts.figure as select 1 as id, 'a' as name")
    before = _state(tmp_path)
    yield tmp_path
    assert _state(tmp_path) == before, "a file was made, changed or removed"


def _state(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _opened(opener: str, folder: Path) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    path = folder / "it.duckdb"
    return open_to_read(path) if opener == "open_to_read" else open_beside({"published": path})


@pytest.mark.parametrize("opener", OPENERS)
def test_no_statement_reaches_beyond_the_file(opener: str, folder: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    passed = []
    with _opened(opener, folder) as con:
        for statement in REFUSED:
            try:
                con.execute(statement).fetchall()
            except duckdb.Error:
                continue
            passed.append(statement)
        settings = con.execute(
            "select current_setting('memory_limit'), current_setting('threads'), current_setting('temp_directory')"
        ).fetchone()
    assert passed == []
    assert len(frame) == 1
    assert settings is not None
    assert settings[0] == "3.7 GiB"
    assert settings[1:] == (THREADS, "")


@pytest.mark.parametrize("opener", OPENERS)
def test_the_file_cannot_be_written(opener: str, folder: Path) -> None:
    schema = "marts" if opener == "open_to_read" else "published.marts"
    passed = []
    with _opened(opener, folder) as con:
        for template in WRITES:
            statement = template.format(schema=schema)
            try:
                con.execute(statement).fetchall()
            except duckdb.Error:
                continue
            passed.append(statement)
        assert con.execute(f"from {schema}.figure").fetchall() == [(1, "a")]
    assert passed == []


def test_reading_needs_none_of_it(folder: Path) -> None:
    with open_to_read(folder / "it.duckdb") as con:
        assert con.execute("select *, current_setting('timezone') from marts.figure").fetchall() == [(1, "a", "UTC")]
    with open_beside({"pub'lis\"hed": folder / "it.duckdb"}) as con:
        assert con.execute('from "pub\'lis""hed".marts.figure').fetchall() == [(1, "a")]
        con.execute("create table own as select 7 as x")
        assert con.execute("from own").fetchall() == [(7,)]


def test_a_query_that_needs_more_memory_ends_without_spilling(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(warehouse._READER, "memory_limit", "64MB")
    with open_to_read(folder / "it.duckdb") as con, pytest.raises(duckdb.OutOfMemoryException):
        con.execute("select count(*) from (select range from range(50000000) order by hash(range))").fetchall()


def test_a_long_expression_is_looked_through_too() -> None:
    """Its tree is deeper than Python's reader of JSON goes."""
    terms = " + ".join("1" * 900)
    with open_nothing() as con:
        assert only_reads(con, f"select {terms}")
        assert not only_reads(con, f"select {terms} + (select 1 from enable_logging())")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(duckdb.IOException), open_to_read(tmp_path / "none.duckdb"):
        pass
    assert list(tmp_path.iterdir()) == []

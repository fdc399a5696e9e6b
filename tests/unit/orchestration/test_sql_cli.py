"""`tradewake sql`: one query that reads, its rows as a table, JSON or CSV that a spreadsheet may open."""

import csv
import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from assets import warehouse
from assets.home import HOME_VARIABLE, Home
from orchestration import sql_cli
from orchestration.cli import app
from orchestration.sql_cli import ONE_QUERY, SHOWN_ROWS

NOT_READING = [
    "create temp table t as select 1",
    "create temp view v as select 1",
    "create temp macro m() as 1",
    "create table marts.t as select 1",
    "insert into marts.partner values (2)",
    "update marts.partner set x = 2",
    "delete from marts.partner",
    "drop table marts.partner",
    "alter table marts.partner add column y int",
    "copy marts.partner to 'out.csv'",
    "export database 'out'",
    "attach 'other.duckdb'",
    "detach trade",
    "use marts",
    "set threads = 1",
    "set variable v = 1",
    "reset threads",
    "pragma memory_limit = '100GB'",
    "call enable_logging()",
    "from enable_logging()",
    'select * from system.main."Enable_Logging"()',
    "with a as (from enable_logging()) from a",
    "select (select count(*) from enable_logging()) as n",
    "from marts.partner, lateral truncate_duckdb_logs()",
    "describe from enable_logging()",
    "summarize from enable_logging()",
    "explain from enable_logging()",
    "explain analyze from enable_logging()",
    "/* explain */ explain (analyze) from enable_logging()",
    "from query('from enable_' || 'logging()')",
    "from json_execute_serialized_sql(json_serialize_sql('from enable_logging()'))",
    "from checkpoint()",
    "from force_checkpoint('trade')",
    "from read_text('/etc/passwd')",
    "from glob('*')",
    "from duckdb_secrets()",
    "call pragma_version()",
    "install httpfs",
    "load httpfs",
    "create secret s (type s3)",
    "prepare p as select 1",
    "execute p",
    "begin",
    "commit",
    "checkpoint",
    "vacuum",
    "explain analyze copy (select 1) to 'out.csv'",
    "explain analyze insert into marts.partner values (2)",
    "select 1; select 2",
    "select 1; drop table marts.partner",
    "",
]
REFUSED_BY_DUCKDB = [
    "from 'text.csv'",
    "import database '/'",
    "from output",
    "selekt 1",
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A data folder with a published file of one table."""
    home = Home(tmp_path_factory.mktemp("sql") / "data")
    home.published_folder.mkdir(parents=True)
    with duckdb.connect(str(home.published)) as con:
        con.execute("create schema marts; create table marts.partner as select 1 as x")
        con.execute("create macro marts.of_x(y) as table select * from marts.partner where x = y")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(HOME_VARIABLE, str(home.root))
        yield home


def _sql(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sql", *arguments])


def _csv(query: str) -> list[list[str]]:
    done = _sql("--csv", query)
    assert done.exit_code == 0, done.output
    return list(csv.reader(io.StringIO(done.stdout, newline=""), strict=True))


@pytest.mark.parametrize("query", NOT_READING)
def test_what_does_not_read_is_not_even_tried(published: Home, query: str) -> None:
    done = _sql(query)
    assert done.exit_code == 2
    assert done.stderr.strip() == ONE_QUERY


@pytest.mark.parametrize("query", REFUSED_BY_DUCKDB)
def test_what_reads_something_else_is_refused(published: Home, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = published.published.read_bytes()
    monkeypatch.chdir(published.root)
    done = _sql(query)
    assert done.exit_code == 2
    assert "Error" in done.stderr
    assert done.stdout == ""
    assert published.published.read_bytes() == before
    assert [path.name for path in published.root.rglob("*") if path.is_file()] == ["trade.duckdb"]


@pytest.mark.parametrize(
    "query",
    ["from marts.partner", "with a as (select 1 as x) from a", "describe marts.partner", "show all tables",
     "summarize marts.partner", "values (1)", "explain select 1", "select 1;", "explain (analyze, format json) select 1",
     "explain (select 1)", "from range(3)", "select unnest([1, 2])", "from duckdb_tables()", "show databases",
     "from pragma_table_info('marts.partner')", "select 'from enable_logging()' as text", "from marts.of_x(1)"],
)  # fmt: skip
def test_every_way_of_reading_runs(published: Home, query: str) -> None:
    assert _sql(query).exit_code == 0


def test_json_is_one_array(published: Home) -> None:
    assert json.loads(_sql("--json", "select 1 where false").stdout) == []
    text = _sql("--json", "select 'a\nb\u2028c' as t, 1.50::decimal(9, 2) as d union all select 'e', 2").stdout
    assert json.loads(text) == [{"t": "a\nb\u2028c", "d": 1.5}, {"t": "e", "d": 2}]
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"


def test_the_table_is_cut_and_says_so(published: Home) -> None:
    done = _sql("from range(100000000000)")
    assert f"The first {SHOWN_ROWS} rows are shown" in done.stderr
    assert _sql(f"from range({SHOWN_ROWS})").stderr == ""


def test_a_cell_is_neither_markup_nor_a_message_to_the_terminal(published: Home) -> None:
    text = _sql("select '[red]a[/b]' as \"[bold]x\", chr(27) || ']0;owned' as t, chr(8238) || 'fed' as u").stdout
    assert "[red]a[/b]" in text
    assert "[bold]x" in text
    assert "\\x1b]0;owned" in text and "\\u202efed" in text
    assert "\x1b" not in text and "\u202e" not in text


def test_csv_opens_again_as_it_was(published: Home) -> None:
    query = """
        select 'a,b' as "name, quoted", 'say "no"' as q, 'line
break' as n, null as missing, 12345678901234567890 as big, 1.10::decimal(9, 2) as exact, date '2026-07-01' as day,
        true as yes, [1, 2] as many, 'Côte' as word
    """
    assert _csv(query) == [
        ["name, quoted", "q", "n", "missing", "big", "exact", "day", "yes", "many", "word"],
        ["a,b", 'say "no"', "line\nbreak", "", "12345678901234567890", "1.10", "2026-07-01", "true", "[1, 2]", "Côte"],
    ]
    assert _sql("--csv", "select 1 as a").stdout_bytes == b"a\r\n1\r\n"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "＝1"],
)
def test_a_text_is_never_a_formula(published: Home, text: str) -> None:
    quoted, name = text.replace("'", "''"), text.replace('"', '""')
    header, row = _csv(f"select '{quoted}' as \"{name}\", ['{quoted}'][1] as t")
    assert (header[0], row) == (f"'{text}", [f"'{text}", f"'{text}"])


def test_a_negative_number_stays_a_number(published: Home) -> None:
    query = (
        "select -5 as i, -0.5::double as f, -1.50::decimal(9, 2) as d, -170141183460469231731687303715884105727 as h"
    )
    assert _csv(query)[1] == ["-5", "-0.5", "-1.50", "-170141183460469231731687303715884105727"]
    assert _csv("select '-5' as t, interval '-1 day' as i")[1] == ["'-5", "'-1 day, 0:00:00"]


def test_two_forms_at_once_are_a_mistake(published: Home) -> None:
    assert _sql("--csv", "--json", "select 1").exit_code == 2


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) from range(100000000000) as a where hash(a.range) % 7 = 3",
        "from range(100000000000) as a where hash(a.range) % 1000000007 = 3",
        "select sleep_ms(1000000)",
    ],
)
def test_a_query_has_a_limit_of_time(published: Home, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    """Also one that gives rows before it is done: all of DuckDB's work counts, none of the reader's."""
    monkeypatch.setattr(sql_cli, "QUERY_SECONDS", 0.5)
    started = time.monotonic()
    done = _sql("--csv", query)
    assert done.exit_code == 2
    assert "did not end within" in done.stderr
    assert time.monotonic() - started < 5


def test_a_cell_has_a_limit_of_memory(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB does not count the text of one cell against its own limit."""
    limit = resource.getrlimit(resource.RLIMIT_AS)
    monkeypatch.setattr(warehouse, "QUERY_BYTES", 300_000_000)
    done = _sql("--csv", "select repeat('x', 1000000000) as cell")
    assert done.exit_code == 2
    assert "Memory" in done.stderr or "memory" in done.stderr
    assert resource.getrlimit(resource.RLIMIT_AS) == limit
    assert _csv("from marts.partner")[1] == ["1"]


def test_a_runaway_query_ends_at_ctrl_c(published: Home) -> None:
    forever = "select count(*) from range(100000000000) as a where hash(a.range) % 7 = 3"
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("tradewake")), "sql", forever],
        env=os.environ.copy(),
        stderr=subprocess.PIPE,
        # A test run in the background of a shell has it ignored, and what it starts as well.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - one thread
    ) as process:
        time.sleep(2)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=5) == 130
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()

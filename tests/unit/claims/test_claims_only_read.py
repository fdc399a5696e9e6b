"""A claim file is SQL of whoever wrote it: it can read the tables of the warehouse, and a refusal names claim and field."""

from pathlib import Path
from string import Template

import duckdb
import pytest
import yaml

from assets import warehouse as limits
from assets.claims import asset as module
from assets.claims import judge
from assets.claims.claim import Claim, read_claims
from assets.contracts.meta import SOURCE_FILE
from assets.errors import RefusedFile
from assets.home import Home
from tests.unit.claims.facts import EMPTY_FACTS

FIELDS = {
    "id": "widening",
    "proposition": 99,
    "statement": "The deficit of 2025 is a deficit.",
    "computes": "The deficit of one vintage.",
    "basis": "invented",
    "period": "2025",
    "sources": ["fred"],
    "vintages_sql": "select date '2026-02-19'",
    "sql": "select 1 as usd, 'It was 1' as sentence",
    "rule": {"supported": "usd > 0"},
}
STATEMENTS = [
    "drop table deficit",
    "insert into deficit values (1)",
    "create temp table t as select 1",
    "attach '$folder/other.duckdb'",
    "copy deficit to '$folder/out.csv'",
    "copy (select 1) to '$folder/out.csv'",
    "export database '$folder/out'",
    "import database '/'",
    "install httpfs",
    "load httpfs",
    "set threads = 1",
    "pragma memory_limit = '100GB'",
    "call enable_logging()",
    "checkpoint",
    "select 1; drop table deficit",
    "select * from enable_logging()",
    "select content as sentence from read_text('/etc/passwd')",
    "select * from read_csv('/etc/passwd')",
    "select * from read_parquet('$folder/other.parquet')",
    "select * from glob('/etc/*')",
    "select * from duckdb_secrets()",
    "select * from query('from read_text(''/etc/passwd'')')",
]
"""Refused when the file is read."""
QUERIES = [
    "select * from '$folder/other.csv'",
    "select * from 'http://127.0.0.1:9/x.csv'",
    "select getenv('PATH') as sentence",
    "select * from frame",
]
"""Refused when the claim is judged."""


def _claims(folder: Path, **changed: object) -> list[Claim]:
    (folder / "claim.yaml").write_text(yaml.safe_dump({**FIELDS, **changed}))
    return read_claims(folder)


@pytest.fixture
def warehouse(home: Home) -> Home:
    """A data folder whose warehouse holds one table, the list of source files and empty facts."""
    home.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("create table deficit as select 1 as usd")
        con.execute(SOURCE_FILE.create_sql())
        con.execute(EMPTY_FACTS)
    return home


def _judged(home: Home, claims: list[Claim], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "read_claims", lambda: claims)
    module.verdict.write(home)


@pytest.mark.parametrize(
    ("field", "statement"), [("vintages_sql", STATEMENTS[0]), *(("sql", statement) for statement in STATEMENTS)]
)
def test_a_statement_is_refused_when_the_file_is_read(tmp_path: Path, field: str, statement: str) -> None:
    sql = Template(statement).substitute(folder=tmp_path)
    with pytest.raises(RefusedFile) as refused:
        _claims(tmp_path, **{field: sql})
    assert (refused.value.file, refused.value.where) == ("claim.yaml", f"field {field}")
    assert [path.name for path in tmp_path.iterdir()] == ["claim.yaml"]


@pytest.mark.parametrize("outcome", ["supported", "partly"])
@pytest.mark.parametrize(
    "rule", ["true); drop table deficit; select (true", "usd > 0; checkpoint", "drop table deficit"]
)
def test_a_rule_is_one_condition(tmp_path: Path, outcome: str, rule: str) -> None:
    with pytest.raises(RefusedFile) as refused:
        _claims(tmp_path, rule={"supported": "usd > 0", outcome: rule})
    assert refused.value.where == f"field rule.{outcome}"


def test_a_query_beyond_the_tables_is_refused_and_nothing_changes(
    warehouse: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = warehouse.warehouse.read_bytes()
    queries: list[tuple[str, dict[str, object]]] = [
        ("sql", {"sql": Template(query).substitute(folder=tmp_path)}) for query in QUERIES
    ]
    cases: list[tuple[str, dict[str, object]]] = [
        ("vintages_sql", {"vintages_sql": QUERIES[0]}),
        ("rule", {"rule": {"supported": f"exists({QUERIES[0]})"}}),
        *queries,
    ]
    for field, changed in cases:
        with pytest.raises(RefusedFile) as refused:
            _judged(warehouse, _claims(tmp_path, **changed), monkeypatch)
        assert (refused.value.file, refused.value.where) == ("claim widening", f"field {field}")
        assert refused.value.expected == "a query that runs and only reads tables"
    assert warehouse.warehouse.read_bytes() == before


@pytest.mark.parametrize(
    "query", ["select sleep_ms(1000000) as n, 'x' as sentence", "select n, 'x' as sentence from forever"]
)
def test_a_query_has_a_limit_of_time(
    warehouse: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(judge, "QUERY_SECONDS", 0.3)
    forever = "with forever as (select count(*) as n from range(100000000000) as a where hash(a.range) % 7 = 3) "
    with pytest.raises(RefusedFile, match=r"claim widening: field sql: .*did not end within"):
        _judged(warehouse, _claims(tmp_path, sql=forever + query), monkeypatch)


def test_a_query_has_a_limit_of_memory(warehouse: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUERY_BYTES", 300_000_000)
    cell = "select 1 as usd, repeat('x', 1000000000) as sentence"
    with pytest.raises(RefusedFile, match=r"claim widening: field sql: .*[Mm]emory"):
        _judged(warehouse, _claims(tmp_path, sql=cell), monkeypatch)


def test_a_claim_that_reads_is_judged_and_written(
    warehouse: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _judged(warehouse, _claims(tmp_path, sql="select usd, 'It was ' || usd as sentence from deficit"), monkeypatch)
    with duckdb.connect(str(warehouse.warehouse), read_only=True) as con:
        assert con.execute("select verdict, sentence from claims.verdict").fetchall() == [("supported", "It was 1")]


def test_words_of_a_claim_stay_words(warehouse: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = "It's \"odd\"'); drop table deficit; --"
    _judged(warehouse, _claims(tmp_path, statement=odd, basis=odd, period=odd, sources=[odd]), monkeypatch)
    with duckdb.connect(str(warehouse.warehouse), read_only=True) as con:
        assert con.execute("select statement, basis, period from claims.verdict").fetchall() == [(odd,) * 3]
        assert con.execute("from deficit").fetchall() == [(1,)]


@pytest.mark.parametrize("claim_id", ["a'b", "a; drop table x", "../a", 'a"b', ""])
def test_an_id_is_a_plain_word(tmp_path: Path, claim_id: str) -> None:
    with pytest.raises(RefusedFile, match="field id"):
        _claims(tmp_path, id=claim_id)


def test_vintages_are_dates(warehouse: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RefusedFile, match="field vintages_sql: expected one column of dates"):
        _judged(warehouse, _claims(tmp_path, vintages_sql="select '2026-02-19'' or true --'"), monkeypatch)

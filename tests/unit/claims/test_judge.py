"""Claim files and their judging, on a warehouse of three invented rows."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.claims.claim import CLAIMS_FOLDER, Claim, read_claims
from assets.claims.judge import DEPENDS, NOT_TESTABLE, judge, verdicts, write_verdicts
from assets.contracts.meta import SOURCE_FILE
from assets.errors import RefusedFile
from tests.unit.claims.facts import EMPTY_FACTS

VALID = """
id: widening
proposition: 99
statement: The deficit of 2025 is larger than that of 2024.
computes: The two annual deficits of one vintage.
basis: invented
period: "2025"
sources: [fred]
vintages_sql: select distinct vintage from deficit
sql: >-
  select max(usd) filter (where year = 2025) as new, max(usd) filter (where year = 2024) as old,
  'It was ' || max(usd) filter (where year = 2025) as sentence
  from deficit where vintage = $vintage having count(*) = 2
rule:
  supported: new > old
  partly: new = old
"""


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create table deficit (year integer, usd bigint, vintage date)")
    con.execute(SOURCE_FILE.create_sql())
    con.execute(EMPTY_FACTS)
    con.execute("""
        insert into intermediate.int_trade_value select 'fred', 'goods_services', 'BOP', 'SA', 'balance', '0015', 'month',
            make_date(year, 1, 1), vintage, file_id
        from (values (2024, date '2026-02-19', 'a'), (2025, date '2026-02-19', 'a'), (2025, date '2026-06-09', 'b'))
            as _(year, vintage, file_id)
    """)
    con.execute(
        "insert into meta.source_file (file_id, source, file_name, sha256, vintage, status) values "
        "('a', 'fred', 'a.csv', 'aa', '2026-02-19', 'accepted'), "
        "('b', 'fred', 'b.csv', 'bb', '2026-06-09', 'accepted'), "
        "('c', 'fred', 'c.csv', 'cc', null, 'refused')"
    )
    return con


def _claim(folder: Path, text: str = VALID) -> Claim:
    (folder / "claim.yaml").write_text(text)
    return read_claims(folder)[0]


def _deficits(con: duckdb.DuckDBPyConnection, *rows: tuple[int, int, str]) -> None:
    con.executemany("insert into deficit values (?, ?, ?)", rows)


def test_vintages_that_disagree_are_both_told(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    _deficits(
        warehouse,
        (2024, 10, "2026-02-19"),
        (2025, 9, "2026-02-19"),
        (2024, 10, "2026-06-09"),
        (2025, 11, "2026-06-09"),
    )
    assert write_verdicts(warehouse, verdicts(warehouse, [_claim(tmp_path)])) == 2
    first, latest = warehouse.execute(
        "select verdict, is_first_print, is_latest, vintage_note, numbers ->> 'new', "
        "json_array_length(source_files) from claims.verdict order by vintage"
    ).fetchall()
    note = "not supported at 2026-02-19; supported at 2026-06-09"
    assert first == ("not supported", True, False, note, "9", 1)
    assert latest == (DEPENDS, False, True, note, "11", 2)


def test_one_outcome_at_all_vintages_is_plain(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    _deficits(warehouse, (2024, 10, "2026-02-19"), (2025, 12, "2026-02-19"))
    write_verdicts(warehouse, verdicts(warehouse, [_claim(tmp_path)]))
    row = warehouse.execute("select verdict, vintage_note, sentence from claims.verdict").fetchone()
    assert row == ("supported", None, "It was 12")


def test_the_stored_query_runs_as_it_stands(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    _deficits(warehouse, (2024, 10, "2026-02-19"), (2025, 10, "2026-02-19"))
    (finding,) = judge(warehouse, _claim(tmp_path))
    assert finding.outcome == "partly"
    assert warehouse.execute(finding.sql).fetchall() == [(10, 10, "It was 10")]


def test_no_data_is_not_testable(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (finding,) = judge(warehouse, _claim(tmp_path))
    assert (finding.vintage, finding.outcome) == (None, NOT_TESTABLE)
    _deficits(warehouse, (2024, 10, "2026-02-19"))
    (finding,) = judge(warehouse, _claim(tmp_path))
    assert (finding.vintage, finding.outcome) == (date(2026, 2, 19), NOT_TESTABLE)


@pytest.mark.parametrize(
    ("change", "where", "seen"),
    [
        (("proposition: 99", "proposition: first"), "field proposition", "'first'"),
        (("statement:", "sentence:"), "field statement", ""),
        (("rule:\n  supported", "rule:\n  supports"), "field rule.supported", ""),
        (("basis: invented\n", "basis: invented\nbases: x\n"), "field bases", "'x'"),
        (("select distinct vintage from deficit", "drop table deficit"), "field vintages_sql", "drop table"),
        (("select max(usd) filter (where year = 2025) as new,", "selekt max(usd),"), "field sql", "selekt"),
        (("id: widening", "id: [unclosed"), "file", ""),
    ],
)
def test_a_wrong_file_names_the_field(tmp_path: Path, change: tuple[str, str], where: str, seen: str) -> None:
    text = VALID.replace(*change)
    assert text != VALID
    with pytest.raises(RefusedFile) as refusal:
        _claim(tmp_path, text)
    assert (refusal.value.file, refusal.value.where) == ("claim.yaml", where)
    assert seen in refusal.value.seen


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "another.yaml").write_text(VALID)
    with pytest.raises(RefusedFile, match="widening"):
        _claim(tmp_path)


BOMB = "\n".join(
    ["a: &a [x, x, x, x, x, x, x, x, x]"]
    + [f"{new}: &{new} [{', '.join(['*' + old] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
)
"""Nine lines that stand for 9 ** 9 words."""


@pytest.mark.parametrize(
    ("text", "where", "seen"),
    [
        (BOMB + "\nid: *i\n" + VALID.replace("id: widening\n", ""), "file", "an alias, *a"),
        (VALID + "rules: " + "[" * 50_000, "file", "deeper ones"),
        (VALID + "#" * 200_000, "file", "200,"),
    ],
)
def test_a_file_that_stands_for_more_than_it_is_ends_in_a_sentence(
    tmp_path: Path, text: str, where: str, seen: str
) -> None:
    with pytest.raises(RefusedFile) as refusal:
        _claim(tmp_path, text)
    assert (refusal.value.file, refusal.value.where) == ("claim.yaml", where)
    assert seen in refusal.value.seen


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("from deficit where", "from deficits where"), "field sql"),
        (("supported: new > old", "supported: newer > old"), "field rule"),
        (("as sentence", "as words"), "field sql"),
        (("having count(*) = 2", "group by year, usd"), "field sql"),
    ],
)
def test_a_query_that_cannot_judge_names_claim_and_field(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, change: tuple[str, str], field: str
) -> None:
    _deficits(warehouse, (2024, 10, "2026-02-19"), (2025, 12, "2026-02-19"))
    with pytest.raises(RefusedFile) as refusal:
        judge(warehouse, _claim(tmp_path, VALID.replace(*change)))
    assert (refusal.value.file, refusal.value.where) == ("claim widening", field)


def _files(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = con.execute(
        "select cast(vintage as varchar), json_extract_string(source_files, '$[*].sha256') from claims.verdict"
    ).fetchall()
    return {vintage: list(files) for vintage, files in rows}


def test_a_file_reprinted_in_full_is_no_longer_evidence(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """2024 was last printed in February, 2025 in February and June: in June a claim about 2025 rests on file b alone."""
    _deficits(warehouse, *[(year, 10, day) for year in (2024, 2025) for day in ("2026-02-19", "2026-06-09")])
    write_verdicts(warehouse, verdicts(warehouse, [_claim(tmp_path)]))
    assert _files(warehouse) == {"2026-02-19": ["aa"], "2026-06-09": ["aa", "bb"]}
    one_year = VALID.replace("[fred]", "[{source: fred, years: [2025, 2025]}]")
    write_verdicts(warehouse, verdicts(warehouse, [_claim(tmp_path, one_year)]))
    assert _files(warehouse) == {"2026-02-19": ["aa"], "2026-06-09": ["bb"]}


def test_a_level_names_its_own_files(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute("""
        insert into intermediate.int_commodity_value values
            ('census_api', 'HS6', 'imports', 'year', '2025-01-01', '2026-02-19', 'six'),
            ('census_api', 'HS6', 'imports', 'year', '2025-01-01', '2026-02-19', 'more'),
            ('census_api', 'HS2', 'imports', 'month', '2025-01-01', '2026-02-19', 'two');
        insert into meta.source_file (file_id, source, file_name, sha256, vintage, status)
        select id, 'census_api', id, id, '2026-02-19', 'accepted' from unnest(['six', 'more', 'two']) as _(id)""")
    _deficits(warehouse, (2024, 10, "2026-02-19"), (2025, 12, "2026-02-19"))
    text = VALID.replace("[fred]", "[{source: census_api, levels: [HS6]}]")
    write_verdicts(warehouse, verdicts(warehouse, [_claim(tmp_path, text)]))
    assert _files(warehouse) == {"2026-02-19": ["more", "six"]}


def test_the_project_has_claims_one_to_ten() -> None:
    assert set(range(1, 11)) <= {claim.proposition for claim in read_claims(CLAIMS_FOLDER)}

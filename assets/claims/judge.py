"""Judging claims: run each claim's SQL for every vintage from the first print on, and apply its rule.

The table `claims.verdict` is described and written here. What a claim computes stands in its YAML file: SQL of whoever
wrote that file, so it runs on a connection of `open_to_read`, and its findings are written on another, afterwards. Which files a
claim rests on is told from the fact tables.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from assets.claims.claim import Claim
from assets.contracts.claims import VERDICT
from assets.contracts.meta import SOURCE_FILE
from assets.contracts.models import intermediate
from assets.errors import RefusedFile
from assets.sql_text import literal
from assets.warehouse import QUERY_SECONDS, bounded_memory, within

NOT_TESTABLE = "not testable with the data loaded"
DEPENDS = "supported, depends on vintage"
EVIDENCE = (intermediate.int_commodity_value, intermediate.int_trade_value, SOURCE_FILE)
"""Tables from which the files behind a claim are told."""
MOST_ROWS = 1_000
"""Taken from any query of a claim; there are far fewer vintages."""

Verdict = list[Any]
"""One row of `claims.verdict`."""
File = dict[str, str]
"""A source file as the evidence names it: source, file_name, sha256, vintage."""


_FILES_SQL = f"""
    with wanted as (
        select
            unnest($number::integer[]) as number, unnest($source::varchar[]) as source, unnest($level::varchar[]) as level,
            unnest($first_year::integer[]) as first_year, unnest($last_year::integer[]) as last_year,
            unnest($known_by::date[]) as known_by
    ),
    figure as (
        select distinct source, level, flow as kind, frequency, period_start, vintage, file_id
        from {intermediate.int_commodity_value}
        union all
        select distinct
            source, null, concat_ws(' ', concept, basis, adjustment, flow, partner_code = '0015'), frequency, period_start, vintage,
            file_id
        from {intermediate.int_trade_value}
    ),
    used as (
        select number, file_id
        from wanted join figure
            on figure.source = wanted.source
            and figure.level is not distinct from wanted.level
            and year(period_start) between first_year and last_year
            and vintage <= known_by
        qualify vintage = max(vintage) over (partition by number, wanted.source, wanted.level, kind, frequency, period_start)
    )
    select number, source, file_name, sha256, cast(vintage as varchar)
    from (select distinct number, file_id from used) join {SOURCE_FILE} using (file_id)
    where status = 'accepted'
    order by number, source, vintage, file_name
"""


@dataclass(frozen=True)
class Finding:
    """What one claim's query gave at one vintage."""

    vintage: date | None
    outcome: str
    sentence: str
    numbers: dict[str, Any]
    sql: str


def verdicts(con: duckdb.DuckDBPyConnection, claims: list[Claim]) -> list[Verdict]:
    """Judge all claims on a connection that can only read.

    Raises RefusedFile naming the claim and field when a query or rule does not run, or asks for more than reading.
    """
    with bounded_memory():
        judged = [(claim, judge(con, claim)) for claim in claims]
    files = iter(_source_files(con, [(claim, finding.vintage) for claim, findings in judged for finding in findings]))
    return [row for claim, findings in judged for row in _rows(claim, findings, files)]


def write_verdicts(con: duckdb.DuckDBPyConnection, rows: list[Verdict]) -> int:
    """Replace `claims.verdict`; returns the number of rows."""
    con.execute(VERDICT.create_sql())
    if rows:
        marks = ", ".join("?" for _ in VERDICT.columns)
        con.executemany(f"insert into {VERDICT} values ({marks})", rows)
    return len(rows)


def judge(con: duckdb.DuckDBPyConnection, claim: Claim) -> list[Finding]:
    """The findings of one claim, oldest vintage first; one finding without a vintage when nothing can be judged."""
    vintages = [row[0] for row in _run(con, claim, "vintages_sql", claim.vintages_sql)]
    if any(type(vintage) is not date for vintage in vintages):
        raise RefusedFile(f"claim {claim.id}", "field vintages_sql", "one column of dates", repr(vintages)[:80])
    findings = [_judge_at(con, claim, vintage) for vintage in sorted(vintages)]
    if findings:
        return findings
    return [Finding(None, NOT_TESTABLE, "No file that is loaded holds the period.", {}, claim.sql)]


def _judge_at(con: duckdb.DuckDBPyConnection, claim: Claim, vintage: date) -> Finding:
    sql = claim.sql.rstrip("; \n").replace("$vintage", f"date '{vintage.isoformat()}'")
    rule = "case when " + " when ".join(
        f"coalesce(({condition}), false) then {literal(outcome)}"
        for outcome, condition in (("supported", claim.rule.supported), ("partly", claim.rule.partly))
        if condition
    )
    rows = _run(con, claim, "sql", sql)
    if not rows:
        return Finding(vintage, NOT_TESTABLE, f"Nothing published by {vintage} tells.", {}, sql)
    if len(rows) > 1:
        raise RefusedFile(f"claim {claim.id}", "field sql", "one row", f"several rows at vintage {vintage}")
    outcome = _run(con, claim, "rule", f"select {rule} else 'not supported' end from ({sql})")[0][0]
    names = [column[0] for column in con.execute(f"select * from ({sql}) limit 0").description or []]
    numbers = dict(zip(names, rows[0], strict=True))
    if "sentence" not in numbers:
        raise RefusedFile(f"claim {claim.id}", "field sql", "a column named sentence", ", ".join(names))
    return Finding(vintage, outcome, str(numbers.pop("sentence")), numbers, sql)


def _rows(claim: Claim, findings: list[Finding], files: Iterator[list[File]]) -> list[Verdict]:
    outcomes = {finding.outcome for finding in findings}
    note = None
    if len(outcomes) > 1:
        note = "; ".join(f"{finding.outcome} at {finding.vintage}" for finding in findings)
    return [
        [
            claim.id,
            claim.proposition,
            claim.statement,
            claim.basis,
            claim.period,
            finding.vintage,
            finding is findings[0],
            finding is findings[-1],
            DEPENDS if finding.outcome == "supported" and note else finding.outcome,
            finding.sentence,
            note,
            json.dumps(finding.numbers, default=str, sort_keys=True),
            finding.sql,
            json.dumps(next(files)),
        ]
        for finding in findings
    ]


def _source_files(con: duckdb.DuckDBPyConnection, judged: list[tuple[Claim, date | None]]) -> list[list[File]]:
    """The files of each claim and vintage: of every kind of figure and period, those of the newest print by then."""
    wanted = [
        (number, evidence.source, level, *evidence.years, vintage or date.max)
        for number, (claim, vintage) in enumerate(judged)
        for evidence in claim.sources
        for level in evidence.levels or (None,)
    ]
    names = ("number", "source", "level", "first_year", "last_year", "known_by")
    columns = dict(zip(names, (list(column) for column in zip(*wanted, strict=True)), strict=True))
    rows = con.execute(_FILES_SQL, columns).fetchall() if wanted else []
    files: list[list[File]] = [[] for _ in judged]
    for number, source, name, sha256, day in rows:
        files[number].append({"source": source, "file_name": name, "sha256": sha256, "vintage": day})
    return files


def _run(con: duckdb.DuckDBPyConnection, claim: Claim, field: str, sql: str) -> list[tuple[Any, ...]]:
    try:
        return within(con, QUERY_SECONDS, lambda: con.execute(sql).fetchmany(MOST_ROWS))
    except (duckdb.Error, TimeoutError, MemoryError) as problem:
        seen = str(problem) or "a result that takes too much memory"
        raise RefusedFile(
            f"claim {claim.id}", f"field {field}", "a query that runs and only reads tables", seen
        ) from problem

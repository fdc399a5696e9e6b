"""Judging claims: run each claim's SQL for every vintage from the first print on, and apply its rule.

The table `claims.verdict` is described and written here. What a claim computes stands in its YAML file: SQL of whoever
wrote that file, so it runs on a connection of `open_to_read`, and its findings are written on another, afterwards.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from assets.claims.claim import Claim
from assets.errors import RefusedFile
from assets.sql_text import literal
from assets.warehouse import Column, TableSpec

NOT_TESTABLE = "not testable with the data loaded"
DEPENDS = "supported, depends on vintage"
MOST_ROWS = 1_000
"""Taken from any query of a claim; there are far fewer vintages."""

Verdict = list[Any]
"""One row of `claims.verdict`."""

VERDICT = TableSpec(
    schema="claims",
    name="verdict",
    comment="One row for each claim and vintage: the verdict with its numbers, its query and its source files.",
    columns=(
        Column("claim_id", "VARCHAR", "Name of the claim: the `id` of its file in assets/claims."),
        Column("proposition", "INTEGER", "Number of the proposition in the methods; claims sort by it."),
        Column("statement", "VARCHAR", "The sentence that is judged, as people say it."),
        Column("basis", "VARCHAR", "Flow, concept, basis, adjustment and valuation of the figures."),
        Column("period", "VARCHAR", "Period that the statement is about."),
        Column(
            "vintage", "DATE", "Release day: only figures published by then are used. Null where nothing can be judged."
        ),
        Column("is_first_print", "BOOLEAN", "True for the first vintage that has the period."),
        Column("is_latest", "BOOLEAN", "True for the newest vintage loaded."),
        Column(
            "verdict",
            "VARCHAR",
            "supported | supported, depends on vintage | partly | not supported | not testable with the data loaded.",
        ),
        Column("sentence", "VARCHAR", "The finding in words, generated from the numbers."),
        Column("vintage_note", "VARCHAR", "Says when the vintages disagree on the claim; null when all agree."),
        Column("numbers", "JSON", "The row that the query returned: the evidence."),
        Column("sql", "VARCHAR", "The query, with the vintage put in; runs as it stands on the published file."),
        Column(
            "source_files",
            "JSON",
            "Files that the sources of this claim consist of at this vintage: name, SHA-256, vintage.",
        ),
    ),
)


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
    return [row for claim in claims for row in _rows(con, claim)]


def write_verdicts(con: duckdb.DuckDBPyConnection, rows: list[Verdict]) -> int:
    """Replace `claims.verdict`; returns the number of rows."""
    con.execute(VERDICT.create_sql())
    if rows:
        marks = ", ".join("?" for _ in VERDICT.columns)
        con.executemany(f"insert into {VERDICT.schema}.{VERDICT.name} values ({marks})", rows)
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


def _rows(con: duckdb.DuckDBPyConnection, claim: Claim) -> list[Verdict]:
    findings = judge(con, claim)
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
            json.dumps(_source_files(con, claim, finding.vintage)),
        ]
        for finding in findings
    ]


def _source_files(con: duckdb.DuckDBPyConnection, claim: Claim, vintage: date | None) -> list[dict[str, str]]:
    rows = con.execute(
        """
        select source, file_name, sha256, cast(vintage as varchar)
        from meta.source_file
        where list_contains(?, source) and status = 'accepted' and vintage <= coalesce(cast(? as date), vintage)
        order by source, vintage, file_name
        """,
        [claim.sources, vintage],
    ).fetchall()
    return [
        {"source": source, "file_name": name, "sha256": sha256, "vintage": day} for source, name, sha256, day in rows
    ]


def _run(con: duckdb.DuckDBPyConnection, claim: Claim, field: str, sql: str) -> list[tuple[Any, ...]]:
    try:
        return con.execute(sql).fetchmany(MOST_ROWS)
    except duckdb.Error as problem:
        raise RefusedFile(
            f"claim {claim.id}", f"field {field}", "a query that runs and only reads tables", str(problem)
        ) from problem

"""What a publication says that the one before it did not: new records, and claims that turned.

Only the comparison of two published files belongs here; telling people belongs to `orchestration/sensors.py`. What
changed between two vintages is in `assets/methods/revisions`.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.contracts.claims import VERDICT
from assets.contracts.flags import RECORD
from assets.warehouse import open_beside

SHOWN_RECORDS = 20

# Of totals and countries as a whole: the hundreds of thousands of commodity series would drown them.
_NEW_RECORDS = f"""
    with statement as (
        -- A struct, because series leave different columns empty and empty fields of structs compare equal.
        select which, {{'series': series, 'partner': partner_code, 'concept': concept, 'basis': basis,
                'adjustment': adjustment, 'source': source, 'measure': measure, 'frequency': frequency}} as line,
            period_end, value, sentence, is_record_high, is_record_low
        from (from (select 'before' as which, * from before.{RECORD}) union all by name
              from (select 'after' as which, * from after.{RECORD}))
        where series in ('total', 'partner') and not coalesce(is_aggregate and partner_code <> '0015', false)
            and has_minimum_history
        qualify row_number() over (partition by which, line, period_end order by vintage desc) = 1),
    newest as (
        from statement where which = 'after' qualify period_end = max(period_end) over (partition by line))
    select now.sentence
    from newest as now left join statement as old
        on old.which = 'before' and old.line = now.line and old.period_end = now.period_end
    where (now.is_record_high and not coalesce(old.is_record_high, false))
        or (now.is_record_low and not coalesce(old.is_record_low, false))
    order by now.line.series = 'total' desc, now.line.frequency = 'year' desc, abs(now.value) desc, now.sentence
"""

_TURNED_CLAIMS = f"""
    select now.statement || ' Was ' || old.verdict || ', is now ' || now.verdict || ': ' || now.sentence
    from after.{VERDICT} as now join before.{VERDICT} as old using (claim_id)
    where now.is_latest and old.is_latest and now.verdict <> old.verdict
    order by now.proposition, claim_id
"""


@dataclass(frozen=True)
class News:
    """A title, and one line for each record and claim; no lines where nothing is new."""

    title: str
    lines: list[str]


def news(before: Path, after: Path) -> News:
    """Compare two published files.

    A record is new when the newest period of a series is one now, and was not, or was not known, before. Raises
    duckdb.Error when a file cannot be read.
    """
    with open_beside({"before": before, "after": after}) as con:
        records = _column(con, _NEW_RECORDS)
        claims = _column(con, _TURNED_CLAIMS)
    shown = [f"Record: {sentence}" for sentence in records[:SHOWN_RECORDS]]
    if len(records) > SHOWN_RECORDS:
        shown.append(f"… and {len(records) - SHOWN_RECORDS:,} more records; all are in {RECORD}")
    title = f"{_count(len(records), 'new record')}, {_count(len(claims), 'claim')} turned"
    return News(title, [*(f"Claim: {claim}" for claim in claims), *shown])


def _column(con: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [row[0] for row in con.execute(sql).fetchall()]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"

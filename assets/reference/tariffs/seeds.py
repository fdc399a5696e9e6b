"""Reading and checking the tariff tables.

Column types and the rules that every row has to keep are here. What is computed from the tables is in `assets.methods`.
"""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from assets.reference.partners import PARTNER_FILE

FOLDER = Path(__file__).parent
PREFIX = "tariff_seed_"

SEEDS: Mapping[str, Mapping[str, str]] = {
    "measure": {
        "measure_id": "VARCHAR",
        "name": "VARCHAR",
        "kind": "VARCHAR",
        "program": "VARCHAR",
        "authority": "VARCHAR",
        "announced_on": "DATE",
        "effective_on": "DATE",
        "ended_on": "DATE",
        "backdated": "BOOLEAN",
        "next_edition_on": "DATE",
        "rate_text": "VARCHAR",
        "source": "VARCHAR",
        "confidence": "VARCHAR",
        "note": "VARCHAR",
    },
    "measure_date": {
        "measure_id": "VARCHAR",
        "kind": "VARCHAR",
        "date": "DATE",
        "source": "VARCHAR",
        "note": "VARCHAR",
    },
    "measure_scope": {
        "measure_id": "VARCHAR",
        "line": "INTEGER",
        "partners": "VARCHAR",
        "except_partners": "VARCHAR",
        "scope_id": "VARCHAR",
        "rate_kind": "VARCHAR",
        "ad_valorem_rate": "DECIMAL(6, 4)",
        "note": "VARCHAR",
    },
    "partner_group": {"group_id": "VARCHAR", "partner_code": "VARCHAR"},
    "scope": {
        "scope_id": "VARCHAR",
        "name": "VARCHAR",
        "covers": "VARCHAR",
        "except_scopes": "VARCHAR",
        "is_exact": "BOOLEAN",
        "note": "VARCHAR",
    },
    "scope_product": {"scope_id": "VARCHAR", "hs_prefix": "VARCHAR"},
    "scope_reach": {
        "scope_id": "VARCHAR",
        "level": "VARCHAR",
        "commodity_code": "VARCHAR",
        "share_of_2024_imports": "DOUBLE",
        "share_at_most": "DOUBLE",
    },
    "scope_refused": {"scope_id": "VARCHAR", "code": "VARCHAR", "reason": "VARCHAR"},
}
"""The CSV files of this folder and their column types; `partner` is added from the partner table by `load`."""

KINDS = ("tariff", "relief", "preference", "retaliation", "procedure", "announced")
"""`tariff` raises US duties, `relief` lowers them, `announced` was never collected or has no rate yet."""

RATE_KINDS = ("added", "content", "ceiling", "quota", "exempt", "ordinary", "column2", "replaces", "suspended")
"""`added` on top of other duties; `content` the same on part of the value; `ceiling` includes the ordinary rate."""

COVERS = ("all", "listed", "unknown")


def load(con: duckdb.DuckDBPyConnection, folder: Path = FOLDER) -> None:
    """Create temporary tables `tariff_seed_*` from the CSV files of `folder`, and `tariff_seed_partner`.

    `tariff_seed_partner` (partner_code) holds the single foreign partners that a measure on all countries reaches:
    neither aggregates nor the United States and its possessions, and in the statistics in 2018 or later.
    """
    for name, columns in SEEDS.items():
        types = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
        con.execute(
            f"create or replace temp table {PREFIX}{name} as "
            f"from read_csv('{folder / f'{name}.csv'}', header = true, columns = {{{types}}})"
        )
    con.execute(
        f"""
        create or replace temp table {PREFIX}partner as
        select partner_code from read_csv('{PARTNER_FILE}', header = true, all_varchar = true)
        where is_aggregate = 'false' and coalesce(valid_to, '9999') >= '2018'
            and partner_code between '1001' and '7999'"""
    )


def problems(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with the tables that `load` made, one sentence a row at fault; empty when all is well."""
    return [
        f"{rule}: {row}"
        for rule, query in _RULES.items()
        for (row,) in con.execute(query.replace("@", PREFIX)).fetchall()
    ]


def _outside(table: str, column: str, allowed: tuple[str, ...]) -> str:
    return f"select distinct {column} from @{table} where {column} is null or {column} not in {allowed}"


def _twice(table: str, *key: str) -> str:
    text = " || ' ' || ".join(key)
    return f"select {text} as row from @{table} group by row having count(*) > 1 or row is null"


_RULES: Mapping[str, str] = {
    "measure given twice": _twice("measure", "measure_id"),
    "line given twice": _twice("measure_scope", "measure_id", "line"),
    "scope given twice": _twice("scope", "scope_id"),
    "product given twice": _twice("scope_product", "scope_id", "hs_prefix"),
    "reach given twice": _twice("scope_reach", "scope_id", "level", "commodity_code"),
    "unknown kind": _outside("measure", "kind", KINDS),
    "unknown rate kind": _outside("measure_scope", "rate_kind", RATE_KINDS),
    "unknown coverage": _outside("scope", "covers", COVERS),
    "unknown confidence": _outside("measure", "confidence", ("A", "B", "C")),
    "unknown date kind": _outside("measure_date", "kind", ("announced", "effective", "ended")),
    "no words": "select measure_id from @measure where name is null or rate_text is null or source is null",
    "announced after legal effect, or wrongly called backdated": """
        select measure_id from @measure
        where announced_on is null or backdated <> coalesce(effective_on < announced_on, false)""",
    "ends before it begins": "select measure_id from @measure where ended_on < effective_on",
    "rate out of range": """
        select measure_id || ' ' || line from @measure_scope
        where ad_valorem_rate not between 0 and 2
            or (ad_valorem_rate is null) <> (rate_kind in ('ordinary', 'column2'))""",
    "measure unknown": """
        select measure_id from (from (select measure_id from @measure_scope union select measure_id from @measure_date))
        where measure_id not in (select measure_id from @measure)""",
    "scope unknown": """
        select scope_id from (
            select scope_id from @measure_scope union select scope_id from @scope_product
            union select scope_id from @scope_reach
            union select unnest(string_split(except_scopes, ';')) from @scope where except_scopes is not null)
        where scope_id not in (select scope_id from @scope)""",
    "partner unknown": """
        select code from (
            select unnest(string_split(partners || coalesce(';' || except_partners, ''), ';')) as code
            from @measure_scope
            union select partner_code from @partner_group)
        where code not in (
            select partner_code from @partner union select group_id from @partner_group union select 'ALL')
        """,
    "product is not a code of 2, 4, 6, 8 or 10 digits": """
        select scope_id || ' ' || hs_prefix from @scope_product
        where not regexp_full_match(hs_prefix, '(\\d\\d){1,5}')""",
    "listed scope without products": """
        select scope_id from @scope where (covers = 'listed') <> (scope_id in (select scope_id from @scope_product))""",
    "scope without reach": """
        select scope_id from @scope where covers <> 'unknown' and scope_id <> 'all'
            and scope_id not in (select scope_id from @scope_reach)""",
    "exact, but all goods less those of a scope that is not": """
        select all_goods.scope_id
        from (select scope_id, unnest(string_split(except_scopes, ';')) as other from @scope where is_exact) as all_goods
            join @scope as excepted on excepted.scope_id = other where not excepted.is_exact""",
    "not exact, without a note": "select scope_id from @scope where not is_exact and note is null",
    "share out of range": """
        select scope_id || ' ' || commodity_code from @scope_reach
        where share_of_2024_imports not between 0 and share_at_most or share_at_most > 1
            or (share_of_2024_imports > 0 and scope_id in (
                select scope_id from @scope where covers = 'listed' and not is_exact))""",
    "another source has the very date": """
        select measure_id || ' ' || measure_date.kind || ' ' || date
        from @measure_date as measure_date join @measure using (measure_id)
        where date is not distinct from case measure_date.kind
            when 'announced' then announced_on when 'effective' then effective_on else ended_on end""",
}

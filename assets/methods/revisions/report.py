"""The revision report: one row for two vintages of a source, as tables for consecutive ones and as macros for any two days.

What is compared is in `compare.py`; printing belongs to the command line.
"""

import duckdb

from assets.contracts.flags import REVISION_FLIP, REVISION_REPORT
from assets.contracts.macros import CLAIMS_FLIPPED_BETWEEN, FLAGS_FLIPPED_BETWEEN, REVISED_BETWEEN, REVISION_REPORT_OF
from assets.contracts.models import marts
from assets.methods.revisions.compare import (
    DERIVED_BALANCE,
    changes_sql,
    claim_flips_sql,
    content_sql,
    flips_sql,
)

LARGEST_CHANGES = 10


_CONSECUTIVE = f"""
    select
        source, vintage as from_vintage,
        lead(vintage) over (partition by source order by vintage) as to_vintage
    from (select distinct source, vintage from {marts.vintage_content})
    qualify to_vintage is not null
"""
_OF_TWO_DAYS = f"""
    select
        source,
        max(vintage) filter (vintage <= cast(from_day as date)) as from_vintage,
        max(vintage) filter (vintage <= cast(to_day as date)) as to_vintage
    from {marts.vintage_content}
    group by source
    having from_vintage < to_vintage
"""
_DAY = "'%-d %B %Y'"
_ORDER = "abs(change_usd) desc, partner_code, measure, frequency, period_start, concept, basis, adjustment, import_concept, commodity_code"


def write_report(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `flags.revision_report` and `flags.revision_flip` for all consecutive vintages; returns the reports.

    Reads `marts.revision`, `marts.vintage_content`, `flags.record` and `claims.verdict`.
    """
    con.execute(REVISION_FLIP.create_sql())
    con.execute(
        f"""
        insert into {REVISION_FLIP} by name
        select 'flag' as kind, * exclude (classification, level, from_value, to_value, unit)
        from ({flips_sql(_CONSECUTIVE)})
        union all by name
        select 'claim' as kind, * exclude (statement) from ({claim_flips_sql(_CONSECUTIVE)})
        """
    )
    con.execute(REVISION_REPORT.create_sql())
    flags, claims = (f"from {REVISION_FLIP} where kind = '{kind}'" for kind in ("flag", "claim"))
    report = _report_sql(_CONSECUTIVE, flags, claims)
    con.execute(f"insert into {REVISION_REPORT} {report} order by source, from_vintage")
    row = con.execute(f"select count(*) from {REVISION_REPORT}").fetchone()
    return int(row[0]) if row else 0


def macro_sql() -> str:
    """Table macros that compare any two days; `from_day` and `to_day` are dates or text such as '2026-03-31'.

    For each source the newest vintages up to both days are compared; a source with one vintage for both has no rows.
    """
    macros = {
        REVISED_BETWEEN: changes_sql(_OF_TWO_DAYS),
        FLAGS_FLIPPED_BETWEEN: flips_sql(_OF_TWO_DAYS),
        CLAIMS_FLIPPED_BETWEEN: claim_flips_sql(_OF_TWO_DAYS),
        REVISION_REPORT_OF: _report_sql(
            _OF_TWO_DAYS,
            f"from {FLAGS_FLIPPED_BETWEEN}(from_day, to_day)",
            f"from {CLAIMS_FLIPPED_BETWEEN}(from_day, to_day)",
        ),
    }
    return ";\n".join(
        f"create or replace macro {name}(from_day, to_day) as table {query}" for name, query in macros.items()
    )


def _report_sql(pairs: str, flag_flips: str, claim_flips: str) -> str:
    """One row a pair, with the columns of `flags.revision_report` in their order; the flips are queries."""
    pair = "source, from_vintage, to_vintage"
    return f"""
        with changed as ({changes_sql(pairs)}),
        revised as (
            select
                {pair},
                count(*) filter (change = 'revision' and not ({DERIVED_BALANCE})) as figures_revised,
                count(*) filter (change = 'rounding' and not ({DERIVED_BALANCE})) as figures_rounded
            from changed group by all
        ),
        largest as (
            select
                {pair},
                to_json(list({{
                    'partner': coalesce(partner_name, partner_code), 'commodity': commodity_code, 'concept': concept,
                    'basis': basis, 'adjustment': adjustment, 'measure': measure, 'frequency': frequency,
                    'period': period_start, 'from_usd': from_usd, 'to_usd': to_usd
                }} order by place)) as largest_changes,
                min_by(format(
                    '{{}} {{}} {{}}, {{:.1f}} to {{:.1f}} bn',
                    case series
                        when 'total' then replace(concept, '_', ' and ')
                        when 'commodity' then level || ' ' || commodity_code || ' ' || partner_name
                        else partner_name
                    end,
                    measure,
                    if(frequency = 'year', strftime(period_start, '%Y'), strftime(period_start, '%B %Y')),
                    from_usd / 1e9, to_usd / 1e9
                ), place) as example
            from (
                select *, row_number() over (
                    partition by {pair}
                    order by {_ORDER}
                ) as place
                from changed where change = 'revision'
            )
            where place <= {LARGEST_CHANGES}
            group by all
        ),
        flips as (select {pair}, count(*) as flags_flipped from ({flag_flips}) group by all),
        claim_flips as (select {pair}, count(*) as claims_flipped from ({claim_flips}) group by all)
        select
            {pair}, schema_differences, series_from, series_to, series_added, series_dropped,
            figures_from, figures_to, figures_added, figures_left_out, newest_period_from, newest_period_to,
            coalesce(revised.figures_revised, 0) as figures_revised,
            coalesce(revised.figures_rounded, 0) as figures_rounded,
            largest.largest_changes,
            coalesce(flips.flags_flipped, 0) as flags_flipped,
            coalesce(claim_flips.claims_flipped, 0) as claims_flipped,
            format(
                'From the vintage of {{}} to that of {{}}, {{}}: {{:,}} figures revised', strftime(from_vintage, {_DAY}),
                strftime(to_vintage, {_DAY}), source, coalesce(revised.figures_revised, 0)
            )
            || coalesce(' (largest: ' || largest.example || ')', '')
            || if(revised.figures_rounded > 0, format(', {{:,}} rounded differently', revised.figures_rounded), '')
            || coalesce(format(', {{:,}} added', figures_added), '')
            || if(figures_left_out > 0, format(', {{:,}} not printed again', figures_left_out), '')
            || format(
                '; flags flipped: {{}}, claims flipped: {{}}; {{}} schema.', coalesce(flips.flags_flipped, 0),
                coalesce(claim_flips.claims_flipped, 0), if(schema_differences = 'none', 'the same', 'another')
            ) as sentence
        from ({content_sql(pairs)})
        left join revised using ({pair})
        left join largest using ({pair})
        left join flips using ({pair})
        left join claim_flips using ({pair})
    """

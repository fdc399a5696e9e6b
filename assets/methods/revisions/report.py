"""The revision report: one row for two vintages of a source, as tables for consecutive ones and as macros for any two days.

What is compared is in `compare.py`; printing belongs to the command line.
"""

import duckdb

from assets.methods.revisions.compare import (
    DERIVED_BALANCE,
    changes_sql,
    claim_flips_sql,
    content_sql,
    flips_sql,
)
from assets.warehouse import Column, TableSpec

LARGEST_CHANGES = 10

REPORT = TableSpec(
    schema="flags",
    name="revision_report",
    comment=(
        "What changed from one vintage of a source to the next: one row for each two consecutive vintages. For any two days: "
        "marts.revision_report(from_day, to_day)."
    ),
    columns=(
        Column("source", "VARCHAR", "Source; vintages of different sources are never compared."),
        Column("from_vintage", "DATE", "Earlier vintage."),
        Column("to_vintage", "DATE", "Later vintage."),
        Column("schema_differences", "VARCHAR", "Kinds of figures, rounding and beginnings that differ, or none."),
        Column("series_from", "BIGINT", "Series (kind of figure x partner) in the files of the earlier vintage."),
        Column("series_to", "BIGINT", "Series in the files of the later vintage."),
        Column("series_added", "BIGINT", "Series that only the later vintage has."),
        Column("series_dropped", "BIGINT", "Series that only the earlier vintage has."),
        Column("figures_from", "BIGINT", "Figures in the files of the earlier vintage."),
        Column("figures_to", "BIGINT", "Figures in the files of the later vintage."),
        Column(
            "figures_added", "BIGINT", "Figures first printed after the earlier vintage; null for commodity sources."
        ),
        Column(
            "figures_left_out",
            "BIGINT",
            "Known figures that are not in the later files, so that older vintages stand; null for commodity sources.",
        ),
        Column("newest_period_from", "DATE", "First day of the newest period in the earlier vintage."),
        Column("newest_period_to", "DATE", "First day of the newest period in the later vintage."),
        Column("figures_revised", "BIGINT", "Published figures that changed by more than rounding can."),
        Column("figures_rounded", "BIGINT", "Published figures that differ by no more than rounding can."),
        Column("largest_changes", "VARCHAR", "The ten largest revisions, in USD (JSON text)."),
        Column("flags_flipped", "BIGINT", "Flags of flags.record that state another thing about the same period."),
        Column("claims_flipped", "BIGINT", "Claims resting on the source with another verdict."),
        Column("sentence", "VARCHAR", "The report in words."),
    ),
)
FLIP = TableSpec(
    schema="flags",
    name="revision_flip",
    comment=(
        "Flags and claims that a revision turned, one row a flag or claim and two consecutive vintages of a source. For any "
        "two days: flags.flipped_between(from_day, to_day) and claims.flipped_between(from_day, to_day)."
    ),
    columns=(
        Column("source", "VARCHAR", "Source."),
        Column("from_vintage", "DATE", "Earlier vintage."),
        Column("to_vintage", "DATE", "Later vintage."),
        Column("kind", "VARCHAR", "flag | claim."),
        Column("claim_id", "VARCHAR", "Claim; null for flags."),
        Column("series", "VARCHAR", "Series of the flag, as in flags.record; null for claims."),
        Column("partner_code", "VARCHAR", "Partner of the flag."),
        Column("partner_name", "VARCHAR", "Name of the partner."),
        Column("is_aggregate", "BOOLEAN", "True for regions and groupings; null for totals and claims."),
        Column("commodity_code", "VARCHAR", "Commodity of the flag; null where the series is of all commodities."),
        Column("concept", "VARCHAR", "goods_services | goods | services; null for claims."),
        Column("basis", "VARCHAR", "BOP | Census; null for claims."),
        Column("adjustment", "VARCHAR", "SA | NSA; null for claims."),
        Column("measure", "VARCHAR", "Measure of the flag, as in flags.record."),
        Column("frequency", "VARCHAR", "Frequency of the flag, as in flags.record."),
        Column("period_end", "DATE", "Last day of the flag's period."),
        Column("before", "VARCHAR", "What the flag or verdict said in the earlier vintage."),
        Column("after", "VARCHAR", "What it says in the later vintage."),
        Column("sentence_before", "VARCHAR", "Sentence of the earlier vintage."),
        Column("sentence_after", "VARCHAR", "Sentence of the later vintage."),
    ),
)

_CONSECUTIVE = """
    select
        source, vintage as from_vintage,
        lead(vintage) over (partition by source order by vintage) as to_vintage
    from (select distinct source, vintage from marts.vintage_content)
    qualify to_vintage is not null
"""
_OF_TWO_DAYS = """
    select
        source,
        max(vintage) filter (vintage <= cast(from_day as date)) as from_vintage,
        max(vintage) filter (vintage <= cast(to_day as date)) as to_vintage
    from marts.vintage_content
    group by source
    having from_vintage < to_vintage
"""
_DAY = "'%-d %B %Y'"
_ORDER = "abs(change_usd) desc, partner_code, measure, frequency, period_start, concept, basis, adjustment, import_concept, commodity_code"


def write_report(con: duckdb.DuckDBPyConnection) -> int:
    """Replace `flags.revision_report` and `flags.revision_flip` for all consecutive vintages; returns the reports.

    Reads `marts.revision`, `marts.vintage_content`, `flags.record` and `claims.verdict`.
    """
    con.execute(FLIP.create_sql())
    con.execute(
        f"""
        insert into flags.revision_flip by name
        select 'flag' as kind, * exclude (classification, level, from_value, to_value, unit)
        from ({flips_sql(_CONSECUTIVE)})
        union all by name
        select 'claim' as kind, * exclude (statement) from ({claim_flips_sql(_CONSECUTIVE)})
        """
    )
    con.execute(REPORT.create_sql())
    flags, claims = (f"from flags.revision_flip where kind = '{kind}'" for kind in ("flag", "claim"))
    report = _report_sql(_CONSECUTIVE, flags, claims)
    con.execute(f"insert into flags.revision_report {report} order by source, from_vintage")
    row = con.execute("select count(*) from flags.revision_report").fetchone()
    return int(row[0]) if row else 0


def macro_sql() -> str:
    """Table macros that compare any two days; `from_day` and `to_day` are dates or text such as '2026-03-31'.

    For each source the newest vintages up to both days are compared; a source with one vintage for both has no rows.
    """
    macros = {
        "marts.revised_between": changes_sql(_OF_TWO_DAYS),
        "flags.flipped_between": flips_sql(_OF_TWO_DAYS),
        "claims.flipped_between": claim_flips_sql(_OF_TWO_DAYS),
        "marts.revision_report": _report_sql(
            _OF_TWO_DAYS,
            "from flags.flipped_between(from_day, to_day)",
            "from claims.flipped_between(from_day, to_day)",
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

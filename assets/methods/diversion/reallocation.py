"""Share reallocation of all goods together, for pairs without figures by product: the level TOTAL of flags.diversion.

Rows and sentences of that level belong here. It is accounting of shares; what was taken up product by product stays
null, and the sentences of partners say that it is not testable.
"""

import duckdb

from assets.contracts.models import marts
from assets.methods.diversion.cells import SHARE_PARTS, build_concentration, build_shares
from assets.methods.diversion.coverage import WORLD, DataUnavailable, Print
from assets.methods.diversion.levels import TOTAL
from assets.methods.diversion.periods import PeriodPair
from assets.methods.diversion.totals import REMAINDERS, ROUNDING, UNALLOCATED, sum_partners

_SUMS, _SHARES, _CONCENTRATION = "diversion_total_sums", "diversion_total_shares", "diversion_total_concentration"
_HHI = ("hhi0", "hhi1", "hhi0_without", "hhi1_without")


def append_totals(con: duckdb.DuckDBPyConnection, source: Print, pair: PeriodPair, reference: str, into: str) -> int:
    """Append the rows of one pair to the table `into` and return their number: all partners, each country, the rest.

    Shares are of the World as published. What the publisher does not allocate to countries, rounding included, is one
    row of its own, and no partner in the concentration. Raises `DataUnavailable` without imports from the reference.
    """
    sum_partners(con, source, pair, "diversion_totals")
    parts = ", ".join(f"null::bigint as {name}" for name in SHARE_PARTS)
    con.execute(f"""
        create or replace temp table {_SUMS} as
        select 'all' as cut, if(partner = '{ROUNDING}', '{UNALLOCATED}', partner) as partner,
            sum(imports0)::bigint as value0, sum(imports1)::bigint as value1, {parts}
        from diversion_totals where partner <> '{WORLD}'
        group by all having value0 <> 0 or value1 <> 0""")
    if not con.execute(f"select 1 from {_SUMS} where partner = ?", [reference]).fetchone():
        raise DataUnavailable(f"reference partner {reference!r} has no imports in {pair.label}, {TOTAL.name}")
    build_shares(con, _SUMS, reference, _SHARES)
    build_concentration(con, _SHARES, reference, _CONCENTRATION)
    run = {"reference": reference, "period0": pair.period0.label, "period1": pair.period1.label}
    return int(con.execute(f"insert into {into} by name {_rows_sql(source, pair)}", run).fetchall()[0][0])


def _rows_sql(source: Print, pair: PeriodPair) -> str:
    """The query for the rows, under the names of flags.diversion; columns that need products are left out."""
    return f"""
        with partners as (
            select partner, value0, value1, shares.* exclude (cut, partner),
                {", ".join(f"null::double as {name}" for name in _HHI)}
            from {_SUMS} join {_SHARES} as shares using (partner)
            union all by name
            select null as partner, sum(value0)::bigint as value0, sum(value1)::bigint as value1,
                {", ".join(f"any_value({name}) as {name}" for name in _HHI)} from {_SUMS}, {_CONCENTRATION}),
        reference as (select value0, value1, share1, share_change_pp from partners where partner = $reference),
        named as (
            select partners.*, if(partners.partner = '{UNALLOCATED}', '{REMAINDERS[UNALLOCATED]}',
                    coalesce(names.partner_name, partners.partner)) as partner_name,
                coalesce(reference_names.partner_name, $reference) as reference_name,
                reference.value1 - reference.value0 as reference_change, reference.share1 as reference_share1,
                reference.share_change_pp as reference_pp
            from partners join reference on true
            left join {marts.partner} as names on names.partner_code = partners.partner
            left join {marts.partner} as reference_names on reference_names.partner_code = $reference)
        select $reference as reference_partner, reference_name, $period0 as period0, $period1 as period1,
            '{TOTAL.name}' as level, 'general' as import_concept, 'all' as cut, partner as partner_code, partner_name,
            value0 as value0_usd, value1 as value1_usd, share0, share1, share_change_pp, captured_share, naive_ratio,
            {", ".join(_HHI)},
            if(partner = $reference, 'reference', 'not_testable') as flag, {_sentence_sql(source, pair)} as sentence,
            date '{source.vintage}' as vintage, date '{source.vintage}' as vintage_oldest
        from named"""


def _sentence_sql(source: Print, pair: PeriodPair) -> str:
    untestable = (
        "Diversion matched by product is not testable with the data loaded: no product figures of both periods."
    )
    tail = f"General imports, customs value, all goods as one total, vintage {source.vintage}."

    def moved(change: str) -> str:
        return f"if({change} >= 0, 'rose by ', 'fell by ') || diversion_money(abs({change}))"

    def points(change: str) -> str:
        return f"if({change} >= 0, 'rose by ', 'fell by ') || format('{{:.2f}}', abs({change})) || ' points'"

    return f"""
        case
            when partner is null then
                'US imports from ' || reference_name || ' ' || {moved("reference_change")} || ' in {pair.label}, and its share '
                || {points("reference_pp")} || ' to ' || diversion_percent(reference_share1)
                || '. Concentration of imports over partners (Herfindahl) went from ' || format('{{:.4f}}', hhi0) || ' to '
                || format('{{:.4f}}', hhi1) || ', without ' || reference_name || ' from ' || format('{{:.4f}}', hhi0_without)
                || ' to ' || format('{{:.4f}}', hhi1_without) || '. {untestable} '
            when partner = '{UNALLOCATED}' then
                partner_name || ', rounding included: ' || diversion_money(value0) || ' and ' || diversion_money(value1)
                || ' of US imports in {pair.label}. '
            when partner = $reference then
                'US imports from ' || reference_name || ' ' || {moved("value1 - value0")} || ' in {pair.label}, and its share '
                || {points("share_change_pp")} || ' to ' || diversion_percent(share1) || '. {untestable} '
            else
                partner_name || ': US imports ' || {moved("value1 - value0")} || ' in {pair.label}, and its share '
                || {points("share_change_pp")} || ' to ' || diversion_percent(share1)
                || if(captured_share is null, '; the share of ' || reference_name || ' did not fall.',
                    if(share_change_pp > 0,
                        ', ' || diversion_percent(captured_share) || ' of what ' || reference_name || ' lost in share.', '.'))
                || if(naive_ratio is null, '', ' Naive ratio (change of imports over the fall from ' || reference_name
                    || '; not diversion): ' || format('{{:.3f}}', naive_ratio) || '.')
                || ' {untestable} '
        end || '{tail}'"""

"""All goods of each partner in two periods, from one print, and what closes the partners to the World.

The figures alone belong here: shares and sentences are in `reallocation.py`, the change of the balance in `waterfall.py`.
"""

import duckdb

from assets.methods.diversion.coverage import PARTNER_YEAR_MART, WORLD, Print
from assets.methods.diversion.periods import PeriodPair

UNALLOCATED = "unallocated"
"""Partner for what the publisher's World has beyond its countries, by more than rounding can give."""
ROUNDING = "rounding"
"""Partner for the difference between the World and its countries that rounding of the printed figures can give."""

REMAINDERS = {
    UNALLOCATED: "Not allocated to countries by the publisher",
    ROUNDING: "Rounding of the published figures",
}


def sum_partners(con: duckdb.DuckDBPyConnection, source: Print, pair: PeriodPair, into: str) -> None:
    """Sum both flows of both periods by partner into the temporary table `into`, all from one print.

    Columns: partner, imports0, imports1, exports0, exports1 (BIGINT dollars; nil where the partner has no row, since
    it did not trade). Partners are single countries, the World, `UNALLOCATED` and `ROUNDING`; all but the World add up
    to the World exactly. The difference between the World and its countries is taken by flow and month (year in a
    yearly print): as a whole it is rounding where half of each printed figure's unit could give it, else unallocated.
    """
    if source.mart == PARTNER_YEAR_MART:
        time, spans = "make_date(year, 1, 1)", [(p.first, p.first) for p in (pair.period0, pair.period1)]
    else:
        time, spans = "reference_month", [(p.first, p.last) for p in (pair.period0, pair.period1)]
    inside = [f"{time} between date '{first}' and date '{last}'" for first, last in spans]
    publisher = f"and source = '{source.source}'" if source.mart == PARTNER_YEAR_MART else ""
    split = ", ".join(
        f"if(partner = '{UNALLOCATED}', abs({flow}_gap) > {flow}_reach, abs({flow}_gap) <= {flow}_reach)::integer"
        f" * {flow}_gap as {flow}"
        for flow in ("imports", "exports")
    )
    gaps = ", ".join(
        f"sum(if(partner = '{WORLD}', {flow}, -{flow})) as {flow}_gap,"
        f" sum(rounding_usd) filter ({flow} is not null) / 2 as {flow}_reach"
        for flow in ("imports", "exports")
    )
    sums = ", ".join(
        f"coalesce(sum({flow}) filter (is_later = {is_later}), 0)::bigint as {flow}{at}"
        for flow in ("imports", "exports")
        for at, is_later in ((0, "false"), (1, "true"))
    )
    con.execute(f"""
        create or replace temp table {into} as
        with figures as (
            select partner_code as partner, {time} as time, {inside[1]} as is_later,
                imports_usd as imports, exports_usd as exports, rounding_usd
            from {source.mart}
            where vintage = date '{source.vintage}' {publisher} and ({" or ".join(inside)})
                and (partner_code = '{WORLD}' or not is_aggregate)),
        gaps as (select time, is_later, {gaps} from figures group by all),
        remainders as (
            select partner, is_later, {split}
            from gaps, unnest(['{UNALLOCATED}', '{ROUNDING}']) as remainder(partner))
        select partner, {sums}
        from (select partner, is_later, imports, exports from figures union all by name from remainders)
        group by partner""")

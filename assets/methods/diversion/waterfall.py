"""Waterfall of the goods balance: what each partner added to its change between two periods, closing to the World.

`flags.balance_waterfall` has the latest full year and the latest year to date; `append_waterfall` takes any pair. Both
periods come from one print. Figures are Census basis, NSA, general imports at customs value, total exports FAS, USD.
"""

from collections.abc import Sequence

import duckdb

from assets.contracts.flags import BALANCE_WATERFALL
from assets.contracts.models import marts
from assets.methods.diversion.coverage import WORLD, Print, find_print, latest_pairs, read_coverage, require_print
from assets.methods.diversion.flags import define_wording
from assets.methods.diversion.levels import TOTAL, Basis
from assets.methods.diversion.periods import PeriodPair
from assets.methods.diversion.totals import REMAINDERS, sum_partners


def build_balance_waterfall(con: duckdb.DuckDBPyConnection) -> Sequence[str]:
    """Replace flags.balance_waterfall by the latest full year and year to date; returns what could not be computed."""
    coverage = read_coverage(con)
    con.execute(BALANCE_WATERFALL.create_sql())
    pairs = latest_pairs(coverage, Basis(TOTAL))
    for pair in pairs:
        source = find_print(coverage, pair)
        if source:
            append_waterfall(con, source, pair)
    return () if pairs else ("no vintage of the partners' figures has two comparable periods",)


def ask_waterfall(con: duckdb.DuckDBPyConnection, pair: PeriodPair) -> None:
    """Replace flags.balance_waterfall by one pair. Raises `DataUnavailable`."""
    source = require_print(read_coverage(con), pair, Basis(TOTAL))
    con.execute(BALANCE_WATERFALL.create_sql())
    append_waterfall(con, source, pair)


def append_waterfall(con: duckdb.DuckDBPyConnection, source: Print, pair: PeriodPair) -> None:
    """Append the rows of one pair to flags.balance_waterfall."""
    define_wording(con)
    sum_partners(con, source, pair, "waterfall_totals")
    names = "case partner " + " ".join(f"when '{code}' then '{name}'" for code, name in REMAINDERS.items())
    remainder = f"partner in {tuple(REMAINDERS)}"
    con.execute(
        f"""
        insert into {BALANCE_WATERFALL} by name
        with steps as (
            select partner, exports0 - imports0 as balance0_usd, exports1 - imports1 as balance1_usd,
                imports1 - imports0 as imports_change_usd, exports1 - exports0 as exports_change_usd,
                balance1_usd - balance0_usd as contribution_usd
            from waterfall_totals),
        named as (
            select steps.*, {names} else coalesce(partner_name, partner) end as partner_name, {remainder} as is_remainder,
                world.contribution_usd as world_change_usd,
                if(is_remainder, null, rank() over (
                    partition by is_remainder order by abs(steps.contribution_usd) desc)) as rank
            from steps
            join (select contribution_usd from steps where partner = '{WORLD}') as world on true
            left join {marts.partner} on partner_code = partner
            where partner <> '{WORLD}')
        select $period0 as period0, $period1 as period1, partner as partner_code,
            * exclude (partner, is_remainder), $source as source, $vintage as vintage,
            {_SENTENCE.format(pair=pair.label, vintage=source.vintage)} as sentence
        from named""",
        {
            "period0": pair.period0.label,
            "period1": pair.period1.label,
            "source": source.source,
            "vintage": source.vintage,
        },
    )
    con.execute("drop table waterfall_totals")


_SENTENCE = """
    partner_name || ' contributed ' || diversion_money(contribution_usd) || ' to the change of the US goods balance by '
    || diversion_money(world_change_usd) || ' in {pair}' || if(is_remainder, '', ' (exports '
        || diversion_money(exports_change_usd) || ', imports ' || diversion_money(imports_change_usd) || ')')
    || '. Census basis, not seasonally adjusted, general imports at customs value, exports FAS; vintage {vintage}.'
"""

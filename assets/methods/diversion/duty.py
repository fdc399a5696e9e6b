"""Realised duty rates (calculated duty over imports for consumption) and the cuts that products fall into.

Statutory rates and the dates of measures do not belong here.
"""

import duckdb

from assets.methods.diversion.coverage import WORLD, read_coverage, require_source
from assets.methods.diversion.levels import Basis, Level
from assets.methods.diversion.panel import Panel, sum_periods
from assets.methods.diversion.periods import PeriodPair


def _duty_sql(sums: str, pair: PeriodPair, partner: str) -> str:
    """A query (commodity, base0, base1, duty0, duty1) of one partner; null where no duty is published."""
    columns = ", ".join(
        f"sum({name}) filter (period = date '{period.first}') as {name}{index}"
        for name in ("base", "duty")
        for index, period in enumerate((pair.period0, pair.period1))
    )
    return f"select commodity, {columns} from {sums} where partner = '{partner}' and duty is not null group by all"


def partner_rates(
    con: duckdb.DuckDBPyConnection, sums: str, pair: PeriodPair, partner: str
) -> tuple[float | None, float | None]:
    """Realised duty rate of all goods from `partner` in both periods, as fractions; None where none is published."""
    before, after = con.execute(f"""
        select sum(duty0) / nullif(sum(base0), 0), sum(duty1) / nullif(sum(base1), 0)
        from ({_duty_sql(sums, pair, partner)})""").fetchall()[0]
    return before, after


def realised_rates(
    con: duckdb.DuckDBPyConnection, pair: PeriodPair, level: Level, partner: str = WORLD
) -> tuple[float | None, float | None]:
    """`partner_rates` straight from the marts at a level. Raises `DataUnavailable`."""
    basis = Basis(level, "consumption")
    source = require_source(read_coverage(con), pair, basis)
    sum_periods(con, source, basis, (pair.period0, pair.period1), "diversion_rate_sums")
    return partner_rates(con, "diversion_rate_sums", pair, partner)


def build_exposure(con: duckdb.DuckDBPyConnection, sums: str, pair: PeriodPair, reference: str, into: str) -> None:
    """Write (commodity, change, cut) into `into`: products by the change of the realised duty rate on the reference.

    Three groups of equally many products; equal changes share the lower group. Only products that the reference
    supplied in both periods have a change. Empty where the marts have no duty.
    """
    con.execute(f"""
        create or replace temp table {into} as
        select commodity, change, ['exposure_low', 'exposure_mid', 'exposure_high'][
            1 + (3 * (rank() over (order by change) - 1)) // count(*) over ()] as cut
        from (
            select commodity, duty1 / base1 - duty0 / base0 as change
            from ({_duty_sql(sums, pair, reference)}) where base0 > 0 and base1 > 0)""")


def build_cuts(con: duckdb.DuckDBPyConnection, panel: Panel, exposure: str, *, classes: str, members: str) -> list[str]:
    """Sort the panel's products into classes that are in the same cuts; returns the cuts available at its level.

    `classes` (commodity, class) and `members` (cut, class) are written. `exposure` is a relation of
    `build_exposure`; products that it lacks are `exposure_unknown`; where it is empty there are no exposure cuts.
    """
    products = f"(select distinct commodity from {panel.relation})"
    parts = []
    for cut, prefixes in panel.basis.level.left_out.items():
        kept = " and ".join(f"not starts_with(commodity, '{prefix}')" for prefix in prefixes) or "true"
        parts.append(f"select '{cut}' as cut, commodity from {products} where {kept}")
    parts.append(f"""
        select coalesce(cut, 'exposure_unknown') as cut, commodity
        from {products} left join {exposure} using (commodity) where exists (from {exposure})""")
    con.execute(f"""
        create or replace temp table {classes} as
        select commodity, cuts, dense_rank() over (order by cuts) as class
        from (select commodity, list(cut order by cut) as cuts from ({" union all ".join(parts)}) group by all)""")
    con.execute(f"create or replace temp table {members} as select distinct unnest(cuts) as cut, class from {classes}")
    return [cut for (cut,) in con.execute(f"select distinct cut from {members} order by cut").fetchall()]

"""The panel v(partner, commodity, value0, value1) that every method of this package starts from.

Here belongs one scan of the mart that holds the periods asked for, the roll-up to the level asked for, and the checks
of what comes out. Which mart that is says `coverage.py`; what is computed from the panel does not belong here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import duckdb

from assets.contracts.models import marts
from assets.methods.diversion.coverage import WORLD, YEAR_MART, DataUnavailable, Source
from assets.methods.diversion.levels import Basis
from assets.methods.diversion.periods import Period, PeriodPair

REST = "REST"
"""Partner for what the World row has beyond the single countries, in a source that lists few countries."""


class InconsistentPanel(ValueError):
    """Figures that cannot be right: a negative import value, or countries that sum to more than the World row."""


@dataclass(frozen=True)
class Panel:
    """A panel in the temporary table `relation`: (partner, commodity, value0, value1), BIGINT dollars.

    Rows are single countries (and `REST` where the source lists few of them) with a value in either period.
    `sums` is the relation of `sum_periods` that it was made from; `vintage_oldest` to `vintage` are the vintages of
    its figures.
    """

    relation: str
    sums: str
    pair: PeriodPair
    basis: Basis
    vintage_oldest: date | None
    vintage: date | None


def sum_periods(
    con: duckdb.DuckDBPyConnection, source: Source, basis: Basis, periods: Collection[Period], into: str
) -> None:
    """Sum imports of each period, partner and product in one scan of the mart, into the temporary table `into`.

    Columns: partner, commodity, period (its first month), value, base and duty (imports for consumption and
    calculated duty; null unless published for every row summed), vintage_oldest, vintage. Rows whose code has
    another length than the source level are totals and stay out; so do groups of countries other than the World.
    """
    if source.mart == YEAR_MART:
        period_sql = "make_date(year, 1, 1)"
        wanted = f"year in ({', '.join(str(period.first.year) for period in periods)})"
    else:
        spans = [
            (f"reference_month between date '{period.first}' and date '{period.last}'", period.first)
            for period in periods
        ]
        period_sql = "case " + " ".join(f"when {span} then date '{first}'" for span, first in spans) + " end"
        wanted = "(" + " or ".join(span for span, _ in spans) + ")"
    con.execute(f"""
        create or replace temp table {into} as
        select partner_code as partner, left(commodity_code, {basis.level.digits}) as commodity,
            {period_sql} as period, sum({basis.column})::bigint as value,
            if(count(consumption_value_usd) = count(*), sum(consumption_value_usd), null)::bigint as base,
            if(count(calculated_duty_usd) = count(*), sum(calculated_duty_usd), null)::bigint as duty,
            min(vintage) as vintage_oldest, max(vintage) as vintage
        from {source.mart}
        where flow = 'imports' and classification = '{source.level.classification}' and {wanted}
            and level = '{source.level.name}' and length(commodity_code) = {source.level.digits}
            and (partner_code = '{WORLD}'
                or partner_code not in (select partner_code from {marts.partner} where is_aggregate))
        group by all""")


def build_panel(con: duckdb.DuckDBPyConnection, sums: str, pair: PeriodPair, basis: Basis, into: str) -> Panel:
    """Write the panel of a pair into the temporary table `into`, from the relation of `sum_periods`.

    World totals are the sum over partners of the panel, so that shares and identities close; where the World row of
    the mart is larger, the difference is the partner `REST`. Countries of a newer print than the World's may come to
    more than it, by their revision. Raises `InconsistentPanel`.
    """
    con.execute(f"""
        create or replace temp table {into} as
        with pair as (
            select partner, commodity,
                coalesce(sum(value) filter (period = date '{pair.period0.first}'), 0) as value0,
                coalesce(sum(value) filter (period = date '{pair.period1.first}'), 0) as value1,
                max(vintage) as vintage
            from {sums} where period in (date '{pair.period0.first}', date '{pair.period1.first}') group by all),
        countries as (from pair where partner <> '{WORLD}'),
        listed as (
            select commodity, sum(value0) as value0, sum(value1) as value1, max(vintage) as vintage
            from countries group by commodity),
        rest as (
            select '{REST}' as partner, commodity, greatest(value0, least) as value0, greatest(value1, least) as value1
            from (
                select world.commodity, world.value0 - coalesce(listed.value0, 0) as value0,
                    world.value1 - coalesce(listed.value1, 0) as value1,
                    if(listed.vintage > world.vintage, 0, null) as least
                from pair as world left join listed using (commodity)
                where world.partner = '{WORLD}'))
        select partner, commodity, value0::bigint as value0, value1::bigint as value1
        from (from countries union all by name from rest)
        where value0 <> 0 or value1 <> 0""")
    _refuse_impossible(con, into, basis)
    oldest, newest = con.execute(
        f"select min(vintage_oldest), max(vintage) from {sums} where period in (?, ?)",
        [pair.period0.first, pair.period1.first],
    ).fetchall()[0]
    return Panel(into, sums, pair, basis, oldest, newest)


def _refuse_impossible(con: duckdb.DuckDBPyConnection, relation: str, basis: Basis) -> None:
    bad = con.execute(f"""
        select partner, commodity, value0, value1, count(*) over () as cells from {relation}
        where value0 < 0 or value1 < 0 order by least(value0, value1) limit 1""").fetchone()
    if bad:
        partner, commodity, value0, value1, cells = bad
        what = "countries sum to more than the World row" if partner == REST else "negative import value"
        raise InconsistentPanel(
            f"{what} in {cells} cells of {basis.text}; the largest: partner {partner}, commodity {commodity}, "
            f"{value0} and {value1} USD"
        )


def require_partner(con: duckdb.DuckDBPyConnection, panel: Panel, partner: str) -> None:
    """Raise `DataUnavailable` unless `partner` is a single country with imports in the panel."""
    found = con.execute(f"select 1 from {panel.relation} where partner = ? limit 1", [partner]).fetchone()
    if not found:
        raise DataUnavailable(f"reference partner {partner!r} has no imports in {panel.pair.label}, {panel.basis.text}")

"""The panel v(partner, commodity, value0, value1) that every method of this package starts from.

Here belongs the choice of the mart and level that hold the periods asked for, one scan of that mart, the roll-up to
the level asked for, and the checks of what comes out. What is computed from the panel does not belong here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import duckdb

from assets.methods.diversion.levels import CONCEPT_COLUMN, Basis, Level, finer_or_equal
from assets.methods.diversion.periods import Period, PeriodPair

WORLD = "0015"
REST = "REST"
"""Partner for what the World row has beyond the single countries, in a source that lists few countries."""

YEAR_MART = "marts.commodity_partner_year"
MONTH_MART = "marts.commodity_partner_month"


class DataUnavailable(LookupError):
    """The marts do not hold the periods of a pair at a level, or no imports from the reference partner."""


class InconsistentPanel(ValueError):
    """Figures that cannot be right: a negative import value, or countries that sum to more than the World row."""


@dataclass(frozen=True)
class Coverage:
    """Which months and years of imports the commodity marts hold, by (level, import concept)."""

    months: dict[tuple[str, str], frozenset[date]]
    years: dict[tuple[str, str], frozenset[int]]

    def misses(self, period: Period, level: Level, concept: str) -> list[date]:
        """The months of a period that the month mart does not have at exactly this level."""
        return sorted(set(period.months) - self.months.get((level.name, concept), frozenset()))


@dataclass(frozen=True)
class Source:
    """The mart and level whose rows are read: a pair never takes one period from one mart and one from another."""

    mart: str
    level: Level


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


def read_coverage(con: duckdb.DuckDBPyConnection) -> Coverage:
    """What the commodity marts hold of imports, by level and concept: periods with the World, hence with all partners."""
    has = ", ".join(f"count({column}) > 0 as {concept}" for concept, column in CONCEPT_COLUMN.items())
    months: dict[tuple[str, str], set[date]] = {}
    years: dict[tuple[str, str], set[int]] = {}
    query = "select level, {time}, {has} from {mart} where flow = 'imports' and partner_code = '{world}' group by all"
    for level, month, *present in con.execute(
        query.format(time="reference_month", has=has, mart=MONTH_MART, world=WORLD)
    ).fetchall():
        for concept, is_present in zip(CONCEPT_COLUMN, present, strict=True):
            if is_present:
                months.setdefault((level, concept), set()).add(month)
    for level, year, *present in con.execute(
        query.format(time="year", has=has, mart=YEAR_MART, world=WORLD)
    ).fetchall():
        for concept, is_present in zip(CONCEPT_COLUMN, present, strict=True):
            if is_present:
                years.setdefault((level, concept), set()).add(int(year))
    return Coverage(
        {key: frozenset(found) for key, found in months.items()},
        {key: frozenset(found) for key, found in years.items()},
    )


def find_source(coverage: Coverage, pair: PeriodPair, basis: Basis) -> Source | None:
    """The coarsest level at or below the basis with both periods complete, in the year mart before the month mart."""
    periods = (pair.period0, pair.period1)
    years = {period.first.year for period in periods}
    for candidate in finer_or_equal(basis.level):
        if pair.kind == "year" and years <= coverage.years.get((candidate.name, basis.concept), frozenset()):
            return Source(YEAR_MART, candidate)
        if not any(coverage.misses(period, candidate, basis.concept) for period in periods):
            return Source(MONTH_MART, candidate)
    return None


def require_source(coverage: Coverage, pair: PeriodPair, basis: Basis) -> Source:
    """`find_source`, or `DataUnavailable` with the months that are missing at the level itself."""
    source = find_source(coverage, pair, basis)
    if source is None:
        missing = [
            month
            for period in (pair.period0, pair.period1)
            for month in coverage.misses(period, basis.level, basis.concept)
        ]
        raise DataUnavailable(
            f"{pair.label} is not complete in {basis.text}: {len(missing)} months are missing"
            f" ({missing[0]:%Y-%m} to {missing[-1]:%Y-%m}), and no finer level or yearly figure has both periods"
        )
    return source


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
                or partner_code not in (select partner_code from marts.partner where is_aggregate))
        group by all""")


def build_panel(con: duckdb.DuckDBPyConnection, sums: str, pair: PeriodPair, basis: Basis, into: str) -> Panel:
    """Write the panel of a pair into the temporary table `into`, from the relation of `sum_periods`.

    World totals are the sum over partners of the panel, so that shares and identities close; where the World row of
    the mart is larger, the difference is the partner `REST`. Raises `InconsistentPanel`.
    """
    con.execute(f"""
        create or replace temp table {into} as
        with pair as (
            select partner, commodity,
                coalesce(sum(value) filter (period = date '{pair.period0.first}'), 0) as value0,
                coalesce(sum(value) filter (period = date '{pair.period1.first}'), 0) as value1
            from {sums} where period in (date '{pair.period0.first}', date '{pair.period1.first}') group by all),
        countries as (from pair where partner <> '{WORLD}'),
        listed as (
            select commodity, sum(value0) as value0, sum(value1) as value1 from countries group by commodity),
        rest as (
            select '{REST}' as partner, world.commodity, world.value0 - coalesce(listed.value0, 0) as value0,
                world.value1 - coalesce(listed.value1, 0) as value1
            from pair as world left join listed using (commodity)
            where world.partner = '{WORLD}')
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

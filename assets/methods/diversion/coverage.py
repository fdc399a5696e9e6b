"""What the marts hold: which periods at which product level and import concept, and where a pair is read from.

Here belongs the choice of mart, level and print; reading the figures does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from assets.contracts.models import marts
from assets.methods.diversion.levels import CONCEPT_COLUMN, CONCEPT_TEXT, LEVELS, TOTAL, Basis, Level, finer_or_equal
from assets.methods.diversion.periods import Period, PeriodPair

WORLD = "0015"

YEAR_MART = marts.commodity_partner_year
MONTH_MART = marts.commodity_partner_month
COVERAGE_MART = marts.commodity_coverage
PARTNER_YEAR_MART = marts.partner_year_vintages
PARTNER_MONTH_MART = marts.partner_month_vintages


class DataUnavailable(LookupError):
    """The marts do not hold the periods of a pair at a level, or no imports from the reference partner."""


@dataclass(frozen=True)
class Print:
    """One vintage of the partners' total figures: `times` are the first days of its months (or years) that have the
    World and countries in both flows."""

    mart: str
    source: str
    vintage: date
    times: frozenset[date]

    def has(self, pair: PeriodPair) -> bool:
        """Whether both periods are complete in this vintage."""
        periods = (pair.period0, pair.period1)
        if self.mart == PARTNER_YEAR_MART:
            return pair.kind == "year" and {period.first for period in periods} <= self.times
        return all(self.times.issuperset(period.months) for period in periods)


@dataclass(frozen=True)
class Coverage:
    """Which months and years of imports the commodity marts hold, by (level, import concept), and the partners' prints.

    `prints` in the order of preference: by month before by year, the Census workbook first, the newest vintage first.
    """

    months: dict[tuple[str, str], frozenset[date]]
    years: dict[tuple[str, str], frozenset[int]]
    prints: tuple[Print, ...] = ()

    def misses(self, period: Period, level: Level, concept: str) -> list[date]:
        """The months of a period that the month mart does not have at exactly this level."""
        return sorted(set(period.months) - self.months.get((level.name, concept), frozenset()))


@dataclass(frozen=True)
class Source:
    """The mart and level whose rows are read: a pair never takes one period from one mart and one from another."""

    mart: str
    level: Level


def read_coverage(con: duckdb.DuckDBPyConnection) -> Coverage:
    """What the marts hold of imports, by level and concept: periods that can be compared with each other.

    A period counts with the World and every partner beside it complete, by `marts.commodity_coverage`, and with the same
    partners as the others: all of them where any period has all, else those of the newest.
    """
    concepts = {column: concept for concept, column in CONCEPT_COLUMN.items()}
    months: dict[tuple[str, str], frozenset[date]] = {}
    years: dict[tuple[str, str], frozenset[int]] = {}
    for level, measure, frequency, periods in con.execute(_COMPLETE_SQL, {"measures": list(concepts)}).fetchall():
        key = (level, concepts[measure])
        if frequency == "month":
            months[key] = frozenset(periods)
        else:
            years[key] = frozenset(period.year for period in periods)
    return Coverage(months, years, read_prints(con))


_COMPLETE_SQL = f"""
    with period as (
        select level, measure, frequency, period_start,
            if(bool_or(has_all_partners), 'all', string_agg(partner_code, ' ' order by partner_code)) as partners
        from {COVERAGE_MART} where flow = 'imports' and measure in (select unnest($measures))
        group by all having bool_and(has_all_commodities) and bool_or(partner_code = '{WORLD}')),
    chosen as (
        select level, measure, frequency, arg_max(partners, (partners = 'all', period_start)) as partners
        from period group by all)
    select level, measure, frequency, list(period_start)
    from period join chosen using (level, measure, frequency, partners) group by all"""


def read_prints(con: duckdb.DuckDBPyConnection) -> tuple[Print, ...]:
    """Every vintage of the partners' figures with the months or years that are complete in it, the preferred first."""
    complete = " and ".join(
        f"count({flow}_usd) filter ({rows}) > 0"
        for flow in ("imports", "exports")
        for rows in (f"partner_code = '{WORLD}'", "not is_aggregate")
    )
    found = con.execute(f"""
        with months as (
            select '{PARTNER_MONTH_MART}' as mart, 'census_country' as source, vintage, reference_month as time
            from {PARTNER_MONTH_MART} group by all having {complete}),
        years as (
            select '{PARTNER_YEAR_MART}' as mart, source, vintage, make_date(year, 1, 1) as time
            from {PARTNER_YEAR_MART} group by all having {complete})
        select * from (
            select mart, source, vintage, list(time) as times from (from months union all from years) group by all)
        order by mart = '{PARTNER_MONTH_MART}' desc, source = 'census_country' desc, vintage desc
        """).fetchall()
    return tuple(Print(mart, source, vintage, frozenset(times)) for mart, source, vintage, times in found)


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


def find_print(coverage: Coverage, pair: PeriodPair) -> Print | None:
    """The preferred print that has both periods: two vintages never meet in one comparison.

    Calendar years are those that a print gives as years, as long as a print of the same source does; twelve months, each
    rounded, are off by more.
    """
    fitting = [each for each in coverage.prints if each.has(pair)]
    yearly = [each for each in fitting if pair.kind == "year" and each.mart == PARTNER_YEAR_MART]
    return next((each for each in (*yearly, *fitting) if each.source == fitting[0].source), None) if fitting else None


def holds(coverage: Coverage, pair: PeriodPair, basis: Basis) -> bool:
    """Whether both periods are complete on a basis; partners' totals are general imports alone."""
    if basis.level == TOTAL:
        return basis.concept == "general" and find_print(coverage, pair) is not None
    return find_source(coverage, pair, basis) is not None


def complete_bases(coverage: Coverage, pair: PeriodPair) -> list[Basis]:
    """Every level and concept on which both periods are complete."""
    every = [Basis(level, concept) for concept in CONCEPT_TEXT for level in LEVELS.values()]
    return [basis for basis in every if holds(coverage, pair, basis)]


def complete_text(bases: Sequence[Basis]) -> str:
    """In words, on which levels and concepts both periods are complete."""
    found = [
        f"{text} at {', '.join(levels)}"
        for concept, text in CONCEPT_TEXT.items()
        if (levels := [basis.level.name for basis in bases if basis.concept == concept])
    ]
    return f"complete in {' and in '.join(found)}" if found else "nothing that is loaded has both periods"


def require_source(coverage: Coverage, pair: PeriodPair, basis: Basis) -> Source:
    """`find_source`, or `DataUnavailable` with the months that are missing at the level itself, and what is complete."""
    source = find_source(coverage, pair, basis)
    if source is None:
        missing = [
            month
            for period in (pair.period0, pair.period1)
            for month in coverage.misses(period, basis.level, basis.concept)
        ]
        raise DataUnavailable(
            f"{pair.label} is not complete in {basis.text}: {len(missing)} months are missing"
            f" ({missing[0]:%Y-%m} to {missing[-1]:%Y-%m}), and no finer level or yearly figure has both periods;"
            f" {complete_text(complete_bases(coverage, pair))}"
        )
    return source


def require_print(coverage: Coverage, pair: PeriodPair, basis: Basis) -> Print:
    """`find_print`, or `DataUnavailable` that says what is complete instead; partners' totals are general imports."""
    found = find_print(coverage, pair)
    if found is None or not holds(coverage, pair, basis):
        raise DataUnavailable(
            f"{pair.label} is not complete in {basis.text}: no single vintage of the partners' figures, which are general"
            f" imports, has the World and countries in both periods; {complete_text(complete_bases(coverage, pair))}"
        )
    return found


def latest_pairs(coverage: Coverage, basis: Basis) -> list[PeriodPair]:
    """The latest full year against the year before, and the latest year to date where a later year has begun."""
    if basis.level == TOTAL:
        months = {time for each in coverage.prints if each.mart == PARTNER_MONTH_MART for time in each.times}
        years = {time.year for each in coverage.prints for time in each.times}
    else:
        keys = [(level.name, basis.concept) for level in finer_or_equal(basis.level)]
        months = {month for key in keys for month in coverage.months.get(key, ())}
        years = {year for key in keys for year in coverage.years.get(key, ())} | {month.year for month in months}
    full = [PeriodPair.of_years(year) for year in sorted(years, reverse=True)]
    pairs = [pair for pair in full if holds(coverage, pair, basis)][:1]
    begun = [
        PeriodPair.against_year_before(Period.year_to_date(month.year, month.month))
        for month in sorted(months, reverse=True)
        if month.month < 12 and not (pairs and month <= pairs[0].period1.last)
    ]
    return pairs + [pair for pair in begun if holds(coverage, pair, basis)][:1]

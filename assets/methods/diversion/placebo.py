"""The same formula on earlier pairs of periods: what it finds when no new duty explains anything.

`max()` biases matched diversion upward, so it is evidence only beyond what ordinary years give. Which earlier pairs
exist, at which level, and the comparison with the main pair at that same level are here. Flags are not.
"""

from dataclasses import dataclass

import duckdb

from assets.methods.diversion.coverage import Coverage, Source, find_source
from assets.methods.diversion.duty import build_exposure, partner_rates
from assets.methods.diversion.levels import CONCEPT_TEXT, LEVELS, TOTAL, Basis
from assets.methods.diversion.measure import measure
from assets.methods.diversion.panel import REST, build_panel, sum_periods
from assets.methods.diversion.periods import PeriodPair
from assets.methods.diversion.thresholds import Thresholds

MAX_YEARS_BACK = 30
_SUMS = "diversion_placebo_sums"
_EXPOSURE = "diversion_placebo_exposure"


@dataclass(frozen=True)
class Candidate:
    """A level at which both the main pair (perhaps cut to fewer months) and earlier pairs are complete."""

    basis: Basis
    main: PeriodPair
    earlier: tuple[PeriodPair, ...]

    @property
    def text(self) -> str:
        """Level, concept, months compared, and what a cut means there."""
        proxy = f"; {self.basis.level.proxy}" if self.basis.level.proxy else ""
        return f"{self.basis.level.name}, {CONCEPT_TEXT[self.basis.concept]}, {self.main.label}{proxy}"


def find_candidates(coverage: Coverage, pair: PeriodPair, basis: Basis) -> list[Candidate]:
    """Levels with earlier pairs: the level of `basis` first, then coarser ones, other classifications last.

    An earlier pair has the same months and the same distance in years, and ends no later than the base period of the
    main pair. Where the main pair is incomplete at a level and begins in January, all pairs are cut to the months
    that exist. At each level the import concept of `basis` is preferred.
    """
    coarser = [level for level in LEVELS.values() if level != TOTAL and level.digits <= basis.level.digits]
    coarser.sort(key=lambda level: (level.classification != basis.level.classification, -level.digits))
    candidates = []
    for level in coarser:
        for concept in dict.fromkeys((basis.concept, "consumption")):
            candidate = _candidate(coverage, pair, Basis(level, concept))
            if candidate:
                candidates.append(candidate)
                break
    return candidates


def _candidate(coverage: Coverage, pair: PeriodPair, basis: Basis) -> Candidate | None:
    windows = [pair]
    if pair.period1.first.month == 1:
        windows += [pair.to_month(month) for month in range(pair.period1.last.month - 1, 0, -1)]
    main = next((window for window in windows if find_source(coverage, window, basis)), None)
    if main is None:
        return None
    span = main.period1.first.year - main.period0.first.year
    earlier = [main.shift_years(-years) for years in range(span, MAX_YEARS_BACK + 1)]
    found = tuple(sorted(each for each in earlier if find_source(coverage, each, basis)))
    return Candidate(basis, main, found) if found else None


def build_placebo(
    con: duckdb.DuckDBPyConnection,
    coverage: Coverage,
    pair: PeriodPair,
    basis: Basis,
    *,
    reference: str,
    thresholds: Thresholds,
    into: str,
) -> Candidate | None:
    """Write the pairs of each candidate tried into the temporary table `into`; returns the one to compare with.

    Columns: level, concept, period0, period1 (labels), is_main, duty_change (of the realised rate on the reference,
    fraction, null if unknown), is_clean, cut, partner (null: all), loss, diverted, imports (of period 0), USD.
    Candidates are tried from the finest until one has `min_placebo_pairs` clean pairs; failing that, the one with most
    is returned, and None if none has any.
    """
    con.execute(f"""
        create or replace temp table {into} (level varchar, concept varchar, period0 varchar, period1 varchar,
            is_main boolean, duty_change double, is_clean boolean, cut varchar, partner varchar,
            loss bigint, diverted bigint, imports bigint)""")
    best, most = None, 0
    for candidate in find_candidates(coverage, pair, basis):
        clean = _measure_candidate(con, coverage, candidate, reference=reference, thresholds=thresholds, into=into)
        if clean > most:
            best, most = candidate, clean
        if most >= thresholds.min_placebo_pairs:
            break
    return best


def _measure_candidate(
    con: duckdb.DuckDBPyConnection,
    coverage: Coverage,
    candidate: Candidate,
    *,
    reference: str,
    thresholds: Thresholds,
    into: str,
) -> int:
    basis = candidate.basis
    by_source: dict[Source, list[PeriodPair]] = {}
    for each in (candidate.main, *candidate.earlier):
        source = find_source(coverage, each, basis)
        if source:
            by_source.setdefault(source, []).append(each)
    clean_pairs = 0
    for source, pairs in by_source.items():
        periods = {period for each in pairs for period in (each.period0, each.period1)}
        sum_periods(con, source, basis, sorted(periods), _SUMS)
        if candidate.main in pairs:
            build_exposure(con, _SUMS, candidate.main, reference, _EXPOSURE)
        for each in pairs:
            before, after = partner_rates(con, _SUMS, each, reference)
            change = None if before is None or after is None else after - before
            is_main = each == candidate.main
            is_clean = not is_main and (change is None or change <= thresholds.max_placebo_duty_rise)
            clean_pairs += is_clean
            panel = build_panel(con, _SUMS, each, basis, "diversion_placebo_v")
            measured = measure(con, panel, _EXPOSURE, reference, "diversion_placebo_pair")
            _append(con, measured.sums, candidate, each, change=change, is_clean=is_clean, into=into)
    return clean_pairs


def _append(
    con: duckdb.DuckDBPyConnection,
    sums: str,
    candidate: Candidate,
    pair: PeriodPair,
    *,
    change: float | None,
    is_clean: bool,
    into: str,
) -> None:
    con.execute(
        f"""
        insert into {into}
        select $level, $concept, $period0, $period1, $is_main, $change, $is_clean, cut, partner,
            max(sum(loss)) over (partition by cut),
            if(partner is null, sum(matched), sum(diverted)), max(sum(value0)) over (partition by cut)
        from {sums} group by grouping sets ((cut), (cut, partner))""",
        {
            "level": candidate.basis.level.name,
            "concept": candidate.basis.concept,
            "period0": pair.period0.label,
            "period1": pair.period1.label,
            "is_main": pair == candidate.main,
            "change": change,
            "is_clean": is_clean,
        },
    )


def build_excess(con: duckdb.DuckDBPyConnection, placebo: str, chosen: Candidate | None, into: str) -> None:
    """Compare the main pair with its clean earlier pairs at the chosen level, by (cut, partner), into `into`.

    placebo_rate = sum of diverted / sum of loss over the clean pairs; comparable_rate = the same of the main pair at
    that level; excess_rate = their difference. placebo_usd = what the clean pairs give per dollar of imports, at the
    main pair's imports; comparable_usd = diverted in the main pair at that level; excess_usd = comparable_usd -
    placebo_usd; placebo_agrees = whether both excesses are positive or neither. placebo_pairs: clean pairs;
    placebo_pairs_above: those in which more was diverted per dollar of imports than in the main pair.
    Partners that the level does not list have no row; without a chosen level the table is empty.
    """
    level, concept = (chosen.basis.level.name, chosen.basis.concept) if chosen else (None, None)
    con.execute(
        f"""
        create or replace temp table {into} as
        with at_level as (from {placebo} where level = $level and concept = $concept),
        main as (from at_level where is_main and partner is distinct from '{REST}'),
        clean as (select period0, cut, max(loss) as loss, max(imports) as imports
            from at_level where is_clean group by all)
        select main.cut, main.partner, main.diverted / nullif(any_value(main.loss), 0) as comparable_rate,
            sum(coalesce(earlier.diverted, 0)) / nullif(sum(clean.loss), 0) as placebo_rate,
            comparable_rate - placebo_rate as excess_rate,
            round(any_value(main.imports) * sum(coalesce(earlier.diverted, 0)) / sum(clean.imports))::bigint
                as placebo_usd,
            main.diverted as comparable_usd, main.diverted - placebo_usd as excess_usd,
            (excess_usd > 0) = (excess_rate > 0) as placebo_agrees,
            count(*) as placebo_pairs,
            count(*) filter (coalesce(earlier.diverted, 0) / clean.imports > main.diverted / main.imports)
                as placebo_pairs_above
        from main join clean using (cut)
        left join at_level as earlier
            on earlier.is_clean and earlier.period0 = clean.period0 and earlier.cut = clean.cut
            and earlier.partner is not distinct from main.partner
        group by main.cut, main.partner, main.diverted""",
        {"level": level, "concept": concept},
    )

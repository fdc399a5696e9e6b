"""The writer of flags.diversion and flags.diversion_placebo: which comparisons, in which order, and what was left out.

Formulas, flags and words are in the modules that it calls; when it runs is not known here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from assets.methods.diversion.bootstrap import Resampling
from assets.methods.diversion.cells import build_concentration, build_shares
from assets.methods.diversion.coverage import (
    Coverage,
    complete_bases,
    complete_text,
    holds,
    latest_pairs,
    read_coverage,
    require_print,
    require_source,
)
from assets.methods.diversion.duty import build_exposure
from assets.methods.diversion.flags import define_wording, flag_sql, sentence_sql
from assets.methods.diversion.intervals import build_intervals
from assets.methods.diversion.levels import CONCEPT_TEXT, LEVELS, TOTAL, Basis
from assets.methods.diversion.measure import measure
from assets.methods.diversion.panel import build_panel, require_partner, sum_periods
from assets.methods.diversion.periods import PeriodPair
from assets.methods.diversion.placebo import build_excess, build_placebo
from assets.methods.diversion.reallocation import append_totals
from assets.methods.diversion.rows import rows_sql
from assets.methods.diversion.table import DIVERSION, DIVERSION_VALUES, PLACEBO, PLACEBO_VALUES
from assets.methods.diversion.thresholds import Thresholds

CHINA = "5700"
DEFAULT_LEVELS = ("HS6", "HS4", "HS2", "TOTAL")
DEFAULT_BASES = tuple(Basis(LEVELS[name]) for name in DEFAULT_LEVELS)

_NEXT, _PLACEBO_NEXT = (replace(one, name=f"{one.name}_next") for one in (DIVERSION, PLACEBO))
"""The tables while they are filled."""


@dataclass(frozen=True)
class Settings:
    """Reference partner (Census code of a single country), bootstrap, and limits of the flags."""

    reference: str = CHINA
    resampling: Resampling = field(default_factory=Resampling)
    thresholds: Thresholds = field(default_factory=Thresholds)


@dataclass(frozen=True)
class Comparison:
    """What was compared: the pair, the level and concept used, rows written, and the placebo's level (None: none)."""

    pair: PeriodPair
    basis: Basis
    rows: int
    placebo: str | None


@dataclass(frozen=True)
class DiversionReport:
    """The comparisons written and, in sentences, what could not be computed."""

    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...] = field(default=())


def default_comparisons(coverage: Coverage, bases: Sequence[Basis] = DEFAULT_BASES) -> list[tuple[PeriodPair, Basis]]:
    """The latest full year and the latest year to date, each on the first basis that has it.

    `bases` from the finest to the coarsest. A coarser one adds a pair only where it reaches further, beside what finer
    ones have.
    """
    found: list[tuple[PeriodPair, Basis]] = []
    for basis in bases:
        for pair in latest_pairs(coverage, basis):
            alike = [each for each, _ in found if (each.kind == "year") == (pair.kind == "year")]
            if all(pair.period1.last > each.period1.last for each in alike):
                found.append((pair, basis))
    return sorted(found, key=lambda each: (each[0].kind != "year", each[0].period1.last))


def build_diversion_flags(
    con: duckdb.DuckDBPyConnection,
    settings: Settings = Settings(),
    *,
    pairs: Sequence[PeriodPair] | None = None,
    bases: Sequence[Basis] = DEFAULT_BASES,
) -> DiversionReport:
    """Replace flags.diversion and flags.diversion_placebo from the commodity marts; both appear whole or not at all.

    Without `pairs` they are `default_comparisons`. Each pair that is asked for is compared on the first of `bases` that
    has both periods, by default general imports at the finest of HS6, HS4 and HS2, else all goods as one total, and a
    note says so. A pair that no basis has raises `DataUnavailable`; with the default and no data the tables are empty.
    """
    coverage = read_coverage(con)
    if pairs is None:
        wanted = default_comparisons(coverage, bases)
    else:
        wanted = [(pair, next((each for each in bases if holds(coverage, pair, each)), bases[0])) for pair in pairs]
    notes = [] if wanted else [f"no two comparable periods are complete at {' or '.join(each.text for each in bases)}"]
    # No transaction around the work: one would keep every dropped working table in memory until its end.
    staged = [_NEXT, _PLACEBO_NEXT]
    comparisons = []
    define_wording(con)
    try:
        for spec in staged:
            con.execute(spec.create_sql())
        comparisons += [_compare(con, coverage, pair, basis, settings) for pair, basis in wanted]
        con.execute("begin")
        for spec, new in zip((DIVERSION, PLACEBO), staged, strict=True):
            con.execute(f"drop table if exists {spec}")
            con.execute(f"alter table {new} rename to {spec.name}")
        con.execute("commit")
    finally:
        for spec in staged:
            con.execute(f"drop table if exists {spec}")
        _drop_working_tables(con)
    return DiversionReport(
        tuple(comparisons), (*notes, *(text for each in comparisons for text in _notes(coverage, each)))
    )


def _notes(coverage: Coverage, comparison: Comparison) -> Sequence[str]:
    """What a comparison could not say."""
    label = comparison.pair.label
    if comparison.basis.level == TOTAL:
        by_product = [basis for basis in complete_bases(coverage, comparison.pair) if basis.level != TOTAL]
        elsewhere = f"; by product {complete_text(by_product)}" if by_product else ""
        return (
            f"{label}: all goods as one total; diversion matched by product is not testable with the data loaded in"
            f" {CONCEPT_TEXT[comparison.basis.concept]}{elsewhere}",
        )
    return () if comparison.placebo else (f"{label}: no earlier pair for a placebo",)


def _compare(
    con: duckdb.DuckDBPyConnection, coverage: Coverage, pair: PeriodPair, basis: Basis, settings: Settings
) -> Comparison:
    """Measure one comparison and append its rows."""
    reference = settings.reference
    if basis.level == TOTAL:
        source = require_print(coverage, pair, basis)
        return Comparison(pair, basis, append_totals(con, source, pair, reference, str(_NEXT)), None)
    sum_periods(con, require_source(coverage, pair, basis), basis, (pair.period0, pair.period1), "diversion_periods")
    panel = build_panel(con, "diversion_periods", pair, basis, "diversion_v")
    require_partner(con, panel, reference)
    build_exposure(con, panel.sums, pair, reference, "diversion_exposure")
    measured = measure(con, panel, "diversion_exposure", reference, "diversion")
    build_shares(con, measured.sums, reference, "diversion_shares")
    build_concentration(con, "diversion_shares", reference, "diversion_concentration")
    build_intervals(con, measured, settings.resampling, "diversion_intervals")
    placebo = build_placebo(
        con, coverage, pair, basis, reference=reference, thresholds=settings.thresholds, into="diversion_pairs"
    )
    build_excess(con, "diversion_pairs", placebo, "diversion_excess")
    beside = {name: f"diversion_{name}" for name in ("shares", "concentration", "intervals", "excess")}
    # The insert below is the widest step: what it does not read gives its memory back first.
    _drop_working_tables(con, keep={measured.effects, measured.sums, "diversion_pairs", *beside.values()})
    run: dict[str, object] = {
        "reference": reference,
        "period0": pair.period0.label,
        "period1": pair.period1.label,
    }
    about: dict[str, object] = {
        "level": basis.level.name,
        "concept": basis.concept,
        "placebo_level": placebo.text if placebo else None,
        "vintage": panel.vintage,
        "vintage_oldest": panel.vintage_oldest,
        "draws": settings.resampling.draws,
        "seed": settings.resampling.seed,
        "min_change": settings.thresholds.min_listed_change_usd,
    }
    written = con.execute(
        f"""
        insert into {_NEXT}
        select {DIVERSION_VALUES}
        from (
            select *, {sentence_sql(panel, placebo)} as sentence
            from (select *, {flag_sql(settings.thresholds)} as flag from ({rows_sql(measured, **beside)})))""",
        run | about,
    ).fetchall()[0][0]
    con.execute(
        f"insert into {_PLACEBO_NEXT} select {PLACEBO_VALUES} from diversion_pairs",
        run | {"chosen": placebo.basis.level.name if placebo else None},
    )
    return Comparison(pair, basis, written, placebo.text if placebo else None)


def _drop_working_tables(con: duckdb.DuckDBPyConnection, keep: Collection[str] = ()) -> None:
    """Drop the temporary tables of a comparison."""
    working = con.execute(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'diversion_')"
    ).fetchall()
    for (name,) in working:
        if name not in keep:
            con.execute(f"drop table {name}")

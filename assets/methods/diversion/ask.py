"""Diversion and waterfall for any two periods and reference partner, from the published file, which stays as it is.

Only the question belongs here: the tables are made in memory by `build.py` and `waterfall.py`, as the published ones are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from assets.contracts.flags import BALANCE_WATERFALL
from assets.methods.diversion.build import DEFAULT_LEVELS, DiversionReport, Settings, build_diversion_flags
from assets.methods.diversion.levels import Basis, Concept, level_named
from assets.methods.diversion.periods import Period, PeriodPair
from assets.methods.diversion.waterfall import ask_waterfall
from assets.reference.partners import code_for_name, is_aggregate, known_codes
from assets.warehouse import open_beside

_READ = (
    "commodity_coverage",
    "commodity_partner_month",
    "commodity_partner_year",
    "partner",
    "partner_month_vintages",
    "partner_year_vintages",
)


@dataclass(frozen=True)
class Question:
    """One comparison: the reference partner's code, the periods, and the bases of which the first complete one is used."""

    reference: str
    pair: PeriodPair
    bases: tuple[Basis, ...]


def question_of(period0: str, period1: str, reference: str, level: str | None, concept: Concept) -> Question:
    """The question in words: periods as `Period.parse` reads them, the partner by code or name.

    Raises ValueError for a period, partner or level that does not exist.
    """
    code = reference if reference in known_codes() else code_for_name("census_api", reference)
    if code is None or is_aggregate(code):
        raise ValueError(f"the reference is a single country, by its Schedule C code or name; seen {reference!r}")
    pair = PeriodPair(Period.parse(period0), Period.parse(period1))
    levels = [level_named(name) for name in ([level] if level else DEFAULT_LEVELS)]
    return Question(code, pair, tuple(Basis(each, concept) for each in levels))


@contextmanager
def asked(published: Path, question: Question) -> Iterator[tuple[duckdb.DuckDBPyConnection, DiversionReport]]:
    """A connection in memory with `flags.diversion` and `flags.diversion_placebo` of one comparison, and its report.

    Raises `DataUnavailable` for what is not loaded, and duckdb.Error where the published file lacks the marts.
    """
    with _beside(published) as con:
        settings = Settings(reference=question.reference)
        yield con, build_diversion_flags(con, settings, pairs=[question.pair], bases=question.bases)


def asked_waterfall(published: Path, pair: PeriodPair) -> list[dict[str, Any]]:
    """The rows of `flags.balance_waterfall` for one pair: countries by size of contribution, then what remains.

    Raises as `asked` does.
    """
    with _beside(published) as con:
        ask_waterfall(con, pair)
        found = con.execute(f"from {BALANCE_WATERFALL} order by rank nulls last, partner_code desc")
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@contextmanager
def _beside(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_beside({"published": published}) as con:
        con.execute("create schema marts; create schema flags")
        for mart in _READ:
            con.execute(f"create view marts.{mart} as from published.marts.{mart}")
        yield con

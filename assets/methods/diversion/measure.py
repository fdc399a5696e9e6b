"""One comparison measured: from a panel to effects, cuts and cells, in temporary tables under one prefix.

The order of the steps belongs here; formulas are in the modules that it calls.
"""

from dataclasses import dataclass

import duckdb

from assets.methods.diversion.cells import build_cells, build_sums
from assets.methods.diversion.duty import build_cuts
from assets.methods.diversion.effects import build_effects
from assets.methods.diversion.panel import Panel


@dataclass(frozen=True)
class Measured:
    """Names of the temporary tables of one comparison, and the cuts that they hold."""

    panel: Panel
    reference: str
    effects: str
    cells: str
    members: str
    sums: str
    cuts: list[str]


def measure(con: duckdb.DuckDBPyConnection, panel: Panel, exposure: str, reference: str, prefix: str) -> Measured:
    """Effects by partner and product, their cells by class of cuts and cluster, their sums by cut and chapter.

    `exposure` is a relation of `duty.build_exposure` at the panel's level. Tables are named after `prefix`.
    """
    level = panel.basis.level
    effects, classes, members, cells, sums = (
        f"{prefix}_{name}" for name in ("effects", "classes", "members", "cells", "sums")
    )
    build_effects(con, panel.relation, reference, effects)
    cuts = build_cuts(con, panel, exposure, classes=classes, members=members)
    build_cells(con, effects, classes, level=level, reference=reference, into=cells)
    build_sums(con, cells, members, level=level, into=sums)
    return Measured(panel, reference, effects, cells, members, sums, cuts)

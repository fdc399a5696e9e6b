"""Where imports went that used to come from one partner: share reallocation, bounded diversion, shift-share, placebo.

`build_diversion_flags` writes the tables; the parts may be used alone. Everything reads the commodity marts through
`panel.py` and works in temporary tables of the connection. What the numbers mean is in `docs/methods.md`.
"""

from assets.methods.diversion.bootstrap import Resampling
from assets.methods.diversion.build import (
    Comparison,
    DiversionReport,
    Settings,
    build_diversion_flags,
    default_comparisons,
)
from assets.methods.diversion.coverage import DataUnavailable, latest_pairs
from assets.methods.diversion.levels import Basis, level_named
from assets.methods.diversion.panel import InconsistentPanel
from assets.methods.diversion.periods import Period, PeriodError, PeriodPair
from assets.methods.diversion.table import DIVERSION, PLACEBO
from assets.methods.diversion.thresholds import Thresholds

__all__ = [
    "DIVERSION",
    "PLACEBO",
    "Basis",
    "Comparison",
    "DataUnavailable",
    "DiversionReport",
    "InconsistentPanel",
    "Period",
    "PeriodError",
    "PeriodPair",
    "Resampling",
    "Settings",
    "Thresholds",
    "build_diversion_flags",
    "default_comparisons",
    "latest_pairs",
    "level_named",
]

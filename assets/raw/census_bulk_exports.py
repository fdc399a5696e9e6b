"""The asset `raw/census_bulk_exports`; the layout is in `assets/parsing/census_bulk.py`."""

from assets.raw.months import EXDB_MONTH, report_months
from assets.raw.source_asset import source_asset

census_bulk_exports = source_asset(
    "census_bulk_exports",
    "Census bulk archives of exports (EXDByymm.ZIP)",
    (
        "Schedule B by country and district for one month, domestic and re-exports, reconciled to the dollar "
        "with the archive's own control members."
    ),
    report_months(EXDB_MONTH, "census_bulk_exports"),
)

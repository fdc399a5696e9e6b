"""The asset `raw/census_bulk_imports`; the layout is in `assets/parsing/census_bulk.py`."""

from assets.raw.months import IMDB_MONTH, report_months
from assets.raw.source_asset import source_asset

census_bulk_imports = source_asset(
    "census_bulk_imports",
    "Census bulk archives of imports (IMDByymm.ZIP)",
    (
        "HTS10 by country, district and rate provision for one month, streamed to the lake and reconciled to "
        "the dollar with the archive's own control members."
    ),
    report_months(IMDB_MONTH, "census_bulk_imports"),
)

"""The asset `raw/census_api`; the layout is in `assets/parsing/census_api.py`."""

from assets.raw.months import report_answers
from assets.raw.source_asset import source_asset

census_api = source_asset(
    "census_api",
    "Census International Trade API answers",
    (
        "Trade by commodity and partner (HS, NAICS, end use; general and consumption value, calculated duty, "
        "FAS value), whole dollars, one answer or a zip of answers a file."
    ),
    report_answers,
)

"""The asset `raw/census_country`: Census country workbook. The layout is in `assets/parsing/census_country.py`."""

from assets.raw.source_asset import source_asset

census_country = source_asset(
    "census_country",
    "Census country workbook",
    (
        "Goods by partner and month from 1985 ($ million, Census basis, not seasonally adjusted; general "
        "imports customs value and total exports FAS), every release that was kept."
    ),
)

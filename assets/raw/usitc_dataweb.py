"""The asset `raw/usitc_dataweb`; the layout is in `assets/parsing/usitc_dataweb.py`."""

from assets.raw.source_asset import source_asset

usitc_dataweb = source_asset(
    "usitc_dataweb",
    "USITC DataWeb exports by country",
    (
        "Annual general imports (customs value) and total exports (FAS) by partner from 1989, whole dollars, "
        "Census basis, not seasonally adjusted."
    ),
)

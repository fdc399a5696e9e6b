"""The asset `raw/ft900`: FT-900 exhibits 1 and 12. The layout is in `assets/parsing/ft900.py`."""

from assets.raw.source_asset import source_asset

ft900 = source_asset(
    "ft900",
    "FT-900 exhibits 1 and 12",
    (
        "Goods and services on BOP basis (exhibit 1, seasonally adjusted) and goods on BOP and Census basis "
        "(exhibit 12, not adjusted), as printed in each release."
    ),
)

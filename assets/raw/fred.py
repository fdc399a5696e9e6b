"""The asset `raw/fred`: FRED-style CSV series. The layout is in `assets/parsing/fred.py`."""

from assets.raw.source_asset import source_asset

fred = source_asset(
    "fred",
    "FRED-style CSV series",
    "The total balance on BOP basis (BOPGSTB), monthly from 1992, seasonally adjusted, $ million, one file a vintage.",
)

"""The asset `raw/bea`: BEA trade time series, table 1. The layout is in `assets/parsing/bea.py`."""

from assets.raw.source_asset import source_asset

bea = source_asset(
    "bea",
    "BEA trade time series, table 1",
    "Goods and services on BOP basis: annual from 1960, monthly from 1992, seasonally adjusted, $ million.",
)

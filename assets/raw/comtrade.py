"""The asset `raw/comtrade`; the layout is in `assets/parsing/comtrade.py`."""

from assets.raw.source_asset import source_asset

comtrade = source_asset(
    "comtrade",
    "UN Comtrade files of third countries",
    "Trade of other countries by partner and HS6, for the rerouting indicator; optional, taken in when files land.",
)

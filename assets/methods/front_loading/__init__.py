"""Imports ahead of tariff measures, and what came after: surge, cumulative gap and payback.

Facts about measures are in `assets.methods.tariffs`; diversion between partners is not a question asked here.
"""

from assets.methods.front_loading.flags import FrontLoadingCounts, build_front_loading_flags

__all__ = ["FrontLoadingCounts", "build_front_loading_flags"]

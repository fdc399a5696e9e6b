"""Commodity codes as data: what a code means, which codes belong together over time, and which are capital goods.

The tables are read by dbt. `build.py` makes those that come from publishers' lists; the CSV files are kept by hand.
Figures of trade do not belong here.
"""

"""United States tariff measures since 2018: which, when, on whom, on what, at which stated rate.

The CSV files are the data; `seeds.py` reads and checks them, `build.py` refreshes what comes from source files. What
the measures do to trade, and realised duty rates, do not belong here.
"""

"""Where files and rows are kept: raw store, ledger and Parquet lake.

Here belongs everything that decides under which name, hash and vintage bytes and rows are kept. What a publisher's
file means belongs in `assets/parsing`; nothing here knows Dagster, dbt or DuckDB.
"""

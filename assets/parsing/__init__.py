"""Pure parsers: one module a source, bytes in, typed Arrow rows out.

Here belongs how a publisher lays out its files. What does not belong here: where files are kept (`assets/store`),
which vintage a file is, anything of Dagster, dbt or DuckDB.
"""

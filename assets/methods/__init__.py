"""Methods: what a number says about trade, as SQL and numpy on a DuckDB connection.

Here belong estimators that read marts and return relations or numbers. Dagster, dbt, files and the question of
when something runs do not belong here.
"""

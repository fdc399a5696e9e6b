"""Tradewake's data: raw files in, marts, flags and judged claims out.

Here belongs everything that knows what a trade figure is: parsers, the raw store, the lake, signals, claims and
publication, and the Dagster assets over them. What does not belong here: how a run is started, scheduled or
watched (`orchestration/`) and SQL models (`dbt_project/`).
"""

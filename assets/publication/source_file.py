"""The table `meta.source_file`: the ledger as people query it.

Only the copy of the ledger into the warehouse belongs here; its rows are made in `assets/store/parse.py`.
"""

import duckdb

from assets.contracts.meta import SOURCE_FILE
from assets.home import Home
from assets.reference.calendar import ESTIMATED_DAY
from assets.sql_text import literal
from assets.store.ledger import ledger_table, read_ledger


def write_source_file(con: duckdb.DuckDBPyConnection, home: Home) -> int:
    """Replace `meta.source_file` by the ledger; returns the number of files."""
    con.execute(SOURCE_FILE.create_sql())
    estimated = f"coalesce(starts_with(vintage_rule, {literal(ESTIMATED_DAY)}), false) as vintage_is_estimated"
    columns = ", ".join(
        estimated if column.name == "vintage_is_estimated" else column.name for column in SOURCE_FILE.columns
    )
    # Through the ledger's reader, which knows rows of older versions.
    ledger = ledger_table(read_ledger(home.lake).values())
    con.register("ledger", ledger)
    con.execute(f"insert into {SOURCE_FILE} select {columns} from ledger order by source, vintage, file_name, file_id")
    con.unregister("ledger")
    return int(ledger.num_rows)

"""The table `meta.source_file`: the ledger as people query it.

Only the copy of the ledger into the warehouse belongs here; its rows are made in `assets/store/parse.py`.
"""

import duckdb

from assets.home import Home
from assets.reference.calendar import ESTIMATED_DAY
from assets.sql_text import literal
from assets.store.ledger import ledger_table, read_ledger
from assets.warehouse import Column, TableSpec

SOURCE_FILE = TableSpec(
    schema="meta",
    name="source_file",
    comment="One row for every file seen up to this publication, taken in or not: where it came from and what became of its rows.",
    columns=(
        Column("file_id", "VARCHAR", "First 16 hexadecimal digits of the SHA-256; rows of the lake carry it."),
        Column("source", "VARCHAR", "Layout that the file was recognised as; null if none matched."),
        Column("file_name", "VARCHAR", "Name under which the file came in."),
        Column("sha256", "VARCHAR", "SHA-256 of the bytes."),
        Column("bytes", "BIGINT", "Size in bytes."),
        Column("publisher", "VARCHAR", "Who publishes the figures."),
        Column("title", "VARCHAR", "The publisher's title."),
        Column("licence", "VARCHAR", "Terms under which the figures may be used."),
        Column("url", "VARCHAR", "Where the file is published."),
        Column("published_on", "DATE", "Release day told by the file or its origin record; null if neither does."),
        Column("retrieved_at", "TIMESTAMP", "When the file was fetched or landed (UTC)."),
        Column("vintage", "DATE", "Day that the figures count from; see vintage_rule."),
        Column("vintage_rule", "VARCHAR", "How the vintage was decided."),
        Column(
            "vintage_is_estimated",
            "BOOLEAN",
            "Whether the vintage is the estimated day of a release, because neither the file nor anybody else tells the day.",
        ),
        Column("part", "VARCHAR", "What the file covers within its source; successive prints share it."),
        Column("parser_version", "INTEGER", "Version of the parser that read it."),
        Column("rows_read", "BIGINT", "Rows in the file's data area."),
        Column("rows_accepted", "BIGINT", "Rows taken into the lake."),
        Column(
            "rows_refused", "BIGINT", "Rows left out by a written rule, or bad lines of an archive; reason says which."
        ),
        Column("rows_zero_month", "BIGINT", "Lines of an archive without trade in its month: counted, not kept."),
        Column(
            "bad_lines", "BIGINT", "Lines of all members of an archive that could not be taken, also of a refused one."
        ),
        Column(
            "status",
            "VARCHAR",
            "accepted | refused (not readable) | superseded (its figures are here from another file) | undated (no vintage "
            "known: never latest) | quarantined (contradicts evidence) | withdrawn (by an operator).",
        ),
        Column("reason", "VARCHAR", "Why the file or rows of it were refused."),
        Column("newest_reference_month", "DATE", "Newest month the file has values for; null for yearly files."),
        Column("origin_kind", "VARCHAR", "bundled with the project | landed by a person or program."),
        Column("content_sha256", "VARCHAR", "What the file says, whatever its container: equal figures, equal hash."),
        Column(
            "coverage",
            "VARCHAR",
            "What the file gives figures of, as JSON: flows, partners, levels, measures, periods.",
        ),
        Column(
            "why", "VARCHAR", "Why the status: the file it agrees with, the evidence against it, an operator's reason."
        ),
        Column("extract_note", "VARCHAR", "How an extract was made, and what of it is not printed by the publisher."),
        Column(
            "derivation", "VARCHAR", "How its figures were made where the publisher does not print them; else null."
        ),
        Column(
            "approximate_share",
            "DOUBLE",
            "Part of the value of derived figures that was assigned approximately (0 to 1).",
        ),
    ),
)


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
    con.execute(
        f"insert into {SOURCE_FILE.schema}.{SOURCE_FILE.name} "
        f"select {columns} from ledger order by source, vintage, file_name, file_id"
    )
    con.unregister("ledger")
    return int(ledger.num_rows)

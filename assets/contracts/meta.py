"""Tables about the publication itself: grain, columns and types."""

from assets.contracts.table import Column, Table

PUBLISHED_MANIFEST = Table(
    schema="meta",
    name="published_manifest",
    comment="One row: what this file was made from and what it holds.",
    columns=(
        Column("published_at", "TIMESTAMP", "When the file was published (UTC)."),
        Column(
            "content_hash",
            "VARCHAR",
            "Hash over all rows of the schemas marts, flags and claims; equal figures give equal hashes with the same "
            "version of DuckDB.",
        ),
        Column("rows_hash", "VARCHAR", "Hash over all rows of all tables but this one, for tradewake verify."),
        Column("code_version", "VARCHAR", "Version of the project and hash of the code that shaped the content."),
        Column(
            "input_fingerprint",
            "VARCHAR",
            "SHA-256 over the accepted files and the code that shapes figures: what the content was made from.",
        ),
        Column("newest_reference_month", "DATE", "Newest month with partner detail."),
        Column("vintages", "VARCHAR", "Vintages of each source, oldest first (JSON text)."),
        Column("row_counts", "VARCHAR", "Rows of each table (JSON text)."),
        Column("source_hashes", "VARCHAR", "SHA-256 of every accepted source file, by name and vintage (JSON text)."),
    ),
)

SOURCE_FILE = Table(
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

"""The table of verdicts on claims: grain, columns and types."""

from assets.contracts.table import Column, Table

VERDICT = Table(
    schema="claims",
    name="verdict",
    comment="One row for each claim and vintage: the verdict with its numbers, its query and its source files.",
    columns=(
        Column("claim_id", "VARCHAR", "Name of the claim: the `id` of its file in assets/claims."),
        Column("proposition", "INTEGER", "Number of the proposition in the methods; claims sort by it."),
        Column("statement", "VARCHAR", "The sentence that is judged, as people say it."),
        Column("basis", "VARCHAR", "Flow, concept, basis, adjustment and valuation of the figures."),
        Column("period", "VARCHAR", "Period that the statement is about."),
        Column(
            "vintage", "DATE", "Release day: only figures published by then are used. Null where nothing can be judged."
        ),
        Column("is_first_print", "BOOLEAN", "True for the first vintage that has the period."),
        Column("is_latest", "BOOLEAN", "True for the newest vintage loaded."),
        Column(
            "verdict",
            "VARCHAR",
            "supported | supported, depends on vintage | partly | not supported | not testable with the data loaded.",
        ),
        Column("sentence", "VARCHAR", "The finding in words, generated from the numbers."),
        Column("vintage_note", "VARCHAR", "Says when the vintages disagree on the claim; null when all agree."),
        Column("numbers", "VARCHAR", "The row that the query returned: the evidence (JSON text)."),
        Column("sql", "VARCHAR", "The query, with the vintage put in; runs as it stands on the published file."),
        Column(
            "source_files",
            "VARCHAR",
            "Files with the newest figures that the claim rests on, by period, as published by the vintage: name, SHA-256, "
            "vintage (JSON text).",
        ),
    ),
)

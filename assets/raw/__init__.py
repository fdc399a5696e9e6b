"""Raw layer as Dagster assets: one module a source, each a thin wrapper over `assets/store`.

What belongs here is how a source shows itself in Dagster (key, description, metadata, checks). Layouts belong in
`assets/parsing`, files and vintages in `assets/store`.
"""

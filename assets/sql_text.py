"""Values and names inside SQL text, where neither can be bound: paths, comments, names of tables and columns.

Only quoting belongs here. A value of a query is bound with `?` or `$name` wherever DuckDB allows it.
"""


def literal(value: object) -> str:
    """A text, or anything by its text, as an SQL string: it stays one value whatever quotes it holds."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(*names: str) -> str:
    """A name of a table or column, or the parts of a dotted one, as quoted identifiers."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)

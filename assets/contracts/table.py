"""A table and its columns: the one form in which every table is described, and the SQL that makes it empty.

Which tables there are belongs to the other modules of this package.
"""

from dataclasses import dataclass

from assets.sql_text import identifier, literal


class Relation(str):
    """The name of a table in SQL, `schema.name`."""

    __slots__ = ()

    @property
    def schema(self) -> str:
        """The part before the point."""
        return self.partition(".")[0]

    @property
    def name(self) -> str:
        """The part behind the point."""
        return self.partition(".")[2]


@dataclass(frozen=True)
class Column:
    """One column: its name, DuckDB type, and what it means (with the unit) as the database comment."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Table:
    """One table: where it is, its grain in words, and its columns in order. As text it is its name in SQL."""

    schema: str
    name: str
    comment: str
    columns: tuple[Column, ...]

    def __str__(self) -> str:
        return self.relation

    @property
    def relation(self) -> Relation:
        """Its name in SQL."""
        return Relation(f"{self.schema}.{self.name}")

    def create_sql(self) -> str:
        """Statements that replace the table by an empty one with its comments."""
        table = identifier(self.schema, self.name)
        columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in self.columns)
        return ";\n".join(
            [
                f"create schema if not exists {identifier(self.schema)}",
                f"create or replace table {table} ({columns})",
                f"comment on table {table} is {literal(self.comment)}",
                *(
                    f"comment on column {table}.{identifier(column.name)} is {literal(column.comment)}"
                    for column in self.columns
                ),
            ]
        )

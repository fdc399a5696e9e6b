"""What the figures of parsed files say about each other: equal, part of one another, newer, older, contradicting.

Here belongs the comparison of figures, cell by cell, in DuckDB: a cell is everything that a row says but its measures, its
place in the file and its names. What follows from a comparison is decided in `prints.py`.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.parsing.coverage import measure_columns
from assets.sql_text import identifier, literal
from assets.store.vintage import Bounds

_NO_KEY = frozenset(
    {
        "sheet", "row_number", "line_number", "member", "partner_name", "commodity_name", "row_kind", "decimals",
        "quantity_1_unit", "quantity_2_unit", "is_weight_estimated", "file_id", "vintage",
    }
)  # fmt: skip
_MUSD = "_musd"

_CELLS = "cell ubigint, measure varchar, value_usd hugeint, unit_usd bigint"
"""`unit_usd` is what the value is rounded to; a count or a weight has its own unit in the same columns."""

_DIFFERS = """
    abs({one}.value_usd - {other}.value_usd) > case
        when {one}.unit_usd = {other}.unit_usd then 0 else greatest({one}.unit_usd, {other}.unit_usd) / 2
    end
"""
"""Equal roundings must print the same figure; else the finer one, rounded, is the coarser one."""


LARGE_USD = 5_000_000_000
"""Of a month or a year. Smaller figures are revised by more: Austria's exports of November 2022 from 0.4 to 1.0 billion."""

MANY_CELLS = 1_000
"""So many figures are never all left as they were by a later release: of those that two real country tables share 4 % or more
differ. The table of three years has 16,180."""

HISTORY_MONTHS = 75
"""So many months before a new one tell what is ordinary."""
_OF_PARTNER = "sheet, row_number, partner_code, flow, year, month, value_musd, decimals"


@dataclass(frozen=True)
class Conflict:
    """Cells of a file that another prints otherwise: how many, and one of them in words."""

    other: str
    count: int
    example: str


class Figures:
    """The figures of some parsed files of one source, and the vintages under which some of them stand."""

    def __init__(self, con: duckdb.DuckDBPyConnection, rows: Mapping[str, Path]) -> None:
        self._con = con
        self._rows = rows
        con.execute(f"create temp table cells (file varchar, {_CELLS})")
        con.execute("create temp table standing (file varchar, vintage date)")
        for file, path in rows.items():
            con.execute(f"insert into cells select {literal(file)}, * from ({_cells_sql(path)})")

    def place(self, file: str, vintage: date) -> None:
        """Let the file stand under a vintage."""
        self._con.execute("insert into standing values (?, ?)", [file, vintage])

    def clear(self) -> None:
        """Let no file stand."""
        self._con.execute("delete from standing")

    def conflict(self, file: str, vintage: date) -> Conflict | None:
        """What another standing file of the same vintage prints otherwise; of several the one with most such cells."""
        found = self._con.execute(
            f"""
            select theirs.file, count(*), min_by((mine.cell, mine.measure), (mine.measure, mine.cell))
            from cells as mine
            inner join cells as theirs using (cell, measure)
            inner join standing on standing.file = theirs.file
            where mine.file = $file and theirs.file <> $file and standing.vintage = $vintage
                and {_DIFFERS.format(one="mine", other="theirs")}
            group by theirs.file
            order by 2 desc, 1
            limit 1
            """,
            {"file": file, "vintage": vintage},
        ).fetchone()
        if found is None:
            return None
        other, count, (cell, measure) = found
        return Conflict(other, count, self._in_words(file, other, cell, measure))

    def leap(self, file: str, vintage: date, part: float, among: Collection[str] | None = None) -> Conflict | None:
        """The large figures of the file that differ by more than `part` of the larger from the newest standing print up to
        `vintage`, of all prints or of those `among`."""
        found = self._con.execute(
            """
            with mine as (select * from cells where file = $file),

            newest as (
                select cell, measure, arg_max(value_usd, standing.vintage) as value_usd, arg_max(file, standing.vintage) as file
                from cells
                inner join standing using (file)
                semi join mine using (cell, measure)
                where standing.vintage <= $vintage and file <> $file and ($among is null or list_contains($among, file))
                group by cell, measure
            ),

            compared as (
                select cell, measure, newest.file, abs(mine.value_usd - newest.value_usd) as change_usd,
                    greatest(abs(mine.value_usd), abs(newest.value_usd)) as larger_usd
                from mine
                inner join newest using (cell, measure)
            )

            select file, count(*), max_by((cell, measure), (change_usd, measure, cell))
            from compared
            where larger_usd >= $large and change_usd > $part * larger_usd
            group by file
            order by 2 desc, 1
            limit 1
            """,
            {
                "file": file,
                "vintage": vintage,
                "large": LARGE_USD,
                "part": part,
                "among": None if among is None else list(among),
            },
        ).fetchone()
        if found is None:
            return None
        other, count, (cell, measure) = found
        return Conflict(other, count, self._in_words(file, other, cell, measure))

    def beside_history(self, file: str, vintage: date) -> tuple[pa.Table, str] | None:
        """Months of partners as the file has them, and as the newest standing print up to `vintage` has those before: rows of
        the country table with `is_new`, true where no such print has the month; and the newest of those prints.

        None where no print stands before, or no month of the file is new. `HISTORY_MONTHS` before the first new one are read.
        """
        standing = self._con.execute(
            "select file, vintage from standing where vintage <= ? and file <> ? order by vintage, file",
            [vintage, file],
        ).fetchall()
        if not standing:
            return None
        known = " union all ".join(
            f"select {_OF_PARTNER}, {at} as turn from {_table(self._rows[other])} where month is not null"
            for at, (other, _) in enumerate(standing)
        )
        (first_new,) = self._row(
            f"""
            with mine as (select * from {_table(self._rows[file])} where month is not null)
            select min(year * 12 + month) from mine anti join ({known}) using (partner_code, flow, year, month)
            """,
            {},
        )
        if first_new is None:
            return None
        rows = self._con.execute(
            f"""
            with every_print as (
                {known} union all
                select {_OF_PARTNER}, {len(standing)} from {_table(self._rows[file])} where month is not null
            )
            select * replace (cast(year as smallint) as year, cast(month as tinyint) as month),
                min(turn) over (partition by partner_code, flow, year, month) = {len(standing)} as is_new
            from every_print
            where year * 12 + month >= {first_new - HISTORY_MONTHS}
            qualify row_number() over (partition by partner_code, flow, year, month order by turn desc) = 1
            """
        ).to_arrow_table()
        return rows, str(standing[-1][0])

    def is_covered(self, file: str, other: str) -> bool:
        """Whether `other` has a figure for every cell of the file, whatever it is."""
        (missing,) = self._row(
            """
            select count(*) from cells as mine
            anti join (select * from cells where file = $other) as theirs using (cell, measure)
            where mine.file = $file
            """,
            {"file": file, "other": other},
        )
        return bool(missing == 0)

    def repeated(self, file: str, vintage: date) -> str | None:
        """The file that prints the figures of `file`, where all of them are the newest ones as of `vintage` already, and as
        finely; of several the one with most of them. None where the file has a figure that is new."""
        (same,) = self._row(
            f"""
            with mine as (select * from cells where file = $file),

            newest as (
                select cells.cell, cells.measure, cells.value_usd, cells.unit_usd, cells.file
                from cells
                inner join standing using (file)
                semi join mine using (cell, measure)
                where standing.vintage <= $vintage and file <> $file
                qualify rank() over (partition by cell, measure order by standing.vintage desc) = 1
            ),

            finest as (
                select cell, measure, min_by(struct_pack(value_usd, unit_usd, file), (unit_usd, file)) as print
                from newest
                group by cell, measure
            ),

            compared as (
                select
                    finest.print.file as other,
                    coalesce(
                        mine.unit_usd < finest.print.unit_usd
                        or {_DIFFERS.format(one="mine", other="finest.print")},
                        true
                    ) as is_new
                from mine
                left join finest using (cell, measure)
            )

            select case when not bool_or(is_new) then mode(other) end from compared
            """,
            {"file": file, "vintage": vintage},
        )
        return None if same is None else str(same)

    def equal_prints(self, file: str) -> list[tuple[date, int]]:
        """The standing vintages whose newest figures differ in no cell of the file, with how many of its cells they lack."""
        vintages = [day for (day,) in self._con.execute("select distinct vintage from standing order by 1").fetchall()]
        found = []
        for day in vintages:
            lacking, shared, differing = self._row(
                f"""
                with mine as (select * from cells where file = $file),

                newest as (
                    select cell, measure, arg_max(value_usd, standing.vintage) as value_usd,
                        arg_max(unit_usd, standing.vintage) as unit_usd
                    from cells
                    inner join standing using (file)
                    semi join mine using (cell, measure)
                    where standing.vintage <= $day and file <> $file
                    group by cell, measure
                )

                select
                    count(*) filter (where newest.cell is null),
                    count(newest.cell),
                    count(*) filter (where {_DIFFERS.format(one="mine", other="newest")})
                from mine
                left join newest using (cell, measure)
                """,
                {"file": file, "day": day},
            )
            if shared and not differing:
                found.append((day, int(lacking)))
        return found

    def wholes(self, file: str) -> list[str]:
        """The files that print every cell of the file, each as the file does; none for a file of few cells."""
        found = self._con.execute(
            f"""
            with mine as (select * from cells where file = $file)

            select theirs.file
            from mine
            inner join cells as theirs using (cell, measure)
            where theirs.file <> $file and not ({_DIFFERS.format(one="mine", other="theirs")})
            group by theirs.file
            having count(*) = (select count(*) from mine) and count(*) >= $many
            order by 1
            """,
            {"file": file, "many": MANY_CELLS},
        ).fetchall()
        return [str(other) for (other,) in found]

    def bounds(self, file: str) -> Bounds:
        """When the file was printed, by the cells that standing prints give otherwise before or after.

        A cell that equals a print was printed after the last print with another figure before that one, and before the
        next print with another figure after it; a publisher that goes back to an earlier figure widens nothing.
        """
        after, before = self._row(f"select max(after), min(before) from ({self._spans()})", {"file": file})
        return Bounds(after, before)

    def votes(self, file: str, vintage: date) -> tuple[int, int]:
        """Of the cells that tell when the file was printed: how many contradict `vintage`, and how many there are."""
        against, telling = self._row(
            f"select count(*) filter (where after >= $vintage or before <= $vintage), count(*) from ({self._spans()})",
            {"file": file, "vintage": vintage},
        )
        return int(against), int(telling)

    def _spans(self) -> str:
        """One row a cell of the file $file that some standing print gives otherwise: after and before which vintage it stands."""
        return f"""
            with compared as (
                select mine.cell, mine.measure, standing.vintage,
                    not ({_DIFFERS.format(one="mine", other="theirs")}) as is_equal
                from cells as mine
                inner join cells as theirs using (cell, measure)
                inner join standing on standing.file = theirs.file
                where mine.file = $file and theirs.file <> mine.file
            ),

            equal as (
                select cell, measure, min(vintage) as first, max(vintage) as last
                from compared
                where is_equal
                group by cell, measure
            )

            select
                max(compared.vintage) filter (where compared.vintage < equal.first) as after,
                min(compared.vintage) filter (where compared.vintage > equal.last) as before
            from compared
            inner join equal using (cell, measure)
            where not compared.is_equal
            group by cell, measure
            having after is not null or before is not null
        """

    def _row(self, sql: str, values: Mapping[str, object]) -> tuple[Any, ...]:
        """The row of a query that aggregates without groups: there is always one."""
        return self._con.execute(sql, values).fetchall()[0]

    def _in_words(self, file: str, other: str, cell: int, measure: str) -> str:
        """One cell with its labels and what two files print for it."""
        keys = _keys(self._rows[file])
        labels = self._con.execute(
            f"select {', '.join(map(identifier, keys))} from {_table(self._rows[file])} "
            f"where {_hash(keys)} = $cell limit 1",
            {"cell": cell},
        ).fetchone()
        values = dict(
            self._con.execute(
                "select file, value_usd from cells where cell = $cell and measure = $measure and file in ($file, $other)",
                {"cell": cell, "measure": measure, "file": file, "other": other},
            ).fetchall()
        )
        named = " ".join(str(value) for value in labels or () if value is not None)
        return f"{named} {measure.replace(_MUSD, '_usd')}: {int(values[file]):,} here, {int(values[other]):,} there"


@contextmanager
def figures_of(rows: Mapping[str, Path]) -> Iterator[Figures]:
    """The figures in Parquet files of one source, by file id, for as long as the block runs."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "4GB"}) as con:
        yield Figures(con, rows)


def content_hash(table: pa.Table) -> str:
    """What a file says as 64 hexadecimal digits: equal figures give equal digits, in any order, container and wording."""
    with duckdb.connect() as con:
        con.register("parsed", table)
        count, total, mixed = con.execute(
            "select count(*), sum(hash(cell, measure, value_usd)::hugeint), bit_xor(hash(measure, value_usd, cell)) "
            f"from ({_cells_of('parsed', table.schema)})"
        ).fetchall()[0]
    return sha256(f"{count} {total} {mixed}".encode()).hexdigest()


def _cells_sql(path: Path) -> str:
    return _cells_of(_table(path), pq.read_schema(path))


def _table(path: Path) -> str:
    return f"read_parquet({literal(path)}, hive_partitioning = false)"


def _cells_of(table: str, schema: pa.Schema) -> str:
    """Rows of `_CELLS` from a parsed table; a measure that is null is no figure."""
    keys = [name for name in schema.names if name not in {*_NO_KEY, *measure_columns(schema)}]
    parts = [
        f"select {_hash(keys)} as cell, {literal(name)} as measure, {_value(name)} as value_usd, {_unit(name, schema)} as unit_usd "
        f"from {table} where {identifier(name)} is not null"
        for name in measure_columns(schema)
    ]
    return " union all ".join(parts)


def _keys(path: Path) -> list[str]:
    schema = pq.read_schema(path)
    return [name for name in schema.names if name not in {*_NO_KEY, *measure_columns(schema)}]


def _hash(keys: list[str]) -> str:
    # As text: what a column is stored as, an enum or a string, changes its hash.
    return f"hash({', '.join(f'cast({identifier(key)} as varchar)' for key in keys)})"


def _value(name: str) -> str:
    column = identifier(name)
    return (
        f"cast(cast({column} as decimal(38, 6)) * 1000000 as hugeint)"
        if name.endswith(_MUSD)
        else f"cast({column} as hugeint)"
    )


def _unit(name: str, schema: pa.Schema) -> str:
    """The rounding in the unit of `_value`, told by the row or by the figure's digits."""
    if not name.endswith(_MUSD):
        return "1"
    if "decimals" in schema.names:
        return "cast(pow(10, 6 - decimals) as bigint)"
    column = identifier(name)
    return f"case when {column} = round({column}) then 1000000 else 1 end"

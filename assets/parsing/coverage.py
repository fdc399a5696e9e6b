"""What a file covers: reporters, flows, partners, commodities, measures and periods of its rows.

Here belongs telling the coverage of one parsed file, in a form that can be kept beside it. Which files make one series,
and which months are missing from it, is decided in `assets/store`.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from assets.parsing.common import Parsed

LISTED_COMMODITIES = 50
"""More commodities than these are told by their chapters and their count."""
EVERY = "all"
"""Stands for all partners and commodities that the publisher has, where a file is too large to list them."""

_UNITS = ("_usd", "_musd", "_kg")
_CHAPTER_DIGITS = 2
_YEAR_TO_DATE = "year_to_date"
_NO_CODE = "TOTAL"


@dataclass(frozen=True)
class Periods:
    """Periods with figures, neighbours as a range: `2024-01 to 2024-12`; blank where the file has none of the kind."""

    month: str = ""
    year: str = ""
    year_to_date: str = ""


@dataclass(frozen=True)
class Coverage:
    """What the rows of a file are about. A dimension that the layout does not have, or that is not broken down, is empty.

    `partners` are all codes, groups and World among them. `commodities` are all codes up to `LISTED_COMMODITIES`, else
    empty; `chapters` are their first two characters. `measures` are the columns with at least one figure.
    """

    reporters: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    adjustments: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    partner_count: int = 0
    classifications: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    commodities: tuple[str, ...] = ()
    commodity_count: int = 0
    measures: tuple[str, ...] = ()
    periods: Periods = Periods()

    def as_json(self) -> str:
        """One line of JSON with sorted keys; what is empty is left out, so that the same coverage is the same text."""
        told = {name: value for name, value in asdict(self).items() if value}
        told["periods"] = {name: value for name, value in asdict(self.periods).items() if value}
        return json.dumps(told, sort_keys=True, ensure_ascii=False)


def coverage_of(parsed: Parsed) -> Coverage:
    """The coverage of a parsed file of any source."""
    table = parsed.table
    partners = _distinct(table, "partner_code")
    commodities = tuple(code for code in _distinct(table, "commodity_code") if code != _NO_CODE)
    return Coverage(
        reporters=_distinct(table, "reporter_code"),
        flows=_distinct(table, "flow"),
        concepts=_distinct(table, "concept"),
        bases=_distinct(table, "basis"),
        adjustments=_distinct(table, "adjustment"),
        partners=partners,
        partner_count=len(partners),
        classifications=_distinct(table, "classification") or _distinct(table, "hs_revision"),
        levels=_distinct(table, "level"),
        chapters=tuple(sorted({code[:_CHAPTER_DIGITS] for code in commodities})),
        commodities=commodities if len(commodities) <= LISTED_COMMODITIES else (),
        commodity_count=len(commodities),
        measures=_measures(table),
        periods=_periods(table),
    )


def coverage_of_archive(flow: str, month: date, measures: Iterable[str]) -> Coverage:
    """The coverage of a bulk archive: one month of every commodity and partner; it is streamed, so nothing is counted."""
    return Coverage(
        flows=(flow,),
        partners=(EVERY,),
        classifications=("HS",),
        levels=("HS10",),
        commodities=(EVERY,),
        measures=tuple(sorted(measures)),
        periods=Periods(month=fold([month])),
    )


def fold(months: Collection[date]) -> str:
    """Months in words, neighbours as a range: `2024-03, 2024-05 to 2024-07`."""
    return _ranges(sorted({month.year * 12 + month.month - 1 for month in months}), _month_name)


def _distinct(table: pa.Table, column: str) -> tuple[str, ...]:
    if column not in table.schema.names:
        return ()
    values = table.column(column).unique().drop_null().to_pylist()
    return tuple(sorted(set(values)))


def measure_columns(schema: pa.Schema) -> list[str]:
    """The columns of a parser's table that hold figures."""
    return [name for name in schema.names if name.endswith(_UNITS) or _is_quantity(schema.field(name))]


def _measures(table: pa.Table) -> tuple[str, ...]:
    named = measure_columns(table.schema)
    return tuple(sorted(name for name in named if table.column(name).null_count < table.num_rows))


def _is_quantity(field: pa.Field) -> bool:
    return field.name.startswith("quantity_") and bool(pa.types.is_integer(field.type))


def _periods(table: pa.Table) -> Periods:
    if "reference_month" in table.schema.names:
        to_date = pc.equal(table.column("period").cast(pa.string()), _YEAR_TO_DATE)
        months = table.column("reference_month")
        return Periods(month=_months(months.filter(pc.invert(to_date))), year_to_date=_months(months.filter(to_date)))
    years = table.column("year").cast(pa.int64())
    if "month" not in table.schema.names:
        return Periods(year=_ranges(_sorted(years), str))
    months = table.column("month").cast(pa.int64())
    return Periods(
        month=_ranges(_sorted(_numbers(years, months)), _month_name),
        year=_ranges(_sorted(years.filter(pc.is_null(months))), str),
    )


def _months(days: pa.ChunkedArray) -> str:
    days = days.unique()
    return _ranges(_sorted(_numbers(pc.year(days), pc.month(days))), _month_name)


def _numbers(years: pa.ChunkedArray, months: pa.ChunkedArray) -> pa.ChunkedArray:
    """Months counted from year 0."""
    return pc.add(pc.multiply(years, 12), pc.subtract(months, 1))


def _sorted(values: pa.ChunkedArray) -> list[int]:
    return sorted(values.unique().drop_null().to_pylist())


def _month_name(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _ranges(numbers: Sequence[int], name: Callable[[int], str]) -> str:
    """Sorted numbers by their names, neighbours as a range."""
    starts = [number for at, number in enumerate(numbers) if not at or numbers[at - 1] < number - 1]
    ends = [number for at, number in enumerate(numbers, start=1) if at == len(numbers) or numbers[at] > number + 1]
    return ", ".join(
        name(start) if start == end else f"{name(start)} to {name(end)}"
        for start, end in zip(starts, ends, strict=True)
    )

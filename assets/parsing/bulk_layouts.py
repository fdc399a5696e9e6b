"""The record layouts of the Census bulk archives, read from `layouts/bulk.csv` and `layouts/bulk_member.csv`.

Here belongs turning those two tables into checked layouts. Reading records is in `fixed_width.py`; what the archives'
values must add up to, in `bulk_control.py`.

The positions are those of the publisher's layout pages for IMDB, EXDB and the history files (IMHDB, EXHDB). Of the
history files only the lookup members differ here: their detail holds annual values, not months, and is not read.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from assets.parsing.fixed_record import Field, Kind, Record

LAYOUTS = Path(__file__).parent / "layouts"
PERIOD = "period"
"""The name under which the neighbouring fields `year` and `month` are read together, as YYYYMM."""

Flow = Literal["imports", "exports"]
Role = Literal["detail", "control", "lookup"]
Unit = Literal["", "USD", "kg", "count", "quantity"]


@dataclass(frozen=True)
class LayoutField(Field):
    """A field with its unit, the name of its column in the lake (empty: not kept) and its meaning."""

    unit: Unit
    column: str
    meaning: str


@dataclass(frozen=True)
class Layout:
    """The records of one member of an archive."""

    member: str
    variant: str
    flow: Flow | None
    role: Role
    length: int
    fields: tuple[LayoutField, ...]

    @property
    def record(self) -> Record:
        """What to read: the fields, with year and month as one code. Raises `ValueError` if they do not fit."""
        Record(self.length, self.fields)
        fields: list[Field] = []
        for field in self.fields:
            if field.name == "month" and fields and fields[-1].name == "year":
                fields[-1] = Field(PERIOD, fields[-1].start, field.end, "code")
            else:
                fields.append(field)
        return Record(self.length, tuple(fields))

    @property
    def kept(self) -> tuple[LayoutField, ...]:
        """The fields that have a column in the lake."""
        return tuple(field for field in self.fields if field.column)

    @property
    def measures(self) -> tuple[LayoutField, ...]:
        """The kept numbers that can be summed: everything with a unit."""
        return tuple(field for field in self.kept if field.unit)

    @property
    def month_measures(self) -> tuple[LayoutField, ...]:
        return tuple(field for field in self.measures if field.name.endswith("_mo"))


@cache
def layouts() -> dict[str, tuple[Layout, ...]]:
    """Every layout by member name, the current one first. Raises `ValueError` for tables that do not fit together."""
    fields: dict[tuple[str, str], list[LayoutField]] = {}
    for row in _table("bulk.csv"):
        place = (row["member"], row["variant"])
        fields.setdefault(place, []).append(
            LayoutField(
                row["field"],
                int(row["start"]),
                int(row["end"]),
                cast(Kind, row["type"]),
                cast(Unit, _one_of(row["unit"], get_args(Unit))),
                row["column"],
                row["meaning"],
            )
        )
    found: dict[str, tuple[Layout, ...]] = {}
    for row in _table("bulk_member.csv"):
        place = (row["member"], row["variant"])
        layout = Layout(
            *place,
            None if row["flow"] == "both" else cast(Flow, _one_of(row["flow"], get_args(Flow))),
            cast(Role, _one_of(row["role"], get_args(Role))),
            int(row["record_length"]),
            tuple(fields.pop(place)),
        )
        try:
            Record(layout.length, layout.fields)
        except ValueError as error:
            raise ValueError(f"layout of {layout.member} ({layout.variant}): {error}") from error
        found[layout.member] = (*found.get(layout.member, ()), layout)
    if fields:
        raise ValueError(f"bulk.csv has fields of members that bulk_member.csv does not list: {sorted(fields)}")
    return found


def layout(member: str) -> Layout:
    """The current layout of a member."""
    return layouts()[member][0]


def members(flow: Flow, role: Role) -> tuple[str, ...]:
    """The members of one role in archives of one flow."""
    return tuple(name for name, (first, *_) in layouts().items() if first.role == role and first.flow in (flow, None))


def _table(name: str) -> list[dict[str, str]]:
    with (LAYOUTS / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _one_of(text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ValueError(f"{text!r} is none of {allowed}")
    return text

"""Which release a file's figures come from: the vintage rule.

A vintage is a day. It is the publisher's release day where the file, its origin record or the release calendar
tells it, else the day the file was retrieved; the rule that decided is kept beside it. Only that decision belongs here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from assets.parsing.common import Parsed
from assets.reference.calendar import release_of

PARTIAL_SOURCES = frozenset({"census_api", "comtrade", "usitc_dataweb"})
"""Query answers: their newest month is what was asked for, so it does not tell the release."""

FEW_PARTNERS = 3
"""An answer about so few partners was asked for them; the world row counts as one."""

PART_COLUMNS = ("concept", "basis", "adjustment", "flow", "classification", "level", "period")


@dataclass(frozen=True)
class Told:
    """What a file itself tells about its days."""

    source: str
    newest_month: date | None = None
    published_on: date | None = None
    retrieved_on: date | None = None

    @classmethod
    def by(cls, parsed: Parsed) -> "Told":
        """What a parsed file tells."""
        return cls(parsed.source, parsed.newest_month, parsed.published_on, parsed.retrieved_on)


@dataclass(frozen=True)
class Vintage:
    """The day that a file's figures count from, and the rule that decided."""

    day: date
    rule: str


def part_of(parsed: Parsed) -> str:
    """What the file covers within its source, from the distinct labels of its rows.

    An API answer also names what was asked: two answers about other months, digits, partners or measures are not
    prints of the same figures.
    """
    table = parsed.table
    labels = [
        "+".join(sorted({str(value) for value in table.column(name).unique().to_pylist() if value is not None}))
        for name in PART_COLUMNS
        if name in table.schema.names
    ]
    if parsed.source == "census_api":
        labels.extend(_question_of(table))
    return "/".join(labels)


def _question_of(table: pa.Table) -> list[str]:
    """First and last month, leading digits, partners where they are few, and measures of an API answer."""
    months = sorted(value for value in table.column("reference_month").unique().to_pylist() if value)
    codes = [value for value in table.column("commodity_code").unique().to_pylist() if value]
    partners = sorted(value for value in table.column("partner_code").unique().to_pylist() if value)
    measures = [name for name in table.schema.names if table.column(name).null_count < len(table) and "_usd" in name]
    return [
        "+".join(f"{month:%Y-%m}" for month in dict.fromkeys(months[:1] + months[-1:])),
        "".join(sorted({code[0] for code in codes})),
        "+".join(partners) if len(partners) <= FEW_PARTNERS else "all",
        "+".join(measures),
    ]


def decide_vintage(file: Told, *, published_on: date | None, retrieved_on: date, taken: Collection[date]) -> Vintage:
    """The vintage of a file.

    `published_on` comes from the origin record; `taken` are the days that other files of the same source and part
    retrieved before it already stand for. A second print of the same release day (a correction, a re-issue) counts from
    its retrieval, so that both stay.
    """
    first = _release_day(file, published_on, retrieved_on)
    if first.day not in taken:
        return first
    if retrieved_on in taken:
        return Vintage(retrieved_on, "retrieval day; replaces a file retrieved earlier that day")
    return Vintage(retrieved_on, f"retrieval day; another file stands for the release of {first.day:%Y-%m-%d}")


def _release_day(file: Told, published_on: date | None, retrieved_on: date) -> Vintage:
    if file.published_on is not None:
        return Vintage(file.published_on, "release day told by the file")
    if published_on is not None:
        return Vintage(published_on, "release day told by the origin record")
    if file.retrieved_on is not None:
        return Vintage(file.retrieved_on, "retrieval day told by the file")
    if file.newest_month is not None and file.source not in PARTIAL_SOURCES:
        release = release_of(file.newest_month)
        if release.released_on <= retrieved_on:
            kind = "release calendar, estimated day" if release.is_estimate else "release calendar"
            return Vintage(release.released_on, f"{kind}, newest month {file.newest_month:%Y-%m}")
    return Vintage(retrieved_on, "retrieval day")

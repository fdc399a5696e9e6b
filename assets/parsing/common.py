"""What all parsers share: the result of parsing a file and the Arrow schemas of the lake.

Knowledge of one publisher's layout does not belong here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

MUSD = pa.decimal128(18, 6)

HEADLINE_SCHEMA = pa.schema(
    [
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("concept", pa.string()),
        ("basis", pa.string()),
        ("adjustment", pa.string()),
        ("flow", pa.string()),
        ("year", pa.int16()),
        ("month", pa.int8()),
        ("value_musd", MUSD),
    ]
)
"""Goods and services series in $ million; `month` is null for a published annual figure."""


@dataclass(frozen=True)
class Evidence:
    """One place where the figures of a file contradict each other or what is known, in a person's words."""

    where: str
    expected: str
    seen: str


SHOWN_EVIDENCE = 5


def in_words(evidence: Sequence[Evidence]) -> str | None:
    """What speaks against a file's figures, in a line: the first pieces of it, and how many there are."""
    if not evidence:
        return None
    shown = "; ".join(f"{one.where}: expected {one.expected}; seen {one.seen}" for one in evidence[:SHOWN_EVIDENCE])
    more = len(evidence) - SHOWN_EVIDENCE
    return f"{shown}; and {more:,} more" if more > 0 else shown


@dataclass(frozen=True)
class Parsed:
    """The rows of one file and the count of what was read, taken and left out.

    `rows_read`, `rows_accepted` and `rows_refused` count rows of the file, not values: read = accepted + refused.
    Each group of refused rows has a sentence in `notes`. `newest_month` is the newest reference month that the
    file gives values for (first day of the month; None where the file has years only); `published_on` is the release date if
    the file itself tells it, and `retrieved_on` the day of download if the file tells that.

    `release_month` is the reference month of the release that the file says it is of; None where it does not say.
    `edge_is_told` is true where the file itself shows that nothing after `newest_month` was published when it was
    printed, by later months left blank or zero or by naming its release: only then is a missing later month a fact about
    the release and not about what was downloaded or cut.
    """

    source: str
    parser_version: int
    table: pa.Table
    rows_read: int
    rows_accepted: int
    rows_refused: int
    notes: tuple[str, ...] = field(default=())
    newest_month: date | None = None
    published_on: date | None = None
    retrieved_on: date | None = None
    release_month: date | None = None
    edge_is_told: bool = False

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_accepted + self.rows_refused:
            raise ValueError(f"{self.source}: {self.rows_read} read != {self.rows_accepted} + {self.rows_refused}")

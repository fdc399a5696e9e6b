"""Which months of the monthly files are here, and which are missing up to the newest release.

Here belongs counting months. Whether a missing month is fetched, and how it is told, is decided elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.reference.calendar import latest_release, months_between
from assets.store.lake import dataset_file
from assets.store.ledger import LedgerRow

MONTHLY_SOURCES = ("census_bulk_imports", "census_bulk_exports", "census_api")

_TOTAL = "TOTAL"
_MONTH = "month"


@dataclass(frozen=True)
class Coverage:
    """The months of one dataset, such as the import archives or the API's answers about imports by HS6.

    `missing` are the months from the oldest one that somebody landed to `released`, the newest that is out, of which no
    figure is here. Of answers split by code or partner a month counts as here when any of them is.
    """

    source: str
    dataset: str
    months: frozenset[date]
    missing: tuple[date, ...]
    released: date


def coverage(lake: Path, ledger: Iterable[LedgerRow], today: date) -> list[Coverage]:
    """The coverage of each monthly dataset of which a file has landed; bundled extracts alone expect nothing more."""
    released = latest_release(today).reference_month
    here: dict[tuple[str, str], set[date]] = {}
    oldest: dict[tuple[str, str], date] = {}
    for row in ledger:
        if row.source not in MONTHLY_SOURCES or row.status != "accepted" or row.part is None:
            continue
        months = months_of(lake, row)
        if not months:
            continue
        key = (row.source, dataset_of(row))
        here.setdefault(key, set()).update(months)
        if row.origin_kind == "landed":
            oldest[key] = min(oldest.get(key, released), *months)
    return [
        Coverage(*key, frozenset(here[key]), _absent(first, released, here[key]), released)
        for key, first in sorted(oldest.items())
    ]


def dataset_of(row: LedgerRow) -> str:
    """`imports` for an archive, `imports HS6` for an answer; told by the file's part (see `parse.part_of`)."""
    flow, *rest = (row.part or "").split("/")
    if row.source != "census_api":
        return flow
    levels = [one for one in rest[1].split("+") if one != _TOTAL] or [_TOTAL]
    return " ".join([flow, *levels])


def months_of(lake: Path, row: LedgerRow) -> set[date]:
    """The months that a file in the lake gives figures of; a running total of the year is none."""
    if not row.rows_accepted:
        return set()
    if row.source != "census_api":
        return {row.newest_reference_month} if row.newest_reference_month else set()
    _, _, _, periods, months, *_ = (row.part or "").split("/")
    if _MONTH not in periods.split("+") or not months or row.placed_under is None:
        return set()
    if "+" not in months:
        return {date.fromisoformat(f"{months}-01")}
    table = pq.read_table(
        dataset_file(lake, row.source, row.placed_under, row.file_id), columns=["reference_month", "period"]
    )
    chosen = table.filter(pc.equal(table["period"].cast("string"), _MONTH))
    return set(chosen["reference_month"].unique().to_pylist())


def _absent(first: date, last: date, here: set[date]) -> tuple[date, ...]:
    return tuple(month for month in months_between(first, last) if month not in here)

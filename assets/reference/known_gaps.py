"""Gaps between World and its partners that stand in a publisher's own closed years, as `known_gap.csv` lists them.

How a gap is judged does not belong here: see the parser of the table, and the mart `world_gap`.
"""

import csv
from functools import cache
from pathlib import Path

KNOWN_GAP_FILE = Path(__file__).with_name("known_gap.csv")


def known_gap_usd(source: str, year: int, flow: str) -> int | None:
    """Partners minus World in USD, in a year whose gap is on record; None in any other."""
    return _gaps().get((source, year, flow))


@cache
def _gaps() -> dict[tuple[str, int, str], int]:
    with KNOWN_GAP_FILE.open(encoding="utf-8", newline="") as stream:
        return {(row["source"], int(row["year"]), row["flow"]): int(row["gap_usd"]) for row in csv.DictReader(stream)}

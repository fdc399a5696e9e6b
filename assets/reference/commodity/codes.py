"""Which commodity codes the lists have: to tell a wrong code from one that is written like a code.

Here belongs reading the lists for that question. What they say about a code is in the tables themselves; what becomes
of a code that no list has is decided by the parsers.
"""

import csv
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq

FOLDER = Path(__file__).parent

LISTED_SINCE = 2012 * 12
"""January 2012 as months from year 0: the first revision of the HS in the lists. Older codes may be missing in them."""
NUMBERS = "HS10"
"""The level whose list is that of one year, although numbers come and go with every year."""
US_CHAPTER = "98"
"""A chapter of the US schedules alone, of which no complete list is here."""


@cache
def listed_codes(level: str, flow: str) -> frozenset[str]:
    """The codes of a level (HS2 to HS10, NAICS2, NAICS3, ENDUSE1, ENDUSE5) in a flow; KeyError for another level.

    HS2 to HS6 are those of the Harmonized System of 2012, 2017 or 2022, and those that the HTS and Schedule B have
    besides (chapters 98 and 99). HS10 is HTS 2022 for imports and Schedule B 2019 for exports.
    """
    if level.startswith("HS"):
        digits = int(level.removeprefix("HS"))
        return _numbers(flow) if digits == 10 else frozenset(code[:digits] for code in _subheadings())
    if level.startswith("ENDUSE"):
        codes = [row["end_use"] for row in _rows("end_use.csv") if row["flow"] == flow]
        return frozenset(code for code in codes if len(code) == int(level.removeprefix("ENDUSE")))
    digits = {"NAICS2": 2, "NAICS3": 3}[level]
    return frozenset(row["naics"][:digits] for row in _rows("naics.csv"))


def is_impossible(level: str, code: str, flow: str) -> bool:
    """Whether a list that is complete lacks the code, or the code that it is a part of.

    Complete are HS2 to HS6 (but for chapter 98) since `LISTED_SINCE`, NAICS by two and three digits, end use by one.
    """
    if level.startswith("NAICS"):
        return code[:3] not in listed_codes("NAICS2" if level == "NAICS2" else "NAICS3", flow)
    if level.startswith("ENDUSE"):
        return code[:1] not in listed_codes("ENDUSE1", flow)
    return level != NUMBERS and code[:2] != US_CHAPTER and code not in listed_codes(level, flow)


def is_unlisted(level: str, code: str, flow: str) -> bool:
    """Whether the list of the level lacks the code; levels without a list lack none."""
    return level not in {"NAICS4", "NAICS5", "NAICS6"} and code not in listed_codes(level, flow)


@cache
def _subheadings() -> frozenset[str]:
    families = pq.read_table(FOLDER / "hs6_family.parquet", columns=["hs6"])["hs6"].to_pylist()
    return frozenset(families) | {code[:6] for flow in ("imports", "exports") for code in _numbers(flow)}


@cache
def _numbers(flow: str) -> frozenset[str]:
    table = pq.read_table(FOLDER / "concordance.parquet", columns=["flow", "commodity_code"]).to_pylist()
    return frozenset(row["commodity_code"] for row in table if row["flow"] == flow)


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))

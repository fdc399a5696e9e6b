"""Trading partners: which codes exist, which are aggregates, and which code a published name stands for.

`partner.csv` holds one row a Schedule C code (current and historic) or Census grouping; `partner_alias.csv` the names
under which a source publishes a partner, where they differ from `partner_name` there. Trade figures do not belong here.
"""

import csv
from functools import cache
from pathlib import Path

PARTNER_FILE = Path(__file__).with_name("partner.csv")
ALIAS_FILE = Path(__file__).with_name("partner_alias.csv")
UNITED_STATES = "1000"


@cache
def known_codes() -> frozenset[str]:
    """Every code of four characters that a file may carry: Schedule C, historic ones and aggregates included."""
    return frozenset(row["partner_code"] for row in _rows(PARTNER_FILE))


def is_aggregate(code: str) -> bool:
    """True for World, regions and groupings, False for a single partner; KeyError for an unknown code."""
    return _aggregate_by_code()[code]


def name_of(code: str) -> str:
    """The name of a code in this project; KeyError for an unknown code."""
    return _name_by_code()[code]


def codes_named(source: str, name: str) -> frozenset[str]:
    """Every code that `name` stands or stood for in files of `source`; empty where nobody knows it.

    A name may outlive its code: Sudan was 7320 and is 7321.
    """
    return _codes_by_name(source).get(_key(name), frozenset())


@cache
def partners_of_year(year: int) -> dict[str, str]:
    """Code and name of the single partners that are valid in some month of a year, in order of code.

    The United States itself has a code of Schedule C, but no row in published totals.
    """
    return {
        row["partner_code"]: row["partner_name"]
        for row in _rows(PARTNER_FILE)
        if row["is_aggregate"] == "false"
        and row["partner_code"] != UNITED_STATES
        and (row["valid_from"] or "0000")[:4] <= str(year) <= (row["valid_to"] or "9999")[:4]
    }


def code_for_name(source: str, name: str) -> str | None:
    """The code that `name` stands for in files of `source`; None where nobody knows it.

    Case and blanks around the name do not matter. An alias of the source goes before `partner_name`.
    """
    key = _key(name)
    return _code_by_alias().get((source, key)) or _code_by_name().get(key)


@cache
def _aggregate_by_code() -> dict[str, bool]:
    return {row["partner_code"]: row["is_aggregate"] == "true" for row in _rows(PARTNER_FILE)}


@cache
def _name_by_code() -> dict[str, str]:
    return {row["partner_code"]: row["partner_name"] for row in _rows(PARTNER_FILE)}


@cache
def _codes_by_name(source: str) -> dict[str, frozenset[str]]:
    aliases = [(row["name"], row["partner_code"]) for row in _rows(ALIAS_FILE) if row["source"] == source]
    named: dict[str, frozenset[str]] = {}
    for name, code in [*((name, code) for code, name in _name_by_code().items()), *aliases]:
        named[_key(name)] = named.get(_key(name), frozenset()) | {code}
    return named


@cache
def _code_by_name() -> dict[str, str]:
    return {_key(row["partner_name"]): row["partner_code"] for row in _rows(PARTNER_FILE)}


@cache
def _code_by_alias() -> dict[tuple[str, str], str]:
    return {(row["source"], _key(row["name"])): row["partner_code"] for row in _rows(ALIAS_FILE)}


def _key(name: str) -> str:
    return name.strip().casefold()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))

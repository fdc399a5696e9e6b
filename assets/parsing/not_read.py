"""Files of the publishers that are known and not read: what each is, and what to land instead.

Here belongs naming them, so that a person is told what the file seems to be. A layout that is read is a parser's; it tells
by itself what of its kind it does not take.
"""

from collections.abc import Callable
from typing import NamedTuple

from assets.parsing import cells
from assets.parsing.columns import separator_of
from assets.parsing.content import Content

_API = "ask the Census API and land its answer (see tradewake fetch)"
_BEA = "land BEA's trad-time-series-MMYY.xlsx, which has goods and services of every year"


class NotRead(NamedTuple):
    """A kind of file: what it is, what would make its figures readable, and how it is told."""

    what: str
    instead: str
    matches: Callable[[Content], bool]


def not_read(content: Content) -> NotRead | None:
    """The kind that a file is of; None where nothing here knows it."""
    return next((kind for kind in KINDS if kind.matches(content)), None)


def _headed(*columns: str) -> Callable[[Content], bool]:
    """Whether the first row of any sheet, or of the text, has all these columns."""
    wanted = {column.casefold() for column in columns}
    return lambda content: any(wanted <= {cell.casefold() for cell in row} for row in _first_rows(content))


def _titled(*words: str) -> Callable[[Content], bool]:
    """Whether the first cells of the rows above a table hold all these words."""
    return lambda content: any(
        all(word.casefold() in title.casefold() for word in words)
        for title in (" ".join(cells.text(row[0]) for row in top if row) for top in _tops(content))
    )


def _first_rows(content: Content) -> list[list[str]]:
    return [top[0] for top in _tops(content) if top]


def _tops(content: Content) -> list[list[list[str]]]:
    if content.kind == "workbook":
        return [[[cells.text(cell) for cell in row] for row in content.top(sheet)] for sheet in content.sheet_names]
    lines = [line for line in content.head.splitlines() if line.strip()]
    return [[[cell.strip(' "') for cell in line.split(separator_of(line))] for line in lines]]


KINDS = (
    NotRead(
        "Census ctyseasonal.xlsx: goods by partner, seasonally adjusted, USD",
        "land Census country.xlsx, which has the same partners not adjusted",
        _headed("cty_code", "cty_desc", "BJAN"),
    ),
    NotRead(
        "Census imports_enduse.xlsx or exports_enduse.xlsx: goods by end use and month, seasonally adjusted, USD",
        f"for end use not adjusted, {_API}",
        _headed("DATE", "ENDUSE", "DESCRIPTION", "VALUE"),
    ),
    NotRead(
        "Census enduse_imports.xlsx or enduse_exports.xlsx: partners by five-digit end use and year, USD",
        f"for end use by month, {_API}",
        _headed("CTY_CODE", "CTY_DESC", "END_USE"),
    ),
    NotRead(
        "a report of USA Trade Online",
        f"for the same figures, {_API}",
        _titled("Standard Report - "),
    ),
    NotRead(
        "a table of USA Trade Online",
        f"for the same figures, {_API}",
        _headed("Commodity", "Country", "Time"),
    ),
    NotRead(
        "BEA trad-geo-time-series: goods and services by partner and quarter, BOP basis",
        _BEA,
        _titled("U.S. International Trade by Selected Countries and Areas", "Last updated"),
    ),
    NotRead(
        "Census gands.xlsx: goods and services by year from 1960, BOP basis",
        _BEA,
        _titled("U.S. International Trade in Goods and Services", "present", "In millions of dollars"),
    ),
    NotRead(
        "Census realexp.xlsx or realimp.xlsx: goods by end use in chained dollars, seasonally adjusted",
        "land figures in current dollars; chained ones do not add up",
        _titled("ports of Goods by Principal End-Use Category", "Chained"),
    ),
)
"""Every kind that is told, the narrower before the wider."""

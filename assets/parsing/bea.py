"""BEA `trad-time-series-MMYY.xlsx`, Table 1: goods and services, annual from 1960 and monthly from 1992.

BOP basis, $ million, months seasonally adjusted. Tables 2 to 5 (services by category) do not belong here.
"""

import calendar
import re
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from assets.errors import RefusedFile
from assets.parsing import cells, headline
from assets.parsing.common import HEADLINE_SCHEMA, Parsed
from assets.parsing.content import Content
from assets.parsing.headline import Line, Sheet
from assets.parsing.opening import ZIP_MAGIC, read_bytes
from assets.parsing.textfile import text_of
from assets.parsing.workbook import Workbook, open_workbook_bytes

SOURCE = "bea"
PARSER_VERSION = 2
SCHEMA = HEADLINE_SCHEMA
LAYOUT = "BEA trade time series (sheets 'Readme' and 'Table 1')"
SHEET = "Table 1"
README = "Readme"

_TITLE = re.compile(r"^Table 1\. U\.S\. International Trade in Goods and Services", re.IGNORECASE)
_OTHER_TITLE = re.compile(r"^Table \d+\. .+")
_IS_ANSWER = '"BEAAPI"'
_DATASET = re.compile(r'"DATASETNAME",\s*"ParameterValue":\s*"(\w+)"', re.IGNORECASE)
_UNIT = re.compile(r"Millions of dollars, months seasonally adjusted", re.IGNORECASE)
_UPDATED = re.compile(r"^Last updated (\w+ \d{1,2}, \d{4})$", re.IGNORECASE)
_YEAR = re.compile(r"((?:19|20)\d\d)")
_MONTH = re.compile(r"((?:19|20)\d\d) ([A-Z][a-z]{2})", re.IGNORECASE)
_QUARTER = re.compile(r"(?:19|20)\d\d ?:?Q?[1-4]|(?:19|20)\d\d (?:I|II|III|IV)", re.IGNORECASE)
_SHORT_MONTHS = {month.casefold(): number for number, month in enumerate(calendar.month_abbr) if number}
_SECTIONS = ("annual", "quarterly", "monthly")


def matches(content: Content) -> bool:
    """A sheet `Table 1`, the title of table 1 on any sheet, or an answer of BEA's API."""
    return _IS_ANSWER in content.head or (
        content.kind == "workbook"
        and (
            SHEET in content.sheet_names
            or any(headline.find_title(content.top(sheet), _TITLE) for sheet in content.sheet_names)
        )
    )


def parse(path: Path, name: str) -> Parsed:
    """Read Table 1 into one row a period and series, $ million; month null for an annual row.

    `published_on` is the file's own 'Last updated' line, which tells the release too. Raises `RefusedFile`, also for BEA's
    other tables and the answers of its API.
    """
    data = read_bytes(path, name)
    if not data.startswith(ZIP_MAGIC):
        dataset = _DATASET.search(text_of(data, name))
        seen = f"an answer of BEA's API{f', data set {dataset[1]}' if dataset else ''}"
        raise RefusedFile(name, "file", "the workbook trad-time-series-MMYY.xlsx with Table 1", seen)
    book = open_workbook_bytes(data, name)
    sheet = Sheet(name, SHEET, book.rows(SHEET))
    if not headline.find_title(sheet.rows, _TITLE):
        other = headline.find_title(sheet.rows, _OTHER_TITLE)
        seen = repr(other.string) if other else "no such line"
        raise sheet.refuse(2, "the title 'Table 1. U.S. International Trade in Goods and Services'", seen)
    if not headline.find_title(sheet.rows, _UNIT):
        raise sheet.refuse(4, "the line '[Millions of dollars, months seasonally adjusted]'", "no such line")
    heading = headline.find_heading(sheet, headline.GOODS_AND_SERVICES)
    lines, left_out = _body(sheet, heading)
    headline.check_lines(sheet, lines, headline.GOODS_AND_SERVICES_TOTALS)
    annual = [(line, 12) for line in lines if line.month is None]
    headline.check_sums(sheet, lines, annual, headline.SA_SUM_TOLERANCE_MUSD)
    newest = headline.newest_month(sheet, lines)
    refused = sum(left_out.values())
    published_on = _published_on(book, sheet, newest)
    release = headline.release_on(published_on, newest) if published_on else None
    return Parsed(
        source=SOURCE,
        parser_version=PARSER_VERSION,
        table=headline.table(sheet, lines, "SA"),
        rows_read=len(lines) + refused,
        rows_accepted=len(lines),
        rows_refused=refused,
        notes=tuple(f"{what}: {count}" for what, count in left_out.items()),
        newest_month=newest,
        published_on=published_on,
        release_month=release.reference_month if release else None,
        edge_is_told=release is not None and release.reference_month == newest,
    )


def _body(sheet: Sheet, heading: headline.Heading) -> tuple[list[Line], Counter[str]]:
    lines: list[Line] = []
    left_out: Counter[str] = Counter()
    section = ""
    for row in range(heading.first_row, len(sheet.rows) + 1):
        label = cells.label(sheet.rows[row - 1][0])
        dollars = headline.figures(sheet, heading, row)
        if dollars is None:
            if label.casefold() in _SECTIONS:
                section = label.casefold()
            elif _YEAR.match(label):
                raise sheet.refuse(row, f"figures for {label}", "blank cells", 1)
            elif label:
                left_out["lines of notes below the table"] += 1
                section = "notes"
            continue
        period = _period(label, section)
        if period is not None:
            lines.append(Line(row, *period, dollars))
        elif section == "quarterly" and _QUARTER.fullmatch(label):
            left_out["quarterly rows left out: the months are taken"] += 1
        else:
            expected = {"annual": "a year", "monthly": "a month such as '2025 Mar'", "quarterly": "a quarter"}
            raise sheet.refuse(row, expected.get(section, "no figures outside the table"), f"{label!r} with figures", 0)
    return lines, left_out


def _period(label: str, section: str) -> tuple[int, int | None] | None:
    if section == "annual" and (found := _YEAR.fullmatch(label)):
        return int(found[1]), None
    if section == "monthly" and (found := _MONTH.fullmatch(label)):
        month = _SHORT_MONTHS.get(found[2].casefold())
        return (int(found[1]), month) if month else None
    return None


def _published_on(book: Workbook, sheet: Sheet, newest: date) -> date | None:
    """The day of the 'Last updated' line of the Readme, or else of the table; None where neither has one."""
    tops = [book.rows(README)] if README in book.sheet_names else []
    for rows in (*tops, sheet.rows):
        found = headline.find_title(rows, _UPDATED)
        if found is None:
            continue
        try:
            day = datetime.strptime(found[1], "%B %d, %Y").replace(tzinfo=UTC).date()
        except ValueError:
            raise RefusedFile(sheet.file, f"sheet {README!r}", "'Last updated' and a day", found.string) from None
        if not cells.last_day(newest) < day <= cells.today():
            expected = f"'Last updated' after {newest:%Y-%m} and not in the future"
            raise RefusedFile(sheet.file, f"sheet {README!r}", expected, found.string)
        return day
    return None

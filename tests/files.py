"""Writers of small valid files in each publisher's layout, with a hook to break them.

Here belongs what unit and integration tests need to make an input file; the figures are invented and add up.
Each writer takes `edit`, a function that changes the rows (lists of cells, the heading included) before they are
written. What a test expects of a file does not belong here.
"""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from openpyxl import Workbook

from assets.home import PROJECT_ROOT
from assets.store.origin import ORIGIN_SUFFIX

BUNDLED = PROJECT_ROOT / "assets" / "bundled"

Value = str | int | float | datetime | None
Grid = list[list[Value]]
Edit = Callable[[Grid], None]

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
PARTNERS = {"1220": "Canada", "2010": "Mexico", "5700": "China"}
OLE_HEADER = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)
HTML_PAGE = b"<!DOCTYPE html>\n<html><head><title>Page not found</title></head><body>404</body></html>\n"


def write_xlsx(path: Path, sheets: Mapping[str, Grid]) -> Path:
    """A workbook of the given sheets, None being a blank cell."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def write_csv(path: Path, rows: Iterable[Iterable[Value]]) -> Path:
    """A .csv, or a .csv.gz if the name ends so."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def told(path: Path, **fields: str) -> Path:
    """Write the origin record of a file that waits beside it."""
    path.with_name(path.name + ORIGIN_SUFFIX).write_text(json.dumps(fields), encoding="utf-8")
    return path


def rezip(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Rewrite the members of a zip in place, each as `change(name, content)`."""
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, change(name, content))
    return path


def keep(_: Grid) -> None:
    """The edit that changes nothing."""


def country(path: Path, edit: Edit = keep, sheet: str = "country", decimals: int = 6) -> Path:
    """Country table for 2024 and January-February 2025: Canada, Mexico, China and World (0015), their sum."""
    rows = country_rows(decimals)
    edit(rows)
    return write_xlsx(path, {sheet: rows}) if path.suffix == ".xlsx" else write_csv(path, rows)


def country_rows(decimals: int = 6) -> Grid:
    """The rows of `country`, heading first: codes and years as text, values in $ million."""
    rows: Grid = [["year", "CTY_CODE", "CTYNAME", *(f"{flow}{month}" for flow in "IE" for month in (*MONTHS, "YR"))]]
    for year, published in ((2024, 12), (2025, 2)):
        totals = [0] * 26
        for rank, (code, name) in enumerate(PARTNERS.items(), start=1):
            dollars = [
                _whole(rank * 1_000_000_000 * (2 - flow) + month * 7_654_321 + year, decimals)
                if month < published
                else 0
                for flow in range(2)
                for month in range(12)
            ]
            values = [*dollars[:12], sum(dollars[:12]), *dollars[12:], sum(dollars[12:])]
            totals = [total + value for total, value in zip(totals, values, strict=True)]
            rows.append([str(year), code, name, *(value / 1_000_000 for value in values)])
        world = "World, Not Seasonally Adjusted"
        rows.append([str(year), "0015", world, *(total / 1_000_000 for total in totals)])
    return rows


def _whole(dollars: int, decimals: int) -> int:
    unit = int(10 ** (6 - decimals))
    return dollars // unit * unit


def exhibit_1(path: Path, edit: Edit = keep) -> Path:
    """FT-900 exhibit 1: 2024 complete, January-February 2025, later months blank, a prior print below."""
    rows: Grid = [
        ["", *[""] * 8, " "],
        ["Part A: Seasonally Adjusted (by Commodity/Service)"],
        ["Exhibit 1. U.S. International Trade in Goods and Services"],
        ["In millions of dollars. Details may not equal totals due to rounding. (R) - Revised."],
        ["Period", "Balance", "", "", "Exports", "", "", "Imports", "", ""],
        ["", *["Total", "Goods (1)", "Services"] * 3],
        *_ft900_body(_goods_and_services),
        ["(1) Data are presented on a balance of payments (BOP) basis."],
        ["NOTE: For information on data sources and methodology, see the explanatory notes."],
    ]
    edit(rows)
    return write_xlsx(path, {"1": rows})


def exhibit_12(path: Path, edit: Edit = keep) -> Path:
    """FT-900 exhibit 12: the same periods, goods on BOP and Census basis with the net adjustments between them."""
    basis = ["Total Balance of Payments Basis", "Net Adjustments", "Total Census Basis"]
    rows: Grid = [
        [""],
        ["Part B: NOT Seasonally Adjusted"],
        ["Exhibit 12. U.S. Trade in Goods"],
        ["In millions of dollars. Details may not equal totals due to rounding. (R) - Revised."],
        ["Period", "Balance", "", "Exports", "", "", "Imports", "", ""],
        ["", basis[0], basis[2], *basis, *basis],
        *_ft900_body(_goods),
        ["NOTE: For information on data sources, see the explanatory notes in this release."],
    ]
    edit(rows)
    return write_xlsx(path, {"12": rows})


def _goods_and_services(period: int) -> list[int]:
    goods_out, services_out, goods_in, services_in = (
        170_000 + period,
        90_000 + 2 * period,
        260_000,
        64_000 + period,
    )
    return [
        goods_out + services_out - goods_in - services_in, goods_out - goods_in, services_out - services_in,
        goods_out + services_out, goods_out, services_out,
        goods_in + services_in, goods_in, services_in,
    ]  # fmt: skip


def _goods(period: int) -> list[int]:
    census_out, step_out, census_in, step_in = 170_000 + period, 1_200, 262_000 + 3 * period, 2_400 - period
    return [
        census_out + step_out - census_in - step_in, census_out - census_in,
        census_out + step_out, step_out, census_out,
        census_in + step_in, step_in, census_in,
    ]  # fmt: skip


def _ft900_body(figures: Callable[[int], list[int]]) -> Grid:
    def total(periods: Iterable[int]) -> list[Value]:
        return [sum(column) for column in zip(*map(figures, periods), strict=True)]

    blanks: list[Value] = [""] * len(figures(1))
    rows: Grid = [["2024", *blanks], ["Jan.- Dec.", *total(range(1, 13))], ["Jan. - Feb.", *total((1, 2))]]
    rows += [[name, *figures(period)] for period, name in enumerate(MONTH_NAMES, start=1)]
    rows += [["2025", *blanks], ["Jan. - Feb.", *total((13, 14))]]
    rows += [["January (R) ", *figures(13)], ["February", *figures(14)]]
    rows += [[name, *blanks] for name in MONTH_NAMES[2:]]
    return [*rows, ["January data as published last month:"], ["", *figures(99)]]


def bea(path: Path, edit: Edit = keep, updated: str = "Last updated April 3, 2025") -> Path:
    """BEA time series: 2023 as a year only, 2024 by month, January-February 2025, notes below."""
    months: Grid = [
        [f"2024 {month.title()}", *_goods_and_services(period)] for period, month in enumerate(MONTHS, start=1)
    ]
    year = [sum(column) for column in zip(*map(_goods_and_services, range(1, 13)), strict=True)]
    rows: Grid = [
        [updated],
        ["Table 1. U.S. International Trade in Goods and Services"],
        ["Exports, Imports, and Balances"],
        ["[Millions of dollars, months seasonally adjusted]"],
        [""],
        ["Period", "", "Balance", "", "", "Exports", "", "", " Imports", ""],
        ["", *["Total", "Goods 1", "Services"] * 3],
        ["Annual"],
        [2023, *year],
        [2024, *year],
        ["Monthly"],
        *months,
        ["2025 Jan (R)", *_goods_and_services(13)],
        ["2025 Feb ", *_goods_and_services(14)],
        [""],
        ["(R) Revised"],
        ["1 Data are presented on a balance of payments basis."],
    ]
    edit(rows)
    return write_xlsx(path, {"Readme": [[updated], ["Table of Contents:"]], "Table 1": rows, "Table 2": [["Table 2."]]})


def fred(path: Path, edit: Edit = keep, heading: tuple[str, str] = ("date", "value")) -> Path:
    """BOPGSTB from November 2024 to February 2025."""
    rows: Grid = [
        list(heading),
        ["2024-11-01", "-79752.0"],
        ["2024-12-01", "-96948.0"],
        ["2025-01-01", "-128344.0"],
        ["2025-02-01", "-119822.0"],
    ]
    edit(rows)
    return write_csv(path, rows)


def dataweb(
    path: Path,
    edit: Edit = keep,
    edit_query: Edit = keep,
    flow: str = "General Imports",
    sheet: str | None = None,
) -> Path:
    """DataWeb export of three countries for 2023-2026, 2026 not published; the total row is text with commas."""
    measure = {"General Imports": "General Customs Value", "Total Exports": "FAS Value"}[flow]
    query: Grid = [
        ["Download Date", datetime(2026, 3, 27, 15, 17, 3, tzinfo=UTC).replace(tzinfo=None)],
        ["Step 1: Trade Flow and Classification System", ""],
        ["Trade Flow", flow],
        ["Classification System", "HTS Items"],
        ["Data To Report", measure],
        ["Data Format", "1"],
        ["Select Type", "Full Years"],
        ["Years", "2023, 2024, 2025, 2026"],
        ["Timeframe Aggregation", "Annual"],
        ["Step 3: Countries", ""],
        ["Select Type", "Use All Countries"],
        ["Country Aggregation", "Break Out Countries"],
        ["Select Type", "Use All Commodities"],
    ]
    values = [
        [(rank * 400_000_000_000 + year) if year < 2026 else 0 for year in range(2023, 2027)] for rank in (1, 2, 3)
    ]
    countries: Grid = [[measure, name, *row] for name, row in zip(PARTNERS.values(), values, strict=True)]
    rows: Grid = [
        [f"{flow}|Annual Data"],
        ["Data Row Count", 3],
        ["Data Type", "Country", "2023", "2024", "2025", "2026"],
        *countries,
        ["Total: ", "", *(f"{sum(column):,}" for column in zip(*values, strict=True))],
    ]
    edit(rows)
    edit_query(query)
    return write_xlsx(path, {"Query Parameters": query, sheet or measure: rows})


def reissued_workbook(path: Path, millions: float = 1) -> Path:
    """The newest bundled country table as csv, with imports from Canada, North America and World of July 2026 higher."""
    source = next(BUNDLED.glob("country_vintage_2026-10-01*.csv.gz"))
    with gzip.open(source, "rt", encoding="utf-8") as text:
        rows = list(csv.reader(text))
    for row in rows[1:]:
        if row[0] == "2026" and row[1] in {"1220", "0010", "0015"}:
            for column in (rows[0].index("IJUL"), rows[0].index("IYR")):
                row[column] = f"{float(row[column]) + millions:.1f}"
    return write_csv(path, rows)

"""Which files are bundled, what they are made from, and their origin records.

How a layout is written does not belong here: see `build.py`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from assets.store.origin import Origin

Layout = Literal["country table", "workbook", "BEA table 1", "series"]

RECEIVED = date(2026, 11, 22)
"""Stands as day of retrieval where the file was kept without a note of the day."""
NO_DAY = "The day on which the file was fetched was not noted; the retrieval day is that of this extract."
PUBLIC_DOMAIN = "US government work, public domain"
CENSUS = "U.S. Census Bureau"
BEA = "U.S. Bureau of Economic Analysis"
USITC = "U.S. International Trade Commission"
COUNTRY_URL = "https://www.census.gov/foreign-trade/balance/country.xlsx"
FT900_URL = "https://www.census.gov/foreign-trade/Press-Release/ft900_index.html"
BEA_URL = "https://www.bea.gov/data/intl-trade-investment/international-trade-goods-and-services"
FRED_URL = "https://fred.stlouisfed.org/series/BOPGSTB"
DATAWEB_URL = "https://dataweb.usitc.gov/"
CENSUS_BASIS = "Census basis; general imports, customs value; total exports, FAS; not seasonally adjusted"
BOP_BASIS = "balance of payments basis, seasonally adjusted"
EXHIBIT_BASIS = {
    "exhibit 1": BOP_BASIS,
    "exhibit 12": "goods on balance of payments and Census basis, not seasonally adjusted",
}
MUSD = "$ million"


@dataclass(frozen=True)
class Extract:
    """One bundled file: `source` below the folder of the publishers' files, `name` here, and its origin record."""

    source: str
    name: str
    layout: Layout
    origin: Origin


def _extract_note(of: str) -> str:
    return f"The project's own extract of official figures, in the publisher's layout, from {of}."


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _country(source: str, name: str, note: str, published: date | None, retrieved: date = RECEIVED) -> Extract:
    return Extract(
        f"census_country/{source}",
        name,
        "country table",
        Origin(
            publisher=CENSUS,
            title="Trade in goods by country (country.xlsx)",
            licence=PUBLIC_DOMAIN,
            url=COUNTRY_URL,
            published_on=published,
            retrieved_at=_midnight(retrieved),
            basis=f"{CENSUS_BASIS} (code 0004: seasonally adjusted)",
            unit=MUSD,
            vintage_note=note,
            origin_kind="bundled",
            extract_note=_extract_note("the sheet 'country'"),
        ),
    )


def _ft900(source: str, name: str, month: str, published: date) -> Extract:
    exhibit = "exhibit 12" if "exh12" in source else "exhibit 1"
    return Extract(
        f"ft900/{source}",
        name,
        "workbook",
        Origin(
            publisher=f"{CENSUS} and {BEA}",
            title=f"U.S. International Trade in Goods and Services (FT-900), {month}, {exhibit}",
            licence=PUBLIC_DOMAIN,
            url=FT900_URL,
            published_on=published,
            retrieved_at=_midnight(RECEIVED),
            basis=EXHIBIT_BASIS[exhibit],
            unit=MUSD,
            vintage_note=f"Release of {published.isoformat()}, newest month {month}. {NO_DAY}",
            origin_kind="bundled",
            extract_note=_extract_note(exhibit),
        ),
    )


def _bea(edition: str, published: date) -> Extract:
    name = f"trad-time-series-{edition}.xlsx"
    return Extract(
        f"bea/{name}",
        name,
        "BEA table 1",
        Origin(
            publisher=BEA,
            title="U.S. International Trade in Goods and Services, time series",
            licence=PUBLIC_DOMAIN,
            url=BEA_URL,
            published_on=published,
            retrieved_at=_midnight(RECEIVED),
            basis=BOP_BASIS,
            unit=MUSD,
            vintage_note=f"The file says when it was last updated: {published.isoformat()}. {NO_DAY}",
            origin_kind="bundled",
            extract_note=_extract_note("table 1 (tables 2 to 5 left out)"),
        ),
    )


def _bopgstb(retrieved: date) -> Extract:
    stem = f"BOPGSTB_vintage_{retrieved.isoformat()}.csv"
    return Extract(
        f"fred_vintages/{stem}",
        f"{stem}.gz",
        "series",
        Origin(
            publisher=f"{CENSUS} and {BEA}, by way of FRED (Federal Reserve Bank of St. Louis)",
            title="Trade Balance: Goods and Services, Balance of Payments Basis",
            licence=PUBLIC_DOMAIN,
            url=FRED_URL,
            retrieved_at=_midnight(retrieved),
            basis=BOP_BASIS,
            unit=MUSD,
            series_id="BOPGSTB",
            vintage_note=f"As it stood on {retrieved.isoformat()}; the release follows from its newest month.",
            origin_kind="bundled",
            extract_note=_extract_note("the whole series"),
        ),
    )


def _dataweb(measure: str, flow: str, retrieved: date) -> Extract:
    name = f"DataWeb_{measure}_by_country_1989-2026_annual.xlsx"
    return Extract(
        f"dataweb/{name}",
        name,
        "workbook",
        Origin(
            publisher=USITC,
            title=f"DataWeb: {flow} by country, annual",
            licence=PUBLIC_DOMAIN,
            url=DATAWEB_URL,
            retrieved_at=_midnight(retrieved),
            basis=f"Census basis; {flow}; not seasonally adjusted",
            unit="$",
            vintage_note=f"Downloaded on {retrieved.isoformat()}, before the annual revision of June 2026.",
            origin_kind="bundled",
            extract_note=_extract_note("both sheets"),
        ),
    )


EXTRACTS: tuple[Extract, ...] = (
    _country(
        "country_vintage_2018-10_data-thru-2018-08.xlsx",
        "country_vintage_2018-10.csv.gz",
        f"The file of October 2018, newest month August 2018. {NO_DAY}",
        date(2018, 10, 5),
    ),
    _country(
        "country_vintage_2023-03_data-thru-2023-01.xlsx",
        "country_vintage_2023-03.csv.gz",
        f"The file of March 2023, newest month January 2023. {NO_DAY}",
        date(2023, 3, 8),
    ),
    _country(
        "country_vintage_2024-10_data-thru-2024-08.xlsx",
        "country_vintage_2024-10.csv.gz",
        f"The file of October 2024, newest month August 2024. {NO_DAY}",
        date(2024, 10, 8),
    ),
    _country(
        "census_goods_by_country_2024-2026m07_countryxlsx_layout.csv",
        "country_vintage_2026-10-01_2024-2026.csv.gz",
        "As it stood on 2026-10-01: after the annual revision of June 2026, newest month July 2026. 2024 to 2026 "
        "alone, rounded to 0.1; the release follows from its newest month.",
        None,
        date(2026, 10, 1),
    ),
    _ft900(
        "ft900_exh1_release_2026-02-19_Dec2025.xlsx",
        "ft900_exh1_2026-02-19.xlsx",
        "December 2025",
        date(2026, 2, 19),
    ),
    _ft900(
        "ft900_exh12_release_2026-02-19_Dec2025.xlsx",
        "ft900_exh12_2026-02-19.xlsx",
        "December 2025",
        date(2026, 2, 19),
    ),
    _ft900(
        "ft900_exh12_asof_2026-02-18.xlsx",
        "ft900_exh12_2026-01-29.xlsx",
        "November 2025",
        date(2026, 1, 29),
    ),
    _bea("0225", date(2025, 4, 3)),
    _bea("0325", date(2025, 5, 6)),
    _bopgstb(date(2026, 1, 8)),
    _bopgstb(date(2026, 2, 22)),
    _bopgstb(date(2026, 3, 15)),
    _bopgstb(date(2026, 6, 14)),
    _dataweb("general_imports", "general imports, customs value", date(2026, 3, 27)),
    _dataweb("total_exports", "total exports, FAS value", date(2026, 3, 27)),
)

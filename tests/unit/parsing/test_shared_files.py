"""The real files: totals that the publishers state elsewhere, revisions between vintages, and what is left out.

Figures come from the notes beside the files (`SOURCES.md`) and from the notes on layouts (`raw_formats.md`); skipped
where the files are not there.
"""

import time
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyarrow.compute as pc
import pytest

from assets.parsing.common import Parsed
from assets.parsing.recognise import PARSERS, recognise

FILES = {
    "census_country": (
        "census_country/country_vintage_2018-10_data-thru-2018-08.xlsx",
        "census_country/country_vintage_2023-03_data-thru-2023-01.xlsx",
        "census_country/country_vintage_2024-10_data-thru-2024-08.xlsx",
        "census_country/census_goods_by_country_2024-2026m07_countryxlsx_layout.csv",
    ),
    "ft900": (
        "ft900/ft900_exh1_Feb2022.xlsx",
        "ft900/ft900_exh1_release_2026-02-19_Dec2025.xlsx",
        "ft900/ft900_exh12_asof_2026-02-18.xlsx",
        "ft900/ft900_exh12_release_2026-02-19_Dec2025.xlsx",
        "ft900/ft900_exh1_release_2026-03-12_Jan2026.xlsx",
        "ft900/ft900_exh12_release_2026-03-12_Jan2026.xlsx",
    ),
    "bea": ("bea/trad-time-series-0225.xlsx", "bea/trad-time-series-0325.xlsx"),
    "fred": tuple(
        f"fred_vintages/BOPGSTB_vintage_{day}.csv" for day in ("2026-01-08", "2026-02-22", "2026-03-15", "2026-06-14")
    ),
    "usitc_dataweb": (
        "dataweb/DataWeb_general_imports_by_country_1989-2026_annual.xlsx",
        "dataweb/DataWeb_total_exports_by_country_1989-2026_annual.xlsx",
    ),
}
V2018, V2023, V2024, V2026 = FILES["census_country"]


@cache
def parsed(root: Path, file: str) -> Parsed:
    path = root / file
    return PARSERS[recognise(path, path.name)].parse(path, path.name)


def total(parsed_file: Parsed, **labels: object) -> Decimal:
    """Sum of the values with these labels; `month=None` is the published annual figure."""
    table = parsed_file.table
    column = "value_usd" if parsed_file.source == "usitc_dataweb" else "value_musd"
    for label, value in labels.items():
        mask = pc.is_null(table[label]) if value is None else pc.equal(table[label], value)
        table = table.filter(mask)
    assert table.num_rows > 0, labels
    return Decimal(pc.sum(table[column]).as_py())


def balance(parsed_file: Parsed, **labels: object) -> Decimal:
    return total(parsed_file, flow="exports", **labels) - total(parsed_file, flow="imports", **labels)


@pytest.mark.parametrize(("source", "file"), [(source, file) for source, names in FILES.items() for file in names])
def test_every_real_file_is_known_and_counted(source: str, file: str, shared_data: Path) -> None:
    path = shared_data / file
    assert recognise(path, path.name) == source
    result = parsed(shared_data, file)
    assert result.source == source
    assert result.rows_read == result.rows_accepted + result.rows_refused
    places = result.table.select(["sheet", "row_number"]).group_by(["sheet", "row_number"]).aggregate([])
    # a DataWeb row may hold two names of one partner, so it can have fewer places than rows
    assert places.num_rows == result.rows_accepted - any("added up" in note for note in result.notes)


@pytest.mark.parametrize(
    ("file", "newest", "refused"),
    [
        (V2018, date(2018, 8, 1), 233),
        (V2023, date(2023, 1, 1), 0),
        (V2024, date(2024, 8, 1), 0),
        (V2026, date(2026, 7, 1), 0),
    ],
)
def test_country_tables_end_with_the_month_in_their_name(
    file: str, newest: date, refused: int, shared_data: Path
) -> None:
    # the names of the files tell the newest month; raw_formats.md 6.1: 233 template rows without a year in 2018-10
    result = parsed(shared_data, file)
    assert (result.newest_month, result.rows_refused) == (newest, refused)


def test_world_imports_of_complete_years_are_the_published_totals_to_the_dollar(shared_data: Path) -> None:
    # SOURCES.md, "Totals to check against": world general imports in USD
    published = {2018: 2_536_145_273_678, 2022: 3_239_732_934_761, 2023: 3_076_796_376_327, 2024: 3_266_410_195_321}
    dataweb = parsed(shared_data, FILES["usitc_dataweb"][0])
    for year, dollars in published.items():
        assert total(dataweb, partner_code="0015", year=year) == dollars
    world_2018 = {"partner_code": "0015", "flow": "imports", "year": 2018}
    assert total(parsed(shared_data, V2024), month=None, **world_2018) * 1_000_000 == published[2018]
    months = [total(parsed(shared_data, V2024), month=month, **world_2018) for month in range(1, 13)]
    assert sum(months) * 1_000_000 == published[2018]


@pytest.mark.parametrize("code", ["0015", "2010"])
def test_two_publishers_agree_to_the_dollar_on_years_that_none_revised(code: str, shared_data: Path) -> None:
    # the country table is of October 2024, DataWeb of March 2026: 2010 to 2021 were closed before both
    census = parsed(shared_data, V2024)
    for flow, file in zip(("imports", "exports"), FILES["usitc_dataweb"], strict=True):
        for year in range(2010, 2022):
            dollars = total(parsed(shared_data, file), partner_code=code, year=year)
            assert total(census, partner_code=code, flow=flow, year=year, month=None) * 1_000_000 == dollars


def test_revisions_between_vintages_are_those_on_record(shared_data: Path) -> None:
    # raw_formats.md 6.1: China 2017 -375.58 -> -375.17; Mexico 2022 -130.55 (2023-03) -> -127.83 (2024-10), $ billion
    def billions(file: str, code: str, year: int) -> Decimal:
        musd = balance(parsed(shared_data, file), partner_code=code, year=year, month=None)
        return (musd / 1000).quantize(Decimal("0.01"))

    assert billions(V2018, "5700", 2017) == Decimal("-375.58")
    assert billions(V2024, "5700", 2017) == Decimal("-375.17")
    assert billions(V2023, "2010", 2022) == Decimal("-130.55")
    assert billions(V2024, "2010", 2022) == Decimal("-127.83")


def test_the_first_print_of_2025_is_the_published_one(shared_data: Path) -> None:
    # raw_formats.md 6.2: total -901,469; goods -1,240,941; services +339,472; exports 3,432,339; imports 4,333,808
    exhibit_1 = parsed(shared_data, "ft900/ft900_exh1_release_2026-02-19_Dec2025.xlsx")
    year = {"basis": "BOP", "adjustment": "SA", "year": 2025, "month": None}
    assert total(exhibit_1, concept="goods_services", flow="balance", **year) == -901_469
    assert total(exhibit_1, concept="goods", flow="balance", **year) == -1_240_941
    assert total(exhibit_1, concept="services", flow="balance", **year) == 339_472
    assert total(exhibit_1, concept="goods_services", flow="exports", **year) == 3_432_339
    assert total(exhibit_1, concept="goods_services", flow="imports", **year) == 4_333_808


def test_the_release_of_january_2026_is_the_published_one(shared_data: Path) -> None:
    # SOURCES.md, release of 2026-03-12: 2025 -911,689 (goods -1,240,816, services 329,127), January 2026 -54,455;
    # Census basis, not adjusted: 2025 -1,230,511, January 2026 -74,151
    exhibit_1 = parsed(shared_data, "ft900/ft900_exh1_release_2026-03-12_Jan2026.xlsx")
    year: dict[str, object] = {"flow": "balance", "year": 2025, "month": None}
    january: dict[str, object] = {"flow": "balance", "year": 2026, "month": 1}
    assert total(exhibit_1, concept="goods_services", **year) == -911_689
    assert total(exhibit_1, concept="goods", **year) == -1_240_816
    assert total(exhibit_1, concept="services", **year) == 329_127
    assert total(exhibit_1, concept="goods_services", **january) == -54_455
    exhibit_12 = parsed(shared_data, "ft900/ft900_exh12_release_2026-03-12_Jan2026.xlsx")
    assert total(exhibit_12, basis="Census", **year) == -1_230_511
    assert total(exhibit_12, basis="Census", **january) == -74_151
    assert exhibit_1.release_month == exhibit_12.release_month == date(2026, 1, 1)


def test_exhibit_12_on_census_basis_is_the_country_table_and_dataweb(shared_data: Path) -> None:
    # SOURCES.md: DataWeb world general imports of 2024, 3,266,410,195,321 USD; FT-900 rounds to $ 1 million
    exhibit_12 = parsed(shared_data, "ft900/ft900_exh12_release_2026-02-19_Dec2025.xlsx")
    goods = {"concept": "goods", "basis": "Census", "adjustment": "NSA", "month": None}
    assert total(exhibit_12, flow="imports", year=2024, **goods) == 3_266_410
    dataweb = parsed(shared_data, FILES["usitc_dataweb"][1])
    dollars = total(dataweb, partner_code="0015", year=2024)
    assert total(exhibit_12, flow="exports", year=2024, **goods) == round(dollars / 1_000_000)


def test_bea_and_fred_agree_on_the_first_month_and_tell_their_release(shared_data: Path) -> None:
    # FRED's own copy of the series: January 1992 is -2,026
    january = {"concept": "goods_services", "flow": "balance", "year": 1992, "month": 1}
    for file, released, newest in zip(
        FILES["bea"], (date(2025, 4, 3), date(2025, 5, 6)), (date(2025, 2, 1), date(2025, 3, 1)), strict=True
    ):
        result = parsed(shared_data, file)
        assert (result.published_on, result.newest_month) == (released, newest)
        assert total(result, **january) == -2_026
    assert total(parsed(shared_data, FILES["fred"][0]), **january) == -2_026


def test_fred_carries_the_first_print_and_its_revision(shared_data: Path) -> None:
    # exhibit 1 of 2026-02-19 prints December 2025 as -70,311; the next vintage of the series revises it to -72,900
    december = {"year": 2025, "month": 12}
    assert total(parsed(shared_data, FILES["fred"][1]), **december) == -70_311
    assert total(parsed(shared_data, FILES["fred"][2]), **december) == -72_900


def test_a_full_country_workbook_takes_a_few_seconds_at_most(shared_data: Path) -> None:
    path = shared_data / V2024
    started = time.process_time()
    result = PARSERS["census_country"].parse(path, path.name)
    assert result.table.num_rows > 200_000
    assert time.process_time() - started < 10

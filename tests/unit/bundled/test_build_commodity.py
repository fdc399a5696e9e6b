"""The bundled commodity figures: small, with their origin, and to the dollar what the publishers print.

World totals: SOURCES.md of the full figures. Totals by country: the bundled country table of the same revision.
"""

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import assets.bundled
from assets.bundled.build_commodity import COMMODITY_EXTRACTS, HTS10, CommodityExtract, answer, answers_zip
from assets.bundled.end_use import listed_share
from assets.bundled.extracts import PUBLIC_DOMAIN
from assets.parsing import census_api, census_country
from assets.parsing.common import Parsed
from assets.parsing.recognise import recognise
from assets.store.origin import ORIGIN_SUFFIX, read_origin
from assets.store.parse import part_of

BUNDLED = Path(assets.bundled.__file__).parent
LARGEST_FILE = 1_500 * 1024
LARGEST_TOGETHER = 6_000_000
COUNTRY_TABLE = "country_vintage_2026-10-01_2024-2026.csv.gz"
ROUNDED_TO = Decimal("0.05")
"""$ million; the country table of this vintage has one decimal."""

each_extract = pytest.mark.parametrize("extract", COMMODITY_EXTRACTS, ids=lambda extract: extract.name)


@cache
def _parsed(name: str) -> Parsed:
    return census_api.parse(BUNDLED / name, name)


def _level(level: str) -> pa.Table:
    table = pa.concat_tables([_parsed(extract.name).table for extract in COMMODITY_EXTRACTS]).unify_dictionaries()
    return table.filter(pc.equal(table["level"], level))


def _sums(table: pa.Table, *labels: pa.ChunkedArray) -> tuple[int | None, ...]:
    for label in labels:
        table = table.filter(label)
    columns = ("general_value_usd", "consumption_value_usd", "dutiable_value_usd", "calculated_duty_usd")
    return tuple(pc.sum(table[column]).as_py() for column in columns)


def _in_year(table: pa.Table, year: int) -> pa.Table:
    return table.filter(pc.equal(pc.year(table["reference_month"]), year))


def test_size() -> None:
    sizes = {extract.name: (BUNDLED / extract.name).stat().st_size for extract in COMMODITY_EXTRACTS}
    assert max(sizes.values()) <= LARGEST_FILE
    assert sum(sizes.values()) <= LARGEST_TOGETHER


@each_extract
def test_origin_record_is_complete(extract: CommodityExtract) -> None:
    origin = read_origin(BUNDLED / (extract.name + ORIGIN_SUFFIX))
    assert origin == extract.origin
    for field in ("publisher", "title", "url", "basis", "unit", "published_on", "retrieved_at", "vintage_note"):
        assert getattr(origin, field), field
    assert (origin.licence, origin.origin_kind) == (PUBLIC_DOMAIN, "bundled")


@each_extract
def test_every_row_is_taken(extract: CommodityExtract) -> None:
    assert recognise(BUNDLED / extract.name, extract.name) == census_api.SOURCE
    parsed = _parsed(extract.name)
    least = 2 if "_total_" in extract.name else 30_000 if "enduse" in extract.name else 90_000
    assert parsed.rows_read == parsed.rows_accepted >= least
    assert parsed.notes == ()


def test_no_extract_stands_for_the_part_of_another() -> None:
    assert len({part_of(_parsed(extract.name).table, "census_api") for extract in COMMODITY_EXTRACTS}) == len(
        COMMODITY_EXTRACTS
    )


def test_world_of_hs6_to_the_dollar() -> None:
    table = _level("HS6")
    assert _sums(_in_year(table, 2024))[0] == 3_263_893_254_128
    general, consumption, dutiable, duty = _sums(_in_year(table, 2025))
    assert (general, consumption, duty) == (3_414_510_592_814, 3_391_221_021_554, 259_366_570_786)
    assert dutiable is not None and consumption is not None and 0 < dutiable < consumption
    assert set(table["row_kind"].unique().to_pylist()) == {"detail"}
    assert set(table["period"].unique().to_pylist()) == {"year_to_date"}


def test_totals_are_rows_of_the_world_in_the_vintage_of_hs6() -> None:
    """As listed beside the development figures; of 2024 general imports alone."""
    table = _level("TOTAL")
    world = table.filter(pc.equal(table["classification"], "HS"))
    assert set(world["row_kind"].unique().to_pylist()) == {"world_total"}
    assert _sums(_in_year(world, 2024)) == (3_263_893_254_128, None, None, None)
    assert _sums(_in_year(world, 2025)) == (3_414_510_592_814, 3_391_221_021_554, None, 259_366_570_786)
    of_hs6 = [one for one in COMMODITY_EXTRACTS if "_HS6_" in one.name or "_total_" in one.name]
    assert {one.origin.published_on for one in of_hs6} == {date(2026, 6, 9)}


@pytest.mark.parametrize("level", ["ENDUSE1", "ENDUSE5"])
def test_end_uses_make_the_world_to_the_dollar(level: str) -> None:
    for year, general, duty in ((2024, 3_263_893_254_128, 76_631_002_517), (2025, 3_414_510_592_814, 259_366_570_786)):
        table = _in_year(_level(level), year)
        for kind in ("detail", "world_commodity"):
            sums = _sums(table, pc.equal(table["row_kind"], kind))
            assert (sums[0], sums[3]) == (general, duty)


def test_end_uses_are_those_of_the_derived_list(shared_data: Path) -> None:
    """World by five digits as others derived it from the same figures: capital goods to the dollar.

    Outside of these, another rule for numbers that are not listed puts up to 0.06 % of imports into another end use.
    """
    with (shared_data / "census_api" / "census_imports_enduse5_world_2024_2025_from_hts10.csv").open() as file:
        listed = list(csv.DictReader(file))
    table = _level("ENDUSE5")
    world = table.filter(pc.equal(table["row_kind"], "world_commodity"))
    for year in (2024, 2025):
        found = {row["commodity_code"]: row["general_value_usd"] for row in _in_year(world, year).to_pylist()}
        theirs = {row["END_USE5"]: int(row[f"imports_{year}_usd"]) for row in listed}
        apart = {code: found.get(code, 0) - value for code, value in theirs.items() if found.get(code, 0) != value}
        assert [code for code in apart if code.startswith("2")] == []
        assert sum(apart.values()) == 0
        assert sum(map(abs, apart.values())) <= 0.0006 * sum(theirs.values())


def test_the_origin_record_tells_the_share_that_is_listed(shared_data: Path) -> None:
    shares = listed_share(shared_data / HTS10)
    (note,) = (str(one.origin.extract_note) for one in COMMODITY_EXTRACTS if "enduse" in one.name)
    assert f"{100 * shares[2024]:.1f} % of general imports of 2024" in note
    assert f"{100 * shares[2025]:.1f} % of 2025" in note


@pytest.mark.parametrize("year", [2024, 2025])
def test_countries_of_hs6_are_those_of_the_country_table(year: int) -> None:
    table = _in_year(_level("HS6"), year)
    sums = table.group_by("partner_code").aggregate([("general_value_usd", "sum")]).to_pylist()
    country = census_country.parse(BUNDLED / COUNTRY_TABLE, COUNTRY_TABLE).table.to_pylist()
    printed = {
        row["partner_code"]: row["value_musd"]
        for row in country
        if (row["flow"], row["year"], row["month"]) == ("imports", year, None)
    }
    compared = {row["partner_code"]: Decimal(row["general_value_usd_sum"]) / 1_000_000 for row in sums}
    assert {"5700", "5520", "2010", "5830", "1220"} <= compared.keys() & printed.keys()
    apart = {code: value for code, value in compared.items() if abs(value - printed.get(code, 0)) > ROUNDED_TO}
    assert apart == {}


def test_chapters_of_2023_and_2024_to_the_dollar() -> None:
    table = _level("HS2")
    for year, dollars in ((2023, 3_076_796_376_327), (2024, 3_266_410_195_321)):
        in_year = _in_year(table, year)
        for kind in ("detail", "world_commodity"):
            assert _sums(in_year, pc.equal(in_year["row_kind"], kind))[0] == dollars
    assert len(table["reference_month"].unique()) == 24


def test_naics_by_partner() -> None:
    """Consumption of 2024, $ billion, as printed by the format notes: China 429.426, Vietnam 141.361, world 3,251.19."""
    table = _in_year(_level("NAICS3"), 2024)
    found = {}
    for partner in ("5700", "5520", "0015"):
        found[partner] = _sums(table, pc.equal(table["partner_code"], partner))[1]
    assert {code: round((value or 0) / 1e9, 3) for code, value in found.items()} == {
        "5700": 429.426,
        "5520": 141.361,
        "0015": 3251.195,
    }
    months = _level("NAICS3")["reference_month"].unique()
    assert (len(months), str(pc.min(months)), str(pc.max(months))) == (155, "2013-01-01", "2025-11-01")
    kinds = set(_level("NAICS3")["row_kind"].unique().to_pylist())
    assert kinds == {"detail", "group", "world_commodity"}


@each_extract
def test_builder_writes_what_is_committed(extract: CommodityExtract, shared_data: Path) -> None:
    with zipfile.ZipFile(BUNDLED / extract.name) as committed:
        names = [name for name, body in extract.answers(shared_data) if committed.read(name) == body]
        assert names == committed.namelist()


def test_the_same_answers_are_the_same_bytes() -> None:
    members = [("a.json", b'[["time"]]' * 50), ("b.json", b"[]")]
    packed = answers_zip(iter(members))
    assert packed == answers_zip(iter(members))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_answer_is_an_array_of_arrays_of_text() -> None:
    body = answer({"CTY_CODE": pa.array(["-", "0003"]), "GEN_VAL_MO": pa.array([10**13, 0])})
    assert json.loads(body) == [["CTY_CODE", "GEN_VAL_MO"], ["-", "10000000000000"], ["0003", "0"]]


def test_builder_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="census_imports_hts10"):
        list(COMMODITY_EXTRACTS[0].answers(tmp_path))

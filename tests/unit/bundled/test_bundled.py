"""The bundled figures: complete, small, with their origin, read by the parsers, and what the builder writes.

Expected figures are those of the publishers' releases named beside them.
"""

import socket
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import assets.bundled
from assets.bundled.build import build
from assets.bundled.build_archive import ARCHIVE_EXTRACTS
from assets.bundled.build_commodity import COMMODITY_EXTRACTS
from assets.bundled.extracts import EXTRACTS, PUBLIC_DOMAIN, Extract
from assets.bundled.reproducible import content_hash
from assets.parsing.common import Parsed
from assets.parsing.plausible import evidence_against
from assets.parsing.recognise import PARSERS, recognise
from assets.store.origin import ORIGIN_SUFFIX, read_origin
from assets.store.vintage import Days, Rank, Told, own_vintage

BUNDLED = Path(assets.bundled.__file__).parent
FOLDER_BYTES = 9_000_000
LIMIT_BYTES = 5_000_000
TODAY = date(2026, 11, 30)
SOURCE_AND_VINTAGE = {
    "country_vintage_2018-10.csv.gz": ("census_country", date(2018, 10, 5)),
    "country_vintage_2023-03.csv.gz": ("census_country", date(2023, 3, 8)),
    "country_vintage_2024-10.csv.gz": ("census_country", date(2024, 10, 8)),
    "country_vintage_2026-10-01_2024-2026.csv.gz": ("census_country", date(2026, 9, 3)),
    "ft900_exh1_2026-02-19.xlsx": ("ft900", date(2026, 2, 19)),
    "ft900_exh12_2026-02-19.xlsx": ("ft900", date(2026, 2, 19)),
    "ft900_exh12_2026-01-29.xlsx": ("ft900", date(2026, 1, 29)),
    "trad-time-series-0225.xlsx": ("bea", date(2025, 4, 3)),
    "trad-time-series-0325.xlsx": ("bea", date(2025, 5, 6)),
    "BOPGSTB_vintage_2026-01-08.csv.gz": ("fred", date(2026, 1, 8)),
    "BOPGSTB_vintage_2026-02-22.csv.gz": ("fred", date(2026, 2, 19)),
    "BOPGSTB_vintage_2026-03-15.csv.gz": ("fred", date(2026, 3, 12)),
    "BOPGSTB_vintage_2026-06-14.csv.gz": ("fred", date(2026, 6, 9)),
    "DataWeb_general_imports_by_country_1989-2026_annual.xlsx": ("usitc_dataweb", date(2026, 3, 27)),
    "DataWeb_total_exports_by_country_1989-2026_annual.xlsx": ("usitc_dataweb", date(2026, 3, 27)),
}

each_extract = pytest.mark.parametrize("extract", EXTRACTS, ids=lambda extract: extract.name)


@cache
def _parsed(name: str) -> Parsed:
    return PARSERS[recognise(BUNDLED / name, name)].parse(BUNDLED / name, name)


def _one(table: pa.Table, value: str, **labels: object) -> object:
    """The value of the single row with these labels; None stands for null."""
    for column, wanted in labels.items():
        cells = table.column(column)
        table = table.filter(pc.is_null(cells) if wanted is None else pc.equal(cells, wanted))
    assert table.num_rows == 1, labels
    return table.column(value)[0].as_py()


def _balance(name: str, partner: str, year: int) -> Decimal:
    table = _parsed(name).table
    sides = [
        _one(table, "value_musd", partner_code=partner, year=year, month=None, flow=flow)
        for flow in ("exports", "imports")
    ]
    assert isinstance(sides[0], Decimal) and isinstance(sides[1], Decimal)
    return sides[0] - sides[1]


def test_folder_holds_the_extracts_their_records_and_modules_alone() -> None:
    files = {path.name for path in BUNDLED.iterdir() if path.is_file() and path.suffix != ".py"}
    spine, answers = [extract.name for extract in EXTRACTS], [extract.name for extract in COMMODITY_EXTRACTS]
    names = [*spine, *answers, *(extract.name for extract in ARCHIVE_EXTRACTS)]
    assert files == {name + ending for name in names for ending in ("", ORIGIN_SUFFIX)}


def test_size() -> None:
    assert sum((BUNDLED / extract.name).stat().st_size for extract in EXTRACTS) < LIMIT_BYTES
    assert sum(path.stat().st_size for path in BUNDLED.iterdir() if path.is_file()) < FOLDER_BYTES


@each_extract
def test_origin_record_is_complete(extract: Extract) -> None:
    origin = read_origin(BUNDLED / (extract.name + ORIGIN_SUFFIX))
    assert origin == extract.origin
    for field in ("publisher", "title", "url", "basis", "unit", "vintage_note", "extract_note", "retrieved_at"):
        assert getattr(origin, field), field
    assert origin.licence == PUBLIC_DOMAIN and origin.origin_kind == "bundled"
    assert str(origin.url).startswith("https://")


@each_extract
def test_source_and_vintage(extract: Extract) -> None:
    source, day = SOURCE_AND_VINTAGE[extract.name]
    parsed = _parsed(extract.name)
    vintage = own_vintage(source, Told.by(parsed), Days.by(extract.origin, TODAY))
    assert vintage is not None
    assert (parsed.source, vintage.day, vintage.rank) == (source, day, Rank.BUNDLED)
    assert parsed.rows_accepted > 0


def test_first_print_of_2025() -> None:
    """FT-900 release of 2026-02-19, exhibit 1 and 12."""
    services = _parsed("ft900_exh1_2026-02-19.xlsx").table
    goods = _parsed("ft900_exh12_2026-02-19.xlsx").table
    year_2025 = {"year": 2025, "month": None}
    assert _one(services, "value_musd", concept="goods_services", flow="balance", **year_2025) == -901_469
    assert _one(services, "value_musd", concept="services", flow="balance", **year_2025) == 339_472
    assert _one(goods, "value_musd", basis="BOP", flow="balance", **year_2025) == -1_240_941
    assert _one(goods, "value_musd", basis="Census", flow="imports", **year_2025) == 3_415_733


def test_country_table_shows_the_known_revisions() -> None:
    """China 2017 and Mexico 2022 by vintage, $ billion: -375.58 to -375.17 and -130.55 to -127.83."""
    assert round(_balance("country_vintage_2018-10.csv.gz", "5700", 2017) / 1000, 2) == Decimal("-375.58")
    assert round(_balance("country_vintage_2024-10.csv.gz", "5700", 2017) / 1000, 2) == Decimal("-375.17")
    assert round(_balance("country_vintage_2023-03.csv.gz", "2010", 2022) / 1000, 2) == Decimal("-130.55")
    assert round(_balance("country_vintage_2024-10.csv.gz", "2010", 2022) / 1000, 2) == Decimal("-127.83")
    assert round(_balance("country_vintage_2026-10-01_2024-2026.csv.gz", "5700", 2025) / 1000, 2) == Decimal("-202.67")


def test_world_totals_to_the_dollar() -> None:
    """World general imports: DataWeb of 2026-03-27 for 2018, 2022 and 2024; country table of October 2024 for 2018."""
    dataweb = _parsed("DataWeb_general_imports_by_country_1989-2026_annual.xlsx").table
    for year, dollars in ((2018, 2_536_145_273_678), (2022, 3_239_732_934_761), (2024, 3_266_410_195_321)):
        assert _one(dataweb, "value_usd", partner_code="0015", year=year) == dollars
    table = _parsed("country_vintage_2024-10.csv.gz").table
    world = _one(table, "value_musd", partner_code="0015", flow="imports", year=2018, month=None)
    assert world == Decimal("2536145.273678")


def test_annual_balance_of_goods_and_services_from_1960() -> None:
    """BEA of 2025-05-06: a surplus of 3,508 in 1960; FRED: the sum of 2025 by vintage (901.5, 911.7, 932.0)."""
    bea = _parsed("trad-time-series-0325.xlsx").table
    assert _one(bea, "value_musd", concept="goods_services", flow="balance", year=1960, month=None) == 3_508
    for day, billions in (("2026-02-22", "-901.5"), ("2026-03-15", "-911.7"), ("2026-06-14", "-932.0")):
        table = _parsed(f"BOPGSTB_vintage_{day}.csv.gz").table
        total = pc.sum(table.filter(pc.equal(table.column("year"), 2025)).column("value_musd")).as_py()
        assert round(total / 1000, 1) == Decimal(billions)


@each_extract
def test_extract_reads_as_the_publisher_s_file(extract: Extract, shared_data: Path) -> None:
    mine = _parsed(extract.name)
    theirs = PARSERS[mine.source].parse(shared_data / extract.source, Path(extract.source).name)
    columns = [column for column in mine.table.column_names if column != "sheet"]
    assert mine.table.select(columns).equals(theirs.table.select(columns))
    assert (mine.rows_read, mine.rows_refused, mine.notes) == (theirs.rows_read, theirs.rows_refused, theirs.notes)


def test_builder_writes_what_is_committed_without_a_network(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(socket, "socket")
    written = build(shared_data, tmp_path)
    assert [path.name for path in written] == [extract.name for extract in EXTRACTS]
    for path in written:
        committed = BUNDLED / path.name
        assert content_hash(path.read_bytes()) == content_hash(committed.read_bytes()), path.name
        record = path.name + ORIGIN_SUFFIX
        assert (tmp_path / record).read_bytes() == (BUNDLED / record).read_bytes()


def test_builder_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="country_vintage_2018-10"):
        build(tmp_path, tmp_path / "out")


@pytest.mark.parametrize("name", [extract.name for extract in EXTRACTS if extract.name.startswith("country_")])
def test_nothing_speaks_against_a_real_country_table(name: str) -> None:
    assert evidence_against(_parsed(name)) == []

"""The bundled archive: re-formatted official figures that say so, and come back to the dollar without invented zeros.

Sums by partner: DataWeb's imports for consumption of January 2025, chapters 01 to 98.
"""

import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import assets.bundled
from assets.bundled.build_archive import ARCHIVE_EXTRACTS
from assets.bundled.extracts import PUBLIC_DOMAIN
from assets.errors import RefusedFile
from assets.parsing.census_bulk import SOURCES, parse_archive
from assets.parsing.recognise import recognise
from assets.store.origin import ORIGIN_SUFFIX, read_origin

(EXTRACT,) = ARCHIVE_EXTRACTS
ARCHIVE = Path(assets.bundled.__file__).parent / EXTRACT.name
CANADA_USD, MEXICO_USD = 38_148_395_258, 42_047_210_498


def test_lines_of_the_archive_are_the_figures_of_dataweb() -> None:
    """Read by the positions of the layout page alone: partner 11-14, consumption value 74-88 and 404-418."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        lines = archive.read("IMP_DETL.TXT").split(b"\r\n")[:-1]
    assert {len(line) for line in lines} == {688}
    month: Counter[bytes] = Counter()
    to_date: Counter[bytes] = Counter()
    for line in lines:
        month[line[10:14]] += int(line[73:88])
        to_date[line[10:14]] += int(line[403:418])
    assert month == to_date == {b"1220": CANADA_USD, b"2010": MEXICO_USD}


def test_measures_without_figures_are_unknown_and_not_zero(tmp_path: Path) -> None:
    parsed = parse_archive(ARCHIVE, EXTRACT.name, tmp_path, known_measures=EXTRACT.origin.known_measures)
    detail = pq.read_table(parsed.path)
    assert (detail.num_rows, parsed.rows_refused, parsed.newest_month) == (14_520, 0, date(2025, 1, 1))
    assert pc.sum(detail["consumption_value_usd"]).as_py() == CANADA_USD + MEXICO_USD
    known = {"consumption_value_usd", "consumption_value_ytd_usd"}
    measures = {name for name in detail.column_names if name.endswith(("_usd", "_kg", "_1", "_2", "_count"))}
    assert len(measures) > 20
    assert {name for name in measures if detail[name].null_count < detail.num_rows} == known
    assert set(parsed.control_totals["measure"].to_pylist()) == known


def test_a_known_measure_that_no_layout_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match=r"known_measures.*con_val_mo.*con_val_week"):
        parse_archive(ARCHIVE, EXTRACT.name, tmp_path, known_measures=["con_val_mo", "con_val_week"])
    assert list(tmp_path.iterdir()) == []


def test_origin_record_says_that_the_archive_is_not_the_publishers() -> None:
    origin = read_origin(ARCHIVE.with_name(EXTRACT.name + ORIGIN_SUFFIX))
    assert origin == EXTRACT.origin
    assert (origin.licence, origin.origin_kind, origin.unit) == (PUBLIC_DOMAIN, "bundled", "USD")
    assert (origin.extract_note or "").startswith("Re-formatted official figures")
    assert recognise(ARCHIVE, EXTRACT.name) == SOURCES["imports"]


def test_builder_writes_what_is_committed(shared_data: Path, tmp_path: Path) -> None:
    again = tmp_path / EXTRACT.name
    EXTRACT.write(again, shared_data)
    with zipfile.ZipFile(ARCHIVE) as committed, zipfile.ZipFile(again) as written:
        assert committed.namelist() == written.namelist()
        assert all(committed.read(name) == written.read(name) for name in committed.namelist())

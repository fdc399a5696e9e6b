"""Official figures in the layout of a bulk archive come back to the dollar."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.bundled.bulk_writer import Column, write_archive
from assets.parsing.census_bulk import parse_archive

DECEMBER = date(2025, 12, 1)
DISTRICT = {"dist_code": np.array([b"00"]), "dist_name": np.array([b"NOT IN THESE FIGURES"])}


def integers(column: pa.ChunkedArray) -> Column:
    numbers: Column = column.cast(pa.string()).cast(pa.int64()).to_numpy()
    return numbers


def test_the_world_totals_of_2025_to_the_dollar(shared_data: Path, tmp_path: Path) -> None:
    """HTS10 x country year totals as a December year to date; totals as listed in SOURCES.md of the figures."""
    year = pq.read_table(shared_data / "census_api" / "census_imports_hts10_by_country_2024_2025.parquet")
    year = year.filter(pc.equal(year["year"], 2025))
    columns: dict[str, Column] = {"commodity": integers(year["HTS10"]), "cty_code": integers(year["CTY_CODE"])}
    for name in ("GEN_VAL_YR", "CON_VAL_YR", "DUT_VAL_YR", "CAL_DUT_YR"):
        columns[name.lower()] = integers(year[name])
    path = tmp_path / "IMDB2512.ZIP"
    write_archive(path, "imports", DECEMBER, [columns], {"DISTRICT": DISTRICT}, level=1)
    result = parse_archive(path, path.name, tmp_path)
    totals = {row["measure"]: row["seen"] for row in result.control_totals.to_pylist() if row["member"] == "IMP_CTY"}
    assert totals["general_value_ytd_usd"] == 3_414_510_592_814
    assert totals["consumption_value_ytd_usd"] == 3_391_221_021_554
    assert totals["calculated_duty_ytd_usd"] == 259_366_570_786
    assert (result.rows_read, result.rows_zero_month) == (year.num_rows, year.num_rows)


def test_a_month_of_two_partners_to_the_dollar(shared_data: Path, tmp_path: Path) -> None:
    """Monthly HTS10 figures of Canada and Mexico: every line of the month comes back, summed by partner."""
    figures = pq.read_table(
        shared_data / "dataweb" / "dataweb_api_imports_consumption_HTS10_CA_MX_monthly_2025-01_2026-02.parquet"
    )
    month = figures.filter(pc.equal(figures["ym"], "2025-12"))
    columns = {
        "commodity": integers(month["hts10"]),
        "cty_code": integers(month["cty_code"]),
        "con_val_mo": integers(month["con_val_mo"]),
    }
    path = tmp_path / "IMDB2512.ZIP"
    write_archive(path, "imports", DECEMBER, [columns], {"DISTRICT": DISTRICT})
    result = parse_archive(path, path.name, tmp_path)
    detail = pq.read_table(result.path)
    assert detail["commodity"].to_numpy().tolist() == columns["commodity"].tolist()
    assert detail["consumption_value_usd"].to_numpy().tolist() == columns["con_val_mo"].tolist()
    by_partner = detail.group_by("country").aggregate([("consumption_value_usd", "sum")]).to_pylist()
    expected = month.group_by("cty_code").aggregate([("con_val_mo", "sum")]).to_pylist()
    assert {row["country"]: row["consumption_value_usd_sum"] for row in by_partner} == {
        int(row["cty_code"]): row["con_val_mo_sum"] for row in expected
    }

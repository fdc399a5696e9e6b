"""Archives written from figures: positions, control members and bytes."""

import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from assets.bundled.bulk_writer import lines, write_archive
from assets.parsing.bulk_layouts import layout
from tests.synthetic.archives import EXPORT_LINES, IMPORT_LINES, MONTH, columns_of, lookups_of, members_of, write_lines
from tests.synthetic.bulk import write_synthetic


def test_a_record_has_its_figures_where_the_layout_has_them(tmp_path: Path) -> None:
    first, *_ = members_of(write_lines(tmp_path / "a.zip", "imports"))["IMP_DETL.TXT"].decode("latin-1").split("\r\n")
    assert len(first) == 688
    assert first[:28] == "01012100101220000709" + "10" + "202512"
    assert first[73:88] == "000000000000600"  # con_val_mo, 74-88
    assert first[178:193] == "000000000000600"  # gen_val_mo, 179-193
    assert first[238:253] == "000000000000040"  # air_wgt_mo, 239-253
    assert first[508:523] == "000000000007000"  # gen_val_yr, 509-523
    assert first[523:] == "0" * 165


def test_control_members_are_the_sums_of_the_detail(tmp_path: Path) -> None:
    members = members_of(write_lines(tmp_path / "a.zip", "imports"))
    sums: Counter[int] = Counter()
    for row in IMPORT_LINES:
        sums[int(row["cty_code"])] += int(row.get("gen_val_mo", 0))
    rows = members["IMP_CTY.TXT"].decode("latin-1").split("\r\n")[:-1]
    assert {int(row[:4]): int(row[130:145]) for row in rows} == dict(sums)
    assert [row[4:34].rstrip() for row in rows] == ["LAND É 1220", "LAND É 2010", "LAND É 5700", "LAND É 5830"]
    assert {row[34:40] for row in rows} == {"202512"}
    districts = members["IMP_DU.TXT"].decode("latin-1").split("\r\n")[:-1]
    assert {row[:2]: row[2:32].rstrip() for row in districts} == {
        "09": "PORT 09", "23": "PORT 23", "27": "PORT 27", "30": "PORT 30",
    }  # fmt: skip


def test_export_commodities_are_summed_by_domestic_and_foreign(tmp_path: Path) -> None:
    rows = members_of(write_lines(tmp_path / "a.zip", "exports"))["EXP_COMM.TXT"].decode("latin-1").split("\r\n")[:-1]
    assert [(row[0], row[1:11], int(row[118:133])) for row in rows] == [
        ("1", "1201900095", 141_197_240),
        ("1", "8471300000", 0),
        ("2", "1201900095", 18_592),
    ]
    assert {row[61:67] for row in rows} == {"NO KG "}


def test_parts_are_summed_together(tmp_path: Path) -> None:
    whole = write_lines(tmp_path / "whole.zip", "exports")
    parts = tmp_path / "parts.zip"
    write_archive(parts, "exports", MONTH, [columns_of([row]) for row in EXPORT_LINES], lookups_of(EXPORT_LINES))
    assert members_of(parts) == members_of(whole)


def test_the_same_figures_are_the_same_bytes(tmp_path: Path) -> None:
    first = write_lines(tmp_path / "first.zip", "imports").read_bytes()
    assert write_lines(tmp_path / "second.zip", "imports").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_synthetic_archives_are_repeatable_and_say_what_they_are(tmp_path: Path) -> None:
    month = date(2025, 12, 1)
    (tmp_path / "again").mkdir()
    first = write_synthetic(tmp_path, "imports", month, 500)
    again = write_synthetic(tmp_path / "again", "imports", month, 500)
    assert first.name == "IMDB2512.ZIP"
    assert first.read_bytes() == again.read_bytes()
    names = members_of(first)["CONCORD.TXT"].split(b"\r\n")[:-1]
    assert all(line[10:].startswith(b"SYNTHETIC COMMODITY") for line in names)


@pytest.mark.parametrize("value", [-1, 10**15])
def test_numbers_that_the_field_cannot_hold(value: int) -> None:
    with pytest.raises(ValueError, match="gen_val_mo holds 0 to 15 nines"):
        lines(layout("IMP_DETL"), {"gen_val_mo": np.array([5, value])})


def test_texts_that_the_field_cannot_hold() -> None:
    with pytest.raises(ValueError, match="cty_subcode holds 2 characters"):
        lines(layout("IMP_DETL"), {"cty_subcode": np.array([b"ABC"])})
    with pytest.raises(ValueError, match="cty_subcode is text"):
        lines(layout("IMP_DETL"), {"cty_subcode": np.array([5])})

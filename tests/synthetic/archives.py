"""Small bulk archives for tests, and ways to damage them.

Here belongs making input files; the figures are invented and add up. What a test expects does not belong here.
"""

import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path

import numpy as np

from assets.bundled.bulk_writer import Column, write_archive
from assets.parsing.bulk_layouts import Flow

MONTH = date(2025, 12, 1)
IMPORT_LINES: tuple[dict[str, int | bytes], ...] = (
    {
        "commodity": 101210010, "cty_code": 1220, "cty_subcode": b"00",
        "dist_entry": 7, "dist_unlad": 9, "rate_prov": 10, "cards_mo": 2, "con_qy1_mo": 3,
        "con_val_mo": 600, "con_cha_mo": 12, "con_cif_mo": 612, "gen_qy1_mo": 3,
        "gen_val_mo": 600, "gen_cha_mo": 12, "gen_cif_mo": 612, "air_val_mo": 600, "air_wgt_mo": 40, "air_cha_mo": 12,
        "con_val_yr": 7000, "gen_val_yr": 7000, "cards_yr": 20,
    },
    {
        "commodity": 101210010, "cty_code": 2010, "cty_subcode": b"S ",
        "dist_entry": 23, "dist_unlad": 23, "rate_prov": 18, "cards_yr": 4, "con_val_yr": 2500, "gen_val_yr": 2600,
    },
    {
        "commodity": 8471300100, "cty_code": 5700, "cty_subcode": b"00",
        "dist_entry": 27, "dist_unlad": 30, "rate_prov": 69, "cards_mo": 40, "con_qy1_mo": 1_000,
        "con_qy2_mo": 77, "con_val_mo": 123_456_789_012, "dut_val_mo": 123_456_789_012,
        "cal_dut_mo": 24_691_357_802, "con_cha_mo": 1_000_000, "con_cif_mo": 123_457_789_012, "gen_qy1_mo": 1_001,
        "gen_qy2_mo": 78, "gen_val_mo": 123_456_790_000, "gen_cha_mo": 1_000_001, "gen_cif_mo": 123_457_790_001,
        "ves_val_mo": 99_999_999, "ves_wgt_mo": 100_000_000, "ves_cha_mo": 5, "cnt_val_mo": 99_999_998, "cnt_wgt_mo": 3,
        "cnt_cha_mo": 4, "con_val_yr": 999_999_999_998, "dut_val_yr": 999_999_999_997, "cal_dut_yr": 99_999_999_999,
        "gen_val_yr": 999_999_999_999,
    },
    {
        "commodity": 8542310045, "cty_code": 5830, "cty_subcode": b"A*",
        "dist_entry": 27, "dist_unlad": 27, "rate_prov": 10, "gen_val_mo": 1, "gen_val_yr": 1,
    },
)  # fmt: skip
EXPORT_LINES: tuple[dict[str, int | bytes], ...] = (
    {"df": 1, "commodity": 1201900095, "cty_code": 5700, "district": 20, "cards_mo": 9, "qty_1_mo": 350, "qty_2_mo": 1,
     "all_val_mo": 141_197_240, "ves_val_mo": 141_197_240, "ves_wgt_mo": 350_000, "cnt_val_mo": 7, "cnt_wgt_mo": 2,
     "all_val_yr": 900_000_000},
    {"df": 1, "commodity": 8471300000, "cty_code": 1220, "district": 9, "all_val_yr": 55},
    {"df": 2, "commodity": 1201900095, "cty_code": 2010, "district": 23, "cards_mo": 1, "all_val_mo": 18_592,
     "air_val_mo": 18_592, "air_wgt_mo": 4, "all_val_yr": 18_592},
)  # fmt: skip


def columns_of(lines: Iterable[Mapping[str, int | bytes]]) -> dict[str, Column]:
    """Lines as columns; a number that a line does not have is 0."""
    rows = list(lines)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, 0) for row in rows]) for name in names}


def lookups_of(lines: Iterable[Mapping[str, int | bytes]]) -> dict[str, dict[str, Column]]:
    """Code lists that know every code of the lines."""
    rows = list(lines)
    commodities = sorted({int(row["commodity"]) for row in rows})
    countries = sorted({int(row["cty_code"]) for row in rows})
    named = ("dist_entry", "dist_unlad", "district")
    districts = sorted({int(row[name]) for row in rows for name in named if name in row})
    hts = np.array([f"{code:010d}".encode() for code in commodities])
    nations = np.array([f"{code:04d}".encode() for code in countries])
    places = np.array([f"{code:02d}".encode() for code in districts])
    word = np.array([b"INVENTED"])
    return {
        "CONCORD": {
            "commodity": hts,
            "abbreviatn": hts,
            "unit_qy1": np.full(len(hts), b"NO"),
            "unit_qy2": np.full(len(hts), b"KG"),
        },
        "COUNTRY": {"cty_code": nations, "cty_desc": nations, "cty_name": np.char.add(b"LAND \xc9 ", nations)},
        "DISTRICT": {"dist_code": places, "dist_desc": places, "dist_name": np.char.add(b"PORT ", places)},
        "ENDUSE": {"end_use": np.array([b"213"]), "desc": word},
        "HITECH": {"hitech": np.array([b"05"]), "desc": word},
        "HSDESC": {"hs": np.array([b"84"]), "desc_long": word, "desc_short": word},
        "NAICS": {"naics": np.array([b"334"]), "desc": word},
        "SITC": {"sitc": np.array([b"7"]), "desc_long": word, "desc_short": word},
    }


def write_lines(
    path: Path, flow: Flow, lines: Iterable[Mapping[str, int | bytes]] | None = None, month: date = MONTH
) -> Path:
    """An archive of the given lines (by default the invented ones above), with control members and lookups that fit."""
    chosen = list(lines if lines is not None else IMPORT_LINES if flow == "imports" else EXPORT_LINES)
    write_archive(path, flow, month, [columns_of(chosen)], lookups_of(chosen))
    return path


def members_of(path: Path) -> dict[str, bytes]:
    """Every member's bytes by its name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(path: Path, members: Mapping[str, bytes]) -> Path:
    """A zip of the given members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def edited(path: Path, member: str, edit: Callable[[bytes], bytes]) -> Path:
    """The same archive with one member's bytes changed; what no edit changes is an error of the test."""
    members = members_of(path)
    name = f"{member}.TXT"
    changed = edit(members[name])
    if changed == members[name]:
        raise AssertionError(f"the edit left {member} as it was")
    return write_members(path, {**members, name: changed})


def with_cell(data: bytes, line: int, start: int, end: int, text: bytes) -> bytes:
    """One cell (columns from 1, both included) of one line (from 1) replaced."""
    rows = data.split(b"\n")
    row = rows[line - 1]
    rows[line - 1] = row[: start - 1] + text + row[end:]
    return b"\n".join(rows)


def zipped_again(path: Path, compression: int, when: tuple[int, int, int, int, int, int]) -> Path:
    """The same members in a zip of other bytes."""
    members = members_of(path)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in reversed(list(members.items())):
            archive.writestr(zipfile.ZipInfo(name.lower(), when), data, compression)
    return path

"""Synthetic bulk archives of any size in the real layout: invented figures, never to be published with official ones.

Here belongs the inventing of figures; records and control members are written by `assets.bundled.bulk_writer`.
Shaped like a late month: each line is a cell of commodity x country x programme x districts x rate provision in the
order of its codes, most lines traded earlier in the year only, most numbers are zero. The numbers of commodities are
those of the code list, so that levels and end uses follow from them as from real ones.

As a command: python -m tests.synthetic.bulk imports 2025-12 3500000 folder
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from assets.bundled.bulk_writer import Column, write_archive
from assets.home import PROJECT_ROOT
from assets.parsing.bulk_layouts import Flow
from assets.reference.partners import is_aggregate, known_codes

CONCORDANCE = PROJECT_ROOT / "assets" / "reference" / "commodity" / "concordance.parquet"
SEED = 20251231
PART_ROWS = 60_000
ACTIVE_SHARE = 0.23
"""Lines with trade in a December: about 0.8 of 3.5 million are reported for December 2025."""

_COMMODITIES: dict[Flow, int] = {"imports": 18_000, "exports": 9_000}
_DISTRICTS = 45
_PROVISIONS = np.array([0, 10, 11, 13, 16, 18, 19, 61, 64, 69, 70, 79])
_PROGRAMMES = np.array([b"00", b"A ", b"A*", b"AU", b"CA", b"CL", b"IL", b"JO", b"KR", b"MX", b"S ", b"SG"])
_LARGEST = 10**12

Numbers = npt.NDArray[np.int64]


def write_synthetic(folder: Path, flow: Flow, month: date, rows: int, *, seed: int = SEED, level: int = 1) -> Path:
    """Write an archive of about `rows` detail lines under the publisher's name; returns its path.

    With the same seed all months have the same lines and each month has its own figures.
    """
    rng, month_rng = np.random.default_rng(seed), np.random.default_rng((seed, month.year, month.month))
    commodities = _commodities(rng, flow, min(_COMMODITIES[flow], max(1, rows // 4)))
    countries = np.array(sorted(int(code) for code in known_codes() if code.isdigit() and not is_aggregate(code)))
    counts = _counts(rng, rows, len(commodities))
    path = folder / f"{'IM' if flow == 'imports' else 'EX'}DB{month:%y%m}.ZIP"
    cells = _cells(rng, counts, len(countries) * _DISTRICTS * _DISTRICTS * len(_PROVISIONS))
    invent = _imports if flow == "imports" else _exports
    parts = (invent(month_rng, commodities[lines], countries, cell) for lines, cell in cells)
    write_archive(path, flow, month, parts, _lookups(commodities, countries), level=level)
    return path


def _commodities(rng: np.random.Generator, flow: Flow, count: int) -> Numbers:
    """Listed ten-digit codes, in order."""
    listed = pq.read_table(CONCORDANCE, columns=["commodity_code"], filters=[("flow", "=", flow)])
    codes = listed["commodity_code"].to_numpy().astype(np.int64)
    chosen: Numbers = np.sort(rng.choice(codes, count, replace=False))
    return chosen


def _counts(rng: np.random.Generator, rows: int, commodities: int) -> Numbers:
    """Lines of each commodity: a few have thousands, most have some."""
    weight = rng.lognormal(0, 1.4, commodities)
    counts: Numbers = np.maximum(1, np.rint(weight * (rows / weight.sum()))).astype(np.int64)
    return counts


def _cells(rng: np.random.Generator, counts: Numbers, space: int) -> Iterator[tuple[Numbers, Numbers]]:
    """Parts of lines: which commodity each belongs to, and its cell, increasing within the commodity."""
    ends = np.cumsum(counts)
    first = 0
    while first < len(counts):
        done = ends[first] - counts[first]
        last = max(first + 1, int(np.searchsorted(ends, done + PART_ROWS, side="right")))
        part = counts[first:last]
        line = np.repeat(np.arange(first, last), part)
        spread = np.repeat(np.maximum(1, space // (part + 1)), part)
        gaps = 1 + (rng.random(len(line)) * (2 * spread - 2)).astype(np.int64)
        steps = np.cumsum(gaps)
        starts = np.concatenate(([0], np.cumsum(part)[:-1]))
        yield line, np.minimum(steps - np.repeat(steps[starts] - gaps[starts], part), space - 1)
        first = last


def _imports(rng: np.random.Generator, commodity: Numbers, countries: Numbers, cell: Numbers) -> dict[str, Column]:
    rest, provision = np.divmod(cell, len(_PROVISIONS))
    rest, unlading = np.divmod(rest, _DISTRICTS)
    country, entry = np.divmod(rest, _DISTRICTS)
    count = len(commodity)
    dutiable = _PROVISIONS[provision] > 19
    price = 2 + commodity % 97
    rate = commodity % 23
    columns: dict[str, Column] = {
        "commodity": commodity,
        "cty_code": countries[country],
        "cty_subcode": _PROGRAMMES[np.where(_PROVISIONS[provision] == 18, country % len(_PROGRAMMES), 0)],
        "dist_entry": entry + 1,
        "dist_unlad": np.where(cell % 10 < 7, entry, unlading) + 1,
        "rate_prov": _PROVISIONS[provision],
    }
    value, value_now = _values(rng, count)
    bonded = rng.random(count) < 0.04
    for suffix, consumed in (("yr", value), ("mo", value_now)):
        general = np.where(bonded, consumed * 2, consumed)
        charges = consumed * (1 + commodity % 9) // 100
        columns |= {
            f"cards_{suffix}": (consumed > 0) * (1 + consumed // 500_000),
            f"con_qy1_{suffix}": consumed // price,
            f"con_qy2_{suffix}": np.where(commodity % 5 == 0, consumed // (price * 3), 0),
            f"con_val_{suffix}": consumed,
            f"dut_val_{suffix}": np.where(dutiable, consumed, 0),
            f"cal_dut_{suffix}": np.where(dutiable, consumed * rate // 100, 0),
            f"con_cha_{suffix}": charges,
            f"con_cif_{suffix}": consumed + charges,
            f"gen_qy1_{suffix}": general // price,
            f"gen_qy2_{suffix}": np.where(commodity % 5 == 0, general // (price * 3), 0),
            f"gen_val_{suffix}": general,
            f"gen_cha_{suffix}": charges,
            f"gen_cif_{suffix}": general + charges,
            **_transport(cell, general, charges, price, suffix),
        }
    return columns


def _exports(rng: np.random.Generator, commodity: Numbers, countries: Numbers, cell: Numbers) -> dict[str, Column]:
    country, rest = np.divmod(cell, _DISTRICTS * _DISTRICTS * len(_PROVISIONS))
    value, value_now = _values(rng, len(commodity))
    price = 2 + commodity % 97
    columns: dict[str, Column] = {
        "df": 1 + (rest % 7 == 0),
        "commodity": commodity,
        "cty_code": countries[country],
        "district": 1 + rest % _DISTRICTS,
    }
    for suffix, sold in (("yr", value), ("mo", value_now)):
        transport = _transport(cell, sold, sold, price, suffix)
        columns |= {
            f"cards_{suffix}": (sold > 0) * (1 + sold // 500_000),
            f"qty_1_{suffix}": sold // price,
            f"qty_2_{suffix}": np.where(commodity % 5 == 0, sold // (price * 3), 0),
            f"all_val_{suffix}": sold,
            **{name: numbers for name, numbers in transport.items() if "_cha_" not in name},
        }
    return columns


def _values(rng: np.random.Generator, count: int) -> tuple[Numbers, Numbers]:
    """USD of the year to date, and of the month for the lines that traded in it."""
    to_date = np.minimum(rng.lognormal(10.2, 2.3, count).astype(np.int64) + 251, _LARGEST)
    share = np.where(rng.random(count) < ACTIVE_SHARE, rng.random(count) ** 2, 0)
    return to_date, np.minimum((to_date * share).astype(np.int64), to_date)


def _transport(cell: Numbers, value: Numbers, charges: Numbers, price: Numbers, suffix: str) -> dict[str, Numbers]:
    """Each cell goes by air, in containers, in other vessels or by land."""
    way = cell % 10
    air, vessel, container = way < 3, (way >= 3) & (way < 8), (way >= 3) & (way < 7)
    weight = value // (price * 2)
    return {
        f"{mode}_{what}_{suffix}": np.where(goes, numbers, 0)
        for mode, goes in (("air", air), ("ves", vessel), ("cnt", container))
        for what, numbers in (("val", value), ("wgt", weight), ("cha", charges))
    }


def _lookups(commodities: Numbers, countries: Numbers) -> dict[str, dict[str, Column]]:
    """Code lists that fit the detail; every description says that it is synthetic."""
    codes = np.char.zfill(commodities.astype("S10"), 10)
    count = len(codes)
    chapters = np.unique(codes.astype("S2"))
    nations = np.char.zfill(countries.astype("S4"), 4)
    districts = np.char.zfill(np.arange(1, _DISTRICTS + 1).astype("S2"), 2)
    name = b"SYNTHETIC "
    return {
        "CONCORD": {
            "commodity": codes,
            "descriptn": np.char.add(name + b"COMMODITY ", codes),
            "abbreviatn": np.char.add(name, codes),
            "unit_qy1": np.full(count, b"NO"),
            "unit_qy2": np.where(commodities % 5 == 0, b"KG", b""),
            "sitc": codes.astype("S5"),
            "end_use": codes.astype("S5"),
            "naics": codes.astype("S6"),
            "usda": (commodities < 25 * 10**8).astype(np.int64).astype("S1"),
            "hitech": np.full(count, b"00"),
        },
        "COUNTRY": {"cty_code": nations, "cty_desc": nations, "cty_name": np.char.add(name, nations)},
        "DISTRICT": {"dist_code": districts, "dist_desc": districts, "dist_name": np.char.add(name, districts)},
        "ENDUSE": {"end_use": np.array([b"0", b"2", b"213"]), "desc": np.full(3, name.strip())},
        "HITECH": {"hitech": np.array([b"00", b"05"]), "desc": np.full(2, name.strip())},
        "HSDESC": {"hs": chapters, "desc_long": np.char.add(name, chapters), "desc_short": chapters},
        "NAICS": {"naics": np.array([b"111", b"334"]), "desc": np.full(2, name.strip())},
        "SITC": {
            "sitc": np.array([b"0", b"7"]),
            "desc_long": np.full(2, name.strip()),
            "desc_short": np.full(2, name.strip()),
        },
    }


if __name__ == "__main__":
    flow_name, month_text, row_count, target = sys.argv[1:]
    chosen: Flow = "exports" if flow_name == "exports" else "imports"
    print(write_synthetic(Path(target), chosen, date.fromisoformat(f"{month_text}-01"), int(row_count)))

"""Reading bulk archives in tests, and the same lines read with slices and int() alone.

Here belongs what several test modules ask of an archive; what they expect of it does not.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assets.errors import RefusedFile
from assets.parsing.bulk_layouts import Flow
from assets.parsing.census_bulk import BulkParsed, parse_archive
from tests.synthetic.archives import write_lines

NAMES: dict[Flow, str] = {"imports": "IMDB2512.ZIP", "exports": "EXDB2512.ZIP"}
IMPORT_CELLS = {
    "commodity": (1, 10), "country": (11, 14), "district_entry": (17, 18), "district_unlading": (19, 20),
    "rate_provision": (21, 22), "record_count": (29, 43), "consumption_quantity_1": (44, 58),
    "consumption_quantity_2": (59, 73), "consumption_value_usd": (74, 88), "dutiable_value_usd": (89, 103),
    "calculated_duty_usd": (104, 118), "consumption_charges_usd": (119, 133), "consumption_cif_usd": (134, 148),
    "general_quantity_1": (149, 163), "general_quantity_2": (164, 178), "general_value_usd": (179, 193),
    "general_charges_usd": (194, 208), "general_cif_usd": (209, 223), "air_value_usd": (224, 238),
    "air_weight_kg": (239, 253), "air_charges_usd": (254, 268), "vessel_value_usd": (269, 283),
    "vessel_weight_kg": (284, 298), "vessel_charges_usd": (299, 313), "container_value_usd": (314, 328),
    "container_weight_kg": (329, 343), "container_charges_usd": (344, 358),
    "consumption_value_ytd_usd": (404, 418), "dutiable_value_ytd_usd": (419, 433),
    "calculated_duty_ytd_usd": (434, 448), "general_value_ytd_usd": (509, 523),
}  # fmt: skip
"""Positions of IMP_DETL.TXT as the publisher's layout page gives them, written down apart from the project's table."""
EXPORT_CELLS = {
    "domestic_foreign": (1, 1), "commodity": (2, 11), "country": (12, 15), "district": (16, 17),
    "record_count": (24, 38), "quantity_1": (39, 53), "quantity_2": (54, 68), "export_value_usd": (69, 83),
    "air_value_usd": (84, 98), "air_weight_kg": (99, 113), "vessel_value_usd": (114, 128),
    "vessel_weight_kg": (129, 143), "container_value_usd": (144, 158), "container_weight_kg": (159, 173),
    "export_value_ytd_usd": (219, 233),
}  # fmt: skip
MONTH_CELLS: dict[Flow, tuple[int, int]] = {"imports": (29, 358), "exports": (24, 173)}

Edit = Callable[[bytes], bytes]


def written(folder: Path, flow: Flow) -> Path:
    return write_lines(folder / NAMES[flow], flow)


def parsed(path: Path, *, bad_line_limit: int = 0, name: str | None = None) -> BulkParsed:
    return parse_archive(path, name or path.name, path.parent, bad_line_limit=bad_line_limit)


def refusal(path: Path, name: str | None = None) -> RefusedFile:
    """What the archive is refused for; nothing may be left behind."""
    before = set(path.parent.iterdir())
    with pytest.raises(RefusedFile) as caught:
        parse_archive(path, name or path.name, path.parent)
    assert set(path.parent.iterdir()) == before
    return caught.value


def by_slicing(data: bytes, flow: Flow) -> list[dict[str, object]]:
    """Lines with trade in the month, read with slices and int() alone."""
    cells = IMPORT_CELLS if flow == "imports" else EXPORT_CELLS
    first, last = MONTH_CELLS[flow]
    rows: list[dict[str, object]] = []
    for number, line in enumerate(data.decode("latin-1").split("\r\n")[:-1], 1):
        if set(line[first - 1 : last]) <= {"0", " "}:
            continue
        row: dict[str, object] = {name: int(line[start - 1 : end]) for name, (start, end) in cells.items()}
        if flow == "imports":
            row["subcode"] = line[14:16].rstrip()
        rows.append({"line_number": number, "reference_month": date(2025, 12, 1), **row})
    return rows


def rows_of(result: BulkParsed) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(result.path).to_pylist()
    return rows

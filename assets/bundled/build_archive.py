"""The bundled archive: official monthly figures by HTS10, written in the layout of a Census bulk archive.

No publisher gives these figures in this layout: the archive is a re-formatted one, its origin record says so and names
the measures that the figures have. How records are written belongs to `bulk_writer.py`, the command that writes all
commodity extracts to `build_commodity.py`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.bundled.bulk_writer import Column, Columns, write_archive
from assets.bundled.extracts import DATAWEB_URL, NO_DAY, PUBLIC_DOMAIN, RECEIVED, USITC
from assets.store.origin import Origin

CONSUMPTION = "dataweb/dataweb_api_imports_consumption_HTS10_CA_MX_monthly_2025-01_2026-02.parquet"
PARTNERS = {"1220": "CANADA", "2010": "MEXICO"}
NO_DISTRICT = "00"
"""The district of every line: the figures have none."""

LOOKUPS: dict[str, Columns] = {
    "COUNTRY": {
        "cty_code": np.array([code.encode() for code in PARTNERS]),
        "cty_name": np.array([name.encode() for name in PARTNERS.values()]),
    },
    "DISTRICT": {
        "dist_code": np.array([NO_DISTRICT.encode()]),
        "dist_name": np.array([b"NOT IN THESE FIGURES"]),
    },
}


@dataclass(frozen=True)
class ArchiveExtract:
    """One bundled archive of imports: its name, its month and its origin record."""

    name: str
    month: date
    origin: Origin

    def write(self, path: Path, folder: Path) -> None:
        """Write the archive from the folder of full figures; raises FileNotFoundError without them."""
        figures = pq.read_table(folder / CONSUMPTION)
        figures = figures.filter(pc.equal(figures["ym"], f"{self.month:%Y-%m}"))
        figures = figures.sort_by([("hts10", "ascending"), ("cty_code", "ascending")])
        value = figures["con_val_mo"].to_numpy()
        detail: Columns = {
            "commodity": _integers(figures["hts10"]),
            "cty_code": _integers(figures["cty_code"]),
            "con_val_mo": value,
            "con_val_yr": value,
        }
        write_archive(path, "imports", self.month, [detail], LOOKUPS)


def _integers(column: pa.ChunkedArray) -> Column:
    numbers: Column = column.cast(pa.int64()).to_numpy()
    return numbers


ARCHIVE_EXTRACTS = (
    ArchiveExtract(
        "IMDB2501.ZIP",
        # In January the year to date is the month: both are in hand.
        date(2025, 1, 1),
        Origin(
            publisher=USITC,
            title="DataWeb, imports for consumption by HTS10, Canada and Mexico, January 2025",
            licence=PUBLIC_DOMAIN,
            url=DATAWEB_URL,
            published_on=date(2026, 4, 2),
            retrieved_at=datetime(RECEIVED.year, RECEIVED.month, RECEIVED.day, tzinfo=UTC),
            basis="Census basis; imports for consumption, customs value; chapters 01 to 98; not seasonally adjusted",
            unit="USD",
            vintage_note=f"With figures up to February 2026, hence of that month's release. {NO_DAY}",
            extract_note=(
                "Re-formatted official figures: the project's own extract of DataWeb, written in the layout of the Census "
                "archive IMDB2501. Not a file of the Census Bureau. Districts, rate provisions, quantities and all other "
                "measures are not in these figures."
            ),
            known_measures=("con_val_mo", "con_val_yr"),
            origin_kind="bundled",
        ),
    ),
)

"""Real tables of totals replayed month by month: as if each had ended there, nothing speaks against the newest month.

The bundled tables at every fifth month belong to the ordinary tests, all prints at every month to the full size.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest

from assets.parsing import bea, fred, ft900
from assets.parsing.common import Parsed
from assets.parsing.plausible_series import evidence_against
from tests.conftest import Tally
from tests.files import BUNDLED

SPANS = (24, 36, 10_000)
"""Months of history in the file: exhibits of the FT-900 have two or three years, series all since 1992."""


def replayed(parsed: Parsed, every: int) -> int:
    """How many files that end earlier were judged; fails where something speaks against one."""
    table = parsed.table
    number = pc.add(pc.multiply(pc.cast(table["year"], "int64"), 12), pc.cast(table["month"], "int64"))
    months = sorted(month for month in number.unique().to_pylist() if month is not None)
    ends = months[::-every]
    for newest in ends:
        for span in SPANS:
            kept = pc.and_(pc.less_equal(number, newest), pc.greater(number, newest - span))
            cut = replace(parsed, table=table.filter(pc.fill_null(kept, False)))
            assert evidence_against(cut) == [], (newest, span)
    return len(ends) * len(SPANS)


def tables(folders: Iterable[Path]) -> list[Parsed]:
    """Every print of FRED's series, BEA's table and the FT-900's exhibits 1 and 12 in some folders."""
    kinds = {"BOPGSTB*.csv": fred, "BOPGSTB*.csv.gz": fred, "trad-*.xlsx": bea, "*exh1.xlsx": ft900}
    kinds |= {"*exh1_*.xlsx": ft900, "*exh12*.xlsx": ft900}
    return [
        kind.parse(path, path.name)
        for folder in folders
        for pattern, kind in kinds.items()
        for path in sorted(folder.glob(pattern))
    ]


def test_nothing_speaks_against_a_newest_month_of_the_bundled_tables(tally: Tally) -> None:
    tally["newest months of bundled series and tables of totals replayed, none suspected"] += sum(
        replayed(parsed, every=5) for parsed in tables([BUNDLED])
    )


@pytest.mark.scale
def test_nothing_speaks_against_a_newest_month_of_any_print(shared_data: Path, tally: Tally) -> None:
    folders = [BUNDLED, *(shared_data / name for name in ("bea", "fred_vintages", "ft900", "ft900_2021-08"))]
    tally["newest months of all series and tables of totals replayed, none suspected"] += sum(
        replayed(parsed, every=1) for parsed in tables(folders)
    )

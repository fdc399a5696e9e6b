"""The months of a country table as arrays, and a figure of them in words.

Here belongs turning rows into arrays and naming a cell of them as a person finds it. What may be expected of the figures
does not belong here: of the file alone it is judged in `plausible.py`, of new months in `new_months.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.parsing import census_country
from assets.parsing.cells import MICRO, Floats, Ints, place
from assets.parsing.common import Evidence
from assets.reference.partners import is_aggregate, name_of

YEAR = 12
Flags = npt.NDArray[np.bool_]

_HEADINGS = {flow: census_country.VALUE_COLUMNS[13 * at : 13 * at + 13] for at, flow in enumerate(census_country.FLOWS)}


@dataclass(frozen=True)
class Panel:
    """The months of a table as arrays. `usd` is (codes, 2 flows, months), NaN where the file has no figure."""

    codes: list[str]
    first_year: int
    usd: Floats
    rounding: Floats
    """(codes, 2, months): the unit that each figure is rounded to."""
    row_numbers: Ints
    """(codes, years): row or line of the file."""
    sheet: str | None

    def __getitem__(self, code: str) -> Floats:
        """(2, months) of one code; NaN where the table does not have it."""
        if code in self.codes:
            usd: Floats = self.usd[self.codes.index(code)]
            return usd
        return np.full(self.usd.shape[1:], np.nan)

    @property
    def is_partner(self) -> Flags:
        """(codes,)"""
        return np.array([not is_aggregate(code) for code in self.codes], dtype=bool)

    def partners_with(self, usd: int) -> list[tuple[int, int]]:
        """Places of the partners and flows that reach so much in some month."""
        large = (np.nan_to_num(self.usd).max(axis=2) >= usd) & self.is_partner[:, None]
        return [(int(at), int(flow)) for at, flow in np.argwhere(large)]

    @property
    def years(self) -> Ints:
        """(months,): the year of each month."""
        return self.first_year + np.arange(self.usd.shape[2]) // YEAR

    def where(self, code: str, flow: int, month: int) -> str:
        """A cell as a person finds it."""
        row = int(self.row_numbers[self.codes.index(code), month // YEAR])
        return f"{place(self.sheet, row)}, column {_HEADINGS[census_country.FLOWS[flow]][month % YEAR]}"

    def evidence(self, code: str, flow: int, found: Flags, expected: str, seen: Floats) -> Evidence:
        """What was expected and seen in the first month of those found, and how many more there are."""
        months = np.flatnonzero(found)
        first = int(months[0])
        more = f" and in {len(months) - 1} more" if len(months) > 1 else ""
        told = f"{name_of(code)} {census_country.FLOWS[flow]} of {musd(seen[first])} in {self.month(first)}{more}"
        return Evidence(self.where(code, flow, first), expected, told)

    def month(self, at: int) -> str:
        """A month as text: 2024-06."""
        return f"{self.first_year + at // YEAR}-{at % YEAR + 1:02d}"


def panel_of(table: pa.Table) -> Panel:
    """The months of a parsed country table, or of rows with its columns."""
    months = table.filter(table["month"].is_valid())
    codes = sorted(months["partner_code"].unique().to_pylist())
    years = months["year"].to_numpy().astype(np.int64)
    first_year = int(years.min())
    places = places_of(months, codes, first_year)
    shape = len(codes), 2, (int(years.max()) - first_year + 1) * YEAR
    usd, rounding = np.full(shape, np.nan), np.zeros(shape)
    usd[places] = np.rint(months["value_musd"].cast(pa.float64()).to_numpy() * MICRO)
    rounding[places] = 10.0 ** (census_country.DECIMALS - months["decimals"].to_numpy().astype(np.int64))
    row_numbers = np.zeros((len(codes), shape[2] // YEAR), dtype=np.int64)
    row_numbers[places[0], years - first_year] = months["row_number"].to_numpy()
    return Panel(codes, first_year, usd, rounding, row_numbers, months["sheet"][0].as_py())


def places_of(months: pa.Table, codes: Sequence[str], first_year: int) -> tuple[Ints, Ints, Ints]:
    """Where the rows of a table stand in the arrays of a panel: code, flow and month."""
    month = (months["year"].to_numpy().astype(np.int64) - first_year) * YEAR + months["month"].to_numpy() - 1
    return _positions(months["partner_code"], codes), _positions(months["flow"], census_country.FLOWS), month


def _positions(column: pa.ChunkedArray, values: Sequence[str]) -> Ints:
    positions: Ints = pc.index_in(column, pa.array(values)).to_numpy().astype(np.int64)
    return positions


def musd(usd: float) -> str:
    """Dollars as text, in $ million."""
    return f"${usd / MICRO:,.1f} million"

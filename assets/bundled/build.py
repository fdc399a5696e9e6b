"""Builder of the bundled figures: `python -m assets.bundled.build FOLDER [--out FOLDER]`.

FOLDER holds the publishers' files (census_country, ft900, bea, fred_vintages, dataweb). Every cell is read and written
anew, in the publisher's layout and with its quirks: codes as text, template rows without a year, zeros for months to
come, `(R)` marks, last month's print in the footer, totals as text. How a layout is read and written belongs here;
which files there are is in `extracts.py`, how a file gets the same bytes twice in `reproducible.py`.
"""

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from python_calamine import CalamineWorkbook

from assets.bundled.extracts import EXTRACTS, Layout
from assets.bundled.reproducible import Cell, csv_gz, xlsx
from assets.store.files import write_atomically
from assets.store.origin import ORIGIN_SUFFIX, write_origin

COUNTRY_KEYS = 3
"""year, CTY_CODE and CTYNAME stand before the values of the country table."""
TO_THE_DOLLAR = 6
"""Decimals of $ million in the country table."""
BELOW_A_DOLLAR = 9
"""Decimals of World, seasonally adjusted (0004) from 2012 on: the result of a model."""
FLOAT_NOISE = 1e-8
"""$ million; sums in the workbook carry noise of this size, a hundredth of a dollar."""
BEA_TABLE = "Table 1"
BEA_README = ("Last updated", "Table of Contents", BEA_TABLE)


def build(folder: Path, out: Path) -> list[Path]:
    """Write every extract and its origin record into `out`; returns the paths of the extracts.

    Raises FileNotFoundError for a missing source file, ValueError for a cell of a kind that these files do not have.
    """
    written = []
    for extract in EXTRACTS:
        data = WRITERS[extract.layout](folder / extract.source)
        path = out / extract.name
        write_atomically(path, partial(_write_bytes, data=data))
        write_atomically(path.with_name(path.name + ORIGIN_SUFFIX), partial(write_origin, origin=extract.origin))
        written.append(path)
    return written


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _country_table(source: Path) -> bytes:
    """The country workbook, or the CSV of its layout: keys as text, values with the decimals that they have."""
    rows = _csv_rows(source) if source.suffix == ".csv" else _sheet(_workbook(source), "country")
    header, *body = rows
    return csv_gz([[str(cell) for cell in header], *(_country_row(row) for row in body)])


def _country_row(row: list[Cell]) -> list[str]:
    keys = [str(cell) for cell in row[:COUNTRY_KEYS]]
    return keys + [_musd(float(str(cell))) for cell in row[COUNTRY_KEYS:]]


def _musd(value: float) -> str:
    """A value in $ million with the decimals that it was published with."""
    whole = abs(value - round(value, TO_THE_DOLLAR)) <= FLOAT_NOISE
    text = f"{value:.{TO_THE_DOLLAR if whole else BELOW_A_DOLLAR}f}"
    return text.rstrip("0").rstrip(".")


def _whole_workbook(source: Path) -> bytes:
    book = _workbook(source)
    return xlsx({name: _sheet(book, name) for name in book.sheet_names})


def _bea_table_1(source: Path) -> bytes:
    """Table 1, and of the Readme the lines that hold for it alone."""
    book = _workbook(source)
    readme: list[list[Cell]] = [row if str(row[0]).startswith(BEA_README) else [] for row in _sheet(book, "Readme")]
    return xlsx({"Readme": readme, BEA_TABLE: _sheet(book, BEA_TABLE)})


def _series(source: Path) -> bytes:
    return csv_gz([[str(cell) for cell in row] for row in _csv_rows(source)])


def _csv_rows(source: Path) -> list[list[Cell]]:
    with source.open(encoding="utf-8-sig", newline="") as stream:
        return [list(row) for row in csv.reader(stream)]


def _workbook(source: Path) -> CalamineWorkbook:
    if not source.is_file():
        raise FileNotFoundError(source)
    return CalamineWorkbook.from_path(source)


def _sheet(book: CalamineWorkbook, name: str) -> list[list[Cell]]:
    return [[_cell(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]


def _cell(cell: object) -> Cell:
    """A cell as it is written: whole numbers without a decimal point."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, Cell):
        return cell
    raise ValueError(f"no such cell is expected in these files: {cell!r}")


WRITERS: dict[Layout, Callable[[Path], bytes]] = {
    "country table": _country_table,
    "workbook": _whole_workbook,
    "BEA table 1": _bea_table_1,
    "series": _series,
}


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of the publishers' files.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder to write into.", file_okay=False)] = Path(__file__).parent,
) -> None:
    """Write the bundled figures from the publishers' files."""
    written = build(folder, out)
    for path in written:
        typer.echo(f"{path.stat().st_size:>9,}  {path.name}")
    typer.echo(f"{sum(path.stat().st_size for path in written):>9,}  together")


if __name__ == "__main__":
    typer.run(main)

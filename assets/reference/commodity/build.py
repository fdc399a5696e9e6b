"""Builder of the commodity tables: `python -m assets.reference.commodity.build FOLDER [--out FOLDER]`.

FOLDER holds the publishers' lists (`concordances/` of the development figures). Written are `hs.parquet` (the HS of
2022 with its sections), `hs6_family.parquet` and `concordance.parquet` (HTS and Schedule B numbers of ten digits with
units, end use, NAICS, SITC and advanced technology). Nothing here runs in a refresh.

A family is what a product was called in the Harmonized System of 2012, 2017 and 2022: the codes that the correlation
tables of the UN Statistics Division tie together, directly or through others. Splits and merges therefore stay in one
family, and a sum over it compares like with like. Codes that collect a little of everything (waste of machines, modules
of displays) would tie half of chapters 84, 85 and 90 into one: of a code that draws on more than `COLLECTS_MANY` codes
of the revision before, only the link to its main predecessor counts (the one of the UN's conversion table), and any
link without which the older code would have none. A family is named F and its first code of 2022.
"""

import gzip
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import typer
from python_calamine import CalamineWorkbook

COLLECTS_MANY = 10
"""A code with more predecessors collects parts of others: codes have up to 10 of them, or 16 and more (to 1,019)."""
REVISIONS = (2012, 2017, 2022)
TABLES = {
    (2022, 2017): "UNSD_HS2022toHS2017ConversionAndCorrelationTables.xlsx",
    (2017, 2012): "UNSD_HS2017toHS2012ConversionAndCorrelationTables.xlsx",
}
HS6 = re.compile(r"[0-9]{6}")
UNSPECIFIED = "999999"

HS_SCHEMA = pa.schema(
    [
        ("code", pa.string()),
        ("level", pa.string()),
        ("section", pa.string()),
        ("section_name", pa.string()),
        ("description", pa.string()),
        ("bec_end_use", pa.string()),
    ]
)
FAMILY_SCHEMA = pa.schema(
    [("revision", pa.int16()), ("hs6", pa.string()), ("family_code", pa.string()), ("relationship", pa.string())]
)
CONCORDANCE_SCHEMA = pa.schema(
    [
        ("flow", pa.string()),
        ("commodity_code", pa.string()),
        ("description", pa.string()),
        ("unit_1", pa.string()),
        ("unit_2", pa.string()),
        ("sitc", pa.string()),
        ("end_use", pa.string()),
        ("naics", pa.string()),
        ("is_agricultural", pa.bool_()),
        ("advanced_technology", pa.string()),
    ]
)

EXPORT_FIELDS = ((1, 10), (15, 64), (225, 227), (233, 235), (241, 245), (251, 255), (266, 271), (261, 261), (277, 278))
"""First and last column, counted from 1, of number, short description, the two units, SITC, end use, NAICS, the mark of
agricultural goods and advanced technology in the Census export concordance."""

US_CHAPTERS = {
    "98": ("Special classification provisions", "XXII"),
    "99": ("Special import reporting provisions, low-value shipments", "XXII"),
}
"""Chapters of the US schedules that the Harmonized System does not have, with the section the HTS puts them in."""
US_SECTION = "Special classification provisions of the US schedules"

Code = tuple[int, str]
"""A revision and a code of six digits."""
Link = tuple[Code, Code]
"""A code of a revision and one of the revision before."""


def build(folder: Path, out: Path) -> list[Path]:
    """Write the three tables into `out`; returns their paths.

    Raises FileNotFoundError for a missing list, ValueError for a correlation row that is not a pair of HS6 codes.
    """
    links, main = read_links(folder)
    families = families_of(links, main)
    tables = {
        "hs.parquet": hierarchy(folder, main),
        "hs6_family.parquet": family_table(families),
        "concordance.parquet": concordance(folder),
    }
    for name, table in tables.items():
        pq.write_table(table, out / name, compression="zstd", compression_level=19)
    return [out / name for name in tables]


def read_links(folder: Path) -> tuple[set[Link], set[Link]]:
    """All links of the correlation tables, and those of the conversion tables (one for each newer code)."""
    links: set[Link] = set()
    main: set[Link] = set()
    for (newer, older), name in TABLES.items():
        book = CalamineWorkbook.from_path(folder / name)
        conversion, correlation = book.sheet_names
        links |= {((newer, new), (older, old)) for new, old in _pairs(book, correlation, heading_rows=2)}
        main |= {((newer, new), (older, old)) for new, old in _pairs(book, conversion, heading_rows=1)}
    if not main <= links:
        raise ValueError(f"conversions without a correlation: {sorted(main - links)[:3]}")
    return links, main


def _pairs(book: CalamineWorkbook, sheet: str, heading_rows: int) -> Iterator[tuple[str, str]]:
    """The two codes of each row (without unspecified goods); `ex` beside a code says that a part of it is meant."""
    for row in book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)[heading_rows:]:
        cells = [text for text in (str(cell).removesuffix(".0").strip() for cell in row) if text and text != "ex"]
        if not cells or cells[0] == UNSPECIFIED:
            continue
        if not all(HS6.fullmatch(text) for text in cells[:2]):
            raise ValueError(f"{sheet}: two codes expected, seen {cells}")
        yield cells[0], cells[1]


def families_of(links: Collection[Link], main: Collection[Link]) -> dict[str, list[Code]]:
    """The codes of each family, by its name. `main` holds the links of the conversion tables, a part of `links`."""
    draws_on = Counter(new for new, _ in links)
    strong = {link for link in links if link in main or draws_on[link[0]] <= COLLECTS_MANY}
    continued = {old for _, old in strong}
    strong |= {link for link in links if link[1] not in continued}
    parent = {code: code for link in links for code in link}

    def root(code: Code) -> Code:
        while parent[code] != code:
            parent[code] = parent[parent[code]]
            code = parent[code]
        return code

    for new, old in strong:
        parent[root(new)] = root(old)
    members: dict[Code, list[Code]] = {}
    for code in sorted(parent):
        members.setdefault(root(code), []).append(code)
    return {_family_name(codes): codes for codes in members.values()}


def _family_name(codes: Iterable[Code]) -> str:
    return "F" + min(hs6 for revision, hs6 in codes if revision == REVISIONS[-1])


def family_table(families: Mapping[str, Collection[Code]]) -> pa.Table:
    """One row a revision and code: its family, and how the family's codes relate over the revisions."""
    rows = [
        (revision, hs6, family, _relationship(codes)) for family, codes in families.items() for revision, hs6 in codes
    ]
    return _table(sorted(rows), FAMILY_SCHEMA)


def _relationship(codes: Collection[Code]) -> str:
    if len(codes) > len(REVISIONS):
        return "split or merged"
    return "same code" if len({hs6 for _, hs6 in codes}) == 1 else "renumbered"


def hierarchy(folder: Path, main: Iterable[Link]) -> pa.Table:
    """The HS of 2022 and chapters 98 and 99: one row a code of two, four or six digits.

    `bec_end_use` (CAP, INT, CONS, OTHER; null above six digits) is that of the main predecessor in the HS of 2017,
    the edition of the list of the Broad Economic Categories, fifth revision.
    """
    listed = dict(_query(f"select HS6, BEC5EndUse from '{folder}/hs6_BEC5_enduse.parquet'"))
    uses = {new: listed[old] for (revision, new), (_, old) in main if revision == REVISIONS[-1]}
    sections = {name: text.strip() for name, text in _query(f"from {_csv(folder / 'hs_sections.csv')}")}
    rows = [
        (code, f"HS{len(code)}", section, sections[section], text, uses.get(code))
        for section, code, text in _query(
            f"select section, hscode, description from {_csv(folder / 'harmonized-system_hs6_2022.csv.gz')} "
            "where section <> 'TOTAL'"
        )
    ]
    rows += [(code, "HS2", section, US_SECTION, name, None) for code, (name, section) in US_CHAPTERS.items()]
    return _table(sorted(rows), HS_SCHEMA)


def concordance(folder: Path) -> pa.Table:
    """HTS numbers of 2022 (imports) and Schedule B numbers of 2019 (exports) with their classes, codes zero padded."""
    imports = _query(f"""
        select 'imports', HS10, short_desc, quantity_1, quantity_2, sitc, end_use, naics, usda, hitech
        from {_csv(folder / "census_imp_code_2022.csv.gz")}""")
    with gzip.open(folder / "census_hs-10d-2019-exp-code.txt.gz", "rt", encoding="latin-1") as stream:
        lines = stream.read().splitlines()
    exports = [("exports", *(line[first - 1 : last].strip() for first, last in EXPORT_FIELDS)) for line in lines]
    return _table(sorted(map(_classes, [*imports, *exports]), key=itemgetter(0, 1)), CONCORDANCE_SCHEMA)


def _classes(row: tuple[str, ...]) -> tuple[str | bool | None, ...]:
    """A published row in types; unit X and technology 0 stand for none, USDA 0 for agricultural goods."""
    flow, code, description, unit_1, unit_2, sitc, end_use, naics, agricultural, technology = row
    units = [None if unit in (None, "", "X") else unit for unit in (unit_1, unit_2)]
    advanced = None if technology.strip("0") == "" else technology.zfill(2)
    return (flow, code, description, *units, sitc.zfill(5), end_use.zfill(5), naics, agricultural == "0", advanced)


def _csv(path: Path) -> str:
    return f"read_csv('{path}', all_varchar = true, header = true)"


def _query(sql: str) -> list[Any]:
    with duckdb.connect() as con:
        return con.execute(sql).fetchall()


def _table(rows: Collection[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of the publishers' lists.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder to write into.", file_okay=False)] = Path(__file__).parent,
) -> None:
    """Write the commodity tables from the publishers' lists."""
    for path in build(folder, out):
        rows = pq.read_metadata(path).num_rows
        typer.echo(f"{path.stat().st_size:>9,}  {rows:>7,} rows  {path.name}")


if __name__ == "__main__":
    typer.run(main)

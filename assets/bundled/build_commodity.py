"""Builder of the bundled commodity figures: `python -m assets.bundled.build_commodity FOLDER [--out FOLDER]`.

FOLDER holds the full figures (census_api, census_naics, dataweb). They are written anew as answers of the Census
International Trade API, arrays of arrays with every value as text, split the way the API answers: by month, leading
digit or year; and one month as an archive (`build_archive.py`).
Which figures are bundled and how an answer is written belongs here; reading answers back does not.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer

from assets.bundled.build_archive import ARCHIVE_EXTRACTS
from assets.bundled.end_use import DIGITS, end_use_years
from assets.bundled.extracts import CENSUS, NO_DAY, PUBLIC_DOMAIN, RECEIVED
from assets.bundled.reproducible import FIXED_TIME
from assets.parsing import census_api
from assets.parsing.census_api_variables import TOTAL
from assets.store.files import write_atomically
from assets.store.origin import ORIGIN_SUFFIX, Origin, write_origin

HTS10 = "census_api/census_imports_hts10_by_country_2024_2025.parquet"
CHAPTERS = "census_api/imports_hs_HS2_by_country_2023-2024_json.zip"
NAICS = "census_naics/imports_NAICS3_33partners_2013-01_2025-11.parquet"

Answers = Iterator[tuple[str, bytes]]
"""Member names and bodies."""

_YEAR_MEASURES = ("GEN_VAL_YR", "CON_VAL_YR", "DUT_VAL_YR", "CAL_DUT_YR")
_WORLD_TOTALS = {
    2024: {"GEN_VAL_YR": 3_263_893_254_128},
    2025: {"GEN_VAL_YR": 3_414_510_592_814, "CON_VAL_YR": 3_391_221_021_554, "CAL_DUT_YR": 259_366_570_786},
}
"""The world as listed beside the HTS10 figures, USD: what they have to add up to, so it is never added up here."""
_ALL_PRODUCTS = "00"
"""The total in the NAICS figures; the API's own code of a total is `-`."""
_WORLD = "0015"


@dataclass(frozen=True)
class CommodityExtract:
    """One bundled zip of answers: its name, what writes the answers from the folder of figures, its origin record."""

    name: str
    answers: Callable[[Path], Answers]
    origin: Origin

    def write(self, path: Path, folder: Path) -> None:
        """Write the zip from the folder of full figures; raises FileNotFoundError for a missing file."""
        path.write_bytes(answers_zip(self.answers(folder)))


def build(folder: Path, out: Path) -> list[Path]:
    """Write every commodity extract and its origin record into `out`; returns the paths of the extracts.

    Raises FileNotFoundError for a missing source file.
    """
    written = []
    for extract in (*COMMODITY_EXTRACTS, *ARCHIVE_EXTRACTS):
        path = out / extract.name
        write_atomically(path, partial(extract.write, folder=folder))
        write_atomically(path.with_name(path.name + ORIGIN_SUFFIX), partial(write_origin, origin=extract.origin))
        written.append(path)
    return written


def answer(columns: dict[str, pa.Array]) -> bytes:
    """Columns of text as the body of an answer: a heading, then one array a line, every value a string."""
    texts = [pc.binary_join_element_wise('"', column.cast(pa.string()), '"', "") for column in columns.values()]
    rows = pc.binary_join_element_wise(*texts, ",").to_pylist()
    heading = json.dumps(list(columns), separators=(",", ":"))
    return ("[" + ",\n".join([heading, *(f"[{row}]" for row in rows)]) + "]").encode()


def answers_zip(answers: Answers) -> bytes:
    """A zip of answers, LZMA-packed: a quarter smaller than deflated; no clock or host in its bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as target:
        for name, body in answers:
            member = zipfile.ZipInfo(name, FIXED_TIME.timetuple()[:6])
            member.compress_type, member.create_system = zipfile.ZIP_LZMA, 0
            target.writestr(member, body)
    return packed.getvalue()


def _hs6_years(years: Sequence[int], digits: str) -> Callable[[Path], Answers]:
    """Year totals by HS6 and country, summed from HTS10: one answer a year and leading digit."""

    def answers(folder: Path) -> Answers:
        lines = pq.read_table(folder / HTS10)
        hs6 = pc.utf8_slice_codeunits(lines["HTS10"].cast(pa.string()), 0, 6)
        table = lines.append_column("I_COMMODITY", hs6).set_column(
            lines.schema.get_field_index("CTY_CODE"), "CTY_CODE", lines["CTY_CODE"].cast(pa.string())
        )
        keys = ["year", "I_COMMODITY", "CTY_CODE"]
        sums = table.group_by(keys).aggregate([(measure, "sum") for measure in _YEAR_MEASURES])
        sums = sums.sort_by([(key, "ascending") for key in keys]).combine_chunks()
        for year in years:
            for digit in digits:
                wanted = pc.and_(pc.equal(sums["year"], year), pc.starts_with(sums["I_COMMODITY"], digit))
                rows = sums.filter(wanted)
                columns = {name: rows[name] for name in keys[1:]}
                columns |= {measure: rows[f"{measure}_sum"] for measure in _YEAR_MEASURES}
                yield f"imports_hs_HS6_{year}-12_{digit}.json", answer(_predicates(columns, f"{year}-12", "HS6"))

    return answers


def _world_totals(_folder: Path) -> Answers:
    """The world's totals of the HTS10 figures: an answer a year, of one row and the measures that are listed."""
    for year, totals in _WORLD_TOTALS.items():
        row = {"I_COMMODITY": TOTAL, "CTY_CODE": TOTAL, **totals}
        columns = {name: pa.array([str(value)]) for name, value in row.items()}
        yield f"imports_hs_total_{year}-12.json", answer(_predicates(columns, f"{year}-12", TOTAL))


def _end_uses(folder: Path) -> Answers:
    """Year totals by end use and country, one answer a year and level; the world's row is in it."""
    for digits in DIGITS:
        sums = end_use_years(folder / HTS10, digits).combine_chunks()
        for year in sums["year"].unique().to_pylist():
            rows = sums.filter(pc.equal(sums["year"], year)).drop_columns("year")
            columns = {name: rows[name] for name in rows.column_names}
            yield f"imports_enduse_EU{digits}_{year}-12.json", answer(_predicates(columns, f"{year}-12", f"EU{digits}"))


def _chapters(folder: Path) -> Answers:
    """General imports by chapter and country, one answer a month; the world's row is in it, groupings are not."""
    table = census_api.parse(folder / CHAPTERS, CHAPTERS).table
    table = table.filter(pc.not_equal(table["row_kind"], "group"))
    partner = table["partner_code"].cast(pa.string())
    table = pa.table(
        {
            "I_COMMODITY": table["commodity_code"].cast(pa.string()),
            "CTY_CODE": pc.if_else(pc.equal(partner, _WORLD), TOTAL, partner),
            "GEN_VAL_MO": table["general_value_usd"],
            "time": pc.strftime(table["reference_month"], "%Y-%m"),
        }
    ).sort_by([(name, "ascending") for name in ("time", "I_COMMODITY", "CTY_CODE")])
    for month in table["time"].unique().to_pylist():
        rows = table.filter(pc.equal(table["time"], month)).drop_columns("time")
        columns = {name: rows[name] for name in rows.column_names}
        yield f"imports_hs_HS2_{month}.json", answer(_predicates(columns, month, "HS2"))


def _naics(folder: Path) -> Answers:
    """Consumption value and duty by NAICS: an answer a year for the partners, and one for the world with names.

    Two answers, because these partners do not add up to the world. Rows without trade are left out.
    """
    table = pq.read_table(folder / NAICS)
    value, duty = (table[name].cast(pa.int64()) for name in ("imports", "duty"))
    table = pa.table(
        {
            "NAICS": pc.if_else(pc.equal(table["NAICS"], _ALL_PRODUCTS), TOTAL, table["NAICS"]),
            "NAICS_SDESC": table["NAICS_SDESC"],
            "CTY_CODE": _codes_of_names(folder, table["CTY_NAME"]),
            "CON_VAL_MO": value,
            "CAL_DUT_MO": duty,
            "time": pc.strftime(table["time"], "%Y-%m"),
            "year": pc.year(table["time"]),
        }
    ).filter(pc.or_(pc.not_equal(value, 0), pc.not_equal(duty, 0)))
    table = table.sort_by([(name, "ascending") for name in ("NAICS", "CTY_CODE", "time")])
    world = pc.equal(table["CTY_CODE"], TOTAL)
    for year in sorted(table["year"].unique().to_pylist()):
        in_year = pc.equal(table["year"], year)
        parts = {"world": (world, ["year"]), "partners": (pc.invert(world), ["year", "NAICS_SDESC"])}
        for part, (wanted, unwanted) in parts.items():
            rows = table.filter(pc.and_(in_year, wanted)).drop_columns(unwanted)
            yield f"imports_naics_NA3_{year}_{part}.json", answer({name: rows[name] for name in rows.column_names})


def _codes_of_names(folder: Path, names: pa.ChunkedArray) -> pa.Array:
    """Partner codes of the API's names, as its own answers pair them; KeyError for a name that is in none of them."""
    answers = census_api.parse(folder / CHAPTERS, CHAPTERS).table
    pairs = answers.group_by(["partner_name", "partner_code"]).aggregate([]).to_pylist()
    codes = {row["partner_name"]: row["partner_code"] for row in pairs}
    encoded = names.combine_chunks().dictionary_encode()
    found = [codes[name] for name in encoded.dictionary.to_pylist()]
    return pa.array([TOTAL if code == _WORLD else code for code in found]).take(encoded.indices)


def _predicates(columns: dict[str, pa.Array], month: str, level: str) -> dict[str, pa.Array]:
    """The columns with the month and the level at their right, where the API repeats what was asked for."""
    count = len(next(iter(columns.values())))
    return {**columns, "time": pa.repeat(month, count), "COMM_LVL": pa.repeat(level, count)}


def _origin(
    endpoint: str,
    title: str,
    *,
    published: date,
    basis: str,
    vintage: str,
    extract: str,
    derivation: str | None = None,
    approximate_share: float | None = None,
) -> Origin:
    return Origin(
        publisher=CENSUS,
        title=f"International Trade API, imports by {title}",
        licence=PUBLIC_DOMAIN,
        url=f"https://api.census.gov/data/timeseries/intltrade/imports/{endpoint}",
        published_on=published,
        retrieved_at=datetime(RECEIVED.year, RECEIVED.month, RECEIVED.day, tzinfo=UTC),
        basis=f"Census basis; {basis}; not seasonally adjusted",
        unit="USD",
        vintage_note=f"{vintage} {NO_DAY}",
        extract_note=f"The project's own extract of official figures, in the layout of API answers: {extract}",
        derivation=derivation,
        approximate_share=approximate_share,
        origin_kind="bundled",
    )


def _hs6(years: Sequence[int], digits: str) -> CommodityExtract:
    named = "-".join(str(year) for year in years)
    return CommodityExtract(
        f"imports_hs_HS6_by_country_{named}_digits_{digits[0]}-{digits[-1]}.zip",
        _hs6_years(years, digits),
        _origin(
            "hs",
            f"HS6 and country, totals of {' and '.join(str(year) for year in years)}, chapters with {', '.join(digits)} first",
            published=date(2026, 6, 9),
            basis="general imports and imports for consumption, customs value; dutiable value and calculated duty",
            vintage="After the annual revision of June 2026.",
            extract="December year-to-date figures of HTS10 lines summed to HS6, single countries only.",
            derivation="HTS10 lines summed to HS6",
        ),
    )


COMMODITY_EXTRACTS = (
    _hs6((2024,), "01234567"),
    _hs6((2025,), "01234567"),
    _hs6((2024, 2025), "89"),
    CommodityExtract(
        "imports_hs_total_2024-2025.zip",
        _world_totals,
        _origin(
            "hs",
            "all goods and countries, totals of 2024 and 2025",
            published=date(2026, 6, 9),
            basis="general imports and imports for consumption, customs value; calculated duty",
            vintage="After the annual revision of June 2026.",
            extract=(
                "the world's totals as listed beside the HTS10 figures of the same release, against which the HS6 figures "
                "are checked; not added up here. Of 2024 general imports alone."
            ),
        ),
    ),
    CommodityExtract(
        "imports_enduse_EU5_by_country_2024-2025.zip",
        _end_uses,
        _origin(
            "enduse",
            "end use (five digits and one) and country, totals of 2024 and 2025",
            published=date(2026, 6, 9),
            basis="general imports and imports for consumption, customs value; dutiable value and calculated duty",
            vintage="After the annual revision of June 2026.",
            extract=(
                "derived, not an answer that was fetched: December year-to-date figures of HTS10 lines summed by the Census "
                "list of HTS numbers and end uses of 2022, single countries and their sum, the world. Listed numbers are 95.5 % of general "
                "imports of 2024 and 94.4 % of 2025; a number that is not listed takes the end use that most listed "
                "numbers with the same eight digits or fewer have."
            ),
            derivation="HTS10 lines summed by the Census list of HTS numbers and end uses of 2022",
            # What is not listed, of the year with more of it.
            approximate_share=0.056,
        ),
    ),
    CommodityExtract(
        "imports_hs_HS2_by_country_2023-2024.zip",
        _chapters,
        _origin(
            "hs",
            "HS2 and country, monthly 2023-2024",
            published=date(2025, 6, 5),
            basis="general imports, customs value",
            vintage=(
                "After the annual revision of June 2025 and before that of June 2026: 2022 to 2024 are the DataWeb totals "
                "of 2026-03-27, not those of the country table of 2024-10."
            ),
            extract="single countries and the world, without rows of no trade and without names.",
        ),
    ),
    CommodityExtract(
        "imports_naics_NA3_2013-2025.zip",
        _naics,
        _origin(
            "naics",
            "three-digit NAICS and 32 partners, monthly 2013 to November 2025",
            published=date(2026, 1, 29),
            basis="imports for consumption, customs value; calculated duty",
            vintage="The release follows from the newest month, November 2025.",
            extract="30 countries, European Union, USMCA and the world, without rows of no trade; all products are `-`.",
        ),
    ),
)
"""HS6 comes in three files, each below 1.5 MiB and none about the same months as another; its totals stand by themselves."""


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of the full figures.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder to write into.", file_okay=False)] = Path(__file__).parent,
) -> None:
    """Write the bundled commodity figures."""
    written = build(folder, out)
    for path in written:
        typer.echo(f"{path.stat().st_size:>9,}  {path.name}")
    typer.echo(f"{sum(path.stat().st_size for path in written):>9,}  together")


if __name__ == "__main__":
    typer.run(main)

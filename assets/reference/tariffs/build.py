"""Builder of the tariff tables: `python -m assets.reference.tariffs.build FOLDER`.

FOLDER holds the development figures (`tariffs/`, `census_api/`, `concordances/`). Dates, authority, source and
confidence of `measure.csv` and the products of scopes with a list file come from there; every other column, row and
table is kept by hand and left as it is, so that a measure is added by adding rows. Nothing here runs in a refresh.
"""

import csv
import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

TABLES = Path(__file__).parent
REACH_FLOOR = 0.005
"""Smaller shares of a code's imports are left out of `scope_reach.csv`."""

OLDER_HEADINGS = frozenset({"8803"})
"""Headings of the 2017 nomenclature in the lists of 2018 that the 2022 one no longer has."""

AUTHORITY_NAMES = {"PNTR suspension act": "Act of Congress", "Executive order 14289": "Executive order"}


@dataclass(frozen=True)
class ListFile:
    """Where the products of one scope are: file, column of codes, the rows to keep and the range of code beginnings."""

    file: str
    column: str = "HTSUS"
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    between: tuple[str, str] = ("00", "99")


def _s301(column: str, *values: str) -> ListFile:
    return ListFile("s301_product_lists.csv", "hts8", {column: values})


def _annex(number: str) -> ListFile:
    return ListFile("s232_annex_products.csv", "hts_prefix", {"annex": (number,)})


def _border(category: str) -> ListFile:
    return ListFile("fentanyl_carveout_products.csv", "hts8", {"category": (category,)})


def _august_2025(metal: str) -> ListFile:
    rows = {"derivative_type": (metal,), "effective_date": ("2025-08-18",)}
    return ListFile("s232_derivative_products.csv", "hts_prefix", rows)


LISTS = {
    "annex2": ListFile("annex-II-exemptions-nov14.csv", between=("25", "99")),
    "farm_goods": ListFile("annex-II-exemptions-nov14.csv", between=("01", "24")),
    "electronics": ListFile("consumer_electronics_EO14257_apr11.csv"),
    "energy_canada": _border("energy_ca"),
    "potash_canada": _border("potash_ca"),
    "potash_mexico": _border("potash_mx"),
    "s301_l1": _s301("list", "1"),
    "s301_l2": _s301("list", "2"),
    "s301_l3": _s301("list", "3", "3_addl"),
    "s301_l4a": _s301("list", "4A"),
    "s301_l4b": _s301("list", "4B"),
    "s301_review_2024_25": _s301("ch99_code", "9903.91.01"),
    "s301_review_2024_50": _s301("ch99_code", "9903.91.02"),
    "s301_review_2024_100": _s301("ch99_code", "9903.91.03"),
    "s301_2025_25": _s301("ch99_code", "9903.91.11"),
    "s301_2025_50": _s301("ch99_code", "9903.91.05"),
    "s301_2026_25": _s301("ch99_code", "9903.91.06"),
    "s301_2026_50": _s301("ch99_code", "9903.91.07"),
    "s301_2026_100": _s301("ch99_code", "9903.91.08"),
    "cranes": _s301("list", "cranes_301"),
    "steel_goods_2025_03": ListFile("steel-tariffs.csv"),
    "aluminum_goods_2025_03": ListFile("alu-tariffs.csv"),
    "steel_goods_2025_08": _august_2025("steel"),
    "aluminum_goods_2025_08": _august_2025("aluminum"),
    "copper": ListFile("s232_copper_products.csv", "hts10"),
    "metals_2026_1a": _annex("1a"),
    "metals_2026_1b": _annex("1b"),
    "metals_2026_2": _annex("2"),
    "metals_2026_3": _annex("3"),
    "cars": ListFile("auto-tariffs.csv", between=("8703", "8704")),
    "car_parts": ListFile("s232_auto_parts.txt"),
    "truck_parts": ListFile("s232_mhd_parts.txt"),
    "chips": ListFile("s232_semi_products.csv", "hts10"),
}


def main(folder: Path, into: Path = TABLES) -> None:
    """Write `measure.csv`, `scope_product.csv`, `scope_refused.csv` and `scope_reach.csv` into `into`.

    Raises `ValueError` when an event has no row in `measure.csv`: its words have to be written by hand first.
    """
    _write_measures(folder / "tariffs", into)
    _write_products(folder, into)
    _write_reach(folder, into)


def _write_measures(folder: Path, into: Path) -> None:
    events = {row["event_id"]: row for row in _read(folder / "tariff_events.csv")}
    editions = sorted(row["effective_date"] for row in _read(folder / "revision_dates.csv"))
    rows = _read(TABLES / "measure.csv")
    missing = sorted(set(events) - {row["measure_id"] for row in rows})
    if missing:
        raise ValueError(f"measure.csv has no row for {', '.join(missing)}")
    for row in rows:
        event = events.get(row["measure_id"])
        if event:
            row["authority"] = AUTHORITY_NAMES.get(event["authority"], event["authority"])
            row["announced_on"] = event["date_announced"]
            row["effective_on"] = event["date_effective"]
            row["ended_on"] = event["date_end"]
            row["source"] = event["source_url"] or "no document at hand"
            row["confidence"] = event["confidence"]
        effective = row["effective_on"]
        row["backdated"] = str(bool(effective) and effective < row["announced_on"]).lower()
        row["next_edition_on"] = _next_edition(effective, editions)
    _write(into / "measure.csv", list(rows[0]), (row.values() for row in rows))


def _next_edition(effective: str, editions: Sequence[str]) -> str:
    """The first edition of the tariff schedule dated on or after legal effect; empty outside the years listed."""
    if not effective or effective < editions[0]:
        return ""
    place = bisect_left(editions, effective)
    return editions[place] if place < len(editions) else ""


def _write_products(folder: Path, into: Path) -> None:
    numbers = _known_numbers(folder)
    headings = OLDER_HEADINGS | {number[:4] for number in numbers}
    kept = [row for row in _read(TABLES / "scope_product.csv") if row["scope_id"] not in LISTS]
    rows = {(row["scope_id"], row["hs_prefix"]) for row in kept}
    refused = []
    for scope, source in LISTS.items():
        codes = set()
        for code in _codes(folder / "tariffs", source):
            reason = _refusal(code, headings)
            if reason:
                refused.append((scope, code, reason))
            else:
                codes.add(_undivided(code))
        rows |= {(scope, code) for code in _gathered(codes, numbers)}
    _write(into / "scope_product.csv", ["scope_id", "hs_prefix"], sorted(rows))
    _write(into / "scope_refused.csv", ["scope_id", "code", "reason"], sorted(refused))


def _codes(folder: Path, source: ListFile) -> list[str]:
    path = folder / source.file
    if path.suffix == ".txt":
        codes = path.read_text(encoding="utf-8").split()
    else:
        codes = [
            row[source.column]
            for row in _read(path)
            if all(row[column] in values for column, values in source.where.items())
        ]
    first, last = source.between
    return sorted({code for code in codes if first <= code[: len(first)] <= last})


def _undivided(code: str) -> str:
    """The shortest code for the same goods: a last pair of zeros says that the level above is not divided."""
    while len(code) > 6 and code.endswith("00"):
        code = code[:-2]
    return code


def _gathered(codes: Collection[str], numbers: Iterable[str]) -> set[str]:
    """The same goods with a subheading of six digits in place of its lines where every number below it is covered."""
    below = defaultdict(list)
    for number in numbers:
        below[number[:6]].append(any(number[:digits] in codes for digits in (2, 4, 6, 8, 10)))
    gathered = set()
    for code in codes:
        is_whole = len(code) > 6 and code[:6] in below and all(below[code[:6]])
        gathered.add(code[:6] if is_whole else code)
    return gathered


def _refusal(code: str, headings: Collection[str]) -> str:
    if not code.isdigit() or len(code) not in {2, 4, 6, 8, 10}:
        return "not a code of 2, 4, 6, 8 or 10 digits"
    return "" if code[:4] in headings else f"heading {code[:4]} does not exist"


def _known_numbers(folder: Path) -> list[str]:
    """Numbers of ten digits in the list of 2022 or in the imports of 2024 and 2025, and subheadings with neither."""
    rows = duckdb.sql(f"""
        with number as (
            select HS10 as code from read_csv('{folder}/concordances/census_imp_code_2022.csv.gz', all_varchar = true)
            union select HTS10 from '{folder}/census_api/census_imports_hts10_by_country_2024_2025.parquet')
        from number
        union select hscode from read_csv('{folder}/concordances/harmonized-system_hs6_2022.csv.gz', all_varchar = true)
        where length(hscode) >= 4 and hscode not in (select left(code, 6) from number)""")
    return [code for (code,) in rows.fetchall()]


def _write_reach(folder: Path, into: Path) -> None:
    """Share of each code's 2024 imports for consumption (world) that a scope covers: what is sure, and at most.

    A list that is not exact covers nothing for sure and at most its codes; what it takes away from all goods, it takes
    away from what is sure alone.
    """
    con = duckdb.connect()
    for table in ("scope", "scope_product"):
        con.execute(f"create table {table} as from read_csv('{into}/{table}.csv', all_varchar = true)")
    con.execute(
        f"""
        create table imports as
        with code as (
            select HS10 as hts, naics, end_use
            from read_csv('{folder}/concordances/census_imp_code_2022.csv.gz', all_varchar = true)),
        near as (
            select left(hts, 6) as hs6, mode(naics order by naics) as naics, mode(end_use order by end_use) as end_use
            from code group by all)
        select trade.HTS10 as hts, sum(trade.CON_VAL_YR) as value,
            coalesce(any_value(code.naics), any_value(near.naics)) as naics,
            coalesce(any_value(code.end_use), any_value(near.end_use)) as end_use
        from '{folder}/census_api/census_imports_hts10_by_country_2024_2025.parquet' as trade
            left join code on code.hts = trade.HTS10 left join near on near.hs6 = left(trade.HTS10, 6)
        where trade.year = 2024 group by trade.HTS10;
        create table listed as
        select distinct scope_id, hts
        from (select hts, unnest([hts[:2], hts[:4], hts[:6], hts[:8], hts]) as hs_prefix from imports)
            join scope_product using (hs_prefix);
        create table left_out as
        with excepted as (
            select scope_id, unnest(string_split(except_scopes, ';')) as listed_id from scope where covers = 'all')
        select excepted.scope_id, hts, bool_or(is_exact = 'true') as is_sure
        from excepted join listed on listed.scope_id = listed_id join scope on scope.scope_id = listed_id
        group by all;
        create table covered as
        select scope_id, hts, is_exact = 'true' as is_sure from listed join scope using (scope_id)
        union all
        select scope.scope_id, imports.hts, left_out.hts is null
        from scope cross join imports
            left join left_out on left_out.scope_id = scope.scope_id and left_out.hts = imports.hts
        where scope.covers = 'all' and not coalesce(left_out.is_sure, false)
        """
    )
    rows = con.execute(
        f"""
        with coded as (
            select hts, value, 'HS2' as level, hts[:2] as code from imports
            union all select hts, value, 'NAICS3', naics[:3] from imports
            union all select hts, value, 'ENDUSE1', end_use[:1] from imports
            union all select hts, value, 'ENDUSE5', end_use from imports),
        total as (select level, code, sum(value) as total from coded where code is not null group by all)
        select scope_id, level, code,
            round(coalesce(sum(value) filter (is_sure), 0) / any_value(total), 3),
            round(sum(value) / any_value(total), 3) as at_most
        from covered join coded using (hts) join total using (level, code)
        where scope_id <> 'all' and total > 0
        group by all having at_most >= {REACH_FLOOR} order by all"""
    ).fetchall()
    header = ["scope_id", "level", "commodity_code", "share_of_2024_imports", "share_at_most"]
    _write(into / "scope_reach.csv", header, rows)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Commodity tables: families of HS codes, and what the built tables hold."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from assets.reference.commodity import build as builder
from assets.reference.commodity.build import COLLECTS_MANY, Link, families_of, family_table

TABLES = Path(builder.__file__).parent


def link(new: str, old: str, revision: int = 2022) -> Link:
    """A code of a revision and one of the revision before, named by short texts."""
    return ((revision, new), (revision - 5, old))


def members(links: set[Link], main: set[Link]) -> dict[str, list[str]]:
    """The codes of each family with the last two digits of their revision."""
    found = families_of(links, main)
    return {name: [f"{code}/{revision % 100}" for revision, code in codes] for name, codes in found.items()}


def test_splits_and_merges_stay_in_one_family() -> None:
    """b was split into c and d, of which d also took e: five codes are one family; a is one by itself."""
    older = {link("a", "a", 2017), link("b", "b", 2017), link("e", "e", 2017)}
    newer = {link("a", "a"), link("c", "b"), link("d", "b"), link("d", "e")}
    assert members(older | newer, older | {link("a", "a"), link("c", "b"), link("d", "b")}) == {
        "Fa": ["a/12", "a/17", "a/22"],
        "Fc": ["b/12", "e/12", "b/17", "e/17", "c/22", "d/22"],
    }


def test_a_code_that_collects_from_many_ties_only_its_main_predecessor() -> None:
    """Waste w draws on more codes than a family may be tied by; o would be left without a successor and stays with it."""
    names = [f"p{at:02d}" for at in range(COLLECTS_MANY)]
    older = {link(name, name, 2017) for name in [*names, "o"]}
    kept = {link(name, name) for name in names}
    collected = {link("w", name) for name in [*names, "o"]}
    found = members(older | kept | collected, older | kept | {link("w", "p03")})
    assert found["Fp03"] == ["o/12", "p03/12", "o/17", "p03/17", "p03/22", "w/22"]
    assert found["Fp00"] == ["p00/12", "p00/17", "p00/22"]
    assert len(found) == COLLECTS_MANY


def test_a_sum_over_a_family_compares_like_with_like() -> None:
    """100 of b in 2021 are 60 of c and 40 of d in 2022: by code all is lost and won, by family nothing changed."""
    links = {link("b", "b", 2017), link("c", "b"), link("d", "b")}
    table = family_table(families_of(links, {link("b", "b", 2017), link("c", "b"), link("d", "b")}))
    with duckdb.connect() as con:
        con.register("family", table)
        rows = con.execute("""
            select family_code, sum(value) filter (revision = 2017), sum(value) filter (revision = 2022)
            from (values (2017, 'b', 100), (2022, 'c', 60), (2022, 'd', 40)) as trade (revision, hs6, value)
            join family using (revision, hs6) group by family_code""").fetchall()
    assert rows == [("Fc", 100, 100)]
    assert set(table["relationship"].to_pylist()) == {"split or merged"}


@pytest.mark.parametrize(
    ("revision", "code", "relatives"),
    [
        # HS 2022: telephones 8517.12 of 2017 were split into smartphones 8517.13 and others 8517.14.
        (2022, "851713", {"851713", "851714"}),
        # Live horses have one code in all revisions.
        (2012, "010121", {"010121"}),
    ],
)
def test_known_families(revision: int, code: str, relatives: set[str]) -> None:
    table = f"'{TABLES / 'hs6_family.parquet'}'"
    found = duckdb.sql(
        f"select hs6 from {table} where revision = 2022 and family_code = "
        f"(select family_code from {table} where revision = {revision} and hs6 = '{code}')"
    ).fetchall()
    assert relatives <= {row[0] for row in found}
    assert len(found) == 1 or len(relatives) > 1


def test_coverage_of_the_families() -> None:
    """Numbers of codes as in the UN's tables (5,612, 5,387 and 5,205 codes of goods); 85 % of 2022 are one to one."""
    table = pq.read_table(TABLES / "hs6_family.parquet").to_pandas()
    assert table.groupby("revision")["hs6"].nunique().to_dict() == {2012: 5205, 2017: 5387, 2022: 5612}
    assert not table.duplicated(["revision", "hs6"]).any()
    assert (table.groupby("family_code")["revision"].nunique() == 3).all()
    of_2022 = table[table["revision"] == 2022]
    assert (of_2022["relationship"] != "split or merged").mean() == pytest.approx(0.852, abs=0.001)


def test_the_builder_gives_the_tables_that_are_here(shared_data: Path, tmp_path: Path) -> None:
    for path in builder.build(shared_data / "concordances", tmp_path):
        assert pq.read_table(path).equals(pq.read_table(TABLES / path.name)), path.name


def test_share_of_imports_in_families_of_one_code(shared_data: Path) -> None:
    """71.8 % of general imports of 2024 in HS chapters 01 to 97; chapters 98 and 99 hold 3.9 % and have no families."""
    figures = shared_data / "census_api" / "census_imports_hts10_by_country_2024_2025.parquet"
    row = duckdb.sql(f"""
        select sum(value) filter (relationship <> 'split or merged') / sum(value) filter (relationship is not null),
            sum(value) filter (relationship is null) / sum(value)
        from (select left(HTS10, 6) as hs6, sum(GEN_VAL_YR) as value from '{figures}' where year = 2024 group by hs6)
        left join (from '{TABLES / "hs6_family.parquet"}' where revision = 2022) using (hs6)""").fetchone()
    assert row == pytest.approx((0.718, 0.039), abs=0.001)


def test_end_use_names_fit_the_published_values(shared_data: Path) -> None:
    """Names come from FT-900 exhibit 8 without codes: a quarter of the year 2024 by code is near its first quarter by name.

    Independent: exhibit 8 of 2025-03 gives January to March 2024 by name, seasonally adjusted; the figures give the year by
    code. Names of goods that moved a lot within the year are further off; the rest is within a third.
    """
    exhibit = shared_data / "ft900" / "ft900_2025-03_exhibit8_imports_enduse_5digit_SA.csv"
    by_code = shared_data / "census_api" / "census_imports_enduse5_world_2024_2025_from_hts10.csv"
    letters = "regexp_replace(lower({}), '[^a-z]', '', 'g')"
    rows = duckdb.sql(f"""
        select names.name, code.imports_2024_usd::bigint / 4e6 / published.ytd_2024::double, code.imports_2024_usd::bigint
        from read_csv('{TABLES / "end_use.csv"}', all_varchar = true) as names
        join read_csv('{by_code}', all_varchar = true) as code on code.END_USE5 = names.end_use
        join read_csv('{exhibit}', all_varchar = true) as published
            on starts_with({letters.format("published.commodity")}, {letters.format("names.name")})
        where names.flow = 'imports' and length(names.end_use) = 5""").fetchall()
    assert len(rows) > 110
    near = sum(value for _, ratio, value in rows if 0.75 <= ratio <= 1.34)
    assert near / sum(value for *_, value in rows) > 0.95

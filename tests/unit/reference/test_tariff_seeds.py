"""The tariff tables keep their rules, the builder reproduces them, and a row can be added by hand."""

import csv
import shutil
from pathlib import Path

import duckdb
import pytest

from assets.reference.tariffs import build, seeds

GENERATED = ("measure.csv", "scope_product.csv", "scope_refused.csv", "scope_reach.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tables that a test may change."""
    for name in seeds.SEEDS:
        shutil.copy(seeds.FOLDER / f"{name}.csv", tmp_path)
    return tmp_path


def _problems(folder: Path) -> list[str]:
    con = duckdb.connect()
    seeds.load(con, folder)
    return seeds.problems(con)


def _append(path: Path, *values: str) -> None:
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow(values)


def test_the_tables_have_no_fault() -> None:
    assert _problems(seeds.FOLDER) == []


def test_the_tables_are_small() -> None:
    assert sum(path.stat().st_size for path in seeds.FOLDER.glob("*.csv")) < 1_000_000


def test_a_measure_is_added_by_adding_rows(folder: Path) -> None:
    words = ("2027-02-01", "", "false", "", "5%", "a document", "B", "")
    _append(folder / "measure.csv", "new", "A new duty", "tariff", "new", "Section 122", "2027-01-15", *words)
    _append(folder / "measure_scope.csv", "new", "1", "ALL", "1220;EU27", "steel", "added", "0.05", "")
    assert _problems(folder) == []


@pytest.mark.parametrize(
    ("table", "row", "fault"),
    [
        (
            "measure",
            ("x", "X", "tariff", "x", "a", "2025-02-01", "2025-01-01", "", "false", "", "1%", "s", "A", ""),
            "announced after legal effect, or wrongly called backdated: x",
        ),
        (
            "measure",
            ("x", "X", "tariff", "x", "a", "2025-01-01", "2025-02-01", "2025-01-31", "false", "", "1%", "s", "A", ""),
            "ends before it begins: x",
        ),
        ("measure_scope", ("s301_l1", "9", "5700", "", "steel", "added", "2.5", ""), "rate out of range: s301_l1 9"),
        ("measure_scope", ("s301_l1", "9", "5701", "", "steel", "added", "0.1", ""), "partner unknown: 5701"),
        ("measure_scope", ("s301_l1", "9", "0003", "", "steel", "added", "0.1", ""), "partner unknown: 0003"),
        ("measure_scope", ("s301_l1", "9", "5700", "", "wool", "added", "0.1", ""), "scope unknown: wool"),
        ("measure_scope", ("nobody", "1", "5700", "", "steel", "added", "0.1", ""), "measure unknown: nobody"),
        (
            "scope",
            ("new", "All but car parts", "all", "car_parts", "true", ""),
            "exact, but all goods less those of a scope that is not: new",
        ),
        ("scope", ("new", "Parts of ships", "listed", "", "false", ""), "not exact, without a note: new"),
        ("scope_reach", ("car_parts", "HS2", "99", "0.1", "0.1"), "share out of range: car_parts 99"),
        ("scope_reach", ("steel", "HS2", "99", "0.2", "0.1"), "share out of range: steel 99"),
        (
            "scope_product",
            ("steel", "720"),
            "product is not a code of 2, 4, 6, 8 or 10 digits: steel 720",
        ),
        ("scope_product", ("steel", "7208"), "product given twice: steel 7208"),
        (
            "measure_date",
            ("s301_l1", "effective", "2018-07-06", "a list", ""),
            "another source has the very date: s301_l1 effective 2018-07-06",
        ),
    ],
)
def test_a_faulty_row_is_named(folder: Path, table: str, row: tuple[str, ...], fault: str) -> None:
    _append(folder / f"{table}.csv", *row)
    assert fault in _problems(folder)


def test_the_builder_reproduces_what_is_committed(shared_data: Path, tmp_path: Path) -> None:
    shutil.copy(seeds.FOLDER / "scope.csv", tmp_path)
    build.main(shared_data, tmp_path)
    for name in GENERATED:
        assert (tmp_path / name).read_bytes() == (seeds.FOLDER / name).read_bytes(), name


def test_every_event_of_the_source_is_a_measure_with_its_dates(shared_data: Path) -> None:
    """The 100 events of the source file, read apart from the builder."""
    with (shared_data / "tariffs" / "tariff_events.csv").open(encoding="utf-8", newline="") as stream:
        events = {row["event_id"]: (row["date_announced"], row["date_effective"]) for row in csv.DictReader(stream)}
    with (seeds.FOLDER / "measure.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["measure_id"]: (row["announced_on"], row["effective_on"]) for row in csv.DictReader(stream)}
    assert len(events) == 100
    assert {key: rows[key] for key in events} == events


def test_lines_are_gathered_where_every_number_below_the_subheading_is_listed() -> None:
    numbers = ["8471300100", "8501102000", "8501104020", "8501104040"]
    assert build._gathered({"84713001"}, numbers) == {"847130"}
    assert build._gathered({"85011020"}, numbers) == {"85011020"}
    assert build._gathered({"85011020", "8501104020", "8501104040"}, numbers) == {"850110"}
    assert build._gathered({"99011020"}, numbers) == {"99011020"}


def test_car_parts_reach_no_code_for_sure_and_take_nothing_from_the_reciprocal_duty_at_most(shared_data: Path) -> None:
    """Electrical equipment (NAICS 335), from the imports of 2024 and the lists themselves, apart from the builder."""
    con = duckdb.connect()
    folder = shared_data / "tariffs"
    names = ("annex-II-exemptions-nov14", "consumer_electronics_EO14257_apr11", "steel-tariffs", "alu-tariffs")
    files = [f"{folder}/{name}.csv" for name in names]
    con.execute(f"create table spared as select HTSUS as code from read_csv({files}, all_varchar = true)")
    con.execute(
        f"create table part as select column0 as code from read_csv('{shared_data}/tariffs/s232_auto_parts.txt', "
        "header = false, all_varchar = true, columns = {'column0': 'VARCHAR'})"
    )
    least, most = con.execute(
        f"""
        with import as (
            select HTS10 as hts, sum(CON_VAL_YR) as value
            from '{shared_data}/census_api/census_imports_hts10_by_country_2024_2025.parquet'
                join read_csv('{shared_data}/concordances/census_imp_code_2022.csv.gz', all_varchar = true) on HS10 = HTS10
            where year = 2024 and naics like '335%' group by all),
        kept as (
            select *, exists (select 1 from part where starts_with(hts, code)) as is_part from import
            where not exists (select 1 from spared where starts_with(hts, code) and code not like '0%'))
        select sum(value) filter (not is_part) / (select sum(value) from import),
            sum(value) / (select sum(value) from import) from kept"""
    ).fetchall()[0]
    seeds.load(con)
    found = con.execute(
        f"select share_of_2024_imports, share_at_most from {seeds.PREFIX}scope_reach "
        "where scope_id = 'reciprocal' and commodity_code = '335'"
    ).fetchall()[0]
    assert found == (pytest.approx(least, abs=0.01), pytest.approx(most, abs=0.01))
    assert most - least > 0.2

"""The whole line on the bundled figures: figures of the methods, repetition, bad files, new vintages, the command line.

Expected figures stand in methods sections 7 and 13 and in the raw formats, 6.1 and 6.2; each is named where it is used.
The tests run in the order of this file: those at the end land files.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import duckdb
import pytest

from assets.home import Home
from assets.store.raw_store import stored
from tests.files import HTML_PAGE, Grid, country, reissued_workbook, told
from tests.integration.conftest import Refreshed, tradewake

Query = Callable[[str], list[tuple[Any, ...]]]
FIRST_PRINT, MARCH, JUNE = date(2026, 2, 19), date(2026, 3, 12), date(2026, 6, 9)


def test_the_summary_tells_files_flags_claims_and_what_to_type_next(refreshed: Refreshed) -> None:
    text = refreshed.first.stdout
    for part in (
        "census_country",
        "trade.duckdb",
        "Record balances: July 2026",
        "Record balances: 2025",
        "Claims",
        "tradewake sql",
    ):
        assert part in text, text


def test_total_deficit_by_vintage(published: Query) -> None:
    """Methods section 7: 901.5 at first print (2026-02-19), 911.7 in March 2026, 932.0 in June 2026."""
    rows = published(
        "select vintage, balance_usd from marts.total_year where year = 2025 and concept = 'goods_services' "
        "and basis = 'BOP' and adjustment = 'SA' order by vintage"
    )
    assert rows == [(FIRST_PRINT, -901_469_000_000), (MARCH, -911_692_000_000), (JUNE, -931_960_000_000)]


def test_first_print_of_2025_in_full(published: Query) -> None:
    """Raw formats 6.2: goods -1,240,941, services +339,472, exports 3,432,339, imports 4,333,808 $ million."""
    rows = published(
        "select concept, exports_usd, imports_usd, balance_usd from marts.total_year where year = "
        "2025 and basis = 'BOP' "
        f"and adjustment = 'SA' and vintage = date '{FIRST_PRINT}' order by concept"
    )
    assert [(row[0], row[3]) for row in rows] == [
        ("goods", -1_240_941_000_000),
        ("goods_services", -901_469_000_000),
        ("services", 339_472_000_000),
    ]
    assert rows[1][1:3] == (3_432_339_000_000, 4_333_808_000_000)


@pytest.mark.parametrize(("vintage", "rank"), [(FIRST_PRINT, 3), (MARCH, 2), (JUNE, 1)])
def test_rank_of_the_2025_deficit_moves_with_the_vintage(published: Query, vintage: date, rank: int) -> None:
    """Methods section 7: third largest at first print, second in March 2026, first in June 2026."""
    rows = published(
        "select rank_high, is_record_high from flags.record where series = 'total' and source = "
        "'fred' and frequency = 'year' "
        f"and measure = 'deficit' and period_end = date '2025-12-31' and vintage = date '{vintage}'"
    )
    assert rows == [(rank, rank == 1)]


def test_the_third_place_at_first_print_is_fragile(published: Query) -> None:
    """Methods section 13, proposition 3: true at first print, fragile."""
    rows = published(
        "select is_fragile from flags.record where series = 'total' and source = 'fred' and frequency = 'year' "
        f"and measure = 'deficit' and period_end = date '2025-12-31' and vintage = date '{FIRST_PRINT}'"
    )
    assert rows == [(True,)]


@pytest.mark.parametrize(
    ("source", "billions", "since"), [("census_country", 202.67, 2005), ("usitc_dataweb", 202.07, 2005)]
)
def test_china_deficit_lowest_since(published: Query, source: str, billions: float, since: int) -> None:
    """Methods section 7: since 2005 in DataWeb (202.07 against 201.63) and after June 2026 (202.67 against 202.28)."""
    rows = published(
        "select round(value / 1e9, 2), year(lowest_since) from flags.record where series = 'partner' "
        "and partner_code = '5700' "
        f"and source = '{source}' and measure = 'deficit' and frequency = 'year' and period_end = date '2025-12-31' "
        "qualify vintage = max(vintage) over ()"
    )
    assert rows == [(billions, since)]


@pytest.mark.parametrize("partner", ["5830", "2010", "5520"])
def test_record_deficits_with_taiwan_mexico_vietnam(published: Query, partner: str) -> None:
    """Methods section 13, proposition 5."""
    rows = published(
        "select source, is_record_high, highest_since from flags.record where series = 'partner' and "
        "measure = 'deficit' "
        f"and frequency = 'year' and partner_code = '{partner}' and period_end = date '2025-12-31' "
        "qualify vintage = max(vintage) over (partition by source) order by source"
    )
    assert rows == [("census_country", True, None), ("usitc_dataweb", True, None)]


def test_verdicts_of_propositions_one_to_five(published: Query) -> None:
    """Methods section 13, column expected."""
    rows = published("select claim_id, vintage, verdict from claims.verdict where proposition <= 5 order by 1, 2")
    verdicts: dict[str, list[str]] = {}
    for claim, _, verdict in rows:
        verdicts.setdefault(claim, []).append(verdict)
    assert set(verdicts["goods_deficit_2025_record"]) == {"supported"}
    assert verdicts["total_deficit_2025_narrowed"] == [
        "supported, depends on vintage",
        "not supported",
        "not supported",
    ]
    assert verdicts["total_deficit_2025_third_widest"] == [
        "supported, depends on vintage",
        "not supported",
        "not supported",
    ]
    assert set(verdicts["china_deficit_2025_lowest_since"]) == {"supported"}
    assert set(verdicts["partner_record_deficits_2025"]) == {"supported"}


def test_verdicts_of_propositions_six_to_ten(published: Query) -> None:
    """Methods section 13, column expected; 6: shift true, diversion partly; 7: surge true, motive mixed; 10: both sides."""
    rows = published("select claim_id, verdict from claims.verdict where proposition between 6 and 10")
    assert dict(rows) == {
        "china_to_asia_2025": "partly",
        "import_surge_early_2025": "partly",
        "capital_goods_imports_2025_rose": "supported",
        "capital_goods_front_loaded": "not supported",
        "outcomes_against_aims": "partly",
    }
    assert len(rows) == 5


def _numbers(published: Query, claim: str) -> dict[str, Any]:
    [(text,)] = published(f"select numbers from claims.verdict where claim_id = '{claim}' and is_latest")
    numbers: dict[str, Any] = json.loads(text)
    return numbers


def test_numbers_of_the_move_from_china(published: Query) -> None:
    """China's share by -4.45 points (methods section 2, HTS10 figures); who, from section 13, proposition 6."""
    numbers = _numbers(published, "china_to_asia_2025")
    assert round(numbers["china_share_change_pp"], 2) == -4.45
    assert {"Vietnam", "India", "Thailand"} <= set(numbers["by_diversion"].split(", "))
    assert "Taiwan" in numbers["by_demand"].split(", ")


def test_numbers_of_the_surge(published: Query, shared_data: Path) -> None:
    """A surge is z above 3; gold and pharma: what Switzerland and Ireland bring, by plain sums over the source's own table.

    46 % by general imports (methods section 6), 44 % by imports for consumption, which the claim is about.
    """
    numbers = _numbers(published, "import_surge_early_2025")
    assert numbers["z_all"] > 3 > numbers["z_ex_gold_pharma"]
    table = shared_data / "census_naics" / "imports_NAICS3_33partners_2013-01_2025-11.parquet"
    change: dict[str, int] = dict(
        duckdb.sql(f"""
            select CTY_NAME, cast(sum(if(year(time) = 2025, imports, -imports)) as bigint) from '{table}'
            where NAICS <> '00' and year(time) in (2024, 2025) and month(time) <= 3 group by CTY_NAME""").fetchall()
    )
    world = change["TOTAL FOR ALL COUNTRIES"]
    assert numbers["over_year_before_usd"] == world
    assert numbers["swiss_and_irish_share"] == pytest.approx((change["SWITZERLAND"] + change["IRELAND"]) / world)


def test_numbers_of_capital_goods(published: Query) -> None:
    """Published by end use: computers +101.4 bn, accessories +42.7, capital goods +166; all of it AI hardware."""
    numbers = _numbers(published, "capital_goods_imports_2025_rose")
    assert round(numbers["computers_change_usd"] / 1e9, 1) == 101.4
    assert round(numbers["accessories_change_usd"] / 1e9, 1) == 42.7
    assert int(numbers["capital_goods_change_usd"] / 1e9) == 166
    assert numbers["ai_hardware_share_of_change"] > 1
    assert numbers["without_ai_hardware_change_usd"] < 0
    assert (numbers["told_without_doubt"], numbers["months_compared"]) == (None, 0)


def test_each_pair_of_capital_goods_is_judged_once(published: Query) -> None:
    """30 partners x 3 groups at most; China's by its first emergency duty, whatever other measures found."""
    numbers = _numbers(published, "capital_goods_front_loaded")
    assert 60 <= numbers["tested"] + numbers["not_testable"] <= 90
    assert numbers["front_loaded_imports_usd"] < 0.25 * numbers["imports_usd"]
    found = {(row["partner"], row["code"]): row["measure"] for row in numbers["detail"] or []}
    assert len(found) == numbers["front_loaded"]
    first = {"5700": "ieepa_fent_cn_10", "1220": "ieepa_ca_25", "2010": "ieepa_mx_25"}
    assert all(measure == first.get(partner, "ieepa_recip_base") for (partner, _), measure in found.items())


def test_numbers_of_aims_and_means(published: Query) -> None:
    """Goods deficit up (1,200.9 to 1,234.6), China's down (methods section 13); the duty rate 2.36 to 7.65 % is the means."""
    numbers = _numbers(published, "outcomes_against_aims")
    assert (numbers["against_the_aim"], numbers["with_the_aim"]) == (1, 3)
    assert numbers["aims_missed"] == "A smaller deficit in goods ($1,200.9 bn to $1,234.6 bn)"
    assert numbers["means"] == "Higher duties on imports (2.36 % to 7.65 %)"
    assert "duties on imports" not in numbers["aims_met"]


def test_a_verdict_names_the_files_whose_figures_it_rests_on(published: Query) -> None:
    """Of five zips of API answers, HS2 by month enters no query of claim 6, and only by NAICS can a surge be tested."""
    rows = published(
        "select claim_id, json_extract_string(source_files, '$[*].file_name') from claims.verdict where is_latest"
    )
    files = {claim: set(names) for claim, names in rows}
    naics, hs2 = "imports_naics_NA3_2013-2025.zip", "imports_hs_HS2_by_country_2023-2024.zip"
    assert len(files["china_to_asia_2025"]) == 4 and naics in files["china_to_asia_2025"]
    assert files["import_surge_early_2025"] == files["capital_goods_front_loaded"] == {naics}
    assert files["total_deficit_2025_third_widest"] == {"BOPGSTB_vintage_2026-06-14.csv.gz"}
    assert not any(hs2 in names for names in files.values())


def test_china_year_against_the_workbook_history_at_first_print(published: Query) -> None:
    """Methods section 7: 202.1 at first print against the workbook's own 2005 (202.28) says 2004."""
    rows = published(
        "select numbers ->> 'since_year_against_workbook_history_rounded', numbers ->> "
        "'lowest_since_year' from claims.verdict "
        "where claim_id = 'china_deficit_2025_lowest_since' and is_first_print"
    )
    assert rows == [("2004", "2005")]


def test_every_verdict_has_its_query_that_runs_and_its_files(refreshed: Refreshed) -> None:
    for claim, sql, numbers, files in refreshed.rows("select claim_id, sql, numbers, source_files from claims.verdict"):
        (row,) = refreshed.rows(sql)
        assert len(row) == len(json.loads(numbers)) + 1, claim
        assert all(len(file["sha256"]) == 64 for file in json.loads(files)), claim
        assert json.loads(files), claim


def test_revisions_of_single_partners(published: Query) -> None:
    """Raw formats 6.1: China 2017 -375.58 (2018), -375.17 later; Mexico 2022 -130.55 (2023-03), -127.83 (2024-10)."""
    rows = published(
        "select partner_code, year, vintage, round(balance_usd / 1e9, 2) from marts.partner_year_vintages "
        "where source = 'census_country' and (partner_code, year) in (('5700', 2017), ('2010', 2022)) order by 1, 3"
    )
    assert rows == [
        ("2010", 2022, date(2023, 3, 8), -130.55),
        ("2010", 2022, date(2024, 10, 8), -127.83),
        ("5700", 2017, date(2018, 10, 5), -375.58),
        ("5700", 2017, date(2023, 3, 8), -375.17),
        ("5700", 2017, date(2024, 10, 8), -375.17),
    ]


def test_as_of_any_day_gives_what_was_known_then(published: Query) -> None:
    """Between two vintages the older one stands: Mexico 2022 on 2024-01-01 is the print of 2023-03."""
    query = (
        "select round(balance_usd / 1e9, 2) from marts.partner_year_as_of(date '{}') where partner_code "
        "= '2010' and year = 2022"
    )
    assert published(query.format("2024-01-01")) == [(-130.55,)]
    assert published(query.format("2026-11-22")) == [(-127.83,)]
    assert published(query.format("2022-12-31")) == []


def test_waterfall_closes_to_the_published_change(published: Query) -> None:
    """Methods section 4: -33.75 $bn from 2024 to 2025 on the vintage after June 2026."""
    rows = published(
        "select sum(contribution_usd), max(world_change_usd) from marts.balance_waterfall_year where year = 2025"
    )
    assert rows[0][0] == rows[0][1]
    assert round(rows[0][1] / 1e9, 2) == -33.75


def test_unpublished_months_are_absent(published: Query) -> None:
    assert published("select max(reference_month) from marts.partner_month") == [(date(2026, 7, 1),)]
    assert published("select max(year) from marts.partner_year") == [(2025,)]
    assert published("select max(year) from marts.partner_year_vintages where source = 'usitc_dataweb'") == [(2025,)]


def test_tables_and_columns_carry_comments(published: Query) -> None:
    tables = published("select schema_name || '.' || table_name from duckdb_tables() where comment is null")
    columns = published(
        "select schema_name || '.' || table_name || '.' || column_name from duckdb_columns() "
        "where comment is null and not internal and schema_name in ('marts', 'flags', 'claims', 'meta')"
    )
    assert tables == []
    assert columns == []


def test_sql_prints_exact_integers_and_iso_dates(refreshed: Refreshed) -> None:
    query = (
        "select balance_usd, reference_month from marts.partner_month where partner_code = '5700' and "
        "reference_month = '2026-07-01'"
    )
    answer = refreshed.run("sql", "--json", query)
    (row,) = json.loads(answer.stdout)
    assert isinstance(row["balance_usd"], int)
    assert row["reference_month"] == "2026-07-01"


@pytest.mark.parametrize(
    "query", ["drop table marts.partner_month", "select 1; select 2", "selekt", "copy (select 1) to 'x.csv'"]
)
def test_sql_only_reads(refreshed: Refreshed, query: str) -> None:
    before = refreshed.content_hash()
    assert refreshed.run("sql", query).returncode != 0
    assert refreshed.content_hash() == before


def test_the_second_refresh_does_nothing_and_says_so(refreshed: Refreshed) -> None:
    before, stamp = refreshed.content_hash(), refreshed.home.published.stat().st_mtime_ns
    second = refreshed.run("refresh")
    assert second.returncode == 0, second.stderr
    assert "nothing new since" in second.stdout
    assert "emitted no result" not in second.stdout + second.stderr
    assert refreshed.home.published.stat().st_mtime_ns == stamp
    assert refreshed.content_hash() == before


def test_a_rebuild_from_the_raw_store_alone_has_the_same_content(refreshed: Refreshed, tmp_path: Path) -> None:
    """What an operator restores after losing all but the raw store; the command line's run history is not needed either."""
    copy = Home(tmp_path / "restored")
    shutil.copytree(refreshed.home.raw, copy.raw)
    rebuilt = tradewake(copy, "rebuild")
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    restored = Refreshed(copy, rebuilt)
    assert _differing_tables(refreshed.home.published, copy.published) == {}
    assert restored.content_hash() == refreshed.content_hash()
    assert restored.content_hash() in rebuilt.stdout.replace("\n", "")
    verified = restored.run("verify")
    assert verified.returncode == 0, verified.stdout
    assert sorted(path.name for path in copy.root.iterdir() if path.name.startswith(".")) == []


def _differing_tables(old: Path, new: Path) -> dict[str, int]:
    """Rows of the old file that the new one does not have, by table."""
    with duckdb.connect() as con:
        con.execute(f"attach '{old}' as old (read_only); attach '{new}' as new (read_only)")
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = 'old' and table_name <> 'published_manifest'"
        ).fetchall()
        gone = {
            table: con.execute(f"select count(*) from (from old.{table} except all from new.{table})").fetchall()[0][0]
            for (table,) in tables
        }
    return {table: rows for table, rows in gone.items() if rows}


@dataclass(frozen=True)
class Landed:
    """One refresh after two bad files and a re-issued workbook landed, and what was published before it."""

    folder: Refreshed
    run: CompletedProcess[str]
    months_before: list[tuple[Any, ...]]
    canada_before: int
    vintage_before: date


MONTHS = "select * from marts.partner_month where partner_code not in ('1220', '0015') and vintage < date '2026-01-01' order by all"
CANADA = "select imports_usd, vintage from marts.partner_month where partner_code = '1220' and reference_month = '2026-07-01'"


@pytest.fixture(scope="module")
def landed(refreshed: Refreshed, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """A page saved as a workbook, an unknown partner, the newest workbook with Canada's July $1 million higher, and
    Vietnam's own figures of one product beside the US ones.

    They land in a copy of the shared folder, which other tests read as it is.
    """
    ((canada, vintage),) = refreshed.rows(CANADA)
    months = refreshed.rows(MONTHS)
    folder = Refreshed(Home(tmp_path_factory.mktemp("landed") / "data"), refreshed.first)
    shutil.copytree(refreshed.home.root, folder.home.root)
    landing = folder.home.landing
    (landing / "page.xlsx").write_bytes(HTML_PAGE)
    country(landing / "unknown.xlsx", edit=_unknown_partner)
    told(reissued_workbook(landing / "country.csv"), retrieved_at="2026-09-20")
    _third_country(landing)
    return Landed(folder, folder.run("refresh"), months, canada, vintage)


def test_bad_files_are_told_and_change_nothing_that_was_published(landed: Landed) -> None:
    assert landed.run.returncode == 0, landed.run.stderr
    assert "page.xlsx" in landed.run.stdout and "9999" in landed.run.stdout
    assert landed.folder.rows(MONTHS) == landed.months_before
    refused = landed.folder.rows("select file_name from meta.source_file where status = 'refused' order by 1")
    assert refused == [("page.xlsx",), ("unknown.xlsx",)]


def test_a_corrected_file_is_a_new_vintage_and_the_latest(landed: Landed) -> None:
    ((canada, vintage),) = landed.folder.rows(CANADA)
    assert canada - landed.canada_before == 1_000_000
    assert vintage > landed.vintage_before
    prints = landed.folder.rows(
        "select imports_usd from marts.partner_month_vintages where partner_code = '1220' "
        "and reference_month = '2026-07-01' order by vintage"
    )
    assert prints == [(landed.canada_before,), (canada,)]
    assert len(list(stored(landed.folder.home.raw, "census_country"))) == 6


def test_a_third_country_file_reaches_the_rerouting_flags(refreshed: Refreshed, landed: Landed) -> None:
    """The bound is the smaller leg: 900,000 USD from Vietnam to the US, of 1,000,000 from China to Vietnam."""
    flags = "select partner_code, commodity_code, bound_usd, verdict from flags.rerouting"
    not_testable = "not testable with the data loaded"
    assert refreshed.rows(flags) == [(None, None, None, not_testable)]
    assert landed.folder.rows(flags) == [("5520", "851713", 900_000, not_testable)]


def test_strict_makes_a_refused_file_a_failure(landed: Landed) -> None:
    before = landed.folder.content_hash()
    shutil.copy(landed.folder.home.refused / "page.xlsx", landed.folder.home.landing / "page.xlsx")
    strict = landed.folder.run("refresh", "--strict")
    assert strict.returncode == 1
    assert "page.xlsx" in strict.stderr and "Nothing that was published has changed" in strict.stderr
    assert landed.folder.content_hash() == before


def _third_country(landing: Path) -> None:
    """Vietnam's imports of a product from China, as UN Comtrade gives them, and the US imports of it by month."""
    report = {
        "typeCode": "C", "freqCode": "M", "refYear": 2025, "refMonth": 1, "period": "202501", "reporterCode": 704,
        "reporterISO": "VNM", "flowCode": "M", "partnerCode": 156, "partnerISO": "CHN", "partner2Code": 0,
        "classificationCode": "H6", "cmdCode": "851713", "customsCode": "C00", "mosCode": "0", "motCode": 0,
        "netWgt": 1250, "isNetWgtEstimated": False, "primaryValue": 1_000_000,
    }  # fmt: skip
    (landing / "vietnam.json").write_text(
        json.dumps({"elapsedTime": "0.5 secs", "count": 1, "data": [report], "error": ""})
    )
    values = {"5520": 900_000, "5700": 600_000, "-": 1_500_000}
    heading = ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "time", "COMM_LVL"]
    rows = [["851713", partner, str(value), "2025-01", "HS6"] for partner, value in values.items()]
    (landing / "answer.json").write_text(json.dumps([heading, *rows]))
    for name in ("vietnam.json", "answer.json"):
        told(landing / name, retrieved_at="2026-07-10")


def _unknown_partner(rows: Grid) -> None:
    rows[1][1] = "9999"

"""Commodity models by batch: only changed months are rebuilt, and the result is that of a full build by changed code.

The lake is invented: 160 partners by all chapters, China by every other subheading, and the lines of two archives, of which one
has control totals and a concordance.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.home import PROJECT_ROOT, Home
from assets.parsing.bulk_layouts import layout
from assets.parsing.recognise import BULK_CONTROL, BULK_LOOKUP, SOURCES, datasets
from assets.reference.partners import is_aggregate, known_codes
from assets.store.lake import ensure_dataset, lake_schema, write_rows
from assets.store.ledger import LedgerRow, ensure_ledger, read_ledger, write_row
from tests.commodity_tables import MODELS, TABLES
from tests.integration.test_dbt import dbt

Row = Mapping[str, object]

API, ARCHIVES = "census_api", "census_bulk_imports"
HS = pq.read_table(PROJECT_ROOT / "assets" / "reference" / "commodity" / "hs.parquet").to_pylist()
CHAPTERS = [row["code"] for row in HS if row["level"] == "HS2"]
SUBHEADINGS = [row["code"] for row in HS if row["level"] == "HS6"][::2]
PARTNERS = sorted(code for code in known_codes() if not is_aggregate(code))[:160]
CHINA = "5700"
JANUARY, FEBRUARY, MARCH, APRIL, MAY = (date(2025, month, 1) for month in range(1, 6))
FIRST, LATER = date(2026, 3, 12), date(2026, 6, 9)
UNTOUCHED = "as the first build left it"

SELECTED = ("--select", *MODELS)
DATA_TESTS = ("--exclude-resource-type", "unit_test")
WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")


def answers(month: date, times: int) -> Iterator[Row]:
    """One month: chapters by partner, and China by subheading."""
    labels = {"flow": "imports", "classification": "HS", "reference_month": month, "period": "month"}
    labels["row_kind"] = "detail"
    for at, (partner, chapter) in enumerate((partner, chapter) for partner in PARTNERS for chapter in CHAPTERS):
        yield {
            **labels,
            "level": "HS2",
            "commodity_code": chapter,
            "partner_code": partner,
            "general_value_usd": times * (at + 1),
        }
    for at, subheading in enumerate(SUBHEADINGS):
        yield {
            **labels,
            "level": "HS6",
            "commodity_code": subheading,
            "partner_code": CHINA,
            "consumption_value_usd": times * (at + 1),
            "calculated_duty_usd": at,
        }


def lines(month: date, value: int) -> list[Row]:
    """Detail lines of an archive, two of them one cell."""
    line = {"reference_month": month, "commodity": 8471300100, "country": 5700, "general_value_usd": value}
    return [line, line, {**line, "commodity": 101210010, "country": 1220}]


def land(home: Home, source: str, vintage: date, month: date, rows: list[Row]) -> None:
    """Write rows to lake and ledger as if a file of one month had been taken in."""
    file_id = f"{source}-{month:%Y-%m}-{vintage:%Y-%m}"
    columns = datasets(source)[source]
    missing = dict.fromkeys(columns.names, 0) if source == ARCHIVES else {}
    texts = dict.fromkeys((field.name for field in columns if pa.types.is_string(field.type)), "")
    rows = [{**missing, **(texts if missing else {}), **row} for row in rows]
    write_rows(home.lake, source, vintage, file_id, pa.Table.from_pylist(rows, schema=columns))
    fields: dict[str, object] = dict.fromkeys(LedgerRow.__dataclass_fields__)
    fields |= {"file_id": file_id, "source": source, "vintage": vintage, "status": "accepted", "parser_version": 1}
    fields |= {"newest_reference_month": month, "retrieved_at": datetime(2026, 11, 1, tzinfo=UTC)}
    write_row(home.lake, LedgerRow(**fields))  # type: ignore[arg-type]


def make_whole(home: Home, vintage: date, month: date, value: int) -> None:
    """Give an archive of these lines its control totals, and a concordance with another unit than the code list's."""
    schemas, file_id = datasets(ARCHIVES), f"{ARCHIVES}-{month:%Y-%m}-{vintage:%Y-%m}"
    sums = dict.fromkeys([one.column for one in layout("IMP_COMM").measures], 0) | {"general_value_usd": value}
    totals = [{"member": "IMP_COMM", "measure": name, "expected": one, "seen": one} for name, one in sums.items()]
    numbers = [
        {"member": "CONCORD", "code": code, "unit_1": "DOZ", "end_use": "41000"}
        for code in ("0101210010", "8471300100")
    ]
    for dataset, rows in ((BULK_CONTROL, totals), (BULK_LOOKUP, numbers)):
        write_rows(home.lake, dataset, vintage, file_id, pa.Table.from_pylist(rows, schema=schemas[dataset]))


def build(home: Home) -> None:
    """Build the commodity models without their tests."""
    assert set(dbt(home, "build", *SELECTED, *WITHOUT_TESTS).values()) == {"success"}


def differences(one: Path, other: Path) -> dict[str, int]:
    """Rows that only one of two warehouses has, by table; tables that are equal are left out."""
    with duckdb.connect() as con:
        con.execute(f"attach '{one}' as one (read_only)")
        con.execute(f"attach '{other}' as other (read_only)")
        found = {}
        for table in TABLES:
            query = f"(from {{}}.{table} except all from {{}}.{table})"
            sides = [query.format("one", "other"), query.format("other", "one")]
            row = con.execute(f"select count(*) from (from {sides[0]} union all from {sides[1]})").fetchone()
            found[table] = row[0] if row else -1
        return {table: rows for table, rows in found.items() if rows}


def test_only_changed_months_are_rebuilt_and_equal_a_build_of_everything(tmp_path: Path) -> None:
    """A new month, a new vintage of one, a file that no longer counts and an archive, against a full build of the same."""
    home = Home(tmp_path / "data")
    ensure_ledger(home.lake)
    for source in SOURCES:
        for dataset, schema in datasets(source).items():
            ensure_dataset(home.lake, dataset, lake_schema(schema))
    for month in (JANUARY, FEBRUARY, MARCH):
        land(home, API, FIRST, month, list(answers(month, 1)))
    build(home)
    with duckdb.connect(str(home.warehouse)) as con:
        names = con.execute("select distinct level from marts.commodity_partner_month").fetchall()
        assert {level for (level,) in names} == {"HS2", "HS4", "HS6", "ENDUSE1", "ENDUSE5"}
        con.execute(f"update marts.commodity_partner_month set source = '{UNTOUCHED}'")
    shutil.copytree(home.root, tmp_path / "full")

    full = Home(tmp_path / "full")
    for folder in (home, full):
        land(folder, API, LATER, FEBRUARY, list(answers(FEBRUARY, 2)))
        land(folder, API, LATER, APRIL, list(answers(APRIL, 1)))
        land(folder, ARCHIVES, LATER, MARCH, lines(MARCH, 500))
        land(folder, ARCHIVES, LATER, MAY, lines(MAY, 700))
        make_whole(folder, LATER, MAY, 3 * 700)
        ledger = read_ledger(folder.lake)
        write_row(folder.lake, replace(ledger[f"{API}-2025-03-2026-03"], status="superseded"))
    build(home)
    with duckdb.connect(str(home.warehouse)) as con:
        kept = con.execute(
            f"select distinct reference_month from marts.commodity_partner_month where source = '{UNTOUCHED}'"
        ).fetchall()
        assert kept == [(JANUARY,)]
        con.execute(f"update marts.commodity_partner_month set source = '{API}' where source = '{UNTOUCHED}'")
        march = con.execute(
            "select level, commodity_code, partner_code, general_value_usd from marts.commodity_partner_month "
            "where reference_month = ? order by all",
            [MARCH],
        ).fetchall()
        assert march == [("HS10", "0101210010", "1220", 500), ("HS10", "8471300100", CHINA, 1000)]
        may = con.execute(
            "select level, sum(general_value_usd) from marts.commodity_month where reference_month = ? group by level",
            [MAY],
        ).fetchall()
        levels = ("HS2", "HS4", "HS6", "HS10", "ENDUSE1", "ENDUSE5")
        assert dict(may) == dict.fromkeys(levels, 3 * 700)
        number = "select end_use, quantity_1_unit from marts.commodity where flow = 'imports' and commodity_code = '8471300100'"
        assert con.execute(number).fetchall() == [("41000", "DOZ")]
    with duckdb.connect(str(full.warehouse)) as con:
        con.execute("update intermediate.commodity_built_from set code_version = 'of other code'")
        con.execute("alter table marts.duty_rate rename column duty_rate to rate")
    build(full)
    assert differences(home.warehouse, full.warehouse) == {}
    assert_tests_look_at_batches_until_they_pass(full)


def assert_tests_look_at_batches_until_they_pass(home: Home) -> None:
    """A row given twice fails its test as long as its batch is unchecked; what passed once is not looked at again."""
    facts, state = "intermediate.int_commodity_value", "intermediate.commodity_built_from"
    twice = f"insert into {facts} from {facts} where period_start = date '{JANUARY}' limit 1"
    of_facts = "model = 'int_commodity_value' and frequency is not null"

    def failed() -> set[str]:
        outcome = dbt(home, "test", "--select", "int_commodity_value", "--indirect-selection", "cautious", *DATA_TESTS)
        return {name for name, status in outcome.items() if status not in {"pass", "success"}}

    def execute(statement: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(home.warehouse)) as con:
            return con.execute(statement).fetchall()

    assert failed() == set()
    assert execute(f"select distinct is_checked from {state} where {of_facts}") == [(True,)]
    execute(twice)
    assert failed() == set()
    execute(f"update {state} set is_checked = false where {of_facts} and period_start = date '{JANUARY}'")
    assert "int_commodity_value_grain_is_unique" in failed()
    unchecked = f"select distinct period_start from {state} where {of_facts} and not is_checked"
    assert execute(unchecked) == [(JANUARY,)]


def control_totals(home: Home, vintage: date, month: date, seen: dict[str, int]) -> None:
    """Control totals of 10 each, of a landed archive, beside what its lines come to."""
    rows = [
        {"member": "IMP_CTY", "rows": 2, "measure": name, "expected": 10, "seen": value} for name, value in seen.items()
    ]
    table = pa.Table.from_pylist(rows, schema=datasets(ARCHIVES)[BULK_CONTROL])
    write_rows(home.lake, BULK_CONTROL, vintage, f"{ARCHIVES}-{month:%Y-%m}-{vintage:%Y-%m}", table)


def test_what_stops_publication_is_a_value_of_the_newest_print(tmp_path: Path) -> None:
    """Quantities that miss their totals are reported; so is a dollar of an older print, once a newer one adds up."""
    home = Home(tmp_path / "data")
    ensure_ledger(home.lake)
    for source in SOURCES:
        for dataset, schema in datasets(source).items():
            ensure_dataset(home.lake, dataset, lake_schema(schema))
    land(home, ARCHIVES, FIRST, MARCH, lines(MARCH, 500))
    control_totals(home, FIRST, MARCH, {"general_value_usd": 10, "general_quantity_1": 9, "air_weight_kg": 10})
    build(home)

    def judged() -> tuple[str, list[tuple[object, ...]]]:
        dbt(home, "run", "--select", "reconciliation")
        outcome = dbt(home, "test", "--select", "reconciliation", *DATA_TESTS)
        with duckdb.connect(str(home.warehouse)) as con:
            query = (
                "select measure, vintage, status, reported, different from marts.reconciliation "
                "where check_name = 'archive_control' order by all"
            )
            return outcome["sums_equal_their_totals"], con.execute(query).fetchall()

    assert judged() == (
        "pass",
        [
            ("air_weight_kg", FIRST, "equal", 0, 0),
            ("general_quantity_1", FIRST, "reported", 1, 0),
            ("general_value_usd", FIRST, "equal", 0, 0),
        ],
    )
    control_totals(home, FIRST, MARCH, {"general_value_usd": 11})
    assert judged() == ("fail", [("general_value_usd", FIRST, "different", 0, 1)])
    land(home, ARCHIVES, LATER, MARCH, lines(MARCH, 500))
    control_totals(home, LATER, MARCH, {"general_value_usd": 10})
    assert judged() == (
        "pass",
        [("general_value_usd", FIRST, "reported", 1, 0), ("general_value_usd", LATER, "equal", 0, 0)],
    )
    control_totals(home, LATER, MARCH, {"general_value_usd": 9})
    assert judged()[0] == "fail"

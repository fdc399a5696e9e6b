"""Totals of measures and periods that fall against the last publication, and the files that are named for it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from assets.home import PROJECT_ROOT, Home
from assets.publication.fall import MARTS, Finding, lost_figures
from assets.store.ledger import LedgerRow, Status, ensure_ledger, write_row

# World general imports of 2024 by HS6 before the fall and after it, as a partial file was seen to make it.
PUBLISHED, LEFT = 3_263_893_254_128, 640_000_000_000

TABLES = """
    create schema marts; create schema meta;
    create table marts.partner as
    from (values ('0015', true), ('0003', true), ('5700', false), ('2010', false)) as partner (partner_code, is_aggregate);
    create table marts.commodity_partner_year (flow varchar, level varchar, commodity_code varchar, partner_code varchar,
        year integer, general_value_usd bigint, calculated_duty_usd bigint);
    create table marts.total_month (concept varchar, basis varchar, adjustment varchar, reference_month date,
        imports_usd bigint, exports_usd bigint, is_latest boolean);
    create table meta.source_file (file_id varchar, status varchar);
    insert into meta.source_file values ('old', 'accepted');
"""


def write(path: Path, *statements: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute(TABLES)
        for statement in statements:
            con.execute(statement)


def year(partner: str, general: int | None, duty: int | None = 70) -> str:
    figures = f"{'null' if general is None else general}, {'null' if duty is None else duty}"
    return f"insert into marts.commodity_partner_year values ('imports', 'HS6', '847130', '{partner}', 2024, {figures})"


def file(file_id: str, source: str, status: Status = "accepted", why: str | None = None) -> LedgerRow:
    fields: dict[str, object] = dict.fromkeys(LedgerRow.__dataclass_fields__)
    fields |= {"file_id": file_id, "source": source, "file_name": f"{file_id}.json", "status": status, "why": why}
    fields |= {"retrieved_at": datetime(2026, 11, 1, tzinfo=UTC), "sha256": file_id, "vintage": date(2026, 11, 1)}
    return LedgerRow(**fields)  # type: ignore[arg-type]


@pytest.fixture
def published(home: Home) -> Home:
    """A publication from one file, and a second file in the ledger that came after it."""
    write(
        home.published,
        year("5700", PUBLISHED - 90),
        year("2010", 90),
        year("0015", PUBLISHED),
        year("0003", PUBLISHED),
        "insert into marts.total_month values ('goods', 'BOP', 'SA', '2025-12-01', 300, 200, true), "
        "('goods', 'BOP', 'SA', '2025-12-01', 299, 200, false)",
    )
    ensure_ledger(home.lake)
    write_row(home.lake, file("old", "census_api"))
    write_row(home.lake, file("new", "census_api"))
    return home


def after(home: Home, *statements: str) -> Finding | None:
    write(home.warehouse, *statements)
    return lost_figures(home)


def test_a_total_that_falls_to_a_fraction_names_the_file(published: Home) -> None:
    """World lost its row, partners four fifths; the duty stays, and a source without a new file is not looked at."""
    found = after(published, year("5700", LEFT))
    assert found is not None
    whole = "marts.commodity_partner_year, general_value_usd imports HS6 2024"
    assert {fall.what: (fall.before, fall.after) for fall in found.falls} == {
        f"{whole} World": (PUBLISHED, 0),
        f"{whole} partners": (PUBLISHED, LEFT),
        f"{whole.replace('general_value', 'calculated_duty')} World": (70, 0),
        f"{whole.replace('general_value', 'calculated_duty')} partners": (140, 70),
        f"{whole.replace('general_value_usd', 'rows')} World": (1, 0),
        f"{whole.replace('general_value_usd', 'rows')} partners": (2, 1),
    }
    assert [one.file_id for one in found.files] == ["new"]
    assert "new.json (new)" in str(found)
    assert "3,263,893,254,128 published, 640,000,000,000 now" in str(found)


def test_a_measure_that_became_unknown_is_a_loss(published: Home) -> None:
    found = after(published, year("5700", PUBLISHED - 90, None), year("2010", 90, None), year("0015", PUBLISHED, None))
    assert found is not None
    assert {fall.what.split()[1] for fall in found.falls} == {"calculated_duty_usd"}


def test_a_revision_is_no_fall(published: Home) -> None:
    """No revision of a year at hand takes 9 % of its imports away."""
    revised = [year(partner, value * 91 // 100) for partner, value in (("5700", PUBLISHED - 90), ("0015", PUBLISHED))]
    assert after(published, *revised, year("2010", 90)) is None


def test_a_fall_that_an_operator_meant_stops_nothing(published: Home) -> None:
    write_row(published.lake, file("old", "census_api", "withdrawn", "wrong file"))
    assert after(published, year("5700", LEFT)) is None


def test_a_file_that_an_operator_accepted_is_not_suspected(published: Home) -> None:
    write_row(published.lake, file("new", "census_api", why="seen with the publisher"))
    assert after(published, year("5700", LEFT)) is None


def test_a_month_of_totals_that_is_gone_is_a_loss(published: Home) -> None:
    """Of totals the latest print counts: the older one of 299 is no figure of its own."""
    write_row(published.lake, replace(file("cut", "fred"), vintage=None))
    kept = [year("5700", PUBLISHED - 90), year("2010", 90), year("0015", PUBLISHED)]
    found = after(published, *kept)
    assert found is not None
    assert {(fall.what.split(", ")[1], fall.before) for fall in found.falls} == {
        ("imports_usd goods BOP SA 2025-12-01", 300),
        ("exports_usd goods BOP SA 2025-12-01", 200),
        ("rows goods BOP SA 2025-12-01", 1),
    }
    assert [one.file_id for one in found.files] == ["cut"]


def test_the_first_publication_has_nothing_to_lose(home: Home) -> None:
    assert lost_figures(home) is None


def test_every_mart_that_is_compared_is_there() -> None:
    """A renamed mart would be compared no more: the names are those of the dbt project."""
    models = {path.stem: path for path in (PROJECT_ROOT / "dbt_project" / "models" / "marts").rglob("*.sql")}
    assert set(MARTS) <= set(models)

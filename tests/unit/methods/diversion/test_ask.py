"""Questions of diversion in words, and their answers from a published file that stays as it is."""

from pathlib import Path

import duckdb
import pytest

from assets.methods.diversion.ask import asked, asked_waterfall, question_of
from assets.methods.diversion.coverage import DataUnavailable
from assets.methods.diversion.levels import LEVELS, Basis
from assets.methods.diversion.periods import Period, PeriodPair
from tests.commodity_tables import coverage_view

COLUMNS = """flow varchar, classification varchar, level varchar, commodity_code varchar, partner_code varchar,
    general_value_usd bigint, consumption_value_usd bigint, calculated_duty_usd bigint, export_value_usd bigint, vintage date"""

FIGURES = """partner_code varchar, is_aggregate boolean, imports_usd bigint, exports_usd bigint, rounding_usd integer,
    vintage date"""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Chapters 01 and 02 in two years, by month and summed: Mexico loses 60 of chapter 01, of which Canada takes up 40."""
    path = tmp_path / "trade.duckdb"
    with duckdb.connect(path) as con:
        con.execute(f"""
            create schema marts;
            create table marts.partner as
            select * from (values ('0015', 'World', true), ('2010', 'Mexico', false), ('1220', 'Canada', false))
                as partner(partner_code, partner_name, is_aggregate);
            create table marts.commodity_partner_year (year integer, {COLUMNS});
            create table marts.commodity_partner_month (reference_month date, {COLUMNS});
            create table marts.partner_month_vintages (reference_month date, {FIGURES});
            create table marts.partner_year_vintages (source varchar, year integer, {FIGURES});
            create temp table yearly as
            select * from (values (2023, '01', '2010', 100), (2024, '01', '2010', 40), (2023, '01', '1220', 10),
                (2024, '01', '1220', 50), (2023, '02', '2010', 20), (2024, '02', '2010', 25), (2023, '02', '1220', 30),
                (2024, '02', '1220', 30)) as figure(year, code, partner, value);
            insert into yearly select year, code, '0015', sum(value) from yearly group by year, code;
            insert into marts.commodity_partner_year by name
            select year, 'imports' as flow, 'HS' as classification, 'HS2' as level, code as commodity_code,
                partner as partner_code, value as general_value_usd, date '2025-06-05' as vintage
            from yearly;
        """)
        con.execute(coverage_view().replace("create or replace view", "create table"))
    return path


def test_an_answer_is_that_of_the_methods_and_the_file_stays(published: Path) -> None:
    before = published.read_bytes()
    question = question_of("2023", "2024", "Mexico", None, "general")
    with asked(published, question) as (con, report):
        (row,) = con.execute(
            "select loss_usd, diverted_usd, rate from flags.diversion "
            "where cut = 'all' and partner_code = '1220' and commodity_code is null"
        ).fetchall()
    assert (row[0], row[1], row[2]) == (60, 40, pytest.approx(40 / 60))
    assert [each.basis for each in report.comparisons] == [Basis(LEVELS["HS2"])]
    assert published.read_bytes() == before


def test_what_is_not_loaded_is_named(published: Path) -> None:
    with (
        pytest.raises(DataUnavailable, match="2024-Q1 against 2023-Q1 is not complete"),
        asked(published, question_of("2023-Q1", "2024-Q1", "2010", None, "general")),
    ):
        pass


def test_a_waterfall_is_asked_for_any_pair_and_the_file_stays(published: Path) -> None:
    with duckdb.connect(published) as con:
        con.execute("""
            insert into marts.partner_year_vintages
            select 'usitc_dataweb', year, code, code = '0015', imports, 10, 1, date '2025-06-05'
            from (values (2023, '2010', 120), (2024, '2010', 65), (2023, '0015', 160), (2024, '0015', 145))
                as figure(year, code, imports)""")
    before = published.read_bytes()
    rows = asked_waterfall(published, PeriodPair.of_years(2024))
    assert [(row["partner_name"][:6], row["contribution_usd"]) for row in rows] == [
        ("Mexico", 55),
        ("Not al", -40),
        ("Roundi", 0),
    ]
    assert published.read_bytes() == before


def test_a_question_in_words() -> None:
    question = question_of("2024-01/2024-07", "2025-01/2025-07", "Vietnam", "NAICS3", "consumption")
    assert question.reference == "5520"
    assert question.pair == PeriodPair(Period.year_to_date(2024, 7), Period.year_to_date(2025, 7))
    assert question.bases == (Basis(LEVELS["NAICS3"], "consumption"),)


@pytest.mark.parametrize(
    ("period1", "reference", "level", "words"),
    [
        ("2024", "Atlantis", None, "single country.*Atlantis"),
        ("2024", "0003", None, "single country.*0003"),
        ("2024", "5700", "HS8", "HS8.*known"),
        ("2024-Q1", "5700", None, "12 months.*3"),
        ("soon", "5700", None, "seen 'soon'"),
    ],
)
def test_a_question_that_makes_no_sense_is_named(period1: str, reference: str, level: str | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        question_of("2023", period1, reference, level, "general")

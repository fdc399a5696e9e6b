"""What files of each source cover, and how it is written down."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assets.parsing.common import Parsed
from assets.parsing.coverage import Coverage, Periods, coverage_of, coverage_of_archive, fold
from assets.parsing.recognise import PARSERS, recognise
from tests import files
from tests.unit.parsing.test_comtrade import report_csv, report_row

ANSWER = [
    ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "CON_VAL_MO", "GEN_VAL_YR", "time", "COMM_LVL"],
    ["85", "-", "300", "0", "900", "2024-12", "HS2"],
    ["85", "5700", "200", "0", "600", "2024-12", "HS2"],
    ["85", "1220", "100", "0", "300", "2024-12", "HS2"],
    ["01", "1220", "40", "0", "40", "2024-10", "HS2"],
]


def parsed(path: Path) -> Parsed:
    return PARSERS[recognise(path, path.name)].parse(path, path.name)


def of_answer(folder: Path, rows: list[list[str]]) -> Coverage:
    path = folder / "answer.json"
    path.write_text(json.dumps(rows))
    return coverage_of(parsed(path))


def test_a_country_table_covers_partners_and_both_kinds_of_period(tmp_path: Path) -> None:
    covered = coverage_of(parsed(files.country(tmp_path / "country.csv")))
    assert covered == Coverage(
        flows=("exports", "imports"),
        partners=("0015", "1220", "2010", "5700"),
        partner_count=4,
        measures=("value_musd",),
        periods=Periods(month="2024-01 to 2025-02", year=covered.periods.year),
    )
    assert covered.periods.year.startswith("2024")


def test_a_headline_table_covers_its_series(tmp_path: Path) -> None:
    covered = coverage_of(parsed(files.bea(tmp_path / "bea.xlsx")))
    assert (covered.concepts, covered.bases, covered.adjustments) == (
        ("goods", "goods_services", "services"),
        ("BOP",),
        ("SA",),
    )
    assert covered.flows == ("balance", "exports", "imports")
    assert covered.periods == Periods(month="2024-01 to 2025-02", year="2023 to 2024")


def test_an_annual_export_covers_years(tmp_path: Path) -> None:
    covered = coverage_of(parsed(files.dataweb(tmp_path / "dataweb.xlsx")))
    assert covered.periods == Periods(year="2023 to 2025")
    assert (covered.flows, covered.measures) == (("imports",), ("value_usd",))


def test_an_answer_covers_measures_that_it_has_and_periods_of_each_kind(tmp_path: Path) -> None:
    covered = of_answer(tmp_path, ANSWER)
    assert covered == Coverage(
        flows=("imports",),
        partners=("0015", "1220", "5700"),
        partner_count=3,
        classifications=("HS",),
        levels=("HS2",),
        chapters=("01", "85"),
        commodities=("01", "85"),
        commodity_count=2,
        measures=("consumption_value_usd", "general_value_usd"),
        periods=Periods(month="2024-10, 2024-12", year_to_date="2024-10, 2024-12"),
    )


def test_answers_of_other_chapters_partners_measures_or_months_cover_something_else(tmp_path: Path) -> None:
    one = of_answer(tmp_path, ANSWER)
    others = [
        [["84", *row[1:]] if row[0] == "85" else row for row in ANSWER],
        [row for row in ANSWER if row[1] != "-"],
        [row[:3] + row[4:] for row in ANSWER],
        [["2024-11" if cell == "2024-12" else cell for cell in row] for row in ANSWER],
    ]
    covered = [of_answer(tmp_path, rows) for rows in others]
    assert len({one, *covered}) == 5


def test_many_commodities_are_told_by_chapter_and_count(tmp_path: Path) -> None:
    rows = [ANSWER[0], *([f"8501{at:02d}", "5700", "1", "0", "1", "2010-12", "HS6"] for at in range(51))]
    covered = of_answer(tmp_path, rows)
    assert (covered.chapters, covered.commodities, covered.commodity_count) == (("85",), (), 51)
    assert of_answer(tmp_path, rows[:-1]).commodities[0] == "850100"


def test_a_comtrade_file_covers_its_reporters(tmp_path: Path) -> None:
    rows = [report_row(), report_row(reporterCode=458, reporterISO="MYS", flowCode="X", refMonth=3, netWgt="")]
    assert coverage_of(parsed(report_csv(tmp_path / "comtrade.csv", rows))) == Coverage(
        reporters=("5520", "5570"),
        flows=("exports", "imports"),
        partners=("5700",),
        partner_count=1,
        classifications=("H6",),
        levels=("HS6",),
        chapters=("85",),
        commodities=("851713",),
        commodity_count=1,
        measures=("net_weight_kg", "value_usd"),
        periods=Periods(month="2025-01, 2025-03"),
    )
    annual = report_csv(tmp_path / "annual.csv", [report_row(freqCode="A", refMonth=52, netWgt="")])
    covered = coverage_of(parsed(annual))
    assert (covered.periods, covered.measures) == (Periods(year="2025"), ("value_usd",))


def test_a_series_covers_its_months_alone(tmp_path: Path) -> None:
    assert coverage_of(parsed(files.fred(tmp_path / "BOPGSTB.csv"))) == Coverage(
        flows=("balance",),
        concepts=("goods_services",),
        bases=("BOP",),
        adjustments=("SA",),
        measures=("value_musd",),
        periods=Periods(month="2024-11 to 2025-02"),
    )


def test_an_exhibit_covers_both_bases(tmp_path: Path) -> None:
    covered = coverage_of(parsed(files.exhibit_12(tmp_path / "exh12.xlsx")))
    assert (covered.concepts, covered.bases, covered.adjustments) == (("goods",), ("BOP", "Census"), ("NSA",))
    assert covered.periods.month.endswith("to 2025-02")


def test_an_answer_without_trade_covers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(b"")
    assert coverage_of(parsed(path)) == Coverage()


def test_an_archive_covers_one_month_of_everything() -> None:
    covered = coverage_of_archive("imports", date(2025, 1, 1), ["general_value_usd", "calculated_duty_usd"])
    assert covered.as_json() == (
        '{"classifications": ["HS"], "commodities": ["all"], "flows": ["imports"], "levels": ["HS10"], '
        '"measures": ["calculated_duty_usd", "general_value_usd"], "partners": ["all"], '
        '"periods": {"month": "2025-01"}}'
    )


def test_the_order_of_rows_does_not_change_the_text(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(ANSWER))
    first = parsed(path)
    turned = replace(first, table=first.table.take(list(range(first.table.num_rows))[::-1]))
    assert coverage_of(turned).as_json() == coverage_of(first).as_json()


@pytest.mark.parametrize(
    ("months", "words"),
    [
        ([], ""),
        ([date(2024, 3, 1)], "2024-03"),
        ([date(2025, 1, 1), date(2024, 12, 1), date(2024, 10, 1)], "2024-10, 2024-12 to 2025-01"),
    ],
)
def test_neighbouring_months_are_a_range(months: list[date], words: str) -> None:
    assert fold(months) == words

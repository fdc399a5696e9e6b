"""Commodity marts of the bundled figures against published totals, and of the full figures by ten digits.

Expected values: the totals of the API answers as listed beside the development figures (general imports of 2025
3,414,510,592,814 and so on), and the Census country workbook as published on 2026-09-03.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.home import Home
from assets.parsing import census_api
from assets.parsing.recognise import SOURCES, datasets
from assets.store.lake import ensure_dataset, lake_schema, write_rows
from assets.store.ledger import LedgerRow, ensure_ledger, write_row
from tests.integration.test_dbt import dbt

Published = Callable[[str], list[tuple[Any, ...]]]

WORLD_2024, WORLD_2025 = 3_263_893_254_128, 3_414_510_592_814
CONSUMPTION_2025, DUTY_2025 = 3_391_221_021_554, 259_366_570_786


def test_world_totals_to_the_dollar(published: Published) -> None:
    rows = published("""
        select year, level, sum(general_value_usd), sum(consumption_value_usd), sum(calculated_duty_usd)
        from marts.commodity_year where level in ('HS2', 'HS6', 'ENDUSE1') and year = 2025 group by all""")
    assert sorted(rows) == [
        (2025, level, WORLD_2025, CONSUMPTION_2025, DUTY_2025) for level in ("ENDUSE1", "HS2", "HS6")
    ]
    totals = "select sum(general_value_usd) from marts.commodity_partner_year where level = 'HS6' and year = 2024"
    assert published(f"{totals} and partner_code = '0015'") == [(WORLD_2024,)]
    assert published(f"{totals} and partner_code <> '0015'") == [(WORLD_2024,)]


def test_duty_rate_of_the_world_in_2025(published: Published) -> None:
    """7.648 % = 259,366,570,786 / 3,391,221,021,554."""
    [(rate,)] = published("""
        select sum(calculated_duty_usd) / sum(consumption_value_usd) from marts.duty_rate
        where level = 'HS6' and partner_code = '0015' and frequency = 'year' and period_start = '2025-01-01'""")
    assert rate == pytest.approx(0.07648, abs=5e-6)


def test_partners_equal_the_country_workbook_within_its_rounding(published: Published) -> None:
    """China, Vietnam, Mexico, Taiwan and Canada: HS6 sums against twelve months rounded to $0.1 million."""
    rows = published("""
        select partner_code, year, sum(c.general_value_usd) - max(p.imports_usd)
        from marts.commodity_partner_year as c join marts.partner_year as p using (partner_code, year)
        where level = 'HS6' and flow = 'imports' and partner_code in ('5700', '5520', '2010', '5830', '1220')
        group by all""")
    assert len(rows) == 10
    assert max(abs(difference) for *_, difference in rows) <= 12 * 50_000


def test_codes_of_older_revisions_are_in_the_dimension(published: Published) -> None:
    """UNSD tables: 8517.12 (to 2021) was split into 8517.13 and others, 3002.20 was renumbered to 3002.41, 6908 ended in 2016."""
    columns = "commodity_code, hs_revisions, valid_from, valid_to, is_listed, parent_code, family_code"
    rows = published(
        f"select {columns} from marts.commodity where flow = 'exports' "
        "and commodity_code in ('851712', '851713', '300220', '6908', '010121') order by commodity_code"
    )
    assert rows == [
        ("010121", "2012,2017,2022", None, None, True, "0101", "F010121"),
        ("300220", "2012,2017", None, date(2021, 12, 1), False, "3002", "F300241"),
        ("6908", "2012", None, date(2016, 12, 1), False, "69", None),
        ("851712", "2012,2017", None, date(2021, 12, 1), False, "8517", "F851713"),
        ("851713", "2022", date(2022, 1, 1), None, True, "8517", "F851713"),
    ]
    names: dict[str, str] = dict(
        published(
            "select commodity_code, commodity_name from marts.commodity where flow = 'imports' and level = 'HS6' "
            "and commodity_code in ('851712', '300220', '300241')"
        )
    )
    assert names["851712"] == "HS 2012 and 2017 code, not in the 2022 list"
    assert names["300220"] == names["300241"]
    ended = published(
        "select count(*) filter (hs_revisions like '2012%'), count(*) from marts.commodity "
        "where flow = 'imports' and level = 'HS6' and valid_to is not null"
    )
    assert ended == [(212, 226)]


def test_nothing_differs_within_a_vintage(published: Published) -> None:
    rows = published("select check_name, status, sum(compared) from marts.reconciliation group by all")
    assert "different" not in {status for _, status, _ in rows}
    compared = {name: sum(count for check, _, count in rows if check == name) for name, *_ in rows}
    assert compared["partners_make_the_world"] >= 24
    assert compared["country_workbook"] >= 5_000
    assert compared["commodities_make_the_total"] >= 2 * 4_000
    totals = published("""
        select year(period_start), measure, seen_usd, status from marts.reconciliation
        where check_name = 'commodities_make_the_total' and level = 'HS6' order by all""")
    assert totals == [
        (2024, "general_value_usd", WORLD_2024, "equal"),
        (2025, "calculated_duty_usd", DUTY_2025, "equal"),
        (2025, "consumption_value_usd", CONSUMPTION_2025, "equal"),
        (2025, "general_value_usd", WORLD_2025, "equal"),
    ]


def test_capital_goods_of_2025_are_the_published_changes(published: Published) -> None:
    """As published: computers +101.4 bn, accessories +42.7, end use 2 +166. The bundled end use is made from ten digits, a part
    of it assigned approximately."""
    changes: dict[str, float] = dict(published(CHANGES))
    assert changes["computers"] == pytest.approx(101.4, abs=0.1)
    assert changes["computer_accessories"] == pytest.approx(42.7, abs=0.1)
    assert changes["end_use_2"] == pytest.approx(166, abs=1)
    flags: dict[str, tuple[int, bool]] = {
        code: (change, approximated)
        for code, change, approximated in published("select code, change_usd, is_approximated from flags.capital_goods")
    }
    assert {code: flags[code] for code in ("2", "21300", "21301", "21400")} == {
        "2": (1_124_300_171_161 - 957_727_959_550, True),
        "21300": (101_448_680_003, True),
        "21301": (42_741_791_063, True),
        "21400": (30_265_908_311, True),
    }
    assert published(
        "select count(*) from marts.capital_goods where definition = 'ai_hardware' and partner_code = '5830'"
    )


CHANGES = """
    select definition, (sum(general_value_usd) filter (year(period_start) = 2025)
        - sum(general_value_usd) filter (year(period_start) = 2024)) / 1e9
    from marts.capital_goods where partner_code = '0015' and frequency = 'year' group by definition"""


@pytest.fixture(scope="module")
def by_ten_digits(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """The warehouse of the figures by HTS number and country, years 2024 and 2025."""
    home = Home(tmp_path_factory.mktemp("hts10") / "data")
    ensure_ledger(home.lake)
    for source in SOURCES:
        for dataset, schema in datasets(source).items():
            ensure_dataset(home.lake, dataset, lake_schema(schema))
    figures = shared_data / "census_api" / "census_imports_hts10_by_country_2024_2025.parquet"
    table = duckdb.sql(f"""
        select HTS10 as commodity_code, CTY_CODE as partner_code, make_date(year, 12, 1) as reference_month,
            GEN_VAL_YR as general_value_usd, CON_VAL_YR as consumption_value_usd, DUT_VAL_YR as dutiable_value_usd,
            CAL_DUT_YR as calculated_duty_usd, 'imports' as flow, 'HS' as classification, 'HS10' as level,
            'detail' as row_kind, 'year_to_date' as period
        from '{figures}'""").to_arrow_table()
    for name in set(census_api.SCHEMA.names) - set(table.column_names):
        table = table.append_column(name, [[None] * len(table)])
    file_id, vintage = "hts10", date(2026, 9, 3)
    write_rows(
        home.lake, census_api.SOURCE, vintage, file_id, table.select(census_api.SCHEMA.names).cast(census_api.SCHEMA)
    )
    fields: dict[str, object] = dict.fromkeys(LedgerRow.__dataclass_fields__)
    fields |= {"file_id": file_id, "source": census_api.SOURCE, "vintage": vintage, "status": "accepted"}
    write_row(home.lake, LedgerRow(**{**fields, "retrieved_at": datetime(2026, 11, 1, tzinfo=UTC)}))  # type: ignore[arg-type]
    chosen = ("--select", "+capital_goods", "--indirect-selection", "cautious", "--exclude-resource-type", "unit_test")
    results = dbt(home, "build", *chosen)
    assert {name: status for name, status in results.items() if status not in {"success", "pass"}} == {}
    return duckdb.connect(str(home.warehouse), read_only=True)


def test_end_use_changes_of_2025_by_ten_digits(by_ten_digits: duckdb.DuckDBPyConnection) -> None:
    """As published: computers +101.4 bn, accessories +42.7, end use 2 +166; 97 % of it told without doubt."""
    changes = dict(by_ten_digits.execute(CHANGES).fetchall())
    assert changes["computers"] == pytest.approx(101.4, abs=0.1)
    assert changes["computer_accessories"] == pytest.approx(42.7, abs=0.1)
    assert changes["end_use_2"] == pytest.approx(166, abs=1)
    [(told,)] = by_ten_digits.execute("""
        select min(matched_share) from marts.capital_goods
        where partner_code = '0015' and definition in ('computers', 'computer_accessories', 'end_use_2')""").fetchall()
    assert told > 0.97


def test_bundled_end_use_is_that_of_ten_digits(published: Published, by_ten_digits: duckdb.DuckDBPyConnection) -> None:
    """Each partner, year and end use to the dollar, in all four values, beside what the models make of HTS10 themselves."""
    cells = """
        select level, commodity_code, partner_code, year, general_value_usd, consumption_value_usd, dutiable_value_usd,
            calculated_duty_usd
        from marts.commodity_partner_year where level in ('ENDUSE1', 'ENDUSE5') and flow = 'imports' order by all"""
    rows = published(cells)
    assert len(rows) > 30_000
    assert rows == by_ten_digits.execute(cells).fetchall()


def test_levels_of_ten_digits_are_the_world(by_ten_digits: duckdb.DuckDBPyConnection) -> None:
    rows = by_ten_digits.execute("""
        select level, sum(general_value_usd), sum(calculated_duty_usd) from marts.commodity_partner_year
        where year = 2025 and partner_code <> '0015' group by level order by level""").fetchall()
    levels = ["ENDUSE1", "ENDUSE5", "HS10", "HS2", "HS4", "HS6"]
    assert rows == [(level, WORLD_2025, DUTY_2025) for level in levels]

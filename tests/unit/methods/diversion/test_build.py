"""The writer: which comparisons it makes, what it leaves behind, and which flag follows from which numbers."""

from datetime import date

import duckdb
import pytest

from assets.methods.diversion import (
    DIVERSION,
    Basis,
    DataUnavailable,
    Period,
    PeriodPair,
    Resampling,
    Settings,
    build_diversion_flags,
    default_comparisons,
    latest_pairs,
    level_named,
)
from assets.methods.diversion.coverage import Coverage, read_coverage
from assets.methods.diversion.periods import shift_months
from tests.unit.methods.diversion.conftest import Real
from tests.unit.methods.diversion.marts import add_months, add_years

QUICK = Settings(resampling=Resampling(draws=99))
HS6 = Basis(level_named("HS6"))
MILLION = 1_000_000
COMMODITY_MARTS = ("commodity_partner_year", "commodity_partner_month")

CONTRACT = (
    "reference_partner period0 period1 level cut partner_code commodity_code loss_usd diverted_usd rate "
    "share_of_diverted low_usd high_usd placebo_rate demand_usd reallocation_usd flag sentence"
)
"""Columns of flags.diversion that users rely on."""

SMALL = [
    # A product that China lost and Vietnam took.
    ("5700", "850110", 100, 40),
    ("5520", "850110", 10, 70),
    ("5880", "850110", 30, 30),
    # A product that the world wanted more of: China gained too.
    ("5700", "847150", 50, 60),
    ("5830", "847150", 100, 300),
    # A product that China lost and nobody took.
    ("5700", "950300", 90, 10),
    ("4280", "950300", 20, 18),
]


def _small(con: duckdb.DuckDBPyConnection) -> None:
    add_years(
        con,
        [
            (partner, commodity, year, value * MILLION)
            for partner, commodity, *values in SMALL
            for year, value in zip((2024, 2025), values, strict=True)
        ],
    )
    con.execute("insert into marts.partner values ('5700', 'China', false), ('5520', 'Vietnam', false)")


def _flags(con: duckdb.DuckDBPyConnection, condition: str) -> dict[tuple[str | None, str | None], str]:
    rows = con.execute(
        f"select partner_code, commodity_code, flag from flags.diversion where cut = 'all' and {condition}"
    ).fetchall()
    return {(partner, commodity): flag for partner, commodity, flag in rows}


def test_each_flag_follows_from_the_numbers(con: duckdb.DuckDBPyConnection) -> None:
    _small(con)
    build_diversion_flags(con, QUICK)
    assert _flags(con, "commodity_code is null") == {
        # 60 of 140 million matched: less than half.
        (None, None): "loss_without_replacement",
        ("5700", None): "reference",
        ("5520", None): "diversion",
        ("5830", None): "demand_led",
        # Japan sells only motors, whose loss Vietnam took; Germany only toys, whose loss nobody took.
        ("5880", None): "re_sourced_elsewhere",
        ("4280", None): "loss_without_replacement",
    }
    assert _flags(con, "commodity_level = 'HS6' and partner_code is null") == {
        (None, "850110"): "re_sourced_elsewhere",
        (None, "847150"): "no_loss",
        (None, "950300"): "loss_without_replacement",
    }
    # Japan's motors did not move and nothing is attributed to them: no row.
    assert ("5880", "850110") not in _flags(con, "commodity_level = 'HS6'")


def test_a_partner_that_gains_elsewhere_is_not_flagged_for_a_little_diversion(con: duckdb.DuckDBPyConnection) -> None:
    """Vietnam takes 60 of China's 140 million, but gains 400 million in a product that it alone expands."""
    _small(con)
    add_years(con, [("5520", "640399", 2024, 100 * MILLION), ("5520", "640399", 2025, 500 * MILLION)])
    build_diversion_flags(con, QUICK)
    assert _flags(con, "commodity_code is null")[("5520", None)] == "demand_led"


def test_when_demand_adds_more_than_the_loss_it_names_the_flag(con: duckdb.DuckDBPyConnection) -> None:
    """100 of Vietnam's 300 million gain match China's loss, but demand adds 154: it is the larger of the two."""
    add_years(
        con,
        [
            (partner, commodity, year, value * MILLION)
            for partner, commodity, *values in [
                ("5700", "850110", 200, 100),
                ("5520", "850110", 100, 300),
                ("5520", "640399", 100, 200),
            ]
            for year, value in zip((2024, 2025), values, strict=True)
        ],
    )
    build_diversion_flags(con, QUICK)
    assert con.execute("""
        select diverted_usd, gain_usd, demand_usd, flag from flags.diversion
        where cut = 'all' and partner_code = '5520' and commodity_code is null""").fetchall() == [
        (100 * MILLION, 300 * MILLION, 154_166_667, "demand_led")
    ]


def test_sentences_say_what_the_row_says(con: duckdb.DuckDBPyConnection) -> None:
    _small(con)
    build_diversion_flags(con, QUICK)
    rows = con.execute("""
        select sentence from flags.diversion where cut = 'all' and commodity_level is distinct from 'HS2'
            and partner_code in ('5520', '5700') and commodity_code in ('850110') or
            (cut = 'ex_ai' and partner_code = '5520' and commodity_code is null)
        order by cut, partner_code""").fetchall()
    tail = ", vintage 2026-01-01; an upper bound by product, not a cause."
    assert [sentence for (sentence,) in rows] == [
        "Vietnam in HS6 850110: diversion from China. US imports rose by $60.0 m in 2025 against 2024: demand "
        "$0, reallocation $60.0 m. $60.0 m is matched by the loss of China in the same products: 100.0% of $60.0 m, "
        "rank 1. No placebo and no interval exist for a single product. General imports, customs value, HS6, all goods"
        + tail,
        "US imports from China fell by $60.0 m in 2025 against 2024: demand $0, reallocation -$60.0 m. General "
        "imports, customs value, HS6, all goods" + tail,
        "Vietnam: diversion from China. US imports rose by $60.0 m in 2025 against 2024: demand $0, reallocation "
        "$60.0 m. $60.0 m is matched by the loss of China in the same products: 42.9% of $140.0 m, rank 1. No placebo. "
        "General imports, customs value, HS6, without AI hardware" + tail,
    ]


def test_the_table_is_what_users_rely_on(con: duckdb.DuckDBPyConnection) -> None:
    report = build_diversion_flags(con, QUICK)
    assert report.comparisons == ()
    assert "no two comparable periods are complete at HS6, general imports" in report.notes[0]
    described = con.execute("""
        select column_name, comment from duckdb_columns()
        where schema_name = 'flags' and table_name = 'diversion' order by column_index""").fetchall()
    assert [name for name, _ in described] == [column.name for column in DIVERSION.columns]
    assert set(CONTRACT.split()) <= {name for name, _ in described}
    assert all(comment for _, comment in described)


def test_what_cannot_be_done_is_refused_and_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    _small(con)
    build_diversion_flags(con, QUICK)
    before = con.execute("select count(*), sum(hash(d)) from flags.diversion as d").fetchone()
    with pytest.raises(DataUnavailable, match="reference partner '9999' has no imports in 2025 against 2024"):
        build_diversion_flags(con, Settings(reference="9999"))
    with pytest.raises(DataUnavailable, match="2024 against 2023 is not complete in HS6"):
        build_diversion_flags(con, QUICK, pairs=[PeriodPair.of_years(2024)], bases=[HS6])
    with pytest.raises(ValueError, match="unknown product level 'HS7'; known: HS10, HS6"):
        level_named("HS7")
    assert con.execute("select count(*), sum(hash(d)) from flags.diversion as d").fetchone() == before


def test_running_again_gives_the_same_table(con: duckdb.DuckDBPyConnection) -> None:
    _small(con)
    digests = []
    for _ in range(2):
        build_diversion_flags(con, QUICK)
        digests.append(con.execute("select count(*), sum(hash(d)) from flags.diversion as d").fetchone())
    assert digests[0] == digests[1]


def test_defaults_are_the_latest_year_and_the_year_to_date(con: duckdb.DuckDBPyConnection) -> None:
    months = [shift_months(date(2024, 1, 1), step) for step in range(31)]
    add_months(con, [("5700", "850110", month, MILLION) for month in months])
    pairs = latest_pairs(read_coverage(con), HS6)
    assert [pair.label for pair in pairs] == ["2025 against 2024", "2026-01/2026-07 against 2025-01/2025-07"]
    report = build_diversion_flags(con, QUICK)
    assert [comparison.pair for comparison in report.comparisons] == pairs
    written = con.execute("select distinct period0, period1 from flags.diversion order by all").fetchall()
    assert written == [("2024", "2025"), ("2025-01/2025-07", "2026-01/2026-07")]


def test_another_level_with_newer_months_does_not_hide_the_year_to_date() -> None:
    months = frozenset(shift_months(date(2024, 1, 1), step) for step in range(31))
    newer = frozenset(shift_months(date(2020, 1, 1), step) for step in range(84))
    coverage = Coverage({("HS6", "general"): months, ("NAICS3", "consumption"): newer}, {})
    assert latest_pairs(coverage, HS6)[1].period1 == Period.year_to_date(2026, 7)


def test_with_coarse_figures_only_the_level_falls_back_and_is_named(con: duckdb.DuckDBPyConnection) -> None:
    add_years(con, [("5700", "85", 2024, 9), ("5700", "85", 2025, 4), ("5520", "85", 2025, 4)], level="HS2")
    report = build_diversion_flags(con, QUICK)
    assert report.comparisons[0].basis == Basis(level_named("HS2"))
    cuts = con.execute("select distinct level, cut, commodity_level from flags.diversion order by all").fetchall()
    assert cuts == [("HS2", "all", "HS2"), ("HS2", "all", None), ("HS2", "ex_gold", None)]


@pytest.mark.parametrize("reference", ["1220", "2010"])
def test_any_partner_can_be_the_reference(real: Real, reference: str) -> None:
    """Canada and Mexico instead of China: the same identities hold."""
    with real.con.cursor() as con:
        con.execute("attach ':memory:' as other")
        con.execute("create schema other.marts")
        for table in (
            *COMMODITY_MARTS,
            "commodity_coverage",
            "partner",
            "partner_month_vintages",
            "partner_year_vintages",
        ):
            few = "left(commodity_code, 2) in ('84', '87')" if table in COMMODITY_MARTS else "true"
            con.execute(f"create table other.marts.{table} as from memory.marts.{table} where {few}")
        con.execute("use other")
        build_diversion_flags(con, Settings(reference=reference, resampling=Resampling(draws=99)))
        row = con.execute("""
            select any_value(reference_partner), count(*) filter (rate < 0 or rate > 1),
                sum(diverted_usd) filter (cut = 'all' and partner_code is not null and commodity_code is null)
                = any_value(diverted_usd) filter (cut = 'all' and partner_code is null and commodity_code is null),
                any_value(loss_usd) filter (cut = 'all' and partner_code is null and commodity_code is null) > 1e9
            from flags.diversion where period1 = '2025'""").fetchone()
        assert row == (reference, 0, True, True)
        con.execute("use memory")
        con.execute("detach other")


def _partner_months(con: duckdb.DuckDBPyConnection, first: date, months: int, vintage: str = "2026-09-03") -> None:
    """World 10 above the sum of China, 30, and Vietnam, 60 growing by one a month; exports of 5 each."""
    for step in range(months):
        month = shift_months(first, step)
        con.execute(
            f"""
            insert into marts.partner_month_vintages by name
            select date '{month}' as reference_month, code as partner_code, code = '0015' as is_aggregate,
                imports as imports_usd, exports as exports_usd, 1 as rounding_usd, date '{vintage}' as vintage
            from (values ('5700', 30, 5), ('5520', 60 + {step}, 5), ('0015', 100 + {step}, 10))
                as figure(code, imports, exports)"""
        )


def test_a_coarser_level_adds_a_default_pair_where_it_reaches_further(con: duckdb.DuckDBPyConnection) -> None:
    """HS6 has two years; totals of partners reach into the next: one pair each, the year not told twice."""
    _small(con)
    _partner_months(con, date(2024, 1, 1), 31)
    found = default_comparisons(read_coverage(con))
    assert [(pair.label, basis.level.name) for pair, basis in found] == [
        ("2025 against 2024", "HS6"),
        ("2026-01/2026-07 against 2025-01/2025-07", "TOTAL"),
    ]
    report = build_diversion_flags(con, QUICK)
    assert report.comparisons[1].rows == 4
    rows = con.execute("""
        select partner_code, value0_usd, value1_usd, captured_share, naive_ratio, flag from flags.diversion
        where level = 'TOTAL' order by 1 nulls first""").fetchall()
    # January to July: 12 to 18 and 24 to 30 months after the first, 60 + step each: 525 and 609 from Vietnam.
    assert [row[:3] for row in rows] == [
        (None, 805, 889),
        ("5520", 525, 609),
        ("5700", 210, 210),
        ("unallocated", 70, 70),
    ]
    assert rows[1][3] == pytest.approx((609 / 889 - 525 / 805) / (210 / 805 - 210 / 889))
    # China's imports did not fall in dollars: no ratio.
    assert [row[4] for row in rows] == [None] * 4
    assert [row[5] for row in rows] == ["not_testable", "not_testable", "reference", "not_testable"]


def test_totals_never_take_two_vintages_into_one_comparison(con: duckdb.DuckDBPyConnection) -> None:
    _partner_months(con, date(2024, 1, 1), 12, "2025-06-05")
    _partner_months(con, date(2025, 1, 1), 12, "2026-06-09")
    with pytest.raises(DataUnavailable, match="no single vintage of the partners' figures"):
        build_diversion_flags(con, QUICK, pairs=[PeriodPair.of_years(2025)], bases=[Basis(level_named("TOTAL"))])
    assert default_comparisons(read_coverage(con)) == []


def test_a_pair_without_products_is_answered_in_total_with_a_note(con: duckdb.DuckDBPyConnection) -> None:
    _partner_months(con, date(2024, 1, 1), 24)
    months = [shift_months(date(2024, 1, 1), step) for step in range(24)]
    add_months(con, [("5700", "331", month, MILLION) for month in months])
    con.execute("""update marts.commodity_partner_month set level = 'NAICS3', classification = 'NAICS',
        consumption_value_usd = general_value_usd, general_value_usd = null""")
    report = build_diversion_flags(con, QUICK, pairs=[PeriodPair.of_years(2025)])
    assert [comparison.basis.level.name for comparison in report.comparisons] == ["TOTAL"]
    assert report.notes[0].endswith("by product complete in imports for consumption at NAICS3")
    with pytest.raises(
        DataUnavailable,
        match=r"not complete in HS6, general imports.*complete in general imports at TOTAL and in imports for "
        r"consumption at NAICS3",
    ):
        build_diversion_flags(con, QUICK, pairs=[PeriodPair.of_years(2025)], bases=[HS6])
    with pytest.raises(DataUnavailable, match=r"TOTAL, imports for consumption.*which are general imports"):
        build_diversion_flags(
            con, QUICK, pairs=[PeriodPair.of_years(2025)], bases=[Basis(level_named("TOTAL"), "consumption")]
        )

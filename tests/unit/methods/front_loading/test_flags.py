"""Every verdict on front-loading, on a mart whose surges, paybacks and duty rates are known."""

from collections.abc import Iterator
from datetime import date

import duckdb
import numpy as np
import pytest

from assets.methods.front_loading import FrontLoadingCounts, build_front_loading_flags
from assets.methods.front_loading.windows import RULES
from assets.methods.tariffs import build_tariff_marts
from tests.commodity_tables import coverage_view
from tests.unit.methods.front_loading.conftest import DUTIES

MEASURE = "ieepa_recip_base"
"""Reciprocal duty: clean 2022-2024, window January to March 2025, six months after from April."""
LAST = 12 * 2025 + 10
LEVEL = 100_000_000


def _series(
    code: str, partner: str = "4280", first: int = 12 * 2021, last: int = LAST, **changes: float
) -> Iterator[tuple[str, str, date, int, int]]:
    """Rows (commodity, partner, month, value, duty): 100m a month, March x `surge`, May x `payback`, June to September x
    `after`, duty rates."""
    surge, payback = changes.get("surge", 1.0), changes.get("payback", 1.0)
    later = dict.fromkeys(range(12 * 2025 + 5, 12 * 2025 + 9), changes.get("after", 1.0))
    for number in range(first, last + 1):
        factor = {12 * 2025 + 2: surge, 12 * 2025 + 4: payback, **later}.get(number, 1.0)
        rate = changes.get("rate", 0.10) if number >= 12 * 2025 + 3 else 0.01
        value = round(LEVEL * factor * changes.get("scale", 1.0))
        yield code, partner, date(number // 12, number % 12 + 1, 1), value, round(value * rate)


ROWS = [
    *_series("333", surge=2.0, payback=0.5),
    *_series("339", surge=2.0),
    *_series("325", surge=2.0, payback=0.5, after=1.25),
    *_series("324", surge=2.0, payback=0.92),
    *_series("337", surge=2.0, payback=0.5, rate=0.012),
    *_series("332"),
    *_series("326", first=12 * 2024 + 6, surge=2.0),
    *_series("211", surge=2.0),
    *_series("316", surge=2.0, scale=0.001),
    *_series("339", partner="4759", last=12 * 2025 + 5, surge=2.0),
    *_series("339", partner="5880", first=12 * 2024, surge=2.0),
]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(
        """
        create schema marts;
        create table marts.commodity_partner_month (flow varchar, classification varchar, level varchar,
            commodity_code varchar, commodity_name varchar, partner_code varchar, reference_month date,
            general_value_usd bigint, consumption_value_usd bigint, calculated_duty_usd bigint, vintage date);
        create table marts.commodity_partner_year (flow varchar, level varchar, commodity_code varchar,
            partner_code varchar, year integer, consumption_value_usd bigint, calculated_duty_usd bigint)"""
    )
    con.executemany(
        "insert into marts.commodity_partner_month "
        "values ('imports', 'NAICS', 'NAICS3', $1, 'Goods', $2, $3, null, $4, $5, date '2026-01-29')",
        ROWS,
    )
    con.execute(coverage_view(DUTIES, DUTIES))
    build_tariff_marts(con, date(2026, 12, 1))
    build_front_loading_flags(con)
    return con


def _row(con: duckdb.DuckDBPyConnection, code: str, partner: str = "4280") -> dict[str, object]:
    found = con.execute(
        "from flags.front_loading where commodity_code = ? and partner_code = ? and event_id = ?",
        [code, partner, MEASURE],
    ).to_arrow_table()
    rows = found.to_pylist()
    assert len(rows) == 1
    return dict(rows[0])


@pytest.mark.parametrize(
    ("code", "partner", "verdict", "words"),
    [
        ("333", "4280", "front_loaded_with_payback", "the six months after gave back 50 % of the excess"),
        ("339", "4280", "surge_without_payback", "no payback followed: the six months after gave back 0 %"),
        # 100m above, then 50m below and 4 x 25m above: another 50m, whatever May looks like
        (
            "325",
            "4280",
            "surge_without_payback",
            "in 2025-05, but this is no payback: in the six months after imports ran another 50 % of the excess above",
        ),
        # May is 8 % below, beyond z -1.5, but gives back 8m of 100m, less than a tenth
        ("324", "4280", "surge_without_payback", "but this is no payback: the six months after gave back 8 %"),
        ("337", "4280", "surge_without_tariff", "no tariff rise, so not front-loading"),
        ("211", "4280", "surge_without_tariff", "which spares these goods"),
        ("332", "4280", "none", "stayed within what season and trend explain"),
        ("326", "4280", "not_testable", "only 6 of 36 clean months have trade"),
        ("339", "4759", "not_testable", "only 3 of 6 months after are published, too few to judge a payback"),
    ],
)
def test_verdicts(con: duckdb.DuckDBPyConnection, code: str, partner: str, verdict: str, words: str) -> None:
    row = _row(con, code, partner)
    assert row["verdict"] == verdict
    assert words in str(row["sentence"])


def test_excess_and_payback_are_sums_of_gaps(con: duckdb.DuckDBPyConnection) -> None:
    """March 200m against 100m expected: excess 100m. May 50m against 100m: half of it is paid back."""
    row = _row(con, "333")
    # leverage 1/3 for the season and 24^2 / (12 * 2 * 12^2) = 1/6 for the trend: z = ln 2 / (0.01 * sqrt(1.5)) = 56.6
    assert (row["expected_usd"], row["actual_usd"], row["excess_usd"]) == (3 * LEVEL, 4 * LEVEL, LEVEL)
    assert row["gap_after_usd"] == -LEVEL // 2
    assert row["payback_ratio"] == pytest.approx(0.5)
    assert (row["peak_month"], row["trough_month"]) == (date(2025, 3, 1), date(2025, 5, 1))
    assert (row["duty_rate_before"], row["duty_rate_after"]) == (pytest.approx(0.01), pytest.approx(0.1))
    assert row["sentence"] == (
        "Imports for consumption of NAICS3 333 from Germany ran $100m above season and trend from 2025-01 to 2025-03 "
        '(z 56.6 in 2025-03), the months ahead of "Reciprocal duty, base rate"; the realised duty rate then rose from '
        "1.0 % to 10.0 % and imports fell to z -56.6 in 2025-05; the six months after gave back 50 % of the excess "
        "(Census basis, not seasonally adjusted, customs value; vintage of 29 January 2026)."
    )


def test_a_level_that_is_too_short_is_one_row(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "select commodity_code, verdict, sentence from flags.front_loading "
        "where partner_code = '5880' and event_id = ?",
        [MEASURE],
    ).fetchall()
    assert rows == [
        (
            None,
            "not_testable",
            'No NAICS3 series of Japan can be tested against "Reciprocal duty, base rate": '
            "its months begin in 2024-01, the clean window begins in 2022-01 "
            "(Census basis, not seasonally adjusted, customs value; vintage of 29 January 2026).",
        )
    ]


@pytest.mark.parametrize(
    ("level", "event", "reason"),
    [
        ("ENDUSE5", MEASURE, "no months by ENDUSE5 and partner are loaded; its window is 2025-01 to 2025-03"),
        ("HS6", MEASURE, "no months by HS6 and partner are loaded"),
        # list of vehicle parts: codes hold other goods too
        ("NAICS3", "s232_auto_parts", "the codes listed hold other goods too, so what they cover is not known"),
        # China alone, which has no months here
        ("NAICS3", "s301_l3_10", "none of its partners has months of its own"),
        # steel: announced on 8 March 2018, in effect from the 23rd; of the three partners only Japan was not exempt
        ("NAICS3", "s232_steel_2018", "the months run from 2024-01 to 2025-11, its window is 2017-12 to 2018-03"),
    ],
)
def test_a_level_that_cannot_be_tested_is_one_row(
    con: duckdb.DuckDBPyConnection, level: str, event: str, reason: str
) -> None:
    rows = con.execute(
        "select partner_code, commodity_code, verdict, sentence from flags.front_loading "
        "where level = ? and event_id = ?",
        [level, event],
    ).fetchall()
    assert [row[:3] for row in rows] == [("0015", None, "not_testable")]
    assert reason in rows[0][3]


def test_every_measure_has_a_row_at_every_level(con: duckdb.DuckDBPyConnection) -> None:
    """Six levels, and the measures that raise duties and took effect; small pairs are counted and not written."""
    missing = con.execute(
        "select level, measure_id from (select unnest(['HS2', 'HS4', 'HS6', 'NAICS3', 'ENDUSE1', 'ENDUSE5']) as level), "
        "marts.tariff_measure where kind = 'tariff' and effective_on is not null except "
        "(select level, event_id from flags.front_loading)"
    ).fetchall()
    assert missing == []


def test_what_is_not_written_is_counted(con: duckdb.DuckDBPyConnection) -> None:
    counts = build_front_loading_flags(con)
    written, pairs = con.execute(
        "select (select count(*) from flags.front_loading where commodity_code is not null), "
        "(select count(*) from fl_pair)"
    ).fetchall()[0]
    assert counts.pairs == pairs == written + counts.small + counts.spared
    assert counts.small > 0
    assert counts.series == 11


def test_a_measure_on_other_partners_or_goods_is_not_tested(con: duckdb.DuckDBPyConnection) -> None:
    tested = {
        event
        for (event,) in con.execute(
            "select event_id from flags.front_loading where partner_code = '4280' and commodity_code = '333'"
        ).fetchall()
    }
    assert MEASURE in tested
    assert not tested & {"ieepa_fent_cn_10", "s232_lumber", "ieepa_ca_25"}


@pytest.fixture(scope="module")
def real(shared_data_naics: duckdb.DuckDBPyConnection) -> FrontLoadingCounts:
    build_tariff_marts(shared_data_naics, date(2026, 12, 1))
    return build_front_loading_flags(shared_data_naics)


def test_early_2025_on_real_figures(real: FrontLoadingCounts, shared_data_naics: duckdb.DuckDBPyConnection) -> None:
    """Gold from Switzerland and medicines from Ireland surged without a tariff on them; Chinese goods paid back."""
    rows = shared_data_naics.execute(
        "select partner_code || ' ' || commodity_code, verdict from flags.front_loading "
        "where event_id = ? and (partner_code, commodity_code) in (('4419', '331'), ('4190', '325'), ('5700', '334'))",
        [MEASURE],
    ).fetchall()
    assert dict(rows) == {
        "4419 331": "surge_without_tariff",
        "4190 325": "surge_without_tariff",
        "5700 334": "front_loaded_with_payback",
    }
    assert real.pairs > 3_000


def test_computers_are_not_tested_against_the_duty_on_car_parts(
    real: FrontLoadingCounts, shared_data_naics: duckdb.DuckDBPyConnection
) -> None:
    """Heading 8471 is on the list of car parts by use only, and is most of NAICS 334 that the list touches."""
    rows = shared_data_naics.execute(
        "select commodity_code, verdict from flags.front_loading where event_id = 's232_auto_parts' and level = 'NAICS3'"
    ).fetchall()
    assert real.written > 0
    assert rows == [(None, "not_testable")]


def test_nothing_is_called_paid_back_on_real_figures_that_was_not(
    real: FrontLoadingCounts, shared_data_naics: duckdb.DuckDBPyConnection
) -> None:
    """NAICS 331 from Australia: gold went on coming in after a surge of 8 billion, in one low month or not."""
    least, paid_back = shared_data_naics.execute(
        "select min(payback_ratio), count(*) from flags.front_loading where verdict = 'front_loaded_with_payback'"
    ).fetchall()[0]
    assert paid_back > 20
    assert least >= RULES.min_payback > 0
    rows = shared_data_naics.execute(
        "select verdict, payback_ratio < 0, sentence like '%no payback: in the six months after imports ran another%' "
        "from flags.front_loading where partner_code = '6021' and commodity_code = '331' and z_peak > 3 "
        "and z_trough < -1.5 and payback_ratio < 0 and duty_rate_after - duty_rate_before >= 0.01 and months_after = 6 "
        "and excess_usd > 8e9"
    ).fetchall()
    assert set(rows) == {("surge_without_payback", True, True)}


def test_excess_agrees_with_a_fit_by_hand(
    real: FrontLoadingCounts, shared_data_naics: duckdb.DuckDBPyConnection
) -> None:
    """Switzerland, NAICS 331: ordinary least squares on the same 36 months, series by itself, within a tenth."""
    values = np.array(
        shared_data_naics.execute(
            "select consumption_value_usd from marts.commodity_partner_month where partner_code = '4419' "
            "and commodity_code = '331' and reference_month between '2022-01-01' and '2025-03-01' "
            "order by reference_month"
        ).fetchall(),
        dtype=float,
    )[:, 0]
    place = np.arange(39)
    design = np.column_stack([(place[:, None] % 12 == np.arange(12)).astype(float), place])
    beta = np.linalg.lstsq(design[:36], np.log(values[:36]), rcond=None)[0]
    by_hand = float((values[36:] - np.exp(design[36:] @ beta)).sum())
    found = shared_data_naics.execute(
        "select excess_usd from flags.front_loading where partner_code = '4419' and commodity_code = '331' "
        "and event_id = ?",
        [MEASURE],
    ).fetchall()[0][0]
    assert real.written > 0
    assert found == pytest.approx(by_hand, rel=0.1)

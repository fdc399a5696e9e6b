"""The as-of panels: what a release showed, and which sums are taken of it."""

from datetime import date
from typing import Any

import duckdb
import pytest

from assets.signals import panel
from tests.unit.signals.trade_values import COLUMNS, LIVES, SUMMED_YEARS

EARLY, LATE = date(2024, 3, 6), date(2024, 4, 4)


def publish(
    con: duckdb.DuckDBPyConnection,
    vintage: date,
    flow: str,
    values: dict[str, int],
    *,
    partner: str = "5700",
    source: str = "census_country",
    concept: str | None = None,
) -> None:
    """Insert months ('2024-01') of one flow as one file publishes them."""
    import_concept = (concept or "general") if flow == "imports" else None
    adjustment = "SA" if partner == "0004" else "NSA"
    con.executemany(
        f"insert into intermediate.int_trade_value ({COLUMNS}) values "
        "(?, 'goods', ?, ?, ?, 'Census', ?, 'month', ?, ?, ?, 1, 'file')",
        [
            [source, partner, flow, import_concept, adjustment, f"{month}-01", vintage, value]
            for month, value in values.items()
        ],
    )


def values(con: duckdb.DuckDBPyConnection, where: str) -> dict[str, Any]:
    """Values of the panels by the month in which the period ends."""
    rows = con.execute(f"""
        select strftime(period_end, '%Y-%m'), value
        from ({panel.decoded_sql(f"(from {panel.DOLLARS} union all by name from {panel.SHARES})")})
        join {panel.KEY} using (key_id) join {panel.VINTAGE} using (source, vintage_number)
        where {where} order by all
    """).fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return dict(rows)


def year_of(value: int, year: int = 2023, months: int = 12) -> dict[str, int]:
    return {f"{year}-{month:02d}": value for month in range(1, months + 1)}


def test_each_vintage_shows_what_was_published_by_then(empty: duckdb.DuckDBPyConnection) -> None:
    publish(empty, EARLY, "imports", {"2023-12": 10, "2024-01": 20})
    publish(empty, LATE, "imports", {"2024-01": 19, "2024-02": 30})
    panel.write_panels(empty)
    months = "measure = 'imports' and frequency = 'month' and vintage = date "
    assert values(empty, months + f"'{EARLY}'") == {"2023-12": 10, "2024-01": 20}
    assert values(empty, months + f"'{LATE}'") == {"2023-12": 10, "2024-01": 19, "2024-02": 30}


def test_one_history_is_never_completed_from_another_source(empty: duckdb.DuckDBPyConnection) -> None:
    publish(empty, EARLY, "imports", {"2024-01": 20})
    publish(empty, EARLY, "imports", {"2024-02": 30}, source="usitc_dataweb")
    panel.write_panels(empty)
    assert values(empty, "measure = 'imports' and frequency = 'month' and source = 'census_country'") == {"2024-01": 20}
    assert values(empty, "measure = 'imports' and frequency = 'month' and source = 'usitc_dataweb'") == {"2024-02": 30}


def test_deficit_is_imports_less_exports_or_the_published_balance(empty: duckdb.DuckDBPyConnection) -> None:
    publish(empty, EARLY, "imports", {"2024-01": 20, "2024-02": 5})
    publish(empty, EARLY, "exports", {"2024-01": 26})
    publish(empty, EARLY, "balance", {"2024-01": -7}, partner="0015", source="fred")
    panel.write_panels(empty)
    deficits = "measure = 'deficit' and frequency = 'month' and source = "
    assert values(empty, deficits + "'census_country'") == {"2024-01": -6}
    assert values(empty, deficits + "'fred'") == {"2024-01": 7}


def test_a_share_is_taken_of_the_world_in_the_same_file(empty: duckdb.DuckDBPyConnection) -> None:
    """The later file revises World for a month in which it has no partners."""
    publish(empty, EARLY, "imports", {"2023-12": 10, "2024-01": 20})
    publish(empty, EARLY, "imports", {"2023-12": 100, "2024-01": 100}, partner="0015")
    publish(empty, LATE, "imports", {"2024-01": 30})
    publish(empty, LATE, "imports", {"2023-12": 200, "2024-01": 200}, partner="0015")
    panel.write_panels(empty)
    shares = f"measure = 'import_share' and frequency = 'month' and vintage = date '{LATE}'"
    assert values(empty, shares) == {"2023-12": 0.1, "2024-01": 0.15}


def test_years_to_date_and_twelve_months_need_every_month(empty: duckdb.DuckDBPyConnection) -> None:
    months = {**year_of(1, 2022), **year_of(10, 2023), **year_of(100, 2024, 3)}
    del months["2022-02"]
    publish(empty, EARLY, "imports", months)
    empty.execute(SUMMED_YEARS)
    panel.write_panels(empty)
    assert values(empty, "measure = 'imports' and frequency = 'year'") == {"2023-12": 120}
    to_date = values(empty, "measure = 'imports' and frequency = 'ytd'")
    assert to_date == {
        "2022-01": 1,
        **{f"2023-{month:02d}": 10 * month for month in range(1, 13)},
        "2024-01": 100,
        "2024-02": 200,
        "2024-03": 300,
    }
    rolling = values(empty, "measure = 'imports' and frequency = 'rolling_12'")
    assert rolling["2023-02"] == 10 + 2 * 10
    assert rolling["2024-03"] == 9 * 10 + 3 * 100
    assert min(rolling) == "2023-02"


def test_the_same_month_of_other_years_is_a_series_of_its_own(empty: duckdb.DuckDBPyConnection) -> None:
    publish(empty, EARLY, "imports", {"2022-07": 1, "2022-08": 2, "2023-07": 3, "2023-08": 4})
    panel.write_panels(empty)
    assert values(empty, "measure = 'imports' and frequency = 'same_month' and month(period_end) = 7") == {
        "2022-07": 1,
        "2023-07": 3,
    }
    row = empty.execute(f"""
        select count(distinct series_id) from ({panel.decoded_sql(panel.DOLLARS)}) where frequency = 'same_month'
    """).fetchone()
    assert row == (2,)


def test_imports_for_consumption_are_no_partner(empty: duckdb.DuckDBPyConnection) -> None:
    publish(empty, EARLY, "imports", {"2024-01": 20})
    publish(empty, EARLY, "imports", {"2024-01": 5}, partner="0021", concept="consumption")
    publish(empty, EARLY, "exports", {"2024-01": 5}, partner="0021")
    panel.write_panels(empty)
    assert empty.execute(f"select partner_code from {panel.KEY}").fetchall() == [("5700",)]


@pytest.mark.parametrize(
    ("code", "kind"), [("5700", "partner"), ("0007", "partner"), ("0015", "total"), ("0004", "total")]
)
def test_world_series_are_of_their_own_kind(empty: duckdb.DuckDBPyConnection, code: str, kind: str) -> None:
    publish(empty, EARLY, "imports", {"2024-01": 20}, partner=code)
    panel.write_panels(empty)
    assert empty.execute(f"select kind from {panel.KEY}").fetchall() == [(kind,)]


def test_a_partner_begins_and_ends_with_its_life_whatever_a_source_prints(empty: duckdb.DuckDBPyConnection) -> None:
    """Sudan until July 2011 (7320) and South Sudan from August 2011 (7323), printed with zeros before and after."""
    ended = {**year_of(3, 2010), **year_of(0, 2011), **year_of(0, 2012, 2)} | year_of(4, 2011, 7)
    born = {**year_of(0, 2010), **year_of(5, 2011), **year_of(6, 2012)} | year_of(0, 2011, 7)
    publish(empty, EARLY, "imports", ended, partner="7320")
    publish(empty, EARLY, "imports", born, partner="7323")
    empty.execute(SUMMED_YEARS)
    empty.execute(LIVES)
    panel.write_panels(empty)
    for code, months, years in (
        ("7320", ("2010-01", "2011-07"), {"2010-12": 36}),
        ("7323", ("2011-08", "2012-12"), {"2012-12": 72}),
    ):
        series = f"measure = 'imports' and partner_code = '{code}' and frequency = "
        found = values(empty, series + "'month'")
        assert (min(found), max(found)) == months and 0 not in found.values()
        assert values(empty, series + "'year'") == years
    assert min(values(empty, "partner_code = '7323' and frequency = 'ytd'")) == "2012-01"
    assert min(values(empty, "partner_code = '7323' and frequency = 'rolling_12'")) == "2012-07"

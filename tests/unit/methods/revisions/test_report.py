"""Reports over a handful of prints that can be checked by hand."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from assets.contracts.flags import RECORD
from assets.methods.revisions.report import macro_sql, write_report

FEBRUARY, MARCH, JUNE = date(2026, 2, 19), date(2026, 3, 12), date(2026, 6, 9)

TABLES = """
    create schema marts; create schema claims;
    create table marts.vintage_content (
        source varchar, concept varchar, basis varchar, adjustment varchar, partner_code varchar, flow varchar,
        import_concept varchar, frequency varchar, classification varchar, level varchar, vintage date, partners integer,
        figures integer, new_figures integer, first_period date, last_period date, rounding_usd integer);
    create table marts.revision (
        source varchar, series varchar, partner_code varchar, partner_name varchar, is_aggregate boolean,
        classification varchar, level varchar, commodity_code varchar, concept varchar, basis varchar, adjustment varchar,
        measure varchar, import_concept varchar, frequency varchar, period_start date, period_end date, vintage date,
        next_vintage date, value_usd bigint, rounding_usd integer, rounding_error_usd double);
    create table claims.verdict (
        claim_id varchar, statement varchar, vintage date, verdict varchar, sentence varchar, source_files json);
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Empty tables of the warehouse."""
    with duckdb.connect() as con:
        con.execute(TABLES + RECORD.create_sql())
        yield con


def print_content(
    con: duckdb.DuckDBPyConnection, vintage: date, figures: int, new: int, *, flow: str = "balance", rounding: int = 1
) -> None:
    con.execute(
        "insert into marts.vintage_content values ('fred', 'goods', 'BOP', 'SA', '0015', ?, null, 'month', null, null, "
        "?, 1, ?, ?, date '2025-01-01', date '2026-01-01', ?)",
        [flow, vintage, figures, new, rounding],
    )


def print_figure(
    con: duckdb.DuckDBPyConnection,
    period: str,
    values: dict[date, int],
    *,
    measure: str = "balance",
    rounding: dict[date, int] | None = None,
    source: str = "fred",
) -> None:
    """One figure in each of its vintages."""
    days = sorted(values)
    for day, following in zip(days, [*days[1:], None], strict=True):
        unit = (rounding or {}).get(day, 1)
        con.execute(
            "insert into marts.revision values (?, 'total', '0015', 'World', true, null, null, null, 'goods', 'BOP', 'SA', "
            "?, 'general', 'month', ?, last_day(cast(? as date)), ?, ?, ?, ?, ?)",
            [source, measure, period, period, day, following, values[day], unit, unit / 2],
        )


def flag(con: duckdb.DuckDBPyConnection, vintage: date, headline: str, *, rank: int, since: str | None = None) -> None:
    """The flag of one year as of a vintage."""
    con.execute(
        """
        insert into flags.record by name select
            'total' as series, 'goods' as concept, 'BOP' as basis, 'SA' as adjustment, 'fred' as source, 'deficit' as measure,
            'year' as frequency, date '2025-12-31' as period_end, ? as headline, 'high' as side, ? as rank_high,
            30 as rank_low, cast(? as date) as highest_since, ? as vintage, 'sentence ' || ? as sentence
        """,
        [headline, rank, since, vintage, vintage],
    )


def verdict(con: duckdb.DuckDBPyConnection, claim: str, day: date, verdict: str, source: str = "fred") -> None:
    files = json.dumps([{"source": source, "file_name": "a", "vintage": str(day)}])
    con.execute(
        "insert into claims.verdict values (?, 'Said.', ?, ?, 'Found ' || ?, ?)", [claim, day, verdict, day, files]
    )


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def between(con: duckdb.DuckDBPyConnection, macro: str, first: date, last: date) -> list[dict[str, Any]]:
    con.execute(macro_sql())
    return rows(con, f"from {macro}(date '{first}', date '{last}') order by all")


def test_figures_are_compared_as_of_both_days(con: duckdb.DuckDBPyConnection) -> None:
    """A figure that went there and back has not changed; any days between the releases give the same."""
    for vintage in (FEBRUARY, MARCH, JUNE):
        print_content(con, vintage, 2, 0)
    print_figure(con, "2025-01-01", {FEBRUARY: 10, MARCH: 15, JUNE: 10})
    print_figure(con, "2025-02-01", {FEBRUARY: 20, MARCH: 20, JUNE: 26})
    print_figure(con, "2025-03-01", {MARCH: 7, JUNE: 9})
    for first, last in ((FEBRUARY, JUNE), (date(2026, 3, 11), date(2026, 12, 31))):
        found = between(con, "marts.revised_between", first, last)
        assert [(row["period_start"], row["from_usd"], row["to_usd"], row["change_usd"]) for row in found] == [
            (date(2025, 2, 1), 20, 26, 6)
        ]
    march = between(con, "marts.revised_between", MARCH, JUNE)
    assert [row["change_usd"] for row in march] == [-5, 6, 2]
    assert between(con, "marts.revised_between", JUNE, date(2026, 12, 31)) == []


@pytest.mark.parametrize(("value", "change"), [(1050, "rounding"), (1051, "revision")])
def test_a_difference_that_rounding_explains_is_told_apart(
    con: duckdb.DuckDBPyConnection, value: int, change: str
) -> None:
    """1,000 rounded to 1, then to 100: half of either unit, 50.5, is the most that rounding makes."""
    for vintage in (FEBRUARY, MARCH):
        print_content(con, vintage, 1, 0)
    print_figure(con, "2025-01-01", {FEBRUARY: 1000, MARCH: value}, rounding={FEBRUARY: 1, MARCH: 100})
    print_figure(con, "2025-02-01", {FEBRUARY: 1000, MARCH: 1001})
    found = between(con, "marts.revised_between", FEBRUARY, MARCH)
    assert [row["change"] for row in found] == [change, "revision"]
    (report,) = between(con, "marts.revision_report", FEBRUARY, MARCH)
    assert report["figures_revised"] + report["figures_rounded"] == 2
    assert report["figures_rounded"] == (change == "rounding")


def test_counts_contents_and_wording(con: duckdb.DuckDBPyConnection) -> None:
    """Two series become two others: exports left, imports came; 8 figures are known by June, of which 5 are printed."""
    print_content(con, MARCH, 4, 4)
    print_content(con, MARCH, 2, 2, flow="exports")
    print_content(con, JUNE, 4, 1, rounding=100)
    print_content(con, JUNE, 1, 1, flow="imports")
    print_figure(con, "2025-01-01", {MARCH: -1_000_000_000, JUNE: -2_500_000_000})
    assert write_report(con) == 1
    (report,) = rows(con, "from flags.revision_report")
    assert report["schema_differences"] == (
        "new: goods BOP SA imports month; rounded to 100 USD instead of 1: goods BOP SA balance month; "
        "without: goods BOP SA exports month"
    )
    names = (
        "series_from",
        "series_to",
        "series_added",
        "series_dropped",
        "figures_from",
        "figures_to",
        "figures_added",
    )
    assert [report[name] for name in names] == [2, 2, 1, 1, 6, 5, 2]
    assert report["figures_left_out"] == 3
    (largest,) = json.loads(report["largest_changes"])
    assert (largest["partner"], largest["from_usd"], largest["to_usd"]) == ("World", -1_000_000_000, -2_500_000_000)
    assert report["sentence"] == (
        "From the vintage of 12 March 2026 to that of 9 June 2026, fred: 1 figures revised (largest: goods balance "
        "January 2025, -1.0 to -2.5 bn), 2 added, 3 not printed again; flags flipped: 0, claims flipped: 0; another schema."
    )


def test_balances_that_a_source_does_not_publish_are_shown_and_not_counted(con: duckdb.DuckDBPyConnection) -> None:
    for vintage in (MARCH, JUNE):
        print_content(con, vintage, 1, 0)
    con.execute("update marts.vintage_content set source = 'census_country'")
    for measure in ("imports", "balance"):
        print_figure(con, "2025-01-01", {MARCH: 10, JUNE: 12}, measure=measure, source="census_country")
    (report,) = between(con, "marts.revision_report", MARCH, JUNE)
    assert report["figures_revised"] == 1
    assert len(json.loads(report["largest_changes"])) == 2


def test_flags_and_claims_that_flipped(con: duckdb.DuckDBPyConnection) -> None:
    """Third, second, largest; a rank that is not stated does not flip; verdicts stand until the next one is judged."""
    for vintage in (FEBRUARY, MARCH, JUNE):
        print_content(con, vintage, 1, 0)
    flag(con, FEBRUARY, "rank", rank=3)
    flag(con, MARCH, "rank", rank=2)
    flag(con, JUNE, "record", rank=1)
    verdict(con, "third", FEBRUARY, "supported, depends on vintage")
    verdict(con, "third", MARCH, "not supported")
    verdict(con, "other_source", FEBRUARY, "supported", source="bea")
    verdict(con, "other_source", MARCH, "not supported", source="bea")
    verdict(con, "same", FEBRUARY, "supported")
    verdict(con, "same", JUNE, "supported, depends on vintage")
    write_report(con)
    found = rows(con, "from flags.revision_flip order by from_vintage, kind")
    assert [(row["from_vintage"], row["kind"], row["claim_id"], row["before"], row["after"]) for row in found] == [
        (FEBRUARY, "claim", "third", "supported", "not supported"),
        (FEBRUARY, "flag", None, "3rd highest", "2nd highest"),
        (MARCH, "flag", None, "2nd highest", "record high"),
    ]
    counted = rows(con, "select flags_flipped, claims_flipped from flags.revision_report order by from_vintage")
    assert [tuple(row.values()) for row in counted] == [(1, 1), (1, 0)]
    (flipped,) = between(con, "flags.flipped_between", FEBRUARY, JUNE)
    assert (flipped["before"], flipped["after"]) == ("3rd highest", "record high")
    assert flipped["sentence_after"] == f"sentence {JUNE}"
    (claim,) = between(con, "claims.flipped_between", FEBRUARY, JUNE)
    assert claim["claim_id"] == "third"


@pytest.mark.parametrize(("since", "flips"), [("2004-12-31", 0), ("2005-12-31", 1)])
def test_since_is_part_of_the_statement_and_an_unstated_rank_is_not(
    con: duckdb.DuckDBPyConnection, since: str, flips: int
) -> None:
    for vintage in (MARCH, JUNE):
        print_content(con, vintage, 1, 0)
    flag(con, MARCH, "since", rank=12, since="2004-12-31")
    flag(con, JUNE, "since", rank=13, since=since)
    assert len(between(con, "flags.flipped_between", MARCH, JUNE)) == flips


def test_macros_and_tables_agree_on_consecutive_vintages(con: duckdb.DuckDBPyConnection) -> None:
    for vintage in (FEBRUARY, MARCH, JUNE):
        print_content(con, vintage, 2, 1)
    print_figure(con, "2025-01-01", {FEBRUARY: 10, MARCH: 15, JUNE: 11})
    write_report(con)
    tables = rows(con, "from flags.revision_report order by from_vintage")
    macros = [between(con, "marts.revision_report", *pair)[0] for pair in ((FEBRUARY, MARCH), (MARCH, JUNE))]
    assert tables == macros

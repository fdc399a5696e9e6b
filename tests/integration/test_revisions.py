"""Revisions on the bundled figures: published prints, flips between vintages, agreement with the fragility of flags."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from assets.reference.calendar import release_of
from tests.integration.conftest import Refreshed

Query = Callable[[str], list[tuple[Any, ...]]]


def test_the_balance_of_2025_in_three_prints(published: Query) -> None:
    """BOPGSTB summed over 2025 in the vintages of 19 February, 12 March and 9 June 2026: -901.5, -911.7, -932.0 $bn."""
    prints = published("""
        select vintage, value_usd // 1000000, revision_usd // 1000000, months_since_first_print, cause, is_first_release
        from marts.revision
        where source = 'fred' and frequency = 'year' and period_start = date '2025-01-01' order by vintage
    """)
    assert prints == [
        (date(2026, 2, 19), -901469, None, 0, None, True),
        (date(2026, 3, 12), -911692, -10223, 1, "monthly", True),
        (date(2026, 6, 9), -931960, -20268, 4, "annual", True),
    ]


def test_every_print_is_that_of_the_marts(published: Query) -> None:
    """All prints of a revised total are those of total_year, where its source stands for the cell."""
    missing = published("""
        select count(*), count(*) filter (total.balance_usd <> revision.value_usd)
        from marts.revision
        join marts.total_year as total
            on total.source = revision.source and total.vintage = revision.vintage and total.concept = revision.concept
            and total.basis = revision.basis and total.adjustment = revision.adjustment
            and total.year = year(revision.period_start)
        where revision.series = 'total' and revision.frequency = 'year' and revision.measure = 'balance'
    """)
    assert missing[0][0] > 20
    assert missing[0][1] == 0


def test_the_cause_follows_the_release_calendar(published: Query) -> None:
    spans = published(
        "select distinct previous_vintage, vintage, cause from marts.revision where change = 'revision' order by all"
    )
    assert len(spans) >= 7
    for before, day, cause in spans:
        annual = [release_of(date(year, 4, 1)).released_on for year in range(before.year, day.year + 1)]
        assert cause == ("annual" if any(before < released <= day for released in annual) else "monthly")


def test_rounding_is_no_revision(published: Query) -> None:
    """The workbook of September 2026 prints to 100,000 dollars what that of October 2024 printed to one."""
    found = published("""
        select change, count(*), max(abs(revision_usd)) from marts.revision
        where source = 'census_country' and vintage = date '2026-09-03' and frequency = 'month' and measure = 'imports'
            and rounding_usd = 100000 and change in ('rounding', 'revision')
        group by change order by change desc
    """)
    assert [row[0] for row in found] == ["rounding", "revision"]
    assert found[0][1] > 500
    assert found[0][2] <= 50_000


def test_files_of_one_agency_with_different_vintages_are_found(published: Query) -> None:
    """In September 2026 BOPGSTB is of June and the trade report of February; World of 2023 is newer than its countries."""
    totals = published("""
        select other_source, other_vintage, largest_difference_usd // 1000000 from marts.vintage_mismatch
        where source = 'fred' and vintage = date '2026-06-09' and is_mismatch and frequency = 'year'
    """)
    assert ("ft900", date(2026, 2, 19), 931960 - 901469) in totals
    world = published("""
        select vintage, other_vintage, first_period, last_period from marts.vintage_mismatch
        where compares = 'countries and World' and frequency = 'month'
    """)
    assert world == [(date(2024, 10, 8), date(2026, 9, 3), date(2023, 1, 1), date(2023, 12, 1))]


def test_fragility_rests_on_the_same_revisions(published: Query) -> None:
    """Number and median of the revisions that judge a series of months or years, from both tables."""
    (row,) = published("""
        with step as (
            select
                source, partner_code, concept, basis, adjustment, frequency,
                if(measure = 'balance', 'deficit', measure) as measure,
                abs(revision_usd) as size
            from marts.revision
            where change = 'revision' and level is null and import_concept = 'general'
                and previous_vintage <= period_end + interval 36 month
        ),
        own as (select * exclude (size), count(*) as pairs, median(size) as median_size from step group by all),
        judged as (
            select distinct
                source,
                coalesce(partner_code, if(source = 'census_country' and adjustment = 'SA', '0004', '0015')) as partner_code,
                concept, basis, adjustment, measure,
                if(frequency = 'same_month', 'month', frequency) as frequency, revision_pairs, median_abs_revision
            from flags.record
            where fragility_basis like 'series%' and frequency in ('month', 'same_month', 'year') and measure <> 'import_share'
        )
        select
            count(*),
            count(*) filter (pairs = revision_pairs and median_size = median_abs_revision)
        from judged left join own using (source, partner_code, concept, basis, adjustment, measure, frequency)
    """)
    assert row[0] > 1000
    assert row[1] == row[0]


def test_the_report_finds_that_the_deficit_of_2025_became_the_largest(refreshed: Refreshed) -> None:
    """Third-largest when first printed, the largest in June 2026; two claims turned with it."""
    shown = refreshed.run("revisions", "2026-02-20", "2026-06-30", "--source", "fred", "--json")
    assert shown.returncode == 0, shown.stderr
    (report,) = json.loads(shown.stdout)
    flips = {(flip["frequency"], flip["period_end"]): flip for flip in report["flipped_flags"]}
    year = flips["year", "2025-12-31"]
    assert (year["before"], year["after"]) == ("3rd highest", "record high")
    assert {claim["claim_id"] for claim in report["flipped_claims"]} == {
        "total_deficit_2025_narrowed",
        "total_deficit_2025_third_widest",
    }
    largest = report["largest_changes"][0]
    assert (largest["period"], largest["from_usd"], largest["to_usd"]) == (
        "2025-01-01",
        -901_469_000_000,
        -931_960_000_000,
    )
    assert report["schema_differences"] == "none"


def test_the_command_shows_the_newest_vintages_and_explains_what_it_cannot_compare(refreshed: Refreshed) -> None:
    newest = refreshed.run("revisions")
    assert newest.returncode == 0
    assert "From the vintage of 8 October 2024 to that of 3 September 2026, census_country" in " ".join(
        newest.stdout.split()
    )
    assert refreshed.run("revisions", "2026-02-20").returncode == 2
    nothing = refreshed.run("revisions", "2026-02-20", "2026-02-21")
    assert nothing.returncode == 2
    assert "fred: 2026-01-08, 2026-02-19" in " ".join(nothing.stderr.split())

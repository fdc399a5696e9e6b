"""The command `tradewake diversion` on the bundled figures."""

import json

from tests.integration.conftest import Refreshed


def test_the_default_question_has_the_published_answer(refreshed: Refreshed) -> None:
    shown = refreshed.run("diversion", "2024", "2025", "--json")
    assert shown.returncode == 0, shown.stderr
    names = ("cut", "partner_code", "loss_usd", "diverted_usd", "low_usd", "high_usd", "flag", "sentence")
    answer = [tuple(row[name] for name in names) for row in json.loads(shown.stdout)]
    published = refreshed.rows(
        f"select {', '.join(names)} from flags.diversion where commodity_code is null and period1 = '2025'"
    )
    assert len(answer) > 1000
    assert sorted(answer, key=str) == sorted(published, key=str)


def test_another_partner_and_quarters(refreshed: Refreshed) -> None:
    """Mexico's losses from the first quarter of 2023 to that of 2024 by chapter, summed from the marts alone."""
    shown = refreshed.run("diversion", "2023-Q1", "2024-Q1", "--reference", "Mexico", "--json")
    assert shown.returncode == 0, shown.stderr
    total = next(row for row in json.loads(shown.stdout) if row["cut"] == "all" and row["partner_code"] is None)
    loss = refreshed.rows("""
        select sum(greatest(before - after, 0)) from (
            select
                coalesce(sum(general_value_usd) filter (year(reference_month) = 2023), 0) as before,
                coalesce(sum(general_value_usd) filter (year(reference_month) = 2024), 0) as after
            from marts.commodity_partner_month
            where partner_code = '2010' and level = 'HS2' and month(reference_month) <= 3
            group by commodity_code
        )
    """)
    assert [(total["loss_usd"],)] == loss
    assert (total["reference_partner"], total["level"]) == ("2010", "HS2")


def test_what_is_not_loaded_is_said(refreshed: Refreshed) -> None:
    shown = refreshed.run("diversion", "2021", "2022", "--level", "HS6")
    assert shown.returncode == 2
    said = " ".join(shown.stderr.split())
    assert "24 months are missing" in said
    assert "complete in general imports at TOTAL and in imports for consumption at NAICS3" in said


def test_without_figures_by_product_all_goods_are_compared_as_one(refreshed: Refreshed) -> None:
    shown = refreshed.run("diversion", "2021", "2022")
    assert shown.returncode == 0, shown.stderr
    said = " ".join(shown.stdout.split())
    assert "diversion matched by product is not testable with the data loaded" in said
    assert "by product complete in imports for consumption at NAICS3" in said


def test_both_defaults_are_published(refreshed: Refreshed) -> None:
    assert refreshed.rows("select distinct period0, period1, level from flags.diversion order by 1") == [
        ("2024", "2025", "HS6"),
        ("2025-01/2025-07", "2026-01/2026-07", "TOTAL"),
    ]


def test_the_waterfall_agrees_with_the_yearly_mart_and_the_world(refreshed: Refreshed) -> None:
    shown = refreshed.run("diversion", "2024", "2025", "--waterfall", "--json")
    assert shown.returncode == 0, shown.stderr
    steps = {row["partner_code"]: row["contribution_usd"] for row in json.loads(shown.stdout)}
    # Goods, Census basis, as published in September 2026: -1,234,619.3 after -1,200,869.0 $ million.
    assert sum(steps.values()) == -33_750_300_000
    yearly = dict(
        refreshed.rows("select partner_code, contribution_usd from marts.balance_waterfall_year where year = 2025")
    )
    assert steps.pop("unallocated") + steps.pop("rounding") == yearly.pop("unallocated")
    assert steps == yearly
    to_date = refreshed.rows("""
        select sum(contribution_usd)::bigint, (
            select sum(if(year(reference_month) = 2026, 1, -1) * balance_usd)::bigint from marts.partner_month
            where partner_code = '0015' and year(reference_month) >= 2025 and month(reference_month) <= 7)
        from flags.balance_waterfall where period1 = '2026-01/2026-07'""")
    assert to_date[0][0] == to_date[0][1]

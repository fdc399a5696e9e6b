"""The command `tradewake diversion` on the bundled figures."""

import json

from tests.integration.conftest import Refreshed


def test_the_default_question_has_the_published_answer(refreshed: Refreshed) -> None:
    shown = refreshed.run("diversion", "2024", "2025", "--json")
    assert shown.returncode == 0, shown.stderr
    names = ("cut", "partner_code", "loss_usd", "diverted_usd", "low_usd", "high_usd", "flag", "sentence")
    answer = [tuple(row[name] for name in names) for row in json.loads(shown.stdout)]
    published = refreshed.rows(f"select {', '.join(names)} from flags.diversion where commodity_code is null")
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
    shown = refreshed.run("diversion", "2021", "2022")
    assert shown.returncode == 2
    assert "24 months are missing" in " ".join(shown.stderr.split())

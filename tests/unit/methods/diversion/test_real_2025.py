"""2025 against 2024 on the real figures: published numbers, identities, and an independent implementation."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.methods.diversion import Basis, PeriodPair, level_named
from assets.methods.diversion.coverage import YEAR_MART, Source
from assets.methods.diversion.duty import realised_rates
from assets.methods.diversion.effects import build_effects
from assets.methods.diversion.panel import build_panel, sum_periods
from tests.unit.methods.diversion import by_hand
from tests.unit.methods.diversion.conftest import Real
from tests.unit.methods.diversion.marts import HTS10

CHINA, TAIWAN, VIETNAM, SWITZERLAND, MEXICO = "5700", "5830", "5520", "4419", "2010"
INDIA, THAILAND = "5330", "5490"


def _one(real: Real, columns: str, condition: str) -> tuple[Any, ...]:
    rows = real.con.execute(f"select {columns} from flags.diversion_2025 where {condition}").fetchall()
    assert len(rows) == 1
    return tuple(rows[0])


def _partner(real: Real, columns: str, partner: str, cut: str = "all") -> tuple[Any, ...]:
    return _one(real, columns, f"cut = '{cut}' and commodity_code is null and partner_code = '{partner}'")


def _total(real: Real, columns: str, cut: str = "all") -> tuple[Any, ...]:
    return _one(real, columns, f"cut = '{cut}' and commodity_code is null and partner_code is null")


def test_china_lost_4_45_points(real: Real) -> None:
    """USITC DataWeb and Census: 13.49 % of general imports in 2024, 9.04 % in 2025."""
    (change,) = _partner(real, "share_change_pp", CHINA)
    assert round(change, 2) == -4.45


@pytest.mark.parametrize(
    ("partner", "expected"), [(TAIWAN, 0.646), (VIETNAM, 0.437), (SWITZERLAND, 0.325), (MEXICO, 0.237)]
)
def test_naive_ratios(real: Real, partner: str, expected: float) -> None:
    """Change of general imports over the fall of China's; descriptive, not diversion."""
    (ratio,) = _partner(real, "naive_ratio", partner)
    assert round(ratio, 3) == expected


def test_naive_ratios_add_up_to_more_than_the_loss(real: Real) -> None:
    """Over the partners that gained they exceed 2: no measure of where one loss went."""
    total = real.con.execute("""
        select sum(naive_ratio) from flags.diversion_2025
        where cut = 'all' and commodity_code is null and naive_ratio > 0""").fetchone()
    assert total
    assert total[0] > 2


def test_world_duty_rates(real: Real) -> None:
    """Calculated duty over imports for consumption: 76,631,002,517 / 3,248,681,266,535 and 259.4 / 3,391.2 bn."""
    before, after = realised_rates(real.con, PeriodPair.of_years(2025), level_named("HS6"))
    assert before == 76_631_002_517 / 3_248_681_266_535
    assert after == 259_366_570_786 / 3_391_221_021_554
    assert (round(before, 5), round(after, 5)) == (0.02359, 0.07648)


def test_attribution_adds_up_to_the_dollar(real: Real) -> None:
    sums = dict(
        real.con.execute("""
        select coalesce(commodity_level, 'all') || if(partner_code is null, '', ' by partner'),
            sum(diverted_usd)::bigint
        from flags.diversion_2025 where cut = 'all' group by all""").fetchall()
    )
    (diverted,) = _total(real, "diverted_usd")
    assert set(sums) == {"all", "all by partner", "HS2", "HS2 by partner", "HS6", "HS6 by partner"}
    assert set(sums.values()) == {diverted}
    for left, right in (("commodity_level = 'HS6'", "left(commodity_code, 2)"), ("commodity_level is null", "'all'")):
        differences = real.con.execute(f"""
            select count(*) from (
                select {right} as above, sum(diverted_usd) filter (partner_code is not null)
                    - sum(diverted_usd) filter (partner_code is null) as difference
                from flags.diversion_2025 where cut = 'all' and {left} group by all)
            where difference <> 0""").fetchone()
        assert differences == (0,)


def test_every_cut_adds_up_over_partners_and_chapters(real: Real) -> None:
    rows = real.con.execute("""
        select cut, sum(diverted_usd) filter (partner_code is null and commodity_code is null)::bigint,
            sum(diverted_usd) filter (partner_code is not null and commodity_code is null)::bigint,
            sum(diverted_usd) filter (partner_code is null and commodity_level = 'HS2')::bigint,
            sum(reallocation_usd) filter (partner_code is not null and commodity_code is null)::bigint,
            sum(share_change_pp)
        from flags.diversion_2025 group by cut""").fetchall()
    assert len(rows) == 8
    for _, total, by_partner, by_chapter, reallocation, share_changes in rows:
        assert total == by_partner == by_chapter
        assert reallocation == 0
        assert share_changes == pytest.approx(0, abs=1e-9)


def test_cuts_and_terciles_are_parts_of_the_whole(real: Real) -> None:
    losses = dict(
        real.con.execute("""
        select cut, loss_usd from flags.diversion_2025 where partner_code is null and commodity_code is null""").fetchall()
    )
    assert losses["all"] == sum(losses[f"exposure_{part}"] for part in ("low", "mid", "high", "unknown"))
    assert losses["all"] - losses["ex_gold"] == losses["ex_ai"] - losses["ex_gold_ai"]
    precious = real.con.execute("""
        select loss_usd from flags.diversion_2025 where cut = 'all' and partner_code is null and commodity_code = '71'
        """).fetchone()
    assert precious == (losses["all"] - losses["ex_gold"],)


def test_rates_and_shift_share(real: Real) -> None:
    rows = real.con.execute(
        """
        select count(*) filter (rate < 0 or rate > 1 or share_of_diverted < 0 or share_of_diverted > 1),
            count(*) filter (rate is null and loss_usd > 0),
            count(*) filter (demand_usd + reallocation_usd <> value1_usd - value0_usd),
            max(abs(share_change_pp - share_within_pp - share_between_pp))
        from flags.diversion_2025"""
    ).fetchall()[0]
    assert rows[:3] == (0, 0, 0)
    assert rows[3] < 1e-9


def test_the_sql_agrees_with_plain_pandas_on_every_cell(real: Real, shared_data: Path) -> None:
    """185,000 cells by HS6 and partner: whole dollars within one dollar of the formula in floating point."""
    expected = by_hand.measure(by_hand.read_panel(shared_data / HTS10), CHINA)
    pair, basis = PeriodPair.of_years(2025), Basis(level_named("HS6"))
    sum_periods(real.con, Source(YEAR_MART, basis.level), basis, (pair.period0, pair.period1), "periods")
    build_effects(real.con, build_panel(real.con, "periods", pair, basis, "v").relation, CHINA, "effects")
    real.con.register("expected", expected)
    columns = ("diverted", "diverted_neutral", "demand", "reallocation")
    furthest = ", ".join(f"max(abs(effects.{name} - expected.{name}))" for name in columns)
    cells, *distances = real.con.execute(f"""
        select count(*), {furthest}
        from effects full join expected using (partner, commodity)
        where effects.partner is not null and expected.partner is not null""").fetchall()[0]
    real.con.unregister("expected")
    assert cells == len(expected) == 185_301 - 464
    # Money in doubles is good to a cent here; one dollar is the rounding, one more cent is the doubles.
    assert max(distances) < 1.01


def test_totals_by_partner_agree_with_plain_pandas(real: Real, shared_data: Path) -> None:
    effects = by_hand.measure(by_hand.read_panel(shared_data / HTS10), CHINA)
    for cut, prefixes in (("all", ()), ("ex_gold_ai", ("71", "8471", "8473", "8517", "8542"))):
        kept = effects[~effects["commodity"].str.startswith(prefixes)] if prefixes else effects
        found = (
            real.con.execute(f"""
                select partner_code, diverted_usd, gain_usd, share_change_pp, share_within_pp, share_between_pp
                from flags.diversion_2025 where cut = '{cut}' and commodity_code is null and partner_code is not null""")
            .df()
            .set_index("partner_code")
        )
        sums = kept.groupby("partner")[["diverted", "gain"]].sum()
        shares = by_hand.share_shift(kept)
        assert sorted(found.index) == sorted(sums.index)
        aligned = found.loc[sums.index]
        # Rounding by product moves a partner's sum by less than a dollar a product.
        assert np.abs(aligned["diverted_usd"] - sums["diverted"]).max() < 500
        assert (aligned["gain_usd"] == sums["gain"]).all()
        for ours, theirs in (("change", "change"), ("within", "within"), ("between", "between")):
            pd.testing.assert_series_equal(
                aligned[f"share_{ours}_pp"], shares[theirs], check_names=False, atol=1e-10, rtol=0
            )


def test_vietnam_diverts_and_taiwan_does_not(real: Real) -> None:
    """Both gained from China by the naive ratio, Taiwan more. Matched by product they part."""
    columns = "flag, diverted_usd / gain_usd, demand_usd / (value1_usd - value0_usd), rate, rank, rate_low, rate_high"
    vietnam, taiwan = _partner(real, columns, VIETNAM), _partner(real, columns, TAIWAN)
    assert (vietnam[0], taiwan[0]) == ("diversion", "demand_led")
    assert (round(vietnam[1], 2), round(taiwan[1], 2)) == (0.55, 0.02)
    assert (round(vietnam[2], 2), round(taiwan[2], 2)) == (0.12, 0.68)
    assert (round(vietnam[3], 3), round(taiwan[3], 3)) == (0.257, 0.015)
    assert (vietnam[4], taiwan[4]) == (1, 10)
    # Their intervals do not meet.
    assert taiwan[6] < vietnam[5]


@pytest.mark.parametrize(
    ("partner", "flag"),
    [(INDIA, "diversion"), (THAILAND, "diversion"), (MEXICO, "demand_led"), (SWITZERLAND, "demand_led")],
)
def test_other_partners(real: Real, partner: str, flag: str) -> None:
    assert _partner(real, "flag", partner) == (flag,)


def test_without_ai_hardware_taiwan_has_nothing_left_to_explain(real: Real) -> None:
    change_all, change_cut = (_partner(real, "value1_usd - value0_usd", TAIWAN, cut)[0] for cut in ("all", "ex_ai"))
    assert change_cut < 0.03 * change_all
    assert _partner(real, "flag", VIETNAM, "ex_ai") == ("diversion",)


def test_products_of_the_two(real: Real) -> None:
    """Servers from Taiwan (847150) follow demand; laptops from Vietnam (847130) replace China's."""
    rows = real.con.execute("""
        select partner_code, commodity_code, flag from flags.diversion_2025
        where commodity_code in ('847150', '847130') and partner_code in ('5520', '5830') order by all""").fetchall()
    assert ("5520", "847130", "diversion") in rows
    assert ("5830", "847150", "demand_led") in rows


def test_the_placebo_is_told_with_its_level(real: Real) -> None:
    level, rate, comparable, excess, pairs, above = _total(
        real, "placebo_level, placebo_rate, comparable_rate, excess_usd, placebo_pairs, placebo_pairs_above"
    )
    assert str(level).startswith("NAICS3, imports for consumption, 2025-01/2025-11 against 2024-01/2024-11")
    assert (pairs, above) == (7, 0)
    assert 0 < rate < comparable <= 1
    assert excess > 0
    years = real.con.execute("""
        select period1, is_clean from flags.diversion_placebo
        where level = 'NAICS3' and cut = 'all' and partner_code is null and not is_main order by 1""").fetchall()
    assert len(years) == 11
    # Rounds of Section 301 duties and their phase-in: the rate on China rose by 1.0, 5.1, 1.1 and 1.4 points.
    assert [label[:4] for label, clean in years if not clean] == ["2018", "2019", "2020", "2021"]
    chapters = real.con.execute("""
        select period0, period1, is_main from flags.diversion_placebo
        where level = 'HS2' and cut = 'all' and partner_code is null order by 1""").fetchall()
    assert chapters == [("2023", "2024", False), ("2024", "2025", True)]


@pytest.mark.parametrize(("partner", "agrees"), [(VIETNAM, True), (THAILAND, True), (INDIA, False)])
def test_the_placebo_tells_where_dollars_and_rate_disagree(real: Real, partner: str, agrees: bool) -> None:
    """India takes more dollars than in ordinary years but a smaller part of the loss, which is larger."""
    excess, rate, found, scope, sentence = _partner(
        real, "excess_usd, excess_rate, placebo_agrees, placebo_scope, sentence", partner
    )
    assert excess > 0
    assert (rate > 0, found, scope) == (agrees, agrees, "own")
    assert ("in dollars, and in rate" in sentence, "in dollars, not in rate" in sentence) == (agrees, not agrees)


def test_a_partner_without_a_placebo_of_its_own_says_so(real: Real) -> None:
    """NAICS3 is published for 30 countries; Cambodia (5550) is none of them."""
    flag, scope, own, sentence = _partner(real, "flag, placebo_scope, placebo_usd, sentence", "5550")
    assert (flag, scope, own) == ("diversion", "all_partners", None)
    assert "No placebo of its own at NAICS3; all partners together" in sentence


def test_an_excess_is_never_told_beside_an_amount_of_another_level(real: Real) -> None:
    """What is beyond an ordinary year at NAICS3 is a part of what is matched there, and both are in the sentence."""
    rows = real.con.execute("""
        select comparable_usd, placebo_usd, excess_usd, sentence, round(comparable_usd / 1e9, 1)
        from flags.diversion_2025
        where cut = 'all' and partner_code in ('5520', '5830', '5330', '5490') and commodity_code is null""").fetchall()
    assert len(rows) == 4
    for comparable, ordinary, excess, sentence, billions in rows:
        assert comparable - ordinary == excess
        assert f"At NAICS3, where ${billions:.1f} bn is matched, " in sentence
    without = real.con.execute("""
        select count(*) from flags.diversion_2025
        where commodity_level = 'HS6' and flag = 'diversion'
            and sentence not like '%No placebo and no interval exist for a single product.%'""").fetchone()
    assert without == (0,)


def test_partners_within_products_and_chapters_close_too(real: Real) -> None:
    """Demand adds up to the change of the world, reallocation to nil: by chapter over its partners."""
    rows = real.con.execute("""
        select commodity_code, sum(reallocation_usd) filter (partner_code is not null)::bigint,
            sum(demand_usd) filter (partner_code is not null)::bigint,
            any_value(value1_usd - value0_usd) filter (partner_code is null)
        from flags.diversion_2025 where cut = 'all' and commodity_level = 'HS2' group by 1""").fetchall()
    assert len(rows) == 98
    for _, reallocation, demand, world in rows:
        assert (reallocation, demand) == (0, world)


def test_every_row_has_its_sentence_basis_and_vintage(real: Real) -> None:
    row = real.con.execute("""
        select count(*), count(*) filter (sentence like '%General imports, customs value, HS6%vintage 2026-06-09%'
            and sentence like '%2025 against 2024%'), count(vintage) from flags.diversion_2025""").fetchone()
    assert row
    assert row[0] == row[1] == row[2] == real.report.comparisons[0].rows
    (sentence,) = _partner(real, "sentence", VIETNAM)
    for part in ("Vietnam: diversion from China", "$36.6 bn", "25.7% of $142.3 bn", "rank 1", "At NAICS3, where"):
        assert part in str(sentence)

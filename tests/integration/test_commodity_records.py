"""Records of commodities on the bundled figures, found again by plain pandas from the marts.

Also the bundled archive's lines in the marts; its sums are DataWeb's for January 2025, chapters 01 to 98.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd

Published = Callable[[str], list[tuple[Any, ...]]]

COLUMNS = ["commodity", "partner", "value", "periods", "rank_high", "rank_low", "highest_since", "lowest_since"]


def test_every_industry_and_partner_of_the_newest_month(published: Published) -> None:
    """155 months of NAICS3: a month without a row is a month without trade, from the first of World's."""
    figures = pd.DataFrame(
        published(
            "select commodity_code, partner_code, reference_month, consumption_value_usd "
            "from marts.commodity_partner_month where level = 'NAICS3' and consumption_value_usd > 0"
        ),
        columns=["commodity", "partner", "month", "value"],
    )
    figures["month"] = figures["month"].astype(str)
    dense = figures.pivot(index=["commodity", "partner"], columns="month", values="value").fillna(0).astype("int64")
    assert dense.shape[1] == 155
    starts = figures[figures["partner"] == "0015"].groupby("commodity")["month"].min()
    expected = []
    for place, (commodity, partner) in enumerate(dense.index.to_list()):
        series = pd.Series(dense.iloc[place])
        history = series[series.index >= starts[commodity]]
        last, earlier = history.iloc[-1], history.iloc[:-1]
        if last == 0:
            continue
        since = {side: earlier[at].index.max() for side, at in (("high", earlier >= last), ("low", earlier <= last))}
        ranks = 1 + int((earlier > last).sum()), 1 + int((earlier < last).sum())
        expected.append((commodity, partner, int(last), len(history), *ranks, since["high"], since["low"]))
    rows = published(
        "select commodity_code, coalesce(partner_code, '0015'), value_usd, periods, rank_high, rank_low, "
        "strftime(highest_since, '%Y-%m-01'), strftime(lowest_since, '%Y-%m-01') "
        "from flags.record where level = 'NAICS3' and frequency = 'month'"
    )
    assert len(rows) > 900
    order = ["commodity", "partner"]
    found = pd.DataFrame(rows, columns=COLUMNS).sort_values(order, ignore_index=True)
    wanted = pd.DataFrame(expected, columns=COLUMNS).sort_values(order, ignore_index=True)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False)


def test_every_level_has_its_records(published: Published) -> None:
    levels = published(
        "select series, level, count(*), count(*) filter (sentence is null or vintage is null) from flags.record "
        "where series in ('commodity', 'commodity_partner') group by all"
    )
    found = {(series, level): (count > 0, wrong) for series, level, count, wrong in levels}
    wanted = ("HS2", "HS4", "HS6", "ENDUSE1", "ENDUSE5", "NAICS3")
    assert found == {(series, level): (True, 0) for series in ("commodity", "commodity_partner") for level in wanted}


def test_lines_of_the_archive_are_in_the_marts_without_invented_zeros(published: Published) -> None:
    rows = published(
        "select partner_code, sum(consumption_value_usd), count(general_value_usd), count(dutiable_value_usd) "
        "from marts.commodity_partner_month where level = 'HS10' and reference_month = date '2025-01-01' group by 1 order by 1"
    )
    assert rows == [("1220", 38_148_395_258, 0, 0), ("2010", 42_047_210_498, 0, 0)]
    controls = published(
        "select compared_with, seen_usd, status from marts.reconciliation "
        "where source = 'census_bulk' and measure = 'consumption_value_usd' order by 1"
    )
    assert controls == [(member, 80_195_605_756, "equal") for member in ("IMP_COMM", "IMP_CTY", "IMP_DE", "IMP_DU")]

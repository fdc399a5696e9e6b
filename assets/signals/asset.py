"""The asset `flags/record`: record and since flags of every series, frequency and vintage."""

import dagster as dg

from assets.home import Home
from assets.raw.source_asset import WRITER_POOL, markdown_table
from assets.signals.flags import RECORD, build_record_flags
from assets.warehouse import connect

PREVIEW = """
    select sentence from flags.record
    where frequency = 'year' and measure = 'deficit' and not coalesce(is_aggregate, false)
    qualify row_number() over (partition by source, series, partner_code, concept, basis, adjustment
                               order by vintage desc, period_end desc) = 1
    order by abs(value) desc limit 15
"""
CONTRADICTIONS = """
    select count(*) from flags.record
    where (is_record_high and (highest_since is not null or rank_high <> 1))
       or (is_record_low and (lowest_since is not null or rank_low <> 1))
       or sentence is null or vintage is null or source is null
"""


@dg.asset(
    key=["flags", "record"],
    deps=[["intermediate", "int_trade_value"], ["marts", "partner"]],
    group_name="flags",
    kinds={"python", "duckdb"},
    pool=WRITER_POOL,
    description=RECORD.comment,
    check_specs=[
        dg.AssetCheckSpec(
            "flags_agree_with_themselves",
            asset=["flags", "record"],
            blocking=True,
            description="A record has nothing since and rank 1, and every flag has its source, vintage and sentence.",
        )
    ],
)
def record_flags(home: dg.ResourceParam[Home]) -> dg.MaterializeResult:
    """Compute the flags of all partner and total series."""
    with connect(home.warehouse) as con:
        build_record_flags(con)
        count = (con.execute("select count(*) from flags.record").fetchone() or (0,))[0]
        wrong = (con.execute(CONTRADICTIONS).fetchone() or (0,))[0]
        preview = con.execute(PREVIEW).fetchall()
    return dg.MaterializeResult(
        metadata={"dagster/row_count": count, "newest_years": dg.MetadataValue.md(markdown_table(["flag"], preview))},
        check_results=[
            dg.AssetCheckResult(
                check_name="flags_agree_with_themselves", passed=wrong == 0, metadata={"contradictions": wrong}
            )
        ],
    )

"""The asset `claims/verdict`: every claim judged for every vintage from its first print on."""

import dagster as dg

from assets.claims.claim import read_claims
from assets.claims.judge import VERDICT, verdicts, write_verdicts
from assets.home import Home
from assets.raw.source_asset import WRITER_POOL, markdown_table
from assets.warehouse import connect, open_to_read


@dg.asset(
    key=["claims", "verdict"],
    deps=[
        ["flags", "record"],
        ["flags", "diversion"],
        ["flags", "front_loading"],
        ["flags", "front_loading_cut"],
        ["flags", "policy_scoreboard"],
        ["intermediate", "int_commodity_value"],
        ["intermediate", "int_trade_value"],
        ["marts", "capital_goods"],
        ["marts", "tariff_month"],
        ["marts", "total_year"],
        ["marts", "partner_year_vintages"],
        ["meta", "source_file"],
    ],
    group_name="claims",
    kinds={"python", "duckdb"},
    pool=WRITER_POOL,
    description=VERDICT.comment,
    check_specs=[
        dg.AssetCheckSpec(
            "every_claim_judged",
            asset=["claims", "verdict"],
            blocking=True,
            description="Each claim file has at least one verdict.",
        )
    ],
)
def verdict(home: dg.ResourceParam[Home]) -> dg.MaterializeResult:
    """Judge the claims of `assets/claims`."""
    claims = read_claims()
    # One after the other: DuckDB opens a file once a process, with one configuration.
    with open_to_read(home.warehouse) as con:
        judged = verdicts(con, claims)
    with connect(home.warehouse) as con:
        count = write_verdicts(con, judged)
        rows = con.execute(
            "select claim_id, vintage, verdict, sentence from claims.verdict order by proposition, claim_id, vintage"
        ).fetchall()
    missing = {claim.id for claim in claims} - {row[0] for row in rows}
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": count,
            "verdicts": dg.MetadataValue.md(markdown_table(["claim", "vintage", "verdict", "finding"], rows)),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="every_claim_judged",
                passed=not missing,
                metadata={"without_verdict": ", ".join(sorted(missing)) or "none"},
            )
        ],
    )

"""The assets of diversion: `flags/diversion` with its placebo, and `flags/balance_waterfall`.

What they mean belongs to the other modules of this package.
"""

import duckdb

from assets.contracts.flags import BALANCE_WATERFALL
from assets.contracts.models import marts
from assets.dagster_kit import Notes, Step, Written, in_warehouse
from assets.home import Home
from assets.methods.diversion.build import build_diversion_flags
from assets.methods.diversion.table import DIVERSION, PLACEBO
from assets.methods.diversion.waterfall import build_balance_waterfall


@in_warehouse
def _diversion(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    return build_diversion_flags(con).notes


@in_warehouse
def _waterfall(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    return build_balance_waterfall(con)


READS = (
    marts.commodity_coverage,
    marts.commodity_partner_month,
    marts.commodity_partner_year,
    marts.partner,
    marts.partner_month_vintages,
    marts.partner_year_vintages,
)

diversion_flags = Step(
    [
        Written(
            DIVERSION,
            holds="Rates lie between 0 and 1, no more is attributed than was lost, and every row has its sentence.",
            wrong="rate not between 0 and 1 or diverted_usd > loss_usd or diverted_usd < 0 or sentence is null",
            preview=f"""
                select period1, partner_code, flag, diverted_usd, share_change_pp, sentence from {DIVERSION}
                where cut = 'all' and commodity_code is null
                order by diverted_usd desc nulls last, share_change_pp desc limit 15""",
        ),
        Written(
            PLACEBO,
            holds="Rates lie between 0 and 1, and the comparison itself is never one of its own clean pairs.",
            wrong="rate not between 0 and 1 or (is_main and is_clean)",
            preview=f"""
                select level, period0, period1, cut, is_main, is_clean, rate from {PLACEBO}
                where is_chosen and partner_code is null order by main_period1 desc, cut, period1 desc limit 15""",
        ),
    ],
    _diversion,
    reads=READS,
)
balance_waterfall = Step(
    [
        Written(
            BALANCE_WATERFALL,
            holds="The rows of a pair add up to the published change of the World balance, and every row has its sentence.",
            wrong=f"""sentence is null or (period0, period1) in (
                select (period0, period1) from {BALANCE_WATERFALL} group by period0, period1
                having sum(contribution_usd) <> any_value(world_change_usd))""",
            preview=f"""
                select period0, period1, partner_name, contribution_usd, sentence from {BALANCE_WATERFALL}
                where rank <= 7 or rank is null order by period1 desc, rank nulls last""",
        )
    ],
    _waterfall,
    reads=READS,
)

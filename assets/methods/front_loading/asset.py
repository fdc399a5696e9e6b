"""The assets of front-loading: `flags/front_loading` by product and measure, `flags/front_loading_cut` by broad cut.

What they mean belongs to the other modules of this package.
"""

import duckdb

from assets.contracts.flags import FRONT_LOADING, FRONT_LOADING_CUT
from assets.contracts.models import marts
from assets.contracts.tariffs import TARIFF_LINE, TARIFF_MEASURE, TARIFF_SCOPE, TARIFF_SCOPE_PRODUCT, TARIFF_SCOPE_REACH
from assets.dagster_kit import Notes, Step, Written, in_warehouse
from assets.home import Home
from assets.methods.front_loading import cuts
from assets.methods.front_loading.broad import broad_windows
from assets.methods.front_loading.complete import complete_months
from assets.methods.front_loading.flags import build_front_loading_flags


@in_warehouse
def _front_loading(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    counts = build_front_loading_flags(con, complete_months(con))
    return (f"{counts.series:,} series, {counts.pairs:,} pairs with a measure, {counts.small:,} too small to judge",)


@in_warehouse
def _cuts(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    try:
        months = complete_months(con)
        windows = [cuts.EARLY_2025, *broad_windows(con, months)]
        used = cuts.build_front_loading_cuts(con, months, windows=windows)
        return tuple(f"{count} of {len(windows)} windows at level {level}" for level, count in used.items())
    except cuts.CutsUnavailable as problem:
        con.execute(FRONT_LOADING_CUT.create_sql())
        return (str(problem),)


front_loading = Step(
    [
        Written(
            FRONT_LOADING,
            holds="Every row has one of the known verdicts and its sentence.",
            wrong="""sentence is null or verdict not in ('front_loaded_with_payback', 'surge_without_payback',
                'surge_without_tariff', 'none', 'not_testable')""",
            preview=f"""
                select partner_code, commodity_code, verdict, z_peak, excess_usd, sentence from {FRONT_LOADING}
                where verdict = 'front_loaded_with_payback' order by excess_usd desc limit 15""",
        )
    ],
    _front_loading,
    reads=[
        TARIFF_LINE,
        TARIFF_MEASURE,
        TARIFF_SCOPE,
        TARIFF_SCOPE_PRODUCT,
        TARIFF_SCOPE_REACH,
        marts.commodity_coverage,
        marts.commodity_partner_month,
    ],
)
front_loading_cuts = Step(
    [
        Written(
            FRONT_LOADING_CUT,
            holds="Every row has its sentence.",
            wrong="sentence is null",
            preview=f"select * from {FRONT_LOADING_CUT} limit 15",
        )
    ],
    _cuts,
    reads=[
        TARIFF_LINE,
        TARIFF_MEASURE,
        TARIFF_SCOPE_REACH,
        marts.commodity_coverage,
        marts.commodity_partner_month,
        marts.partner_month,
    ],
)

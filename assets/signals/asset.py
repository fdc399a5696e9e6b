"""Flags as Dagster assets: records, diversion, front-loading, rerouting, capital goods and the policy scoreboard.

Each is one table over the marts with one blocking check. What a flag means belongs in `assets/signals` (records) and
`assets/methods` (the others).
"""

from collections.abc import Callable, Sequence

import dagster as dg
import duckdb

from assets.home import Home
from assets.methods import regression, rerouting, scoreboard, tariffs
from assets.methods.diversion.build import build_diversion_flags
from assets.methods.diversion.table import DIVERSION
from assets.methods.diversion.waterfall import WATERFALL, build_balance_waterfall
from assets.methods.front_loading import cuts
from assets.methods.front_loading import flags as front_loading_flags
from assets.methods.front_loading.broad import broad_windows
from assets.methods.front_loading.complete import complete_months
from assets.methods.revisions import report as revisions
from assets.raw.source_asset import WRITER_POOL, markdown_table
from assets.signals.flags import RECORD, build_record_flags
from assets.sql_text import literal
from assets.store.lake import dataset_file
from assets.store.ledger import read_ledger
from assets.warehouse import TableSpec, connect

COMMODITY_MARTS = (
    ["marts", "commodity_coverage"],
    ["marts", "commodity_partner_month"],
    ["marts", "commodity_partner_year"],
    ["marts", "partner"],
)
PARTNER_PRINTS = (["marts", "partner_month_vintages"], ["marts", "partner_year_vintages"])
Notes = Sequence[str]
Write = Callable[[duckdb.DuckDBPyConnection, Home], Notes]


def flag_asset(
    spec: TableSpec, deps: Sequence[Sequence[str]], write: Write, *, holds: str, wrong: str, preview: str
) -> dg.AssetsDefinition:
    """The asset `<schema>/<table>` that `write` fills.

    `holds` says what its blocking check asks; `wrong` is the condition of a row that breaks it. `preview` selects the
    rows that the UI shows.
    """
    table = f"{spec.schema}.{spec.name}"

    @dg.asset(
        key=[spec.schema, spec.name],
        deps=[list(dep) for dep in deps],
        group_name=spec.schema,
        kinds={"python", "duckdb"},
        pool=WRITER_POOL,
        description=spec.comment,
        check_specs=[
            dg.AssetCheckSpec("rows_hold", asset=[spec.schema, spec.name], blocking=True, description=holds),
        ],
    )
    def _asset(home: dg.ResourceParam[Home]) -> dg.MaterializeResult:
        with connect(home.warehouse) as con:
            notes = write(con, home)
            count, broken = con.execute(f"select count(*), count(*) filter (where {wrong}) from {table}").fetchall()[0]
            shown = con.execute(preview)
            names = [column[0] for column in shown.description or []]
            rows = shown.fetchall()
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": count,
                "notes": "; ".join(notes) or "none",
                "preview": dg.MetadataValue.md(markdown_table(names, rows)),
            },
            check_results=[
                dg.AssetCheckResult(check_name="rows_hold", passed=broken == 0, metadata={"broken_rows": broken})
            ],
        )

    return _asset


def _records(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    build_record_flags(con)
    return ()


def _diversion(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    return build_diversion_flags(con).notes


def _waterfall(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    return build_balance_waterfall(con)


def _tariffs(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    through = con.execute("select max(reference_month) from marts.partner_month").fetchall()[0][0]
    counts = tariffs.build_tariff_marts(con, through)
    return (
        f"{counts.measures} measures, {counts.lines} lines, {counts.months:,} rows by scope, partner and month, "
        f"{counts.product_months:,} by product, partner and month",
    )


def _front_loading(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    counts = front_loading_flags.build_front_loading_flags(con, complete_months(con))
    return (f"{counts.series:,} series, {counts.pairs:,} pairs with a measure, {counts.small:,} too small to judge",)


def _cuts(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    try:
        months = complete_months(con)
        windows = [cuts.EARLY_2025, *broad_windows(con, months)]
        used = cuts.build_front_loading_cuts(con, months, windows=windows)
        return tuple(f"{count} of {len(windows)} windows at level {level}" for level, count in used.items())
    except cuts.CutsUnavailable as problem:
        con.execute(cuts.SPEC.create_sql())
        return (str(problem),)


def _rerouting(con: duckdb.DuckDBPyConnection, home: Home) -> Notes:
    files = [
        dataset_file(home.lake, "comtrade", row.vintage, row.file_id)
        for row in read_ledger(home.lake).values()
        if row.source == "comtrade" and row.status == "accepted" and row.vintage is not None
    ]
    names = ", ".join(literal(file) for file in files)
    rerouting.build_rerouting(
        con, f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)" if files else None
    )
    return () if files else ("no third-country file is accepted: not testable with the data loaded",)


def _years(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    newest = int(con.execute("select max(year) from marts.partner_year").fetchall()[0][0])
    return newest - 1, newest


def _capital_goods(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    rows = scoreboard.build_capital_goods(con, *_years(con))
    return () if rows else ("no end-use figures are loaded",)


def _scoreboard(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    scoreboard.build_scoreboard(con, *_years(con))
    return ()


def _regressions(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    return regression.build_regressions(con)


def _revisions(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    return (f"{revisions.write_report(con)} pairs of consecutive vintages compared",)


record_flags = flag_asset(
    RECORD,
    [["intermediate", "int_trade_value"], ["staging", "stg_accepted_file"], ["marts", "commodity"], *COMMODITY_MARTS],
    _records,
    holds="A record has nothing since and rank 1, no flag looks beyond the life of its partner, and every flag has its source, "
    "vintage and sentence.",
    wrong="""(is_record_high and (highest_since is not null or rank_high <> 1))
        or (is_record_low and (lowest_since is not null or rank_low <> 1))
        or sentence is null or vintage is null or source is null
        or exists (
            from marts.partner where partner.partner_code = record.partner_code
            and (period_end > valid_to or valid_from > case frequency
                when 'rolling_12' then date_trunc('month', first_period) - interval 11 month
                else date_trunc(if(frequency in ('year', 'ytd'), 'year', 'month'), first_period)
            end))""",
    preview="""
        select sentence from flags.record
        where frequency = 'year' and measure = 'deficit' and not coalesce(is_aggregate, false)
        qualify row_number() over (partition by source, series, partner_code, concept, basis, adjustment
                                   order by vintage desc, period_end desc) = 1
        order by abs(value) desc limit 15
    """,
)
diversion_flags = flag_asset(
    DIVERSION,
    [*COMMODITY_MARTS, *PARTNER_PRINTS],
    _diversion,
    holds="Rates lie between 0 and 1, no more is attributed than was lost, and every row has its sentence.",
    wrong="rate not between 0 and 1 or diverted_usd > loss_usd or diverted_usd < 0 or sentence is null",
    preview="""
        select period1, partner_code, flag, diverted_usd, share_change_pp, sentence from flags.diversion
        where cut = 'all' and commodity_code is null order by diverted_usd desc nulls last, share_change_pp desc limit 15
    """,
)
balance_waterfall = flag_asset(
    WATERFALL,
    [*COMMODITY_MARTS, *PARTNER_PRINTS],
    _waterfall,
    holds="The rows of a pair add up to the published change of the World balance, and every row has its sentence.",
    wrong="""sentence is null or (period0, period1) in (
        select (period0, period1) from flags.balance_waterfall group by period0, period1
        having sum(contribution_usd) <> any_value(world_change_usd))""",
    preview="""
        select period0, period1, partner_name, contribution_usd, sentence from flags.balance_waterfall
        where rank <= 7 or rank is null order by period1 desc, rank nulls last
    """,
)
tariff_marts = flag_asset(
    tariffs.MONTH,
    COMMODITY_MARTS,
    _tariffs,
    holds="Every row has its partner and month, and the realised rate is not negative.",
    wrong="partner_code is null or reference_month is null or realised_rate < 0",
    preview="select * from marts.tariff_measure order by effective_on desc limit 15",
)
front_loading = flag_asset(
    front_loading_flags.SPEC,
    [*COMMODITY_MARTS, ["marts", "tariff_month"]],
    _front_loading,
    holds="Every row has one of the known verdicts and its sentence.",
    wrong="""sentence is null or verdict not in ('front_loaded_with_payback', 'surge_without_payback',
        'surge_without_tariff', 'none', 'not_testable')""",
    preview="""
        select partner_code, commodity_code, verdict, z_peak, excess_usd, sentence from flags.front_loading
        where verdict = 'front_loaded_with_payback' order by excess_usd desc limit 15
    """,
)
front_loading_cuts = flag_asset(
    cuts.SPEC,
    [*COMMODITY_MARTS, ["marts", "partner_month"], ["marts", "tariff_month"]],
    _cuts,
    holds="Every row has its sentence.",
    wrong="sentence is null",
    preview=f"select * from flags.{cuts.SPEC.name} limit 15",
)
rerouting_flags = flag_asset(
    rerouting.SPEC,
    [*COMMODITY_MARTS, ["raw", "comtrade"]],
    _rerouting,
    holds="Every row has its verdict and never says more than the data can.",
    wrong="verdict is null or sentence ilike '%transship%'",
    preview=f"select * from flags.{rerouting.SPEC.name} limit 15",
)
capital_goods = flag_asset(
    scoreboard.CAPITAL_GOODS,
    [["marts", "commodity_coverage"], ["marts", "commodity_partner_year"], ["marts", "partner_year"]],
    _capital_goods,
    holds="Every row has its group.",
    wrong=f"{scoreboard.CAPITAL_GOODS.columns[0].name} is null",
    preview="select * from flags.capital_goods limit 15",
)
policy_scoreboard = flag_asset(
    scoreboard.SCOREBOARD,
    [
        ["marts", "partner_year"],
        ["marts", "concentration_year"],
        ["marts", "commodity_coverage"],
        ["marts", "commodity_partner_year"],
    ],
    _scoreboard,
    holds="Every row has its aim and its outcome in words.",
    wrong="aim is null or sentence is null",
    preview="select * from flags.policy_scoreboard limit 15",
)
regressions = flag_asset(
    regression.SPEC,
    COMMODITY_MARTS,
    _regressions,
    holds="Every estimate has its specification, lies within its interval, and every row has its sentence.",
    wrong="sentence is null or (estimate is not null and (specification is null or estimate not between low and high))",
    preview="select model, term, estimate, std_error, observations, sentence from flags.regression order by model, term",
)
revision_report = flag_asset(
    revisions.REPORT,
    [["marts", "revision"], ["marts", "vintage_content"], ["flags", "record"], ["claims", "verdict"]],
    _revisions,
    holds="Every pair of vintages is in order, with counts that are not negative and its sentence.",
    wrong="from_vintage >= to_vintage or least(series_added, series_dropped, figures_revised) < 0 or sentence is null",
    preview="select sentence, schema_differences from flags.revision_report order by to_vintage desc, source limit 15",
)
FLAGS = (
    record_flags,
    diversion_flags,
    balance_waterfall,
    tariff_marts,
    front_loading,
    front_loading_cuts,
    rerouting_flags,
    capital_goods,
    policy_scoreboard,
    regressions,
    revision_report,
)

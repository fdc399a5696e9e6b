"""The assets of the methods that are one module each: tariffs, rerouting, capital goods, the scoreboard, regressions.

What they mean belongs to those modules; diversion, front-loading and revisions have an `asset.py` of their own.
"""

import duckdb

from assets.contracts.flags import CAPITAL_GOODS, POLICY_SCOREBOARD, REGRESSION, REROUTING
from assets.contracts.models import marts
from assets.contracts.tariffs import (
    TARIFF_LINE,
    TARIFF_MEASURE,
    TARIFF_MONTH,
    TARIFF_PRODUCT_MONTH,
    TARIFF_SCOPE,
    TARIFF_SCOPE_PRODUCT,
    TARIFF_SCOPE_REACH,
)
from assets.dagster_kit import Notes, Step, Written, in_warehouse
from assets.home import Home
from assets.methods import regression, rerouting, scoreboard, tariffs
from assets.sql_text import literal
from assets.store.lake import dataset_file
from assets.store.ledger import read_ledger


@in_warehouse
def _tariffs(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    through = con.execute(f"select max(reference_month) from {marts.partner_month}").fetchall()[0][0]
    counts = tariffs.build_tariff_marts(con, through)
    return (
        f"{counts.measures} measures, {counts.lines} lines, {counts.months:,} rows by scope, partner and month, "
        f"{counts.product_months:,} by product, partner and month",
    )


@in_warehouse
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


def _years(con: duckdb.DuckDBPyConnection) -> tuple[int, int] | None:
    """The newest year of the partner mart and the one before; None while it is empty."""
    ((newest,),) = con.execute(f"select max(year) from {marts.partner_year}").fetchall()
    return None if newest is None else (int(newest) - 1, int(newest))


@in_warehouse
def _outcomes(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    years = _years(con)
    if years is None:
        for table in (CAPITAL_GOODS, POLICY_SCOREBOARD):
            con.execute(table.create_sql())
        return ("no annual figures by partner are loaded",)
    scoreboard.build_scoreboard(con, *years)
    return () if scoreboard.build_capital_goods(con, *years) else ("no end-use figures are loaded",)


@in_warehouse
def _regressions(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    return regression.build_regressions(con)


tariff_marts = Step(
    [
        Written(
            TARIFF_MONTH,
            holds="Every row has its partner and month, and the realised rate is not negative.",
            wrong="partner_code is null or reference_month is null or realised_rate < 0",
            preview=f"select * from {TARIFF_MONTH} order by reference_month desc, partner_code, scope_id limit 15",
        ),
        Written(
            TARIFF_MEASURE,
            holds="No measure ends before it takes effect.",
            wrong="measure_id is null or ended_on < effective_on",
            preview=f"select * from {TARIFF_MEASURE} order by effective_on desc limit 15",
        ),
        Written(
            TARIFF_LINE,
            holds="Every line is of a measure and a scope, reaches a partner, and does not end before it begins.",
            wrong=f"""partner_code is null or last_day < first_day
                or measure_id not in (select measure_id from {TARIFF_MEASURE})
                or scope_id not in (select scope_id from {TARIFF_SCOPE})""",
            preview=f"select * from {TARIFF_LINE} order by first_day desc, measure_id, line, partner_code limit 15",
        ),
        Written(
            TARIFF_SCOPE,
            holds="Every scope lists products, covers all, or says that there is no list.",
            wrong="covers is null or covers not in ('listed', 'all', 'unknown')",
            preview=f"select * from {TARIFF_SCOPE} order by scope_id limit 15",
        ),
        Written(
            TARIFF_SCOPE_PRODUCT,
            holds="Every product is a code of the Harmonized System of 2 to 10 digits, of a scope.",
            wrong=f"""not regexp_matches(hs_prefix, '^[0-9]{{2,10}}$')
                or scope_id not in (select scope_id from {TARIFF_SCOPE})""",
            preview=f"select * from {TARIFF_SCOPE_PRODUCT} order by all limit 15",
        ),
        Written(
            TARIFF_SCOPE_REACH,
            holds="Shares lie between 0 and 1, and what is covered for sure is not more than what is covered at most.",
            wrong="""share_of_2024_imports not between 0 and 1 or share_at_most not between 0 and 1
                or share_of_2024_imports > share_at_most""",
            preview=f"select * from {TARIFF_SCOPE_REACH} order by share_of_2024_imports desc limit 15",
        ),
        Written(
            TARIFF_PRODUCT_MONTH,
            holds="Every row has its partner, product and month, and the realised rate is not negative.",
            wrong="partner_code is null or hs6 is null or reference_month is null or realised_rate < 0",
            preview=f"select * from {TARIFF_PRODUCT_MONTH} where realised_rate is not null limit 15",
        ),
    ],
    _tariffs,
    reads=[
        marts.commodity_coverage,
        marts.commodity_partner_month,
        marts.commodity_partner_year,
        marts.partner_month,
    ],
)
rerouting_flags = Step(
    [
        Written(
            REROUTING,
            holds="Every row has its verdict and never says more than the data can.",
            wrong="verdict is null or sentence ilike '%transship%'",
            preview=f"select * from {REROUTING} limit 15",
        )
    ],
    _rerouting,
    reads=[marts.commodity_partner_month],
    behind=[["raw", "comtrade"]],
)
outcomes = Step(
    [
        Written(
            POLICY_SCOREBOARD,
            holds="Every row has its aim and its outcome in words.",
            wrong="aim is null or sentence is null",
            preview=f"select * from {POLICY_SCOREBOARD} limit 15",
        ),
        Written(
            CAPITAL_GOODS,
            holds="Every row has its group and its sentence.",
            wrong=f"{CAPITAL_GOODS.columns[0].name} is null or sentence is null",
            preview=f"select * from {CAPITAL_GOODS} limit 15",
        ),
    ],
    _outcomes,
    reads=[marts.commodity_coverage, marts.commodity_partner_year, marts.concentration_year, marts.partner_year],
)
regressions = Step(
    [
        Written(
            REGRESSION,
            holds="Every estimate has its specification, lies within its interval, and every row has its sentence.",
            wrong="""sentence is null
                or (estimate is not null and (specification is null or estimate not between low and high))""",
            preview=f"""
                select model, term, estimate, std_error, observations, sentence from {REGRESSION} order by model, term""",
        )
    ],
    _regressions,
    reads=[marts.commodity_partner_month, marts.commodity_partner_year],
)

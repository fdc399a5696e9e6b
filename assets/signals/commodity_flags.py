"""Records and "since" of commodities: the newest period of every series of the commodity panel.

Brings the panel and the record engine together into rows for `flags.record`. Columns and wording belong to the modules
beside this one.
"""

import duckdb

from assets.contracts.models import marts
from assets.signals import commodity_panel as panel
from assets.signals.panel import WORLD
from assets.signals.record import write_one_period

ROWS = "commodity_flag"
_EVIDENCE = "commodity_evidence"


def write_commodity_rows(con: duckdb.DuckDBPyConnection, min_history: dict[str, int]) -> None:
    """Make the temporary table ROWS: the columns of `flags.record` (without sentence) and of the record engine.

    One row a series and frequency, of the newest vintage. Nothing is said of revisions: is_fragile is null.
    Raises duckdb.Error when a mart lacks a column.
    """
    panel.write_commodity_panel(con)
    write_one_period(con, panel.PANEL, _EVIDENCE, zeros=panel.ZEROS)
    con.execute(f"create or replace temp table {ROWS} as {_rows_sql(min_history)}")
    for table in (_EVIDENCE, panel.KEY, panel.PANEL, panel.ZEROS):
        con.execute(f"drop table {table}")


def _rows_sql(min_history: dict[str, int]) -> str:
    frequencies = ", ".join(f"'{frequency}'" for frequency in panel.FREQUENCIES)
    return f"""
        with neighbour as (
            select evidence.series_id, max(earlier.period_end) as neighbour_period
            from {_EVIDENCE} as evidence
            join {panel.PANEL} as earlier
                on earlier.series_id = evidence.series_id
                and earlier.value = evidence.neighbour_value
                and earlier.period_end < evidence.period_end
            group by evidence.series_id
        )
        select
            evidence.*,
            value as value_usd,
            if(key.partner_code = '{WORLD}', 'commodity', 'commodity_partner') as series,
            nullif(key.partner_code, '{WORLD}') as partner_code,
            if(key.partner_code = '{WORLD}', null, partner.partner_name) as partner_name,
            if(key.partner_code = '{WORLD}', null, partner.is_aggregate) as is_aggregate,
            key.classification,
            key.level,
            key.commodity_code,
            commodity.commodity_name,
            'goods' as concept,
            'Census' as basis,
            'NSA' as adjustment,
            key.import_concept,
            key.source,
            key.flow as measure,
            [{frequencies}][evidence.series_id % {panel.SLOTS} + 1] as frequency,
            'USD' as unit,
            periods >= map {min_history}[frequency] as has_minimum_history,
            cast(null as boolean) as is_fragile,
            'none' as fragility_basis,
            cast(0 as bigint) as revision_pairs,
            cast(null as double) as median_abs_revision,
            cast(null as double) as flip_share,
            key.vintage,
            key.data_vintage,
            coalesce(neighbour.neighbour_period, if(neighbour_value = 0, zero.latest_zero, null)) as neighbour_period,
            key.is_derived,
            cast(null as bigint) as known_gap_usd,
            cast(null as varchar) as gap_flow,
            cast(null as date) as gap_period,
            -- Commodities are published in whole dollars.
            0.0::double as reach,
            0.0::double as neighbour_reach
        from {_EVIDENCE} as evidence
        join {panel.KEY} as key on key.key_id = evidence.series_id // {panel.SLOTS}
        join {marts.partner} as partner on partner.partner_code = key.partner_code
        join {marts.commodity} as commodity
            on commodity.flow = key.flow and commodity.level = key.level and commodity.commodity_code = key.commodity_code
        left join neighbour on neighbour.series_id = evidence.series_id
        left join {panel.ZEROS} as zero on zero.series_id = evidence.series_id
    """

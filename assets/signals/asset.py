"""The asset `flags/record`: records and since-periods of every series.

What a record is belongs to the other modules of this package.
"""

import duckdb

from assets.contracts.flags import RECORD
from assets.contracts.models import intermediate, marts, staging
from assets.dagster_kit import Notes, Step, Written, in_warehouse
from assets.home import Home
from assets.signals.flags import build_record_flags


@in_warehouse
def _records(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    build_record_flags(con)
    return ()


record_flags = Step(
    [
        Written(
            RECORD,
            holds="A record has nothing since and rank 1, no flag looks beyond the life of its partner, and every flag has "
            "its source, vintage and sentence.",
            wrong=f"""(is_record_high and (highest_since is not null or rank_high <> 1))
                or (is_record_low and (lowest_since is not null or rank_low <> 1))
                or sentence is null or vintage is null or source is null
                or exists (
                    from {marts.partner} as partner where partner.partner_code = record.partner_code
                    and (period_end > valid_to or valid_from > case frequency
                        when 'rolling_12' then date_trunc('month', first_period) - interval 11 month
                        else date_trunc(if(frequency in ('year', 'ytd'), 'year', 'month'), first_period)
                    end))""",
            preview=f"""
                select sentence from {RECORD}
                where frequency = 'year' and measure = 'deficit' and not coalesce(is_aggregate, false)
                qualify row_number() over (partition by source, series, partner_code, concept, basis, adjustment
                                           order by vintage desc, period_end desc) = 1
                order by abs(value) desc limit 15""",
        )
    ],
    _records,
    reads=[
        intermediate.int_trade_value,
        marts.commodity,
        marts.commodity_coverage,
        marts.commodity_family,
        marts.commodity_partner_month,
        marts.commodity_partner_year,
        marts.partner,
        staging.stg_accepted_file,
    ],
)

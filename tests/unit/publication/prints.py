"""Small publications with one yearly series and one claim, made by the real engine of publishing.

Only the tables that news is read from are filled; their columns are those of the real ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from assets.contracts.claims import VERDICT
from assets.contracts.flags import RECORD
from assets.contracts.meta import SOURCE_FILE
from assets.home import Home
from assets.publication import publish as module
from assets.publication.publish import publish

FIRST_YEAR, VINTAGE = 2000, date(2026, 6, 9)
MONTH = "create schema marts; create table marts.partner_month as select date '2026-07-01' as reference_month"


@dataclass(frozen=True)
class Print:
    """Yearly deficits from 2000 on, of a total or of a partner, and the verdict of the one claim."""

    deficits: Sequence[int]
    verdict: str = "supported"
    partner: str | None = None
    has_minimum_history: bool = True


def publication(home: Home, content: Print) -> None:
    """Publish the print as a refresh would."""
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    home.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute(MONTH)
        for table in (RECORD, VERDICT, SOURCE_FILE):
            con.execute(f"create schema if not exists {table.schema}")
            con.execute(table.create_sql())
        for number, value in enumerate(content.deficits):
            year, earlier = FIRST_YEAR + number, content.deficits[:number]
            con.execute(
                """
                insert into flags.record by name
                select if(? is null, 'total', 'partner') as series, ? as partner_code, false as is_aggregate,
                    if(? is null, 'goods', null) as concept, 'BOP' as basis, 'SA' as adjustment, 'fred' as source,
                    'deficit' as measure, 'year' as frequency, make_date(?, 12, 31) as period_end, ? as value,
                    ? as is_record_high, ? as is_record_low, ? as has_minimum_history, ?::date as vintage,
                    'The deficit of ' || ? || ' was ' || ? as sentence
                """,
                [
                    *[content.partner] * 3,
                    year,
                    value,
                    bool(earlier) and value > max(earlier),
                    bool(earlier) and value < min(earlier),
                    content.has_minimum_history,
                    VINTAGE,
                    year,
                    value,
                ],
            )
        con.execute(
            "insert into claims.verdict by name select 'one' as claim_id, 1 as proposition, 'It is so.' as statement, "
            "?::date as vintage, true as is_latest, ? as verdict, 'Here is why.' as sentence",
            [VINTAGE, content.verdict],
        )
    macros = home.root / "as_of.sql"
    macros.write_text("select 1")
    kept = module.AS_OF_MACROS
    module.AS_OF_MACROS = macros
    try:
        publish(home, "fingerprint")
    finally:
        module.AS_OF_MACROS = kept

"""The assets of the revision report: `flags/revision_report` and the flags that turned, `flags/revision_flip`.

What they mean belongs to the other modules of this package.
"""

import duckdb

from assets.contracts.claims import VERDICT
from assets.contracts.flags import RECORD, REVISION_FLIP, REVISION_REPORT
from assets.contracts.models import marts
from assets.dagster_kit import Notes, Step, Written, in_warehouse
from assets.home import Home
from assets.methods.revisions.report import write_report


@in_warehouse
def _revisions(con: duckdb.DuckDBPyConnection, _: Home) -> Notes:
    return (f"{write_report(con)} pairs of consecutive vintages compared",)


revision_report = Step(
    [
        Written(
            REVISION_REPORT,
            holds="Every pair of vintages is in order, with counts that are not negative and its sentence.",
            wrong="from_vintage >= to_vintage or least(series_added, series_dropped, figures_revised) < 0 or sentence is null",
            preview=f"""
                select sentence, schema_differences from {REVISION_REPORT} order by to_vintage desc, source limit 15""",
        ),
        Written(
            REVISION_FLIP,
            holds="Every flag that turned has both vintages, in order.",
            wrong="not coalesce(from_vintage < to_vintage, false)",
            preview=f"select * from {REVISION_FLIP} order by to_vintage desc limit 15",
        ),
    ],
    _revisions,
    reads=[RECORD, VERDICT, marts.revision, marts.vintage_content],
)

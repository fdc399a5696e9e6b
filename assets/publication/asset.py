"""The assets `meta/source_file` and `published/trade`: the ledger as a table, and the published file."""

from collections.abc import Iterable

import dagster as dg
import duckdb

from assets.build_state import BuildState, read_build_state, write_build_state
from assets.contracts.meta import SOURCE_FILE
from assets.dagster_kit import OWNER, WRITER_POOL, Notes, Step, Written, in_warehouse, markdown_table
from assets.home import Home
from assets.publication.fall import lost_figures
from assets.publication.publish import publish
from assets.publication.source_file import write_source_file


@in_warehouse
def _source_file(con: duckdb.DuckDBPyConnection, home: Home) -> Notes:
    write_source_file(con, home)
    return ()


source_file = Step(
    [
        Written(
            SOURCE_FILE,
            holds="Every accepted file has its vintage, and every other one the reason why it does not count.",
            wrong="(status = 'accepted' and vintage is null) or (status <> 'accepted' and reason is null)",
            preview=f"""
                select source, file_name, vintage, status, reason from {SOURCE_FILE}
                order by vintage desc nulls last, file_name limit 40""",
        )
    ],
    _source_file,
    reads=(),
    behind=[["marts", "partner_month"]],
)


def build_published(tables: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset `published/trade` behind every table that it copies, and so behind all their blocking checks."""

    @dg.asset(
        key=["published", "trade"],
        deps=sorted(tables),
        group_name="published",
        owners=[OWNER],
        kinds={"duckdb", "parquet"},
        pool=WRITER_POOL,
        description=(
            "published/trade.duckdb: marts, flags, claims and metadata behind all blocking checks, swapped in "
            "atomically; the last five files are kept, and a Parquet export stands beside it. Totals that would fall "
            "to a fraction of those published stop it, and name the files that are new."
        ),
    )
    def published(home: dg.ResourceParam[Home]) -> dg.MaterializeResult:
        state = read_build_state(home)
        if state.passed_fingerprint is None:
            raise dg.Failure("the last build did not pass its checks: nothing is published", allow_retries=False)
        lost = lost_figures(home)
        if lost is not None:
            raise dg.Failure(
                str(lost),
                metadata={
                    "falls": dg.MetadataValue.md(
                        markdown_table(
                            ["total", "published", "now"], [(one.what, one.before, one.after) for one in lost.falls]
                        )
                    )
                },
                allow_retries=False,
            )
        done = publish(home, state.passed_fingerprint)
        write_build_state(home, BuildState(state.passed_fingerprint, state.passed_fingerprint))
        return dg.MaterializeResult(
            metadata={
                "dagster/uri": str(done.path),
                "content_hash": done.content_hash,
                "trade/max_reference_month": str(done.newest_reference_month),
                "dagster/row_count": sum(done.row_counts.values()),
                "tables": dg.MetadataValue.md(markdown_table(["table", "rows"], done.row_counts.items())),
            }
        )

    return published

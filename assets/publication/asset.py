"""The assets `meta/source_file` and `published/trade`: the ledger as a table, and the published file."""

from collections.abc import Iterable

import dagster as dg

from assets.build_state import BuildState, read_build_state, write_build_state
from assets.home import Home
from assets.publication.fall import lost_figures
from assets.publication.publish import publish
from assets.publication.source_file import SOURCE_FILE, write_source_file
from assets.raw.source_asset import WRITER_POOL, markdown_table
from assets.warehouse import connect


@dg.asset(
    key=["meta", "source_file"],
    deps=[["marts", "partner_month"]],
    group_name="meta",
    kinds={"python", "duckdb"},
    pool=WRITER_POOL,
    description=SOURCE_FILE.comment,
)
def source_file(home: dg.ResourceParam[Home]) -> dg.MaterializeResult:
    """Copy the ledger into the warehouse."""
    with connect(home.warehouse) as con:
        count = write_source_file(con, home)
    return dg.MaterializeResult(metadata={"dagster/row_count": count})


def build_published(tables: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset `published/trade` behind every table that it copies, and so behind all their blocking checks."""

    @dg.asset(
        key=["published", "trade"],
        deps=sorted(tables),
        group_name="published",
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

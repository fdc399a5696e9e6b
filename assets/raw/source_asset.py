"""How every source becomes a Dagster asset: parse what the raw store holds and the lake does not, and check the result.

Only what all sources share belongs here; the sources themselves have a module each.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import dagster as dg
import pyarrow.parquet as pq

from assets.dagster_kit import WRITER_POOL, markdown_table
from assets.home import Home
from assets.parsing.coverage import fold
from assets.settings import Settings
from assets.store.coverage import MONTHLY_SOURCES, coverage
from assets.store.lake import dataset_file
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.parse import parse_stored
from assets.store.raw_store import is_intact, stored
from assets.store.refusals import read_details, remarked, standing_refusals

RAW_GROUP = "raw"
SHOWN_FILES = 40
SHOWN_DETAILS = 100
DIFFERENCE = ("where", "measure", "expected", "seen")
BAD_LINE = ("where", "line_number", "reason", "seen")
HASHED_BYTES = 16_000_000
"""Larger raw files are compared by size only: hashing every archive in each refresh would cost as history grows."""

Report = Callable[[dg.AssetExecutionContext, Home, list[LedgerRow], list[LedgerRow]], None]
"""Logs events about the files of a source: all ledger rows, and those written in this run."""


class ParseConfig(dg.Config):
    """Run options of a parsing step."""

    strict: bool = False
    """Fail when a file is refused, instead of going on with the others."""


def source_asset(source: str, title: str, description: str, report: Report | None = None) -> dg.AssetsDefinition:
    """The asset `raw/<source>` with its checks; `report` may log more of its files."""

    @dg.asset(
        key=["raw", source],
        deps=[dg.AssetKey(["raw", "landing"])],
        group_name=RAW_GROUP,
        kinds={"python", "parquet"},
        pool=WRITER_POOL,
        description=f"{title}. {description}",
        check_specs=[
            dg.AssetCheckSpec(
                "raw_files_unchanged",
                asset=["raw", source],
                blocking=True,
                description="Stored files still have the SHA-256 (the largest: the size) they were stored with.",
            ),
            dg.AssetCheckSpec(
                "lake_matches_ledger",
                asset=["raw", source],
                blocking=True,
                description="Every accepted file has its Parquet rows, and no accepted file is without rows.",
            ),
            dg.AssetCheckSpec(
                "files_reconcile",
                asset=["raw", source],
                blocking=False,
                description=(
                    "No file stands refused: every line can be read, and all sums equal their totals; nor is one taken in "
                    "with bad lines or with counts, quantities or weights that do not add up. What was expected and seen, "
                    "and where, is in the tables. It warns and does not block: a refused file changes nothing."
                ),
            ),
        ],
    )
    def _asset(
        context: dg.AssetExecutionContext, config: ParseConfig, home: dg.ResourceParam[Home]
    ) -> dg.MaterializeResult:
        written = parse_stored(home, source, datetime.now(UTC), Settings.from_environment().bad_lines)
        refused = [row for row in written if row.status == "refused"]
        if config.strict and refused:
            reasons = "; ".join(f"{row.file_name}: {row.reason}" for row in refused)
            raise dg.Failure(
                f"refused in strict mode: {reasons}", metadata=_differences(home, refused), allow_retries=False
            )
        ledger = [row for row in read_ledger(home.lake).values() if row.source == source]
        if report is not None:
            report(context, home, ledger, written)
        return dg.MaterializeResult(
            metadata={**_metadata(ledger, written), **_months(home, source, ledger)},
            check_results=[
                _unchanged(home, source, ledger),
                _lake_matches(home, source, ledger),
                _reconcile(home, ledger),
            ],
        )

    return _asset


def _metadata(ledger: list[LedgerRow], written: list[LedgerRow]) -> dict[str, dg.MetadataValue | int | str]:
    newest = [row.newest_reference_month for row in ledger if row.newest_reference_month]
    vintages = sorted({row.vintage for row in ledger if row.status == "accepted" and row.vintage}, reverse=True)
    shown = sorted(ledger, key=lambda row: (row.vintage is not None, row.vintage, row.file_name), reverse=True)
    return {
        "dagster/row_count": sum(row.rows_accepted for row in ledger if row.status == "accepted"),
        "files_written_now": len(written),
        "trade/vintage": vintages[0].isoformat() if vintages else "none",
        "trade/vintages": ", ".join(day.isoformat() for day in vintages),
        "trade/max_reference_month": max(newest).isoformat() if newest else "none",
        "files": dg.MetadataValue.md(
            markdown_table(
                ["file", "vintage", "rule", "read", "accepted", "refused", "zero month", "status", "reason", "sha256"],
                [
                    [
                        row.file_name,
                        row.vintage or "",
                        row.vintage_rule or "",
                        row.rows_read,
                        row.rows_accepted,
                        row.rows_refused,
                        row.rows_zero_month,
                        row.status,
                        row.reason or "",
                        row.sha256[:16],
                    ]
                    for row in shown[:SHOWN_FILES]
                ],
            )
        ),
    }


def _months(home: Home, source: str, ledger: list[LedgerRow]) -> dict[str, dg.MetadataValue]:
    """Which months are here and which are missing, of a source that comes by month."""
    if source not in MONTHLY_SOURCES:
        return {}
    found = coverage(home.lake, ledger, datetime.now(UTC).date())
    rows = [[one.dataset, len(one.months), fold(one.missing) or "none", f"{one.released:%Y-%m}"] for one in found]
    header = ["dataset", "months here", "months missing", "newest released"]
    return {"trade/months": dg.MetadataValue.md(markdown_table(header, rows))}


def _unchanged(home: Home, source: str, ledger: list[LedgerRow]) -> dg.AssetCheckResult:
    sizes = {row.sha256: row.bytes for row in ledger}
    damaged = [
        file.sha256
        for file in stored(home.raw, source)
        if file.bytes != sizes.get(file.sha256, file.bytes) or (file.bytes <= HASHED_BYTES and not is_intact(file))
    ]
    return dg.AssetCheckResult(
        check_name="raw_files_unchanged", passed=not damaged, metadata={"damaged": ", ".join(damaged) or "none"}
    )


def _lake_matches(home: Home, source: str, ledger: list[LedgerRow]) -> dg.AssetCheckResult:
    missing = []
    for row in ledger:
        if row.status != "accepted" or row.vintage is None:
            continue
        path = dataset_file(home.lake, source, row.vintage, row.file_id)
        if not path.exists() or (row.rows_accepted > 0 and pq.read_metadata(path).num_rows == 0):
            missing.append(row.file_name)
    return dg.AssetCheckResult(
        check_name="lake_matches_ledger", passed=not missing, metadata={"without_rows": ", ".join(missing) or "none"}
    )


def _reconcile(home: Home, ledger: list[LedgerRow]) -> dg.AssetCheckResult:
    refused, taken = standing_refusals(ledger), remarked(home.lake, ledger)
    return dg.AssetCheckResult(
        check_name="files_reconcile",
        passed=not refused and not taken,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={**_differences(home, refused, taken), "files_with_remarks": len(taken)},
    )


def _differences(
    home: Home, refused: list[LedgerRow], taken: Sequence[LedgerRow] = ()
) -> dict[str, dg.MetadataValue | int]:
    """Where files, refused or taken in all the same, differ from what they should be, and their bad lines by number; the
    first of each file."""
    differences: list[list[object]] = []
    lines: list[list[object]] = []
    count = 0
    for row in (*refused[:SHOWN_FILES], *taken[:SHOWN_FILES]):
        details = read_details(home.lake, row.file_id)
        count += len(details)
        for one in details.slice(0, SHOWN_DETAILS).to_pylist():
            kind, columns = (differences, DIFFERENCE) if one["line_number"] is None else (lines, BAD_LINE)
            kind.append([row.file_name, *("" if one[name] is None else one[name] for name in columns)])
    return {
        "refused_files": len(refused),
        "details_in_all": count,
        "differences": dg.MetadataValue.md(markdown_table(["file", *DIFFERENCE], differences)),
        "bad_lines": dg.MetadataValue.md(markdown_table(["file", *BAD_LINE], lines)),
    }

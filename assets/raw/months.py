"""Reference months as partitions: `raw/imdb_month`, `raw/exdb_month` and `raw/census_api_month` show what is in the lake.

A source asset takes in whatever waits, of any month, and so has no partitions itself; it reports each month here:
archives with their counts, control totals and first rows, answers with their files. Only this reporting belongs here;
months that are missing are counted in `assets/store/coverage.py`.
"""

from collections.abc import Iterable
from datetime import date

import dagster as dg
import pyarrow.parquet as pq

from assets.dagster_kit import markdown_table
from assets.home import Home
from assets.parsing.recognise import BULK_CONTROL
from assets.raw.source_asset import RAW_GROUP, Report
from assets.store.coverage import dataset_of, months_of
from assets.store.lake import dataset_file
from assets.store.ledger import LedgerRow

MONTHS = dg.MonthlyPartitionsDefinition("1989-01-01", timezone="America/New_York", end_offset=-1)
"""From the first month of the Harmonized System. A month comes out about five weeks after its end, so that the one that
ended last is never out."""
PREVIEW_ROWS = 15
SHOWN_COLUMNS = (
    "line_number",
    "commodity",
    "country",
    "domestic_foreign",
    "subcode",
    "district_entry",
    "district_unlading",
    "district",
    "rate_provision",
    "general_value_usd",
    "consumption_value_usd",
    "calculated_duty_usd",
    "export_value_usd",
)
"""Of these, what the archive gives figures for."""


def _month_spec(name: str, source: str, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=[RAW_GROUP, name],
        deps=[dg.AssetKey([RAW_GROUP, source])],
        group_name=RAW_GROUP,
        kinds={"parquet"},
        partitions_def=MONTHS,
        description=f"{description} Reported by raw/{source}.",
    )


_ARCHIVES = "by reference month: rows, control totals beside the detail's, vintage, hash and first rows."
IMDB_MONTH = _month_spec("imdb_month", "census_bulk_imports", f"Import archives (IMDB) {_ARCHIVES}")
EXDB_MONTH = _month_spec("exdb_month", "census_bulk_exports", f"Export archives (EXDB) {_ARCHIVES}")
API_MONTH = _month_spec("census_api_month", "census_api", "Census API answers by reference month: their files.")


def report_months(spec: dg.AssetSpec, source: str) -> Report:
    """A report of the archives that a run took in, and of those that the run history does not know."""

    def report(
        context: dg.AssetExecutionContext, home: Home, ledger: Iterable[LedgerRow], written: Iterable[LedgerRow]
    ) -> None:
        known = context.instance.get_materialized_partitions(spec.key)
        now = {row.file_id for row in written}
        for row in _newest_last(ledger):
            month = str(row.newest_reference_month)
            if row.file_id in now or month not in known:
                metadata = _metadata(home, source, row)
                context.log_event(dg.AssetMaterialization(spec.key, partition=month, metadata=metadata))

    return report


def report_answers(
    context: dg.AssetExecutionContext, home: Home, ledger: Iterable[LedgerRow], written: Iterable[LedgerRow]
) -> None:
    """Report the months of the answers that a run took in, and those that the run history does not know."""
    files: dict[date, list[LedgerRow]] = {}
    for row in _newest_last(ledger):
        for month in months_of(home.lake, row):
            files.setdefault(month, []).append(row)
    known = context.instance.get_materialized_partitions(API_MONTH.key)
    now = {row.file_id for row in written}
    for month, rows in sorted(files.items()):
        if str(month) not in known or any(row.file_id in now for row in rows):
            table = [[row.file_name, dataset_of(row), row.rows_accepted, row.vintage, row.sha256[:16]] for row in rows]
            header = ["file", "dataset", "rows in the file", "vintage", "sha256"]
            shown = dg.MetadataValue.md(markdown_table(header, table))
            context.log_event(
                dg.AssetMaterialization(
                    API_MONTH.key, partition=str(month), metadata={"files": len(rows), "answers": shown}
                )
            )


def _newest_last(ledger: Iterable[LedgerRow]) -> list[LedgerRow]:
    """The files in the lake by month and vintage, so that the newest print of a month is reported last."""
    accepted = [row for row in ledger if row.status == "accepted" and row.vintage and row.newest_reference_month]
    return sorted(accepted, key=lambda row: (str(row.newest_reference_month), str(row.vintage), row.retrieved_at))


def _metadata(home: Home, source: str, row: LedgerRow) -> dict[str, dg.MetadataValue | int | str]:
    """What the UI shows of one archive."""
    if row.vintage is None:
        raise ValueError(f"{row.file_name} is not in the lake")
    control = pq.read_table(dataset_file(home.lake, BULK_CONTROL, row.vintage, row.file_id))
    with pq.ParquetFile(dataset_file(home.lake, source, row.vintage, row.file_id)) as detail:
        wanted = [name for name in SHOWN_COLUMNS if name in detail.schema_arrow.names]
        first = next(detail.iter_batches(PREVIEW_ROWS, columns=wanted), None)
    lines = first.to_pylist() if first is not None else []
    columns = [name for name in wanted if any(line[name] is not None for line in lines)]
    return {
        "dagster/partition_row_count": row.rows_accepted,
        "rows_physical": row.rows_read,
        "rows_accepted": row.rows_accepted,
        "rows_zero_month": row.rows_zero_month,
        "bad_lines": row.bad_lines,
        "trade/vintage": str(row.vintage),
        "trade/raw_sha256": row.sha256,
        "file": row.file_name,
        "control_totals_usd": dg.MetadataValue.md(_control_totals(control.to_pylist())),
        "preview": dg.MetadataValue.md(markdown_table(columns, [[line[name] for name in columns] for line in lines])),
    }


def _control_totals(rows: list[dict[str, str | int]]) -> str:
    """One row a measure in USD: the sum of the detail, then what each control member says."""
    members = list(dict.fromkeys(str(row["member"]) for row in rows))
    measures: dict[str, dict[str, int]] = {}
    for row in rows:
        if str(row["measure"]).endswith("_usd"):
            figures = measures.setdefault(str(row["measure"]), {"detail": int(row["seen"])})
            figures[str(row["member"])] = int(row["expected"])
    shown = [[name, *(f"{figures[one]:,}" for one in ("detail", *members))] for name, figures in measures.items()]
    return markdown_table(["measure", "detail", *members], shown)

"""Why files were refused, in full: every difference and every listed bad line, one Parquet file a refused file.

Here belongs how the details are kept, so that they can be shown as long as the refusal stands. The reason in one
sentence is in the ledger; whether a file is refused is decided by the parsers.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assets.errors import RefusedFile
from assets.parsing.census_api_checks import AnswerNotReconciled
from assets.parsing.census_bulk import BadLinesFound, NotReconciled
from assets.store.files import write_atomically
from assets.store.ledger import LedgerRow

DATASET = "refusal"
SCHEMA = pa.schema(
    [
        ("file_id", pa.string()),
        ("where", pa.string()),
        ("measure", pa.string()),
        ("expected", pa.string()),
        ("seen", pa.string()),
        ("line_number", pa.int32()),
        ("reason", pa.string()),
    ]
)
"""One row a difference (with its measure) or a bad line (with its number and reason; `seen` is how it starts); for a file
refused for anything else one row that says what was expected and seen."""


def write_refusal(lake: Path, file_id: str, problem: RefusedFile) -> None:
    """Keep the details of a refusal, in place of earlier ones of the same file."""
    rows = [{"file_id": file_id, **row} for row in _rows(problem)]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    write_atomically(_file(lake, file_id), lambda part: pq.write_table(table, part, compression="zstd"))


def read_refusal(lake: Path, file_id: str) -> pa.Table:
    """The details of one file's refusal (schema SCHEMA); no rows where none were kept."""
    path = _file(lake, file_id)
    return pq.read_table(path, schema=SCHEMA) if path.exists() else SCHEMA.empty_table()


def standing_refusals(ledger: Iterable[LedgerRow]) -> list[LedgerRow]:
    """The refused files, but for those whose name a later file of the same source was taken in under; newest first."""
    rows = list(ledger)
    taken: dict[tuple[str | None, str], datetime] = {}
    for row in rows:
        if row.status != "refused":
            name = (row.source, row.file_name)
            taken[name] = max(row.retrieved_at, taken.get(name, row.retrieved_at))
    standing = [
        row
        for row in rows
        if row.status == "refused" and row.retrieved_at >= taken.get((row.source, row.file_name), row.retrieved_at)
    ]
    return sorted(standing, key=lambda row: (row.retrieved_at, row.file_name), reverse=True)


def _rows(problem: RefusedFile) -> list[Mapping[str, object]]:
    if isinstance(problem, NotReconciled | AnswerNotReconciled) and len(problem.differences):
        return [
            {**row, "expected": str(row["expected"]), "seen": str(row["seen"])}
            for row in problem.differences.to_pylist()
        ]
    if isinstance(problem, BadLinesFound) and problem.bad_lines:
        return [
            {"where": line.member, "line_number": line.line_number, "reason": line.reason, "seen": line.head}
            for line in problem.bad_lines
        ]
    return [{"where": problem.where, "expected": problem.expected, "seen": problem.seen}]


def _file(lake: Path, file_id: str) -> Path:
    return lake / DATASET / f"{file_id}.parquet"

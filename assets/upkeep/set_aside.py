"""Setting files aside whose figures fail a test of the marts, so that the rest is published.

Here belongs finding the files behind failing rows and keeping them out. What a file must hold by itself its parser
demands; only what the marts alone can know, such as sums across files, comes this far.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from assets.contracts.meta import SOURCE_FILE
from assets.home import Home
from assets.store.decisions import Decision, add_decision
from assets.store.ledger import LedgerRow, read_ledger
from assets.store.parse import parse_stored
from assets.store.raw_store import stored
from assets.warehouse import open_to_read

WHO = "tradewake"
FailingRow = Mapping[str, Any]


def new_arrivals(home: Home) -> list[LedgerRow]:
    """The landed files that count and are not in the present publication, the newest arrival first."""
    published = _published_files(home)
    rows = [
        row
        for row in read_ledger(home.lake).values()
        if row.status == "accepted" and row.origin_kind == "landed" and row.file_id not in published
    ]
    return sorted(rows, key=lambda row: (row.retrieved_at, row.file_name, row.file_id), reverse=True)


def behind(failing: Mapping[str, Sequence[FailingRow]], arrivals: Sequence[LedgerRow]) -> list[LedgerRow]:
    """The files to set aside for failing rows, by test: those that a row names by its id or by source and vintage, else the
    newest arrival, as what was published before did not fail; none where nothing new came."""
    rows = [row for found in failing.values() for row in found]
    named = [file for file in arrivals if any(_names(row, file) for row in rows)]
    return named or list(arrivals[:1])


def set_aside(
    home: Home, failing: Mapping[str, Sequence[FailingRow]], now: datetime, bad_line_limit: int
) -> list[LedgerRow]:
    """Keep the new files behind failing rows out until an operator accepts them; their ledger rows as they stand now."""
    files = behind(failing, new_arrivals(home))
    tests = ", ".join(f"{test} ({len(rows):,} rows)" for test, rows in failing.items())
    example = next((_in_words(row) for rows in failing.values() for row in rows), "")
    why = f"set aside, so that the rest is published: it fails {tests}" + (
        f"; for instance {example}" if example else ""
    )
    ids = {file.file_id for file in files}
    for source in sorted({str(file.source) for file in files}):
        for file in stored(home.raw, source):
            if file.file_id in ids:
                add_decision(file.path, Decision(action="set_aside", at=now, who=WHO, why=why))
        parse_stored(home, source, now, bad_line_limit)
    ledger = read_ledger(home.lake)
    return [ledger[file.file_id] for file in files]


def _published_files(home: Home) -> Collection[str]:
    if not home.published.exists():
        return ()
    try:
        with open_to_read(home.published) as con:
            return {
                str(file_id)
                for (file_id,) in con.execute(f"select file_id from {SOURCE_FILE} where status = 'accepted'").fetchall()
            }
    except duckdb.Error:
        # A publication that cannot be read says nothing of what is in it.
        return ()


def _names(row: FailingRow, file: LedgerRow) -> bool:
    if "file_id" in row:
        return bool(row["file_id"] == file.file_id)
    if "vintage" not in row or row["vintage"] != file.vintage:
        return False
    return row.get("source") in {None, file.source}


def _in_words(row: FailingRow) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)


def told(files: Iterable[LedgerRow]) -> str:
    """The files that were set aside, in a line for the run's log."""
    return "; ".join(f"{file.file_name}: {file.why}" for file in files)

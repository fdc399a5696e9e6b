"""Files of no known layout, as the raw store remembers them: their ledger rows, one JSON file each.

Their bytes are not kept, so that without this record the ledger could not be derived from the raw store alone. Only how
the record is kept belongs here; which files are refused is decided in `landing.py`.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from assets.store.files import write_atomically
from assets.store.ledger import LedgerRow

FOLDER = "unrecognised"

_ROW = TypeAdapter(LedgerRow)


def record_unrecognised(raw: Path, row: LedgerRow) -> None:
    """Keep the row, in place of an earlier one of the same bytes."""
    text = _ROW.dump_json(row, indent=1) + b"\n"
    write_atomically(record_path(raw, row.sha256), lambda part: part.write_bytes(text))


def unrecognised(raw: Path) -> Iterator[LedgerRow]:
    """All recorded rows, in the order of their hashes; raises ValueError for a record that cannot be read."""
    for path in sorted((raw / FOLDER).glob("*.json")):
        yield read_record(path)


def read_record(path: Path) -> LedgerRow:
    """The row in a record; raises ValueError naming one that cannot be read."""
    try:
        return _ROW.validate_json(path.read_bytes())
    except ValueError as problem:
        raise ValueError(f"{path.name} is no record of an unrecognised file: {problem}") from problem


def record_path(raw: Path, sha256: str) -> Path:
    """Where the record of these bytes is."""
    return raw / FOLDER / f"{sha256}.json"

"""From the raw store through the parser to lake and ledger.

Here belongs writing the rows of stored files that are not in the lake yet; how files get into the raw store belongs in
`landing.py`. A refused file leaves a ledger row and a note, and changes nothing else. Ledger and lake are a function of
the raw store and of how many bad lines an archive may have: in whatever order files came, on an empty lake they come out
the same.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

import pyarrow as pa

from assets.errors import RefusedFile
from assets.home import Home
from assets.parsing.bulk_lookup import code_rows
from assets.parsing.census_bulk import BadLinesFound, inspect_archive, parse_archive
from assets.parsing.fixed_record import BadLine
from assets.parsing.recognise import (
    BULK_CONTROL,
    BULK_LOOKUP,
    BULK_SOURCES,
    PARSERS,
    datasets,
    parser_version,
)
from assets.store.files import sha256_of
from assets.store.lake import clear_other_vintages, dataset_file, ensure_dataset, lake_schema, write_rows
from assets.store.ledger import LedgerRow, Status, drop_row, read_ledger, write_row
from assets.store.prints import EarlierPrint, SameContent, age, refuse_same_content, rivals, vintage_of
from assets.store.raw_store import RawFile, forget_vintage, record_vintage, stored
from assets.store.refusals import About, leave_note, write_refusal, write_remarks
from assets.store.vintage import Told, Vintage, part_of

ASIDE = ".incoming"


def parse_stored(home: Home, source: str, now: datetime, bad_line_limit: int = 0) -> list[LedgerRow]:
    """Parse each stored file of `source` that the lake does not hold at the parser's present version.

    An archive with more than `bad_line_limit` bad lines is refused; one that another limit decided about otherwise is
    parsed again. Returns the ledger rows written. Files are taken in the order of their retrieval, so that vintages come out the same
    however many files wait. A print that was retrieved before one that is here already takes its place before it: the
    vintages of the later ones are decided again.
    """
    for dataset, schema in datasets(source).items():
        ensure_dataset(home.lake, dataset, lake_schema(schema))
    version = parser_version(source)
    ledger = read_ledger(home.lake)
    files = {file.file_id: file for file in stored(home.raw, source)}
    todo = [file for file_id, file in files.items() if _needs_parsing(ledger.get(file_id), version, bad_line_limit)]
    written: dict[str, LedgerRow] = {}
    while todo:
        todo.sort(key=age)
        file = todo.pop(0)
        try:
            rows = _parse_one(home, file, ledger, now, bad_line_limit)
        except EarlierPrint as earlier:
            again = [files[file_id] for file_id in earlier.prints]
            for other in again:
                if age(other) > age(file):
                    forget_vintage(other)
                drop_row(home.lake, other.file_id)
                del ledger[other.file_id]
            todo = [file, *todo, *again]
            continue
        for row in rows:
            write_row(home.lake, row)
            ledger[row.file_id] = row
            written[row.file_id] = row
    return list(written.values())


def _needs_parsing(known: LedgerRow | None, version: int, bad_line_limit: int) -> bool:
    """True for a file that is new, was read by another parser version, whose lake files were written without a hash, or
    whose bad lines are now too many or no longer."""
    if known is None or known.parser_version != version:
        return True
    is_refused = known.status == "refused"
    is_tolerable = known.bad_lines <= bad_line_limit
    return (known.bad_lines > 0 and is_refused == is_tolerable) or (not is_refused and known.lake_sha256 is None)


@dataclass(frozen=True)
class _Taken:
    """What parsing one file into the lake gave, for its ledger row."""

    part: str
    vintage: Vintage
    rows_read: int
    rows_accepted: int
    rows_refused: int
    notes: tuple[str, ...]
    newest_month: date | None
    published_on: date | None = None
    rows_zero_month: int = 0
    bad_line_count: int = 0
    bad_lines: tuple[BadLine, ...] = ()
    differences: pa.Table | None = None
    content_sha256: str | None = None


def _parse_one(
    home: Home, file: RawFile, ledger: dict[str, LedgerRow], now: datetime, bad_line_limit: int
) -> list[LedgerRow]:
    name = file.origin.file_name or file.path.name
    version = parser_version(file.source)
    try:
        if file.source in BULK_SOURCES:
            taken = _archive_into_lake(home, file, name, ledger, bad_line_limit)
        else:
            taken = _table_into_lake(home, file, name, ledger)
    except RefusedFile as problem:
        return [_refuse(home, file, name, problem, _row(file, now, version, status="refused", reason=problem.reason))]
    write_remarks(home.lake, file.file_id, taken.differences, taken.bad_lines)
    row = replace(
        _row(file, now, version, status="accepted", reason="; ".join(taken.notes) or None),
        published_on=taken.published_on or file.origin.published_on,
        vintage=taken.vintage.day,
        vintage_rule=taken.vintage.rule,
        part=taken.part,
        rows_read=taken.rows_read,
        rows_accepted=taken.rows_accepted,
        rows_refused=taken.rows_refused,
        rows_zero_month=taken.rows_zero_month,
        bad_lines=taken.bad_line_count,
        content_sha256=taken.content_sha256,
        newest_reference_month=taken.newest_month,
        lake_sha256=_settle_in_lake(home, file, taken.vintage),
    )
    superseded = [
        replace(rival, status="superseded", reason=f"replaced by file {file.file_id} of the same vintage day")
        for rival in rivals(file, taken.part, ledger)
        if rival.vintage == taken.vintage.day and rival.status == "accepted"
    ]
    return [*superseded, row]


def _refuse(home: Home, file: RawFile, name: str, problem: RefusedFile, row: LedgerRow) -> LedgerRow:
    """The ledger row of a file that its parser refused; rows of it that an earlier version took leave the lake."""
    write_refusal(home.lake, file.file_id, problem)
    if file.origin.origin_kind == "landed":
        leave_note(home.refused, name, About(file.file_id, file.bytes), str(problem))
    for dataset in datasets(file.source):
        clear_other_vintages(home.lake, dataset, None, file.file_id)
    if isinstance(problem, SameContent):
        return replace(row, part=problem.part, content_sha256=problem.content_sha256)
    return replace(row, bad_lines=problem.count) if isinstance(problem, BadLinesFound) else row


def _settle_in_lake(home: Home, file: RawFile, vintage: Vintage) -> str:
    """Record the vintage of a file whose rows are written, leave no rows under another one; hashes of its lake files."""
    record_vintage(file, vintage)
    for dataset in datasets(file.source):
        clear_other_vintages(home.lake, dataset, vintage.day, file.file_id)
    return " ".join(
        sha256_of(dataset_file(home.lake, dataset, vintage.day, file.file_id)) for dataset in datasets(file.source)
    )


def _table_into_lake(home: Home, file: RawFile, name: str, ledger: dict[str, LedgerRow]) -> _Taken:
    parsed = PARSERS[file.source].parse(file.path, name)
    # Files without rows are not prints of the same figures.
    part = part_of(parsed) if len(parsed.table) else f"no rows/{file.file_id}"
    vintage = vintage_of(home.raw, file, Told.by(parsed), part, ledger)
    write_rows(home.lake, file.source, vintage.day, file.file_id, parsed.table)
    return _Taken(
        part,
        vintage,
        parsed.rows_read,
        parsed.rows_accepted,
        parsed.rows_refused,
        parsed.notes,
        parsed.newest_month,
        parsed.published_on,
    )


def _archive_into_lake(
    home: Home, file: RawFile, name: str, ledger: dict[str, LedgerRow], bad_line_limit: int
) -> _Taken:
    """Stream a bulk archive's detail to the lake, its control totals and code lists beside it."""
    head = inspect_archive(file.path, name)
    part = f"{head.flow}/{head.month:%Y-%m}"
    vintage = vintage_of(home.raw, file, Told(file.source, head.month), part, ledger)
    refuse_same_content(file, name, part, head.content_sha256, ledger)
    target = dataset_file(home.lake, file.source, vintage.day, file.file_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    identity = {"file_id": pa.scalar(file.file_id), "vintage": pa.scalar(vintage.day, pa.date32())}
    # Beside all datasets: whoever reads one must not meet a file that is not in its place yet.
    aside = home.lake / ASIDE
    aside.mkdir(parents=True, exist_ok=True)
    parsed = parse_archive(
        file.path,
        name,
        aside,
        bad_line_limit=bad_line_limit,
        constants=identity,
        known_measures=file.origin.known_measures,
    )
    parsed.path.replace(target)
    write_rows(home.lake, BULK_CONTROL, vintage.day, file.file_id, parsed.control_totals)
    write_rows(home.lake, BULK_LOOKUP, vintage.day, file.file_id, code_rows(parsed.lookups))
    return _Taken(
        part,
        vintage,
        parsed.rows_read,
        parsed.rows_accepted,
        parsed.rows_refused,
        parsed.notes,
        parsed.newest_month,
        rows_zero_month=parsed.rows_zero_month,
        bad_line_count=parsed.bad_line_count,
        bad_lines=parsed.bad_lines,
        differences=parsed.differences,
        content_sha256=head.content_sha256,
    )


def _row(file: RawFile, now: datetime, version: int, *, status: Status, reason: str | None) -> LedgerRow:
    origin = file.origin
    return LedgerRow(
        file_id=file.file_id,
        source=file.source,
        file_name=origin.file_name or file.path.name,
        sha256=file.sha256,
        bytes=file.bytes,
        publisher=origin.publisher,
        title=origin.title,
        licence=origin.licence,
        url=origin.url,
        published_on=origin.published_on,
        retrieved_at=origin.retrieved_at or now,
        vintage=None,
        vintage_rule=None,
        part=None,
        parser_version=version,
        rows_read=0,
        rows_accepted=0,
        rows_refused=0,
        status=status,
        reason=reason,
        newest_reference_month=None,
        origin_kind=origin.origin_kind,
        extract_note=origin.extract_note,
    )

"""From the raw store through the parser to lake and ledger.

Here belongs writing the rows of stored files that are not in the lake yet, and placing every file's rows by how it stands
among the others. How files get into the raw store belongs in `landing.py`, how they stand in `prints.py`. A refused file
leaves a ledger row and a note, and changes nothing else. Ledger and lake are a function of the raw store, its decisions and
how many bad lines an archive may have: in whatever order files are parsed, they come out the same.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from assets.errors import RefusedFile
from assets.home import Home
from assets.parsing import new_months, plausible, plausible_series
from assets.parsing.bulk_lookup import code_rows
from assets.parsing.census_bulk import BadLinesFound, inspect_archive, parse_archive
from assets.parsing.common import in_words
from assets.parsing.coverage import coverage_of, coverage_of_archive
from assets.parsing.fixed_record import BadLine
from assets.parsing.recognise import BULK_CONTROL, BULK_LOOKUP, BULK_SOURCES, PARSERS, datasets, parser_version
from assets.reference.calendar import CALENDAR_FILE
from assets.store.decisions import decided, read_decisions
from assets.store.figures import content_hash
from assets.store.files import sha256_of, write_atomically
from assets.store.lake import dataset_file, drop_rows, ensure_dataset, lake_schema, place_rows, write_rows
from assets.store.ledger import LedgerRow, Status, read_ledger, write_row
from assets.store.prints import Known, Standing, digest_of, groups, stand, stand_archives
from assets.store.raw_store import RawFile, stored
from assets.store.refusals import About, leave_note, write_refusal, write_remarks
from assets.store.vintage import Days, Told, first_print, own_vintage, read_told, refuse_impossible

ASIDE = ".incoming"
SETTLED = "standing"
"""Folder of the lake with one file a source: hashes of the groups of files whose standing is in place."""
RULES = "3"
"""Part of those hashes; another number has every group settled again, after the rules of standing have changed."""

EVIDENCE = (plausible, plausible_series, new_months)
"""What judges a file by itself."""

PART_COLUMNS = ("concept", "basis", "adjustment", "flow", "classification", "level", "period")
FEW_PARTNERS = 3
"""An answer about so few partners was asked for them; the world row counts as one."""
UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, pa.ArrowException)
"""What Python raises for values that no parser foresaw."""
_TOTAL = "TOTAL"


def parse_stored(home: Home, source: str, now: datetime, bad_line_limit: int = 0) -> list[LedgerRow]:
    """Parse each stored file of `source` that the lake does not hold at the parser's present version, and settle how all
    files of the source stand among each other.

    An archive with more than `bad_line_limit` bad lines is refused; one that another limit decided about otherwise is
    parsed again. Returns the ledger rows written. Only groups of files with a new member, decision or release day are
    compared again.
    """
    for dataset, schema in datasets(source).items():
        ensure_dataset(home.lake, dataset, lake_schema(schema))
    version = parser_version(source)
    ledger = read_ledger(home.lake)
    files = {file.file_id: file for file in stored(home.raw, source)}
    rows: dict[str, LedgerRow] = {}
    fresh: set[str] = set()
    for file_id, file in files.items():
        known = ledger.get(file_id)
        if known is None or _needs_parsing(known, version, bad_line_limit):
            rows[file_id] = _read(home, file, now, bad_line_limit)
            fresh.add(file_id)
        else:
            rows[file_id] = known
    parted = _groups(home, rows, files.values())
    settled = _settle(home, rows, parted, _settled(home, source), fresh)
    written = [row for file_id, row in settled.items() if file_id in fresh or row != rows[file_id]]
    for row in written:
        write_row(home.lake, row)
    # After the ledger, so that a killed run settles again.
    _remember_settled(home, source, parted)
    return written


def _needs_parsing(known: LedgerRow, version: int, bad_line_limit: int) -> bool:
    """True for a file that was read by another parser version, whose lake files were written without a hash, or whose bad
    lines are now too many or no longer."""
    is_refused = known.status == "refused"
    is_tolerable = known.bad_lines <= bad_line_limit
    return (
        known.parser_version != version
        or (known.bad_lines > 0 and is_refused == is_tolerable)
        or (not is_refused and (known.lake_sha256 is None or known.told is None))
    )


def _settle(
    home: Home, rows: Mapping[str, LedgerRow], parted: Iterable[Sequence[Known]], done: Collection[str], fresh: set[str]
) -> dict[str, LedgerRow]:
    """The rows as they stand, each file's figures placed accordingly; groups that did not change are left alone."""
    found = dict(rows)
    for group in parted:
        if _digest(group) in done and not fresh & {file.file_id for file in group}:
            continue
        standing = stand_archives(group) if group[0].source in BULK_SOURCES else stand(group)
        for file_id, one in standing.items():
            found[file_id] = _placed(home, rows[file_id], one)
    return found


def _placed(home: Home, row: LedgerRow, standing: Standing) -> LedgerRow:
    """The ledger row of a file that stands so, with its rows moved to where they belong."""
    vintage = standing.vintage
    row = replace(
        row,
        status=standing.status,
        vintage=vintage.day if vintage else None,
        vintage_rule=vintage.rule if vintage else None,
        why=standing.why,
    )
    paths = [place_rows(home.lake, dataset, row.placed_under, row.file_id) for dataset in datasets(str(row.source))]
    return replace(row, lake_sha256=" ".join(map(sha256_of, paths)))


def _groups(home: Home, rows: Mapping[str, LedgerRow], files: Iterable[RawFile]) -> list[list[Known]]:
    """The files that were read, parted into groups that are settled apart: archives by month, others by their cells."""
    known = [known_of(home, file, row) for file in files if (row := rows[file.file_id]).status != "refused"]
    archives: dict[str, list[Known]] = {}
    for file in known:
        if file.source in BULK_SOURCES:
            archives.setdefault(str(rows[file.file_id].part), []).append(file)
    return [*archives.values(), *groups(file for file in known if file.source not in BULK_SOURCES)]


def known_of(home: Home, file: RawFile, row: LedgerRow) -> Known:
    """What is known of a file that was read, to settle how it stands among others."""
    origin = file.origin
    return Known(
        file_id=file.file_id,
        name=row.file_name,
        source=file.source,
        told=read_told(row.told),
        days=Days.by(origin, row.retrieved_at.date()),
        received_at=origin.received_at,
        retrieved_at=origin.retrieved_at,
        decided=decided(read_decisions(file.path)),
        evidence=row.evidence,
        content_sha256=row.content_sha256,
        labels=_labels(row.coverage),
        rows=_rows_file(home, row),
        has_figures=row.rows_accepted > 0,
    )


def _rows_file(home: Home, row: LedgerRow) -> Path:
    placed = dataset_file(home.lake, str(row.source), row.placed_under, row.file_id)
    return placed if placed.exists() else dataset_file(home.lake, str(row.source), row.vintage, row.file_id)


def _labels(coverage: str | None) -> tuple[frozenset[str], ...]:
    """What a file's rows are about, by dimension, from its coverage; a dimension that is not listed is empty."""
    told = json.loads(coverage) if coverage else {}
    levels = frozenset(told.get("levels", ()))
    chapters = frozenset(told.get("chapters", ()))
    return (
        *(frozenset(told.get(name, ())) for name in ("reporters", "flows", "concepts", "bases", "adjustments")),
        frozenset(told.get("partners", ())),
        frozenset(told.get("classifications", ())),
        levels,
        chapters | {_TOTAL} if chapters and (_TOTAL in levels or not levels) else chapters,
        frozenset(told.get("periods", ())),
    )


def _digest(group: Iterable[Known]) -> str:
    return sha256(f"{RULES} {sha256_of(CALENDAR_FILE)} {digest_of(group)}".encode()).hexdigest()


def _settled(home: Home, source: str) -> set[str]:
    path = home.lake / SETTLED / f"{source}.json"
    try:
        return set(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return set()


def _remember_settled(home: Home, source: str, parted: Iterable[Sequence[Known]]) -> None:
    """Write down that every group stands as the ledger says."""
    digests = sorted(_digest(group) for group in parted)
    if set(digests) != _settled(home, source):
        path = home.lake / SETTLED / f"{source}.json"
        write_atomically(path, lambda part: part.write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8"))


@dataclass(frozen=True)
class _Read:
    """What reading one file into the lake gave, for its ledger row."""

    part: str
    told: Told
    placed_under: date | None
    rows_read: int
    rows_accepted: int
    rows_refused: int
    notes: tuple[str, ...]
    coverage: str
    content_sha256: str
    evidence: str | None = None
    rows_zero_month: int = 0
    bad_line_count: int = 0
    bad_lines: tuple[BadLine, ...] = ()
    differences: pa.Table | None = None


def _read(home: Home, file: RawFile, now: datetime, bad_line_limit: int) -> LedgerRow:
    """The ledger row of a file as it was read, before it is settled how it stands; its rows are in the lake."""
    name = file.origin.file_name or file.path.name
    for dataset in datasets(file.source):
        drop_rows(home.lake, dataset, file.file_id)
    try:
        if file.source in BULK_SOURCES:
            read = _archive_into_lake(home, file, name, now, bad_line_limit)
        else:
            read = _table_into_lake(home, file, name, now)
    except RefusedFile as problem:
        return _refuse(home, file, name, problem, _row(file, now, status="refused", reason=problem.reason))
    except UNFORESEEN as problem:
        # Whatever no parser foresaw stops this file alone; a full disk or too little memory is no fault of a file.
        refusal = RefusedFile(name, "file", "values that can be read", f"{type(problem).__name__}: {problem}")
        return _refuse(home, file, name, refusal, _row(file, now, status="refused", reason=refusal.reason))
    write_remarks(home.lake, file.file_id, read.differences, read.bad_lines)
    return replace(
        _row(file, now, status="accepted", reason="; ".join(read.notes) or None),
        published_on=read.told.published_on or file.origin.published_on,
        vintage=read.placed_under,
        part=read.part,
        rows_read=read.rows_read,
        rows_accepted=read.rows_accepted,
        rows_refused=read.rows_refused,
        rows_zero_month=read.rows_zero_month,
        bad_lines=read.bad_line_count,
        newest_reference_month=read.told.newest_month,
        content_sha256=read.content_sha256,
        coverage=read.coverage,
        told=read.told.as_json(),
        evidence=read.evidence,
    )


def _refuse(home: Home, file: RawFile, name: str, problem: RefusedFile, row: LedgerRow) -> LedgerRow:
    """The ledger row of a file that its parser refused."""
    write_refusal(home.lake, file.file_id, problem)
    if file.origin.origin_kind == "landed":
        leave_note(home.refused, name, About(file.file_id, file.bytes), str(problem))
    return replace(row, bad_lines=problem.count) if isinstance(problem, BadLinesFound) else row


def _likely_day(file: RawFile, name: str, told: Told, now: datetime) -> date | None:
    """Where the rows are written first, which is mostly where they stay; raises RefusedFile for a day that cannot be."""
    days = Days.by(file.origin, now.date())
    refuse_impossible(name, told, days, now.date())
    vintage = first_print(told, days) if file.source in BULK_SOURCES else own_vintage(file.source, told, days)
    return vintage.day if vintage else None


def _table_into_lake(home: Home, file: RawFile, name: str, now: datetime) -> _Read:
    parsed = PARSERS[file.source].parse(file.path, name)
    told = Told.by(parsed)
    day = _likely_day(file, name, told, now)
    write_rows(home.lake, file.source, day, file.file_id, parsed.table)
    return _Read(
        part_of(parsed.table, file.source),
        told,
        day,
        parsed.rows_read,
        parsed.rows_accepted,
        parsed.rows_refused,
        parsed.notes,
        coverage_of(parsed).as_json(),
        content_hash(parsed.table),
        in_words([piece for one in EVIDENCE for piece in one.evidence_against(parsed)]),
    )


def _archive_into_lake(home: Home, file: RawFile, name: str, now: datetime, bad_line_limit: int) -> _Read:
    """Stream a bulk archive's detail to the lake, its control totals and code lists beside it."""
    head = inspect_archive(file.path, name)
    told = Told(head.month, head.month)
    day = _likely_day(file, name, told, now)
    target = dataset_file(home.lake, file.source, day, file.file_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside all datasets: whoever reads one must not meet a file that is not in its place yet.
    aside = home.lake / ASIDE
    aside.mkdir(parents=True, exist_ok=True)
    parsed = parse_archive(
        file.path,
        name,
        aside,
        bad_line_limit=bad_line_limit,
        constants={"file_id": pa.scalar(file.file_id), "vintage": pa.scalar(day, pa.date32())},
        known_measures=file.origin.known_measures,
    )
    parsed.path.replace(target)
    write_rows(home.lake, BULK_CONTROL, day, file.file_id, parsed.control_totals)
    write_rows(home.lake, BULK_LOOKUP, day, file.file_id, code_rows(parsed.lookups))
    measures = file.origin.known_measures or tuple(
        sorted({str(one) for one in parsed.control_totals["measure"].to_pylist()})
    )
    return _Read(
        f"{head.flow}/{head.month:%Y-%m}",
        told,
        day,
        parsed.rows_read,
        parsed.rows_accepted,
        parsed.rows_refused,
        parsed.notes,
        coverage_of_archive(head.flow, head.month, measures).as_json(),
        head.content_sha256,
        rows_zero_month=parsed.rows_zero_month,
        bad_line_count=parsed.bad_line_count,
        bad_lines=parsed.bad_lines,
        differences=parsed.differences,
    )


def part_of(table: pa.Table, source: str) -> str:
    """What a file's rows are about, in a line: their distinct labels; of an API answer also what was asked."""
    labels = [
        "+".join(sorted({str(value) for value in table.column(name).unique().to_pylist() if value is not None}))
        for name in PART_COLUMNS
        if name in table.schema.names
    ]
    if source == "census_api":
        labels.extend(_question_of(table))
    return "/".join(labels)


def _question_of(table: pa.Table) -> list[str]:
    """First and last month, leading digits, partners where they are few, and measures of an API answer."""
    months = sorted(value for value in table.column("reference_month").unique().to_pylist() if value)
    codes = [value for value in table.column("commodity_code").unique().to_pylist() if value]
    partners = sorted(value for value in table.column("partner_code").unique().to_pylist() if value)
    measures = [name for name in table.schema.names if table.column(name).null_count < len(table) and "_usd" in name]
    return [
        "+".join(f"{month:%Y-%m}" for month in dict.fromkeys(months[:1] + months[-1:])),
        "".join(sorted({code[0] for code in codes})),
        "+".join(partners) if len(partners) <= FEW_PARTNERS else "all",
        "+".join(measures),
    ]


def _row(file: RawFile, now: datetime, *, status: Status, reason: str | None) -> LedgerRow:
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
        parser_version=parser_version(file.source),
        rows_read=0,
        rows_accepted=0,
        rows_refused=0,
        status=status,
        reason=reason,
        newest_reference_month=None,
        origin_kind=origin.origin_kind,
        extract_note=origin.extract_note,
        derivation=origin.derivation,
        approximate_share=origin.approximate_share,
    )

"""Census bulk archives of merchandise trade (IMDByymm.ZIP, EXDByymm.ZIP): detail lines to Parquet, reconciled.

Here belongs the reading of one monthly archive: which lines are taken, and that they add up to the archive's own
control members to the dollar. The zip itself is in `bulk_archive.py`, positions in `bulk_layouts.py`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.errors import RefusedFile
from assets.parsing.bulk_archive import BulkArchive, open_archive
from assets.parsing.bulk_control import DIFFERENCES, LARGEST_TOTAL, Control, join_codes, key_fields
from assets.parsing.bulk_detail import LINE_NUMBER, REFERENCE_MONTH, TWO_BYTES, DetailFile
from assets.parsing.bulk_layouts import PERIOD, Flow, layout, layouts, members
from assets.parsing.fixed_record import BadLine, BadLines, Flags, Integers
from assets.parsing.fixed_width import Batch, RecordReader
from assets.reference.partners import is_aggregate, known_codes

SOURCES: Mapping[Flow, str] = {"imports": "census_bulk_imports", "exports": "census_bulk_exports"}
PARSER_VERSION = 3
LAYOUT = "Census bulk archive (IMDByymm.ZIP or EXDByymm.ZIP with IMP_DETL.TXT or EXP_DETL.TXT)"

_Check = tuple[Flags, Callable[[int], str]]
_FIRST_LINE_BYTES = 4096
_COUNTRIES = 10_000
_COMMODITIES = 10**10
_SHOWN = 3


@dataclass
class BadLinesFound(RefusedFile):
    """An archive with more bad lines than allowed, `count` of them in all; `bad_lines` lists the first."""

    bad_lines: tuple[BadLine, ...] = field(default=())
    count: int = 0


@dataclass
class NotReconciled(RefusedFile):
    """An archive whose detail does not add up to its control members; `differences` (schema DIFFERENCES) says where."""

    differences: pa.Table = field(default_factory=DIFFERENCES.empty_table)


@dataclass(frozen=True)
class BulkParsed:
    """What one archive gave. `rows_read` = accepted + zero-month + refused, the physical lines of the detail.

    `path` is the Parquet file of the accepted lines (schema: `bulk_detail.detail_schema`). `control_totals` (schema
    TOTALS) puts each control total beside the detail's. `differences` (schema DIFFERENCES) holds what does not add
    up in counts, quantities and weights; a dollar that does not add up is `NotReconciled` instead. `lookups` are the
    archive's code lists by member name, all text. `bad_line_count` counts those of all members, `rows_refused` those of
    the detail; `bad_lines` lists the first of them.
    """

    source: str
    parser_version: int
    flow: Flow
    newest_month: date
    path: Path
    rows_read: int
    rows_accepted: int
    rows_zero_month: int
    rows_refused: int
    bad_line_count: int
    bad_lines: tuple[BadLine, ...]
    control_totals: pa.Table
    differences: pa.Table
    lookups: dict[str, pa.Table]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class BulkHead:
    """Which month of which flow an archive is for, and what identifies its content, without reading its detail."""

    source: str
    flow: Flow
    month: date
    content_sha256: str


def inspect_archive(path: Path, name: str) -> BulkHead:
    """The flow and month of an archive. Raises `RefusedFile` if it is no sound monthly archive."""
    with open_archive(path, name) as archive:
        return BulkHead(SOURCES[archive.flow], archive.flow, _month_of(archive), archive.content_sha256)


def parse_archive(
    path: Path,
    name: str,
    out_dir: Path,
    *,
    bad_line_limit: int = 0,
    constants: Mapping[str, pa.Scalar] | None = None,
    known_measures: Collection[str] | None = None,
) -> BulkParsed:
    """Read, check and reconcile a monthly archive; its detail goes to one Parquet file in `out_dir`.

    At most `bad_line_limit` bad lines are left out (and listed); the dollars must add up all the same. `constants` are
    further columns with one value in every row. Where `known_measures` (fields by the publisher's names) are given, all
    other measures are unknown: null, whatever their zeros add up to. Memory does not depend on the size of the archive.
    Raises `RefusedFile` (also as `BadLinesFound` and `NotReconciled`); then no Parquet file is left.
    """
    with open_archive(path, name) as archive:
        month = _month_of(archive)
        bad = BadLines()
        present = [member for member in members(archive.flow, "lookup") if member in archive.members]
        lookups = {member: _lookup(archive, member, bad) for member in present}
        controls = [_control(archive, member, month, bad) for member in members(archive.flow, "control")]
        _refuse_bad_lines(name, bad, bad_line_limit)
        source = SOURCES[archive.flow]
        unknown = _unknown(name, archive.flow, known_measures)
        target = out_dir / f"{source}-{month:%Y-%m}.parquet"
        detail = _Detail(archive.flow, month, controls, lookups.get("CONCORD"))
        fixed = {REFERENCE_MONTH: pa.scalar(month, pa.date32()), **(constants or {})}
        with DetailFile(target, archive.flow, fixed, unknown) as file:
            with archive.open(detail.member) as stream:
                for batch in detail.reader.batches(stream, bad):
                    detail.take(batch, bad, file)
            _refuse_bad_lines(name, bad, bad_line_limit)
            differences = _reconciled(name, detail, controls)
        return BulkParsed(
            source=source,
            parser_version=PARSER_VERSION,
            flow=archive.flow,
            newest_month=month,
            path=target,
            rows_read=detail.reader.lines,
            rows_accepted=file.rows,
            rows_zero_month=detail.zero_month,
            rows_refused=detail.reader.lines - file.rows - detail.zero_month,
            bad_line_count=bad.count,
            bad_lines=bad.listed,
            control_totals=_known_totals(controls, unknown),
            differences=differences,
            lookups=lookups,
            notes=_notes(archive, present, detail.zero_month, bad, differences),
        )


class _Detail:
    """Checks the detail lines, adds them up and hands those with trade in the month to the file."""

    def __init__(self, flow: Flow, month: date, controls: list[Control], concord: pa.Table | None) -> None:
        own = layout(members(flow, "detail")[0])
        codes = [one for one in own.kept if one.kind == "code"]
        to_date = [one for one in own.measures if one not in own.month_measures]
        self.member = own.member
        self.zero_month = 0
        self.magnitude = np.zeros(len(own.measures))
        self._period = month.year * 100 + month.month
        self._controls = controls
        self._codes = [one.column for one in codes]
        self._month = [one.column for one in own.month_measures]
        self._to_date = [one.column for one in to_date]
        self._texts = {one.name: one.column for one in own.kept if one.kind == "text"}
        self._countries = np.zeros(_COUNTRIES, np.bool_)
        self._countries[[int(code) for code in known_codes() if code.isdigit() and not is_aggregate(code)]] = True
        self._in_concord = _in_concord(controls[0], concord)
        wanted = [*codes, *own.month_measures, *to_date]
        self.reader = RecordReader(own.member, own.record, [PERIOD, *(one.name for one in wanted)], list(self._texts))

    def take(self, batch: Batch, bad: BadLines, file: DetailFile) -> None:
        """One batch of records: unknown codes and other months go to `bad`, the rest is added up and written."""
        codes = self._codes_of(batch)
        places = [control.places_of(control.keys_of(codes)) for control in self._controls]
        checks = self._checks(batch, codes, places)
        wrong = np.logical_or.reduce([flags for flags, _ in checks])
        if wrong.any():
            rows = np.flatnonzero(wrong)
            listed = rows[: bad.room].tolist()
            bad.add(
                self.member,
                batch.line_numbers[rows],
                [next(reason(row) for flags, reason in checks if flags[row]) for row in listed],
                [batch.heads[row].tobytes() for row in listed],
            )
            batch = batch.where(~wrong)
            codes = self._codes_of(batch)
            places = [place[~wrong] for place in places]
        self._add(batch, codes, places, file)

    def _codes_of(self, batch: Batch) -> dict[str, Integers]:
        return dict(zip(self._codes, batch.numbers[1:], strict=False))

    def _checks(self, batch: Batch, codes: dict[str, Integers], places: list[Integers]) -> list[_Check]:
        period, country = batch.numbers[0], codes["country"]
        checks: list[_Check] = [
            (period != self._period, lambda row: f"period {period[row]}, the archive's is {self._period}"),
            (~self._countries[country], lambda row: f"country {country[row]:04d} is not in Schedule C"),
        ]
        for control, place in zip(self._controls, places, strict=True):
            checks.append((place < 0, partial(_not_in, control, codes)))
        commodity = codes["commodity"]
        outside = ~self._in_concord[places[0]]
        return [*checks, (outside, lambda row: f"commodity {commodity[row]:010d} is not in CONCORD")]

    def _add(self, batch: Batch, codes: dict[str, Integers], places: list[Integers], file: DetailFile) -> None:
        start = 1 + len(self._codes)
        month = batch.numbers[start : start + len(self._month)]
        to_date = batch.numbers[start + len(self._month) :]
        self.magnitude += batch.numbers[start:].sum(axis=1, dtype=np.float64)
        active = np.flatnonzero(np.bitwise_or.reduce(month, axis=0))
        self.zero_month += len(batch) - len(active)
        traded = dict(zip(self._month, month[:, active], strict=True))
        dated = dict(zip(self._to_date, to_date, strict=True))
        for control, place in zip(self._controls, places, strict=True):
            control.add(place, dated)
            control.add(place[active], traded)
        file.append(
            {
                LINE_NUMBER: batch.line_numbers[active],
                **{column: values[active] for column, values in {**codes, **dated}.items()},
                **{self._texts[name]: text[active].view(TWO_BYTES)[:, 0] for name, text in batch.texts.items()},
                **traded,
            }
        )


def _not_in(control: Control, codes: dict[str, Integers], row: int) -> str:
    names = " and ".join(one.column for one in control.key_fields)
    key = int(control.keys_of(codes)[row])
    return f"{names} {control.code(key)} is not in {control.member}"


def _unknown(name: str, flow: Flow, known: Collection[str] | None) -> list[str]:
    """Columns of the measures that an archive with these known measures gives no figures for."""
    if known is None:
        return []
    measures = layout(members(flow, "detail")[0]).measures
    strange = sorted(set(known) - {one.name for one in measures})
    if strange:
        expected = f"measures of the layout: {', '.join(one.name for one in measures)}"
        raise RefusedFile(name, "origin record, known_measures", expected, ", ".join(strange))
    return [one.column for one in measures if one.name not in known]


def _known_totals(controls: list[Control], unknown: list[str]) -> pa.Table:
    totals = pa.concat_tables([control.totals() for control in controls])
    return totals.filter(pc.invert(pc.is_in(totals["measure"], pa.array(unknown, pa.string()))))


def _in_concord(commodities: Control, concord: pa.Table | None) -> Flags:
    """For each commodity of the control member whether the archive's concordance has it (all, if there is none)."""
    if concord is None:
        return np.ones(len(commodities.keys), np.bool_)
    known = [int(code) for code in concord["commodity"].to_pylist() if code.isascii() and code.isdigit()]
    return np.isin(commodities.keys % _COMMODITIES, known)


def _month_of(archive: BulkArchive) -> date:
    """The month of the first commodity total, which must be the one that the file's name tells."""
    member = members(archive.flow, "control")[0]
    where = f"{archive.members[member].filename} line 1"
    period = next(one for one in layout(member).record.fields if one.name == PERIOD)
    text = _first_line(archive, member)[period.start - 1 : period.end].decode("latin-1")
    if not (
        text.isascii() and text.isdigit() and len(text) == period.width and 1 <= int(text[4:]) <= 12 and int(text[:4])
    ):
        raise RefusedFile(archive.name, where, f"year and month in columns {period.start}-{period.end}", repr(text))
    month = date(int(text[:4]), int(text[4:]), 1)
    named = archive.named
    if named and (named.year != month.year or named.month not in (None, month.month)):
        told = f"{named.year}" if named.month is None else f"{named.year}-{named.month:02d}"
        raise RefusedFile(archive.name, where, f"{told}, the period in the file's name", f"{month:%Y-%m}")
    return month


def _first_line(archive: BulkArchive, member: str) -> bytes:
    with archive.open(member) as stream:
        return stream.read(_FIRST_LINE_BYTES).split(b"\n")[0].removesuffix(b"\r")


def _lookup(archive: BulkArchive, member: str, bad: BadLines) -> pa.Table:
    """A code list as text columns; the layout is the one whose record is as long as the first line."""
    length = len(_first_line(archive, member)) if len(layouts()[member]) > 1 else 0
    own = next((one for one in layouts()[member] if one.length == length), layout(member))
    reader = RecordReader(member, own.record, [], [one.name for one in own.kept])
    columns: dict[str, list[str]] = {one.column: [] for one in own.kept}
    with archive.open(member) as stream:
        for batch in reader.batches(stream, bad):
            for one in own.kept:
                text, width = batch.texts[one.name].tobytes().decode("latin-1"), one.width
                columns[one.column].extend(text[at : at + width].strip() for at in range(0, len(text), width))
    return pa.table(columns, schema=pa.schema([(column, pa.string()) for column in columns]))


def _control(archive: BulkArchive, member: str, month: date, bad: BadLines) -> Control:
    own = layout(member)
    codes = key_fields(own)
    reader = RecordReader(member, own.record, [PERIOD, *(one.name for one in (*codes, *own.measures))])
    period = month.year * 100 + month.month
    parts: list[Integers] = []
    with archive.open(member) as stream:
        for batch in reader.batches(stream, bad):
            wrong = batch.numbers[0] != period
            rows = np.flatnonzero(wrong)
            listed = rows[: bad.room].tolist()
            bad.add(
                member,
                batch.line_numbers[rows],
                [f"period {batch.numbers[0, row]}, the archive's is {period}" for row in listed],
                [batch.heads[row].tobytes() for row in listed],
            )
            parts.append(batch.numbers[:, ~wrong])
    numbers = np.concatenate([np.empty((1 + len(codes) + len(own.measures), 0), np.int64), *parts], axis=1)
    if not numbers.size:
        found = f"{bad.count:,} bad ones: {bad.listed[0]}" if bad.count else "an empty member"
        raise RefusedFile(archive.name, archive.members[member].filename, "control totals", found)
    keys = join_codes(codes, dict(zip((one.column for one in codes), numbers[1:], strict=False)))
    control = Control(own, keys, numbers[1 + len(codes) :])
    if control.duplicates:
        raise RefusedFile(archive.name, member, "one row a code", f"more than one of {', '.join(control.duplicates)}")
    if control.too_large:
        raise RefusedFile(archive.name, member, "totals below 2^62", "a larger one")
    return control


def _refuse_bad_lines(name: str, bad: BadLines, limit: int) -> None:
    if bad.count > limit:
        expected = f"at most {limit} bad lines" if limit else "no bad line"
        seen = f"{bad.count:,}: " + "; ".join(str(line) for line in bad.listed)
        raise BadLinesFound(name, "lines", expected, seen, bad.listed, bad.count)


def _reconciled(name: str, detail: _Detail, controls: list[Control]) -> pa.Table:
    """Differences in counts, quantities and weights; a difference in dollars is `NotReconciled`."""
    if (detail.magnitude > LARGEST_TOTAL).any():
        raise RefusedFile(name, detail.member, "totals below 2^62", "a larger one")
    differences = pa.concat_tables([control.differences() for control in controls])
    dollars = differences.filter(pc.ends_with(differences["measure"], "_usd"))
    if len(dollars):
        first = dollars.slice(0, 1).to_pylist()[0]
        where = f"{first['where']}, {first['measure']}"
        seen = f"{first['seen']:,} in {detail.member} ({len(dollars):,} differences in all)"
        raise NotReconciled(name, where, f"{first['expected']:,}", seen, differences)
    return differences


def _notes(
    archive: BulkArchive, present: list[str], zero_month: int, bad: BadLines, differences: pa.Table
) -> tuple[str, ...]:
    missing = [member for member in members(archive.flow, "lookup") if member not in present]
    notes = []
    if bad.count:
        shown = "; ".join(str(line) for line in bad.listed[:_SHOWN])
        notes.append(f"{bad.count:,} bad lines left out: {shown}")
    if len(differences):
        shown = "; ".join(
            f"{one['where']} {one['measure']} {one['seen']:,} not {one['expected']:,}"
            for one in differences.slice(0, _SHOWN).to_pylist()
        )
        notes.append(f"{len(differences):,} differences in counts, quantities and weights: {shown}")
    if zero_month:
        notes.append(f"{zero_month:,} lines without trade in the month: counted, not kept")
    if missing:
        notes.append(f"lookup members that the archive does not have: {', '.join(missing)}")
    if archive.ignored:
        notes.append(f"members not read: {', '.join(archive.ignored)}")
    return tuple(notes)

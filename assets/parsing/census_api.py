"""Census International Trade API answers: JSON or CSV, plain or gzipped, or a zip of many answers, in one table.

Here belongs how a file is taken apart into answers and the answers become one table. Reading one answer is in
`census_api_answer.py`, what its rows mean in `census_api_rows.py`, what must hold between them in
`census_api_checks.py`. Asking the API is in `assets/acquire/census_api.py`.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.errors import RefusedFile
from assets.parsing.census_api_answer import Flags, Integers, read_answer
from assets.parsing.census_api_checks import refuse_differences, refuse_repeats, refuse_wrong_headings
from assets.parsing.census_api_rows import ALL, GROUP, Figures, Rows, typed_rows
from assets.parsing.census_api_variables import COMMODITIES, QUANTITY_UNIT, TELLING, TOTAL, VALUES, Period
from assets.parsing.common import Parsed
from assets.parsing.content import Content
from assets.parsing.opening import GZIP_MAGIC, ZIP_MAGIC, read_bytes
from assets.parsing.workbook import open_zip

SOURCE = "census_api"
PARSER_VERSION = 3
LAYOUT = (
    "Census International Trade API answer (JSON array of arrays, records or CSV; also .json.gz or a zip of answers)"
)

_LABEL = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("row_number", pa.int32()),
        ("member", _LABEL),
        ("flow", _LABEL),
        ("classification", _LABEL),
        ("level", _LABEL),
        ("commodity_code", _LABEL),
        ("commodity_name", _LABEL),
        ("partner_code", _LABEL),
        ("partner_name", _LABEL),
        ("row_kind", _LABEL),
        ("reference_month", pa.date32()),
        ("period", _LABEL),
        *((column, pa.int64()) for _, column in VALUES.values()),
        ("quantity_1", pa.int64()),
        ("quantity_1_unit", _LABEL),
    ]
)
"""One row an answer row and period. Values in USD; what was not asked for is null.

`row_number` is the index in the answer, whose heading is 0. A total has no commodity code; the world is partner 0015.
`quantity_1` is that of general imports or of exports, in `quantity_1_unit`.
"""

_ANSWER = re.compile(r'\s*\[\s*\[\s*"|\s*error:', re.IGNORECASE)
_NAME = re.compile(r"\w+")
_ENDING = ".json"
_BLANK_BYTES = 16
_ROW_KINDS = ("detail", "country_total", "world_commodity", "world_total", "group")
"""A country by a commodity, its total, the world's commodity, the world's total; a grouping of countries."""
_KEY = ("flow", "classification", "level", "commodity_code", "partner_code", "reference_month", "period")


@dataclass
class _Reading:
    """What has been read so far, answer by answer."""

    tables: list[pa.Table] = field(default_factory=list)
    answers: int = 0
    empty: int = 0
    read: int = 0
    zero: int = 0
    finer: int = 0
    notes: dict[str, None] = field(default_factory=dict)
    """Sentences in the order of their first appearance, each once."""


def is_no_content(path: Path, name: str) -> bool:
    """Whether a file is the API's "no content" (HTTP 204, no trade) saved to disk: blank, and called .json.

    The name must tell: a blank file of another name is a download that failed.
    """
    if not name.casefold().endswith(_ENDING) or not path.is_file() or path.stat().st_size > _BLANK_BYTES:
        return False
    return not path.read_bytes().strip()


def matches(content: Content) -> bool:
    """An array of arrays of text, an error text of the API, records or CSV of its variables, or a zip of .json files."""
    if content.kind == "archive":
        return any(member.casefold().endswith(_ENDING) for member in content.members)
    return content.kind == "text" and bool(_ANSWER.match(content.head) or _names(content.head) & TELLING)


def _names(head: str) -> set[str]:
    """The words of a CSV heading or of the first record of an array."""
    start = head.lstrip()
    first = start.partition("}")[0] if start.startswith("[") else re.split(r"[\r\n]", start, maxsplit=1)[0]
    return set(_NAME.findall(first)) if not start.startswith("{") else set()


def parse(path: Path, name: str) -> Parsed:
    """Read the answers in a file into one table (SCHEMA); an empty body is an answer without trade, not an error.

    Members of a zip are read one at a time. Rows broken down further than commodity by partner and rows without trade
    are counted and left out. Raises `RefusedFile`; an answer that does not add up as `AnswerNotReconciled`.
    """
    reading = _Reading()
    for member, data in _bodies(path, name):
        reading.answers += 1
        answer = read_answer(data, name, member)
        if answer is None:
            reading.empty += 1
            continue
        rows, notes = typed_rows(answer)
        refuse_repeats(rows)
        refuse_wrong_headings(rows)
        refuse_differences(rows)
        reading.notes.update(dict.fromkeys(notes))
        reading.read += answer.rows
        reading.finer += answer.rows - len(rows.row)
        kept = {period: figures.any() for period, figures in rows.figures.items()}
        reading.zero += int((~np.logical_or.reduce(list(kept.values()))).sum())
        reading.tables.extend(_table(rows.where(keep), period) for period, keep in kept.items())
    table = pa.concat_tables([SCHEMA.empty_table(), *reading.tables]).unify_dictionaries().combine_chunks()
    if reading.answers > 1:
        _refuse_repeats_between_members(table, name)
    months = table.column("reference_month")
    newest: date | None = pc.max(months).as_py()
    return Parsed(
        source=SOURCE,
        parser_version=PARSER_VERSION,
        table=table,
        rows_read=reading.read,
        rows_accepted=reading.read - reading.zero - reading.finer,
        rows_refused=reading.zero + reading.finer,
        notes=_notes(reading),
        newest_month=newest,
    )


def _bodies(path: Path, name: str) -> Iterator[tuple[str | None, bytes]]:
    """Each answer in a file with the name of its zip member (None outside a zip)."""
    if path.is_file() and not path.stat().st_size:
        yield None, b""
        return
    data = read_bytes(path, name)
    if not data.startswith(ZIP_MAGIC):
        yield None, data
        return
    with open_zip(data, name) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in members:
            if not member.filename.casefold().endswith(_ENDING):
                raise RefusedFile(name, "zip directory", f"answers only (*{_ENDING})", member.filename)
            data = _member(archive, member, name)
            if data.startswith(GZIP_MAGIC):
                where = f"zip member {member.filename!r}"
                raise RefusedFile(name, where, "an answer as it came", "one that is compressed again")
            yield member.filename, data


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    try:
        return archive.read(member)
    except Exception as error:
        where = f"zip member {member.filename!r}"
        raise RefusedFile(name, where, "a readable member", f"a damaged one ({error})") from error


def _table(rows: Rows, period: Period) -> pa.Table:
    figures = rows.figures[period]
    answer, count = rows.answer, len(rows.row)
    commodity = next((one for one in COMMODITIES if one.variable in answer.columns), None)
    described = commodity.descriptions if commodity else ()
    years, months = rows.month // 12 - 1970, rows.month % 12
    unit = QUANTITY_UNIT if figures.quantity is not None else None
    columns: dict[str, pa.Array] = {
        "row_number": pa.array(rows.row + 1, pa.int32()),
        "member": _constant(answer.member, count),
        "flow": _constant(rows.flow, count),
        "classification": _constant(rows.classification, count),
        "level": _coded(rows.level, rows.levels),
        "commodity_code": _coded(rows.commodity, rows.commodities),
        "commodity_name": _described(rows, next((one for one in described if one in answer.columns), None)),
        "partner_code": _coded(rows.partner, rows.partners),
        "partner_name": _described(rows, "CTY_NAME"),
        "row_kind": _coded(_kinds(rows), _ROW_KINDS),
        "reference_month": pa.array((years * 12 + months).astype("datetime64[M]").astype("datetime64[D]")),
        "period": _constant(period, count),
        **{column: _whole(figures, column, count) for _, column in VALUES.values()},
        "quantity_1": _quantity(figures, count),
        "quantity_1_unit": _described(rows, unit),
    }
    return pa.table(columns, schema=SCHEMA)


def _kinds(rows: Rows) -> Integers:
    kinds: Integers = np.where(rows.kind == ALL, 2, 0) + rows.is_total
    return np.where(rows.kind == GROUP, _ROW_KINDS.index("group"), kinds)


def _constant(value: str | None, count: int) -> pa.DictionaryArray:
    return _coded(np.zeros(count, np.int64), [value])


def _coded(codes: Integers, values: Sequence[str | None]) -> pa.DictionaryArray:
    """Codes into values as an Arrow column; the value None is null."""
    missing: Flags = np.array([value is None for value in values], np.bool_)[codes]
    indices = pa.array(codes.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array([value or "" for value in values], pa.string()))


def _described(rows: Rows, variable: str | None) -> pa.DictionaryArray:
    """A description as published; null where blank or not asked for."""
    if variable not in rows.answer.columns:
        return _constant(None, len(rows.row))
    texts = rows.answer.columns[variable].take(pa.array(rows.row))
    return pc.if_else(pc.is_in(texts, pa.array(["", TOTAL])), pa.scalar(None, pa.string()), texts).dictionary_encode()


def _whole(figures: Figures, column: str, count: int) -> pa.Array:
    return pa.array(figures.values[column]) if column in figures.values else pa.nulls(count, pa.int64())


def _quantity(figures: Figures, count: int) -> pa.Array:
    if figures.quantity is None:
        return pa.nulls(count, pa.int64())
    return pa.array(figures.quantity, mask=~figures.quantity_known)


def _refuse_repeats_between_members(table: pa.Table, name: str) -> None:
    """Refuse the same figure in two members of a zip."""
    key = np.zeros(table.num_rows, np.int64)
    for column in _KEY:
        codes = table.column(column).combine_chunks()
        if not pa.types.is_dictionary(codes.type):
            codes = codes.dictionary_encode()
        key = key * (len(codes.dictionary) + 1) + codes.indices.fill_null(-1).to_numpy() + 1
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(np.diff(key[order]) == 0)
    if again.size:
        first, second = table.take(pa.array(order[again[0] : again[0] + 2])).to_pylist()
        figure = " ".join(str(first[column]) for column in _KEY if first[column] is not None)
        where = f"member {second['member']}, row {second['row_number']}"
        raise RefusedFile(
            name, where, "each figure in one member", f"{figure} also in {first['member']}, row {first['row_number']}"
        )


def _notes(reading: _Reading) -> tuple[str, ...]:
    notes = list(reading.notes)
    if reading.empty:
        notes.insert(0, f"{reading.empty:,} of {reading.answers:,} answers empty: no trade")
    if reading.zero:
        notes.append(f"{reading.zero:,} rows without trade left out")
    return tuple(notes)

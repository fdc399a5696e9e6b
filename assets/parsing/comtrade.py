"""UN Comtrade trade data: the CSV download and the JSON answer of the API, both with 47 columns, and what is made of them.

R's comtradr names the columns in snake case; programs save them with other separators, row numbers and NA for a blank.
Only totals over mode of transport, customs procedure and second partner are taken; HS revisions stay as reported and
are not converted. What the figures say about rerouting does not belong here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.errors import RefusedFile
from assets.parsing.columns import BadRows, Columns, csv_columns, json_columns, wrapped_columns
from assets.parsing.common import Parsed
from assets.parsing.content import Content
from assets.parsing.textfile import read_text
from assets.reference.un_partners import code_for_un

SOURCE = "comtrade"
PARSER_VERSION = 2
LAYOUT = "UN Comtrade trade data (CSV or JSON with typeCode, freqCode, ... primaryValue; also in snake case)"

SCHEMA = pa.schema(
    [
        ("row_number", pa.int32()),
        ("reporter_code", pa.string()),
        ("partner_code", pa.string()),
        ("flow", pa.string()),
        ("hs_revision", pa.string()),
        ("level", pa.string()),
        ("commodity_code", pa.string()),
        ("year", pa.int16()),
        ("month", pa.int8()),
        ("value_usd", pa.int64()),
        ("net_weight_kg", pa.decimal128(24, 3)),
        ("is_weight_estimated", pa.bool_()),
    ]
)
"""Codes of reporter and partner are Schedule C (1000: the United States, 0015: World). `hs_revision` is H0 to H6,
`level` HS2, HS4, HS6 or TOTAL, `month` null in annual data. Imports are CIF where the reporter says so, exports FOB."""

NEEDED = (
    "freqCode",
    "refYear",
    "refMonth",
    "reporterCode",
    "flowCode",
    "partnerCode",
    "partner2Code",
    "classificationCode",
    "cmdCode",
    "customsCode",
    "mosCode",
    "motCode",
    "primaryValue",
)
OPTIONAL = ("reporterISO", "partnerISO", "netWgt", "isNetWgtEstimated")

FLOWS = {"M": "imports", "X": "exports"}
LEVELS = {2: "HS2", 4: "HS4", 6: "HS6"}
ANNUAL_MONTH = "52"

_TOTALS = {"partner2Code": "0", "motCode": "0", "mosCode": "0", "customsCode": "C00"}
"""What a row must have to be a total and not a part of one."""

_HEAD = re.compile(
    r"""\btype_?Code\b["']?\s*[,;\t|]\s*["']?freq_?Code\b|"elapsedTime"|"type_?Code"\s*:""", re.IGNORECASE
)
_NOT_GIVEN = "NA"
"""How R writes a blank."""

Flags = NDArray[np.bool_]


@dataclass
class _Rows:
    """Columns of text, all equally long, and the rows still in hand with what was left out."""

    columns: dict[str, pa.Array]
    kept: Flags
    first_row: int
    notes: list[str] = field(default_factory=list)

    def drop(self, wrong: Flags, reason: str) -> None:
        """Leave out rows that are still in hand, counted under `reason`."""
        wrong = wrong & self.kept
        if wrong.any():
            self.notes.append(f"{int(wrong.sum()):,} rows left out: {reason}")
            self.kept &= ~wrong

    def text(self, column: str) -> NDArray[np.str_]:
        texts: NDArray[np.str_] = self.columns[column].to_numpy(zero_copy_only=False).astype(np.str_)
        return texts

    def number_of(self, place: int) -> int:
        """Row of the file for a place in the columns."""
        return place + self.first_row


def matches(content: Content) -> bool:
    """The first columns of a Comtrade download in either spelling, or the head of an API answer."""
    return content.kind == "text" and bool(_HEAD.search(content.head[:300]))


def parse(path: Path, name: str) -> Parsed:
    """Read one file into rows of SCHEMA, money in whole USD (half to even).

    Left out and counted: parts of totals, re-exports and other flows, other classifications, reporters and partners
    that are no single country, rows without a value. A file without rows says that no such trade is reported. Raises
    `RefusedFile`: no such columns, lost leading zeros of a commodity code, a figure that is no number or is negative,
    the same figure twice, fewer rows than the answer says.
    """
    rows = _read(read_text(path, name), name)
    read = len(rows.kept)
    if not read:
        rows.notes.append("no rows: no such trade is reported")
    for column, total in _TOTALS.items():
        rows.drop(rows.text(column) != total, f"{column} other than {total}, a part of a total")
    rows.drop(~np.isin(rows.text("flowCode"), list(FLOWS)), "a flow other than imports (M) and exports (X)")
    revision = rows.text("classificationCode")
    rows.drop(~_fullmatch(revision, r"H\d"), "a classification other than the Harmonized System")
    rows.drop(rows.text("primaryValue") == "", "no value")
    reporter, partner = _partner(rows, "reporter"), _partner(rows, "partner")
    rows.drop(reporter == "", "a reporter that is no single partner")
    rows.drop(partner == "", "a partner that is no single partner")
    commodity = rows.text("cmdCode")
    level = _levels(rows, commodity, name)
    year, month = _period(rows, name)
    keep = np.flatnonzero(rows.kept)
    weight = rows.columns["netWgt"].take(pa.array(keep))
    table = pa.table(
        {
            "row_number": (keep + rows.first_row).astype(np.int32),
            "reporter_code": reporter[keep],
            "partner_code": partner[keep],
            "flow": np.where(rows.text("flowCode")[keep] == "M", FLOWS["M"], FLOWS["X"]),
            "hs_revision": revision[keep],
            "level": level[keep],
            "commodity_code": commodity[keep],
            "year": year[keep],
            "month": pa.array(month[keep], mask=month[keep] == 0),
            "value_usd": _whole(rows, "primaryValue", keep, name),
            "net_weight_kg": _decimals(rows, "netWgt", keep, name, pa.decimal128(24, 3)),
            "is_weight_estimated": pc.if_else(
                pc.equal(weight, ""), pa.scalar(None, pa.bool_()), _is_true(rows.columns["isNetWgtEstimated"], keep)
            ),
        }
    ).cast(SCHEMA)
    _refuse_repeats(table, name)
    months = [(y, m) for y, m in set(zip(year[keep].tolist(), month[keep].tolist(), strict=True)) if m]
    return Parsed(
        source=SOURCE,
        parser_version=PARSER_VERSION,
        table=table,
        rows_read=read,
        rows_accepted=table.num_rows,
        rows_refused=read - table.num_rows,
        notes=tuple(rows.notes),
        newest_month=date(*max(months), 1) if months else None,
    )


def _read(text: str, name: str) -> _Rows:
    is_json = text.lstrip().startswith(("{", "["))
    try:
        found = _taken_apart(text, name) if is_json else csv_columns(text)
    except BadRows as bad:
        where = "file" if bad.row is None else f"row {bad.row + (1 if is_json else 2)}"
        raise RefusedFile(name, where, bad.expected, bad.seen) from bad
    if is_json and not found.heading:
        nothing = dict.fromkeys((*NEEDED, *OPTIONAL), pa.array([], pa.string()))
        return _Rows(nothing, np.ones(0, np.bool_), 1)
    names = [_plain(heading) for heading in found.heading]
    columns: dict[str, pa.Array] = {}
    for column in (*NEEDED, *OPTIONAL):
        places = [at for at, heading in enumerate(names) if heading == _plain(column)]
        if len(places) > 1 or (column in NEEDED and not places):
            seen = f"{len(places)} of it" if places else ", ".join(found.heading[:8])
            raise RefusedFile(name, "columns", f"a column {column}", seen)
        blank = pa.array([""] * found.rows, pa.string())
        texts = pc.fill_null(found.columns[places[0]], "") if places else blank
        columns[column] = pc.if_else(pc.equal(texts, _NOT_GIVEN), "", texts)
    return _Rows(columns, np.ones(found.rows, np.bool_), 1 if is_json else 2, list(found.notes))


def _plain(heading: str) -> str:
    """A heading in either spelling: primaryValue, primary_value."""
    return heading.replace("_", "").casefold()


def _taken_apart(text: str, name: str) -> Columns:
    """The rows of an answer, wrapped as the API sends it or bare; refused when it tells an error or rows it has not."""
    if text.lstrip().startswith("["):
        return json_columns(text, text.index("["))[0]
    columns, rest = wrapped_columns(text, "data")
    if error := rest.get("error"):
        raise RefusedFile(name, "field error", "an answer", str(error)[:200])
    if str(rest.get("count", columns.rows)) != str(columns.rows):
        raise RefusedFile(name, "field data", f"{rest['count']} rows, as the field count says", f"{columns.rows}")
    return columns


def _fullmatch(texts: NDArray[np.str_], pattern: str) -> Flags:
    return np.asarray(pc.match_substring_regex(pa.array(texts), f"^({pattern})$"))


def _partner(rows: _Rows, side: str) -> NDArray[np.str_]:
    """Schedule C code of each row's reporter or partner; empty where it is no single partner."""
    pairs = np.char.add(np.char.add(rows.text(f"{side}Code"), " "), rows.text(f"{side}ISO"))
    unique, places = np.unique(pairs, return_inverse=True)
    split = [pair.partition(" ") for pair in unique.tolist()]
    codes = np.array([code_for_un(number, iso) or "" for number, _, iso in split], np.str_)
    unknown = sorted({number for (number, _, _), code in zip(split, codes, strict=True) if not code})
    if unknown:
        rows.notes.append(f"{side}s that are no single partner: {', '.join(unknown)}")
    return codes[places]


def _levels(rows: _Rows, commodity: NDArray[np.str_], name: str) -> NDArray[np.str_]:
    is_total = commodity == "TOTAL"
    wrong = rows.kept & ~is_total & ~_fullmatch(commodity, r"(\d\d){1,3}")
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        where = f"row {rows.number_of(place)}, cmdCode"
        raise RefusedFile(name, where, "2, 4 or 6 digits with leading zeros, or TOTAL", str(commodity[place]))
    lengths = np.char.str_len(commodity)
    levels = np.select([is_total, *(lengths == digits for digits in LEVELS)], ["TOTAL", *LEVELS.values()], "")
    return levels.astype(np.str_)


def _period(rows: _Rows, name: str) -> tuple[NDArray[np.int16], NDArray[np.int8]]:
    """Years and months; month 0 in annual rows."""
    year, month = rows.text("refYear"), rows.text("refMonth")
    annual = rows.text("freqCode") == "A"
    wrong = rows.kept & ~(_fullmatch(year, r"(19|20)\d\d") & np.where(annual, month == ANNUAL_MONTH, _is_month(month)))
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        where = f"row {rows.number_of(place)}, refYear and refMonth"
        raise RefusedFile(name, where, "a year with month 52, or a month from 1 to 12", f"{year[place]} {month[place]}")
    usable = np.where(rows.kept, year, "0"), np.where(rows.kept & ~annual, month, "0")
    return usable[0].astype(np.int16), usable[1].astype(np.int8)


def _is_month(month: NDArray[np.str_]) -> Flags:
    return _fullmatch(month, r"0?[1-9]|1[0-2]")


def _decimals(rows: _Rows, column: str, keep: NDArray[np.int64], name: str, kind: pa.DataType) -> pa.Array:
    """Numbers of a column in the rows kept, exactly, rounded half to even to the scale of `kind`; blank is null."""
    texts = rows.columns[column].take(pa.array(keep))
    blank = pc.equal(texts, "")
    sound = pc.or_(blank, pc.match_substring_regex(texts, _NUMBER))
    if not pc.all(sound, min_count=0).as_py():
        place = pc.index(sound, False).as_py()
        where = f"row {rows.number_of(int(keep[place]))}, {column}"
        raise RefusedFile(name, where, "a number, not negative", texts[place].as_py())
    try:
        numbers = pc.if_else(blank, None, texts).cast(_EXACT)
    except pa.ArrowInvalid as error:
        raise RefusedFile(name, column, "numbers of 20 digits and 18 decimals at most", str(error)) from error
    return pc.round(numbers, kind.scale, "half_to_even").cast(kind)


_EXACT = pa.decimal128(38, 18)
_NUMBER = r"^\d+(\.\d*)?([eE][+-]?\d+)?$"


def _whole(rows: _Rows, column: str, keep: NDArray[np.int64], name: str) -> pa.Array:
    return _decimals(rows, column, keep, name, pa.decimal128(18, 0)).cast(pa.int64())


def _is_true(texts: pa.Array, keep: NDArray[np.int64]) -> pa.Array:
    return pc.is_in(pc.utf8_lower(texts.take(pa.array(keep))), pa.array(["true", "1"]))


def _refuse_repeats(table: pa.Table, name: str) -> None:
    key: Sequence[str] = ("reporter_code", "partner_code", "flow", "commodity_code", "year", "month", "hs_revision")
    counts = table.group_by(list(key)).aggregate([("row_number", "max"), ("row_number", "count")])
    again = counts.filter(pc.greater(counts["row_number_count"], 1))
    if again.num_rows:
        row = again.slice(0, 1).to_pylist()[0]
        figure = " ".join(str(row[column]) for column in key if row[column] is not None)
        raise RefusedFile(name, f"row {row['row_number_max']}", "each figure once", f"{figure} again")

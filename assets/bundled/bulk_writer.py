"""Writes archives in the layout of the Census bulk zips (IMDB, EXDB) from columns of figures, always the same bytes.

Here belongs the writing of records and of the control members that follow from the detail. Where figures come from
does not belong here. An archive written here is a re-formatted one: its origin record must say so.
"""

import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from assets.parsing.bulk_layouts import Flow, Layout, LayoutField, layout, members
from assets.parsing.fixed_record import Bytes, Integers

Column = npt.NDArray[np.int64] | npt.NDArray[np.bytes_]
Columns = Mapping[str, Column]
"""Equally long columns by the publisher's field names: integers for codes and numbers, latin-1 bytes for texts."""

_GROUP = 5
_LINE_END = b"\r\n"
_GROUPS = np.array([f"{value:0{_GROUP}d}".encode() for value in range(10**_GROUP)]).view(np.uint8).reshape(-1, _GROUP)
_NAMED_BY = {"cty_name": ("COUNTRY", "cty_code"), "dist_name": ("DISTRICT", "dist_code")}


def write_archive(
    path: Path, flow: Flow, month: date, detail: Iterable[Columns], lookups: Mapping[str, Columns], *, level: int = 9
) -> None:
    """Write the archive of one month: the detail part by part, then the control members, then the lookups.

    `detail` has the fields of IMP_DETL or EXP_DETL; a number field that is not given is 0, a text blank, and year and
    month are those of `month`. The control members are the sums of the detail; their names and units come from
    `lookups`. `level` is zlib's. Raises `ValueError` for a value that its field cannot hold.
    """
    own = layout(members(flow, "detail")[0])
    controls = [_Sums(layout(member), own) for member in members(flow, "control")]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        with _member(archive, own) as stream:
            for part in detail:
                columns = _dated(part, month)
                stream.write(lines(own, columns))
                for control in controls:
                    control.add(columns)
        for control in controls:
            with _member(archive, control.layout) as stream:
                stream.write(lines(control.layout, _named(control.columns(), lookups, control.layout, month)))
        for member in members(flow, "lookup"):
            if member in lookups:
                with _member(archive, layout(member)) as stream:
                    stream.write(lines(layout(member), lookups[member]))


def lines(own: Layout, columns: Columns) -> bytes:
    """Records of one member, each with CRLF: numbers zero padded, texts blank padded."""
    count = len(next(iter(columns.values())))
    blank = bytearray(b" " * own.length + _LINE_END)
    for field in own.fields:
        if field.kind != "text":
            blank[field.start - 1 : field.end] = b"0" * field.width
    records = np.tile(np.frombuffer(bytes(blank), np.uint8), (count, 1))
    for field in own.fields:
        if field.name in columns:
            _fill(records[:, field.start - 1 : field.end], field, columns[field.name])
    return records.tobytes()


class _Sums:
    """The rows of a control member, summed over the parts of the detail."""

    def __init__(self, own: Layout, detail: Layout) -> None:
        by_column = {field.column: field.name for field in detail.kept}
        self.layout = own
        self._codes = [field for field in own.kept if field.kind == "code"]
        self._sources = [by_column[field.column] for field in self._codes]
        self._numbers = [field.name for field in own.fields if field.kind == "int"]
        self._keys: list[Integers] = []
        self._values: list[Integers] = []

    def add(self, columns: Columns) -> None:
        count = len(next(iter(columns.values())))
        keys = np.zeros(count, np.int64)
        for field, source in zip(self._codes, self._sources, strict=True):
            keys *= 10**field.width
            if source in columns:
                keys += columns[source].astype(np.int64)
        values = np.zeros((len(self._numbers), count), np.int64)
        for row, name in enumerate(self._numbers):
            if name in columns:
                values[row] = columns[name]
        self._gather(keys, values)

    def columns(self) -> dict[str, Column]:
        keys, values = np.concatenate(self._keys), np.concatenate(self._values, axis=1)
        self._keys, self._values = [], []
        self._gather(keys, values)
        found: dict[str, Column] = dict(zip(self._numbers, self._values[0], strict=True))
        left = self._keys[0]
        for field in reversed(self._codes):
            left, found[field.name] = np.divmod(left, 10**field.width)
        return found

    def _gather(self, keys: Integers, values: Integers) -> None:
        distinct, places = np.unique(keys, return_inverse=True)
        sums = np.zeros((len(values), len(distinct)), np.int64)
        for row, numbers in enumerate(values):
            np.add.at(sums[row], places, numbers)
        self._keys.append(distinct)
        self._values.append(sums)


def _dated(columns: Columns, month: date) -> Columns:
    count = len(next(iter(columns.values())))
    return {**columns, "year": np.full(count, month.year), "month": np.full(count, month.month)}


def _named(columns: Columns, lookups: Mapping[str, Columns], own: Layout, month: date) -> Columns:
    """Control rows with the names and units that the lookups give their codes."""
    found = dict(_dated(columns, month))
    for field in own.fields:
        if field.kind != "text":
            continue
        member, key = _NAMED_BY.get(field.name, ("CONCORD", "commodity"))
        name = "abbreviatn" if field.name == "comm_desc" else field.name
        if member in lookups:
            known = lookups[member][key].astype(np.int64)
            order = np.argsort(known)
            places = np.searchsorted(known, columns[key], sorter=order).clip(max=len(known) - 1)
            rows = order[places]
            texts = lookups[member][name].astype(f"S{field.width}")
            found[field.name] = np.where(known[rows] == columns[key], texts[rows], b"")
    return found


def _fill(place: Bytes, field: LayoutField, values: Column) -> None:
    if values.dtype.kind == "S":
        _fill_text(place, field, values)
    elif field.kind == "text":
        raise ValueError(f"{field.name} is text; its column holds {values.dtype}")
    else:
        _fill_number(place, field, values.astype(np.int64))


def _fill_text(place: Bytes, field: LayoutField, values: Column) -> None:
    if values.dtype.itemsize > field.width:
        raise ValueError(f"{field.name} holds {field.width} characters; given {values.dtype.itemsize}")
    texts = values.view(np.uint8).reshape(len(values), -1)
    place[:, : texts.shape[1]] = np.where(texts == 0, np.uint8(ord(" ")), texts)


def _fill_number(place: Bytes, field: LayoutField, values: Integers) -> None:
    if not len(values):
        return
    if values.min() < 0 or values.max() >= 10**field.width:
        raise ValueError(f"{field.name} holds 0 to {field.width} nines; given {values.min()} to {values.max()}")
    left, end = values, field.width
    while end > 0 and left.any():
        left, group = np.divmod(left, 10**_GROUP)
        start = max(0, end - _GROUP)
        place[:, start:end] = _GROUPS[group][:, _GROUP - (end - start) :]
        end -= _GROUP


def _member(archive: zipfile.ZipFile, own: Layout) -> IO[bytes]:
    """A member with zipfile's fixed date, so that the same figures are the same bytes."""
    return archive.open(f"{own.member}.TXT", "w", force_zip64=True)

"""Writes detail lines to one Parquet file, row group by row group, in constant memory.

Here belongs the shape of the detail in the lake. Which lines are written is decided in `census_bulk.py`.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from assets.parsing.bulk_layouts import Flow, LayoutField, layout, members

ROW_GROUP_ROWS = 122_880
"""Sixty of DuckDB's vectors: its own choice for a row group."""
COMPRESSION_LEVEL = 1

LINE_NUMBER = "line_number"
REFERENCE_MONTH = "reference_month"
INCREASING = {LINE_NUMBER, "commodity"}
"""Columns that the publisher's order of lines makes increase: small as differences."""
TWO_BYTES = np.dtype(">u2")
"""How the two characters of a subcode wait to be written."""
_SMALL = 4


def detail_schema(flow: Flow) -> pa.Schema:
    """Columns of the detail: line, month, codes as integers (subcode as text), measures in USD, kg and units."""
    fields = layout(members(flow, "detail")[0]).kept
    return pa.schema(
        [
            pa.field(LINE_NUMBER, pa.int32()),
            pa.field(REFERENCE_MONTH, pa.date32()),
            *(pa.field(field.column, _arrow_type(field)) for field in fields),
        ]
    )


class DetailFile:
    """A Parquet file under a temporary name that gets its own name when the block ends without an error.

    `constants` are columns with one value in all rows (the month, and what identifies the file to its keeper);
    columns in `unknown` are null.
    """

    def __init__(
        self, path: Path, flow: Flow, constants: Mapping[str, pa.Scalar], unknown: Collection[str] = ()
    ) -> None:
        own = detail_schema(flow)
        extra = [pa.field(name, value.type) for name, value in constants.items() if name not in own.names]
        self.path = path
        self.rows = 0
        self._part = path.with_name(f".{path.name}.part")
        self._schema = pa.schema([*own, *extra])
        self._constants = {**constants, **{name: pa.scalar(None, own.field(name).type) for name in unknown}}
        self._plain = {field.column for field in layout(members(flow, "detail")[0]).measures if field.unit != "count"}
        self._waiting = 0
        self._columns: dict[str, npt.NDArray[np.generic]] = {
            field.name: np.empty(ROW_GROUP_ROWS, _waiting_type(field.type))
            for field in own
            if field.name not in self._constants
        }

    def __enter__(self) -> "DetailFile":
        self._writer = pq.ParquetWriter(
            self._part,
            self._schema,
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
            use_dictionary=[name for name in self._schema.names if name not in self._plain | INCREASING],
            column_encoding=dict.fromkeys(INCREASING, "DELTA_BINARY_PACKED"),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._flush()
            self._writer.close()
            if error is None:
                self._part.replace(self.path)
        finally:
            self._part.unlink(missing_ok=True)

    def append(self, columns: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Add lines, by column name; text is given as `TWO_BYTES`."""
        count = len(columns[LINE_NUMBER])
        done = 0
        while done < count:
            step = min(count - done, ROW_GROUP_ROWS - self._waiting)
            for name, waiting in self._columns.items():
                waiting[self._waiting : self._waiting + step] = columns[name][done : done + step]
            self._waiting += step
            done += step
            if self._waiting == ROW_GROUP_ROWS:
                self._flush()

    def _flush(self) -> None:
        count = self._waiting
        if not count:
            return
        arrays = [
            pa.repeat(self._constants[field.name], count)
            if field.name in self._constants
            else _arrow_array(self._columns[field.name][:count], field.type)
            for field in self._schema
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema), row_group_size=count)
        self.rows += count
        self._waiting = 0


def _arrow_type(field: LayoutField) -> pa.DataType:
    if field.kind == "text":
        return pa.string()
    if field.kind == "int" or field.width > _SMALL:
        return pa.int64()
    return pa.int16() if field.width > 1 else pa.int8()


def _waiting_type(kind: pa.DataType) -> npt.DTypeLike:
    return TWO_BYTES if pa.types.is_string(kind) else kind.to_pandas_dtype()


def _arrow_array(values: npt.NDArray[np.generic], kind: pa.DataType) -> pa.Array:
    if not pa.types.is_string(kind):
        return pa.array(values, kind)
    distinct, places = np.unique(values, return_inverse=True)
    texts = [int(pair).to_bytes(2, "big").decode("latin-1").rstrip() for pair in distinct]
    return pa.array(texts, pa.string()).take(pa.array(places))

"""Control totals of a bulk archive: what the detail lines must add up to, by total and by code.

Here belongs the comparison of the detail with the archive's own control members (COMM, CTY, DE and DU, DIST).
Reading them is in `fixed_width.py`; what becomes of an archive that does not add up, in `census_bulk.py`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.parsing.bulk_layouts import Layout, LayoutField
from assets.parsing.fixed_record import Integers

DIFFERENCES = pa.schema(
    [("where", pa.string()), ("measure", pa.string()), ("expected", pa.int64()), ("seen", pa.int64())]
)
"""`where` is a control member and a code or `total`; `expected` its figure, `seen` the sum of the detail lines."""
TOTALS = pa.schema(
    [
        ("member", pa.string()),
        ("rows", pa.int64()),
        ("measure", pa.string()),
        ("expected", pa.int64()),
        ("seen", pa.int64()),
    ]
)
"""The totals of each control member (`rows` rows) beside those of the detail."""
LARGEST_TOTAL = 2.0**62
"""Above any total of trade and far enough below 2^63: sums of 15-digit numbers that stay below it are exact."""

_DENSE_LIMIT = 10_000


class Control:
    """The rows of one control member, and the running sums of the detail lines with the same codes.

    `keys` are the codes of its rows (the key fields joined into one integer, as `keys_of` does), `figures` its
    numbers: one row a measure of the layout, one column a key.
    """

    def __init__(self, layout: Layout, keys: Integers, figures: Integers) -> None:
        order = np.argsort(keys, kind="stable")
        self.member = layout.member
        self.key_fields = key_fields(layout)
        self.measures = tuple(field.column for field in layout.measures)
        self.keys = keys[order]
        self._expected = figures[:, order]
        self._seen = np.zeros_like(self._expected)
        self._digits = sum(field.width for field in self.key_fields)
        self._places = self._dense_places()

    @property
    def duplicates(self) -> list[str]:
        """Codes that more than one row has."""
        return [self.code(key) for key in self.keys[1:][np.diff(self.keys) == 0].tolist()]

    @property
    def too_large(self) -> bool:
        """Whether a total of the member is beyond what is summed exactly."""
        return bool((self._expected.sum(axis=1, dtype=np.float64) > LARGEST_TOTAL).any())

    def keys_of(self, codes: Mapping[str, Integers]) -> Integers:
        """The key of each line, from its codes by column name."""
        return join_codes(self.key_fields, codes)

    def places_of(self, keys: Integers) -> Integers:
        """Where each key is among the control rows; -1 for a key that the member does not have."""
        if self._places is not None:
            return self._places[keys]
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        heads = keys[starts]
        places = np.searchsorted(self.keys, heads)
        places[places == len(self.keys)] = 0
        places[self.keys[places] != heads] = -1
        return np.repeat(places, np.diff(starts, append=len(keys)))

    def add(self, places: Integers, measures: Mapping[str, Integers]) -> None:
        """Add the lines' values, by column name, to the sums of their control rows."""
        for row, column in enumerate(self.measures):
            if column in measures:
                np.add.at(self._seen[row], places, measures[column])

    def totals(self) -> pa.Table:
        """One row a measure: the member's total and that of the detail."""
        count = len(self.measures)
        return pa.table(
            [
                [self.member] * count,
                [len(self.keys)] * count,
                list(self.measures),
                self._expected.sum(axis=1),
                self._seen.sum(axis=1),
            ],
            schema=TOTALS,
        )

    def differences(self) -> pa.Table:
        """Each total and each code whose sum over the detail is not the member's figure."""
        places, rows = np.nonzero((self._expected != self._seen).T)
        totals = self.totals()
        unequal = totals.filter(pc.not_equal(totals["expected"], totals["seen"]))
        total_rows = pa.table(
            [[f"{self.member} total"] * len(unequal), unequal["measure"], unequal["expected"], unequal["seen"]],
            schema=DIFFERENCES,
        )
        code_rows = pa.table(
            [
                [f"{self.member} {self.code(key)}" for key in self.keys[places].tolist()],
                [self.measures[row] for row in rows.tolist()],
                self._expected[rows, places],
                self._seen[rows, places],
            ],
            schema=DIFFERENCES,
        )
        return pa.concat_tables([total_rows, code_rows])

    def code(self, key: int) -> str:
        """A key as it is written in the file."""
        return f"{key:0{self._digits}d}"

    def _dense_places(self) -> Integers | None:
        size = 10**self._digits
        if size > _DENSE_LIMIT:
            return None
        places = np.full(size, -1, np.int64)
        places[self.keys] = np.arange(len(self.keys))
        return places


def key_fields(layout: Layout) -> tuple[LayoutField, ...]:
    """The codes that identify a row of a control member."""
    return tuple(field for field in layout.kept if field.kind == "code")


def join_codes(fields: Sequence[LayoutField], codes: Mapping[str, Integers]) -> Integers:
    """Several codes as one integer whose decimal digits are theirs, side by side."""
    key = codes[fields[0].column]
    for field in fields[1:]:
        key = key * 10**field.width + codes[field.column]
    return key

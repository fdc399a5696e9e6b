"""What must hold in an API answer: no figure twice, no value under a wrong heading, parts that add up to their totals.

Here belong the checks. What a row means is decided in `census_api_rows.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from assets.errors import RefusedFile
from assets.parsing.census_api_answer import Flags, Integers
from assets.parsing.census_api_rows import ALL, SINGLE, Rows, period_name
from assets.parsing.census_api_variables import COMMODITIES, PERIODS

DIFFERENCES = pa.schema(
    [("where", pa.string()), ("measure", pa.string()), ("expected", pa.int64()), ("seen", pa.int64())]
)
"""`where` is a level, a code, a partner and a month; `expected` the published total, `seen` the sum of its parts."""

_SHOWN = 3


@dataclass
class AnswerNotReconciled(RefusedFile):
    """An answer whose parts do not add up to its totals; `differences` (schema DIFFERENCES) says where."""

    differences: pa.Table = field(default_factory=DIFFERENCES.empty_table)


@dataclass(frozen=True)
class _Comparison:
    """For each `key` the rows `parts` are to add up to the rows `totals`; `level` is that of the parts, if one."""

    parts: Flags
    totals: Flags
    key: Integers
    level: str | None


def refuse_repeats(rows: Rows) -> None:
    """Refuse a second row of the same commodity, level, partner and month."""
    key = (rows.month * len(rows.partners) + rows.partner) * len(rows.commodities) + rows.commodity
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(np.diff(key[order]) == 0)
    if again.size:
        before, row = order[again[0]], order[again[0] + 1]
        expected = "each commodity, partner and month once"
        raise rows.answer.refuse(
            expected,
            f"{_commodity(rows, row)} {_partner(rows, row)} again, first in row {rows.row[before] + 1}",
            int(rows.row[row]),
        )


def refuse_wrong_headings(rows: Rows) -> None:
    """Refuse values that cannot be what their heading says: columns are found by name, in whatever order they come.

    By the publisher's definitions dutiable value is a part of the consumption value, duty is on something imported, and
    the running total since January has the month in it.
    """
    for figures in rows.figures.values():
        part, whole = figures.values.get("dutiable_value_usd"), figures.values.get("consumption_value_usd")
        duty = figures.values.get("calculated_duty_usd")
        if part is not None and whole is not None:
            _refuse_where(rows, part > whole, "dutiable value within consumption value", (part, whole))
        if duty is not None and whole is not None:
            _refuse_where(rows, (duty > 0) & (whole == 0), "duty on a consumption value", (duty, whole))
    if len(rows.figures) == len(PERIODS):
        month, to_date = (rows.figures[period].values for period in PERIODS)
        for column in month.keys() & to_date.keys():
            wrong = month[column] > to_date[column]
            _refuse_where(
                rows, wrong, f"{column} of the month within the year to date", (month[column], to_date[column])
            )


def _refuse_where(rows: Rows, wrong: Flags, expected: str, values: tuple[Integers, Integers]) -> None:
    for row in np.flatnonzero(wrong)[:1].tolist():
        seen = " and ".join(f"{array[row]:,}" for array in values)
        raise rows.answer.refuse(f"{expected}, each under its own heading", seen, int(rows.row[row]))


def refuse_differences(rows: Rows) -> None:
    """Refuse single countries that do not add up to the world row, and commodities of a level that miss their total.

    Each is checked in the months for which the answer has both sides, to the dollar. Where a dimension was pinned to
    values (its column comes back twice) the answer need not hold all of them, and nothing is compared.
    """
    measures = [
        (f"{column} ({period})", values)
        for period, figures in rows.figures.items()
        for column, values in figures.values.items()
    ]
    found = [_differences(rows, one, *measure) for one in _comparisons(rows) for measure in measures]
    differences = pa.concat_tables([DIFFERENCES.empty_table(), *found])
    if len(differences):
        shown = "; ".join(
            f"{one['where']} {one['measure']} {one['seen']:,} not {one['expected']:,}"
            for one in differences.slice(0, _SHOWN).to_pylist()
        )
        raise AnswerNotReconciled(
            rows.answer.file,
            rows.answer.where(),
            "countries and commodities that add up to their total rows",
            f"{len(differences):,} differences: {shown}",
            differences,
        )


def _comparisons(rows: Rows) -> Iterator[_Comparison]:
    if "CTY_CODE" not in rows.answer.repeated:
        single, world = rows.kind == SINGLE, rows.kind == ALL
        both = _have_both(rows.month * len(rows.levels) + rows.level, single, world)
        yield _Comparison(single & both, world & both, rows.month * len(rows.commodities) + rows.commodity, None)
    if not rows.answer.repeated & {one.variable for one in COMMODITIES}:
        key = rows.month * len(rows.partners) + rows.partner
        for level, name in enumerate(rows.levels[1:], start=1):
            parts = rows.level == level
            both = _have_both(key, parts, rows.is_total)
            yield _Comparison(parts & both, rows.is_total & both, key, name)


def _have_both(slices: Integers, parts: Flags, totals: Flags) -> Flags:
    """The rows in slices that hold parts and totals."""
    return np.isin(slices, np.intersect1d(slices[parts], slices[totals]))


def _differences(rows: Rows, comparison: _Comparison, measure: str, values: Integers) -> pa.Table:
    keys, first, places = np.unique(comparison.key, return_index=True, return_inverse=True)
    expected, seen = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    np.add.at(expected, places[comparison.totals], values[comparison.totals])
    np.add.at(seen, places[comparison.parts], values[comparison.parts])
    unequal = np.flatnonzero(expected != seen)
    where = [
        f"{comparison.level}, {_partner(rows, row)}" if comparison.level else _commodity(rows, row)
        for row in first[unequal].tolist()
    ]
    return pa.table([where, [measure] * len(unequal), expected[unequal], seen[unequal]], schema=DIFFERENCES)


def _commodity(rows: Rows, row: int) -> str:
    code = rows.commodities[rows.commodity[row]]
    return f"{rows.levels[rows.level[row]]}{f' {code}' if code else ''} {period_name(rows.month[row])}"


def _partner(rows: Rows, row: int) -> str:
    return f"partner {rows.partners[rows.partner[row]]} {period_name(rows.month[row])}"

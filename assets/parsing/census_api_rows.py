"""The rows of an API answer as typed arrays: what each row is a figure of, and its figures.

Here belongs what the variables of one row mean and which values they may have. What holds between rows is in
`census_api_checks.py`.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.parsing.cells import last_ended_month
from assets.parsing.census_api_answer import Answer, Flags, Integers
from assets.parsing.census_api_variables import (
    COMMODITIES,
    DIMENSIONS,
    KNOWN,
    LEVELS,
    MANUFACTURES,
    MEASURES,
    NEEDS_CODE,
    OTHER_ANSWERS,
    PERIODS,
    QUANTITIES,
    QUANTITY_UNIT,
    TOTAL,
    VALUES,
    Classification,
    Commodity,
    Flow,
    Period,
)
from assets.reference.commodity.codes import LISTED_SINCE, is_impossible, is_unlisted
from assets.reference.partners import is_aggregate, known_codes

WORLD = "0015"
LEVEL_OF_TOTAL = "TOTAL"
SINGLE, GROUP, ALL = range(3)
"""Kinds of a partner: a country, a grouping of countries, the world."""

FIRST_MONTH = 1989 * 12
"""January 1989: before the Harmonized System there is nothing to answer with."""
LARGEST_VALUE = 10**13
"""$10 trillion: three times the imports of a year."""
LARGEST_QUANTITY = 10**15

_CODE_PATTERNS: dict[Classification, re.Pattern[str]] = {
    "HS": re.compile(r"(?!00|77)([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10})"),
    "NAICS": re.compile(r"[0-9][0-9X]{1,5}"),
    "ENDUSE": re.compile(r"[0-9]|[0-9]{5}"),
}
"""HS has no chapter 00 or 77; NAICS-based trade codes may end in X."""
_NAICS_TOTAL = "00"
_PREFIX: dict[Classification, str] = {"HS": "HS", "NAICS": "NA", "ENDUSE": "EU"}
_FIRST_YEAR_OF_CENTURY = 89
_DETAIL, _COUNTRY_GROUP = "DET", "CGP"
_MONTH = re.compile(r"([0-9]{4})-([0-9]{1,2})(-01)?")
_MONTH_OF_EXCEL = re.compile(r"([A-Z][a-z]{2})-([0-9]{2})")
_SHORT_MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if number}
_MISSING, _NO_UNIT = "M", "X"
_EXAMPLES = 3


@dataclass(frozen=True)
class Figures:
    """The figures of one period: values in USD by column, and the first quantity where it was asked for."""

    values: dict[str, Integers]
    quantity: Integers | None
    quantity_known: Flags

    def any(self) -> Flags:
        """The rows with any figure that is not zero."""
        arrays = list(self.values.values())
        if self.quantity is not None:
            arrays.append(np.where(self.quantity_known, self.quantity, 0))
        found: Flags = np.logical_or.reduce([array != 0 for array in arrays])
        return found

    def where(self, keep: Flags) -> "Figures":
        values = {column: array[keep] for column, array in self.values.items()}
        quantity = None if self.quantity is None else self.quantity[keep]
        return Figures(values, quantity, self.quantity_known[keep])


@dataclass(frozen=True)
class Rows:
    """Rows of one answer, each a commodity (or all) by a partner (or all) in one month.

    `partner`, `commodity` and `level` are codes into `partners`, `commodities` and `levels`; a commodity of None is the
    total. `kind` is SINGLE, GROUP or ALL; `month` counts months from year 0; `row` counts from 0 below the heading.
    """

    answer: Answer
    flow: Flow
    classification: Classification
    partners: list[str]
    commodities: list[str | None]
    levels: list[str]
    row: Integers
    partner: Integers
    kind: Integers
    commodity: Integers
    level: Integers
    month: Integers
    figures: dict[Period, Figures]

    def where(self, keep: Flags) -> "Rows":
        """The rows for which `keep` is true."""
        return replace(
            self,
            row=self.row[keep],
            partner=self.partner[keep],
            kind=self.kind[keep],
            commodity=self.commodity[keep],
            level=self.level[keep],
            month=self.month[keep],
            figures={period: figures.where(keep) for period, figures in self.figures.items()},
        )

    @property
    def is_total(self) -> Flags:
        """The rows of all commodities together."""
        totals = np.array([code is None for code in self.commodities], np.bool_)
        return totals[self.commodity]


def typed_rows(answer: Answer) -> tuple[Rows, list[str]]:
    """The rows that are commodity by partner, and a sentence about each kind of row or column left out."""
    commodity = _check_heading(answer)
    flow = _flow(answer, commodity)
    notes = list(answer.notes)
    taken = _at_total(answer, notes)
    partner, kind, partners = _partners(answer)
    code, level, commodities, levels = _commodities(answer, commodity, taken)
    rows = Rows(
        answer=answer,
        flow=flow,
        classification=commodity.classification if commodity else "HS",
        partners=partners,
        commodities=commodities,
        levels=levels,
        row=np.arange(answer.rows),
        partner=partner,
        kind=kind,
        commodity=code,
        level=level,
        month=_months(answer),
        figures=_figures(answer, flow),
    )
    _note_columns(answer, rows, notes)
    rows = rows.where(taken)
    _note_unlisted(rows, notes)
    return rows, notes


def period_name(month: int) -> str:
    """2024-12 for a month counted from year 0."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def _check_heading(answer: Answer) -> Commodity | None:
    """The commodity variable, or None; refuses unknown variables and those that miss their companion."""
    names = answer.columns.keys()
    _refuse_other_answers(answer)
    if unknown := [name for name in names if name not in KNOWN]:
        raise answer.refuse("variables of the hs, naics and enduse endpoints", f"unknown {', '.join(unknown)}", -1)
    for name, code in NEEDS_CODE.items():
        if name in names and code not in names:
            raise answer.refuse(f"{code} beside {name}", f"no {code}", -1)
    found = [one for one in COMMODITIES if one.variable in names]
    if len(found) > 1:
        raise answer.refuse("one classification", ", ".join(one.variable for one in found), -1)
    return found[0] if found else None


def _refuse_other_answers(answer: Answer) -> None:
    """Refuse answers that are not read, as what they are and with what could be asked instead."""
    names = answer.columns.keys()
    for variable, about in OTHER_ANSWERS.items():
        if variable in names:
            raise answer.refuse("an answer of the endpoint hs, naics or enduse", f"{about} (variable {variable})", -1)
    if "time" not in names and not {"YEAR", "MONTH"} <= names:
        seen = "YEAR alone, which does not tell the month" if "YEAR" in names else ", ".join(names)
        raise answer.refuse("a column time, or YEAR and MONTH (ask with &time=2024-12)", seen, -1)
    measures = [name for name in names if name in MEASURES]
    if not any(_is_value(name) for name in measures):
        kind = "quantities" if all(_is_quantity(name) for name in measures) else "no value that is read"
        seen = f"{kind}: {', '.join(measures)}" if measures else ", ".join(names)
        raise answer.refuse(f"a measure: {', '.join(VALUES)} with _MO or _YR", seen, -1)


def _is_value(name: str) -> bool:
    return name[:-3] in VALUES


def _is_quantity(name: str) -> bool:
    return "QY" in name or "QTY" in name


def _flow(answer: Answer, commodity: Commodity | None) -> Flow:
    """Imports or exports, as the measures and the name of the commodity variable say."""
    named: dict[str, Flow] = {
        name + suffix: flow
        for suffix in PERIODS.values()
        for name, flow in [(name, flow) for name, (flow, _) in VALUES.items()] + list(QUANTITIES.items())
    }
    told = {name: named[name] for name in answer.columns if name in named}
    if commodity and commodity.flow:
        told[commodity.variable] = commodity.flow
    flows = set(told.values())
    if len(flows) > 1:
        raise answer.refuse("variables of imports or of exports", ", ".join(told), -1)
    return flows.pop()


def _at_total(answer: Answer, notes: list[str]) -> Flags:
    """The rows that are not broken down by a finer dimension; there must be one, unless there are no rows at all."""
    taken = np.ones(answer.rows, np.bool_)
    for dimension in DIMENSIONS:
        if dimension in answer.columns:
            finer = ~_flags(answer, dimension, lambda value: value == TOTAL)
            taken &= ~finer
            if finer.any():
                notes.append(f"{finer.sum():,} rows by {dimension} left out: its total is taken")
            if answer.rows and not taken.any():
                value = answer.columns[dimension][int(np.flatnonzero(finer)[0])].as_py()
                expected = (
                    f"rows with {dimension} {TOTAL}, its total (ask without {dimension}, or with {dimension}={TOTAL})"
                )
                raise answer.refuse(expected, f"only parts, such as {value!r}", 0, dimension)
    if "COMM_LVL" in answer.columns:
        grouping = _flags(answer, "COMM_LVL", lambda value: value == MANUFACTURES)
        taken &= ~grouping
        if grouping.any():
            notes.append(f"{grouping.sum():,} rows of all manufactures left out: a grouping across levels")
    return taken


def _flags(answer: Answer, variable: str, holds: Callable[[str], bool]) -> Flags:
    codes, values = _coded(answer, variable)
    return np.array([holds(value) for value in values], np.bool_)[codes]


def _coded(answer: Answer, variable: str) -> tuple[Integers, list[str]]:
    column = answer.text(variable)
    return column.indices.to_numpy(zero_copy_only=False).astype(np.int64), column.dictionary.to_pylist()


def _partners(answer: Answer) -> tuple[Integers, Integers, list[str]]:
    if "CTY_CODE" not in answer.columns:
        nothing = np.zeros(answer.rows, np.int64)
        return nothing, np.full(answer.rows, ALL), [WORLD]
    codes, values = _coded(answer, "CTY_CODE")
    if unknown := [value for value in values if value != TOTAL and value not in known_codes()]:
        row = int(np.flatnonzero(codes == values.index(unknown[0]))[0])
        raise answer.refuse("a partner code of Schedule C", ", ".join(unknown), row, "CTY_CODE")
    kinds = np.array([_kind(value) for value in values], np.int64)
    if "SUMMARY_LVL" in answer.columns:
        groups = _flags(answer, "SUMMARY_LVL", lambda value: value == _COUNTRY_GROUP)
        details = _flags(answer, "SUMMARY_LVL", lambda value: value == _DETAIL)
        for row in np.flatnonzero((groups != (kinds == GROUP)[codes]) | ~(groups | details))[:1].tolist():
            code, level = values[codes[row]], answer.columns["SUMMARY_LVL"][row].as_py()
            expected = f"{_COUNTRY_GROUP if kinds[codes[row]] == GROUP else _DETAIL} for partner {code}"
            raise answer.refuse(expected, repr(level), row, "SUMMARY_LVL")
    return codes, kinds[codes], [WORLD if value == TOTAL else value for value in values]


def _kind(code: str) -> int:
    if code == TOTAL:
        return ALL
    return GROUP if is_aggregate(code) else SINGLE


def _commodities(
    answer: Answer, commodity: Commodity | None, taken: Flags
) -> tuple[Integers, Integers, list[str | None], list[str]]:
    """Codes into the commodities, codes into the levels, and both lists; the total is commodity 0 of level 0."""
    if commodity is None:
        nothing = np.zeros(answer.rows, np.int64)
        return nothing, nothing, [None], [LEVEL_OF_TOTAL]
    codes, values = _coded(answer, commodity.variable)
    first = _first_rows(codes, taken, len(values))
    own = [_level(commodity.classification, value) for value in values]
    for value, level, row in zip(values, own, first, strict=True):
        if level is None and row >= 0:
            expected = f"a code of {commodity.classification} or {TOTAL}"
            raise answer.refuse(expected, repr(value), row, commodity.variable)
    if "COMM_LVL" in answer.columns:
        _check_levels(answer, codes, values, own, taken)
    levels = sorted({level for level, row in zip(own, first, strict=True) if level and row >= 0} - {LEVEL_OF_TOTAL})
    levels = [LEVEL_OF_TOTAL, *levels]
    places = {level: place for place, level in enumerate(levels)}
    level_of = np.array([places.get(level or LEVEL_OF_TOTAL, 0) for level in own], np.int64)
    commodity_of = np.where(level_of == 0, 0, np.arange(1, len(values) + 1))
    return commodity_of[codes], level_of[codes], [None, *values], levels


def _level(classification: Classification, code: str) -> str | None:
    if code == TOTAL or (classification == "NAICS" and code == _NAICS_TOTAL):
        return LEVEL_OF_TOTAL
    if not _CODE_PATTERNS[classification].fullmatch(code):
        return None
    return LEVELS[f"{_PREFIX[classification]}{len(code)}"]


def _check_levels(answer: Answer, codes: Integers, values: list[str], own: list[str | None], taken: Flags) -> None:
    """Refuse a COMM_LVL that is not the level of the row's code; the level of a total may be anything."""
    told, names = _coded(answer, "COMM_LVL")
    pair = codes * len(names) + told
    for one, row in zip(*np.unique(pair[taken], return_index=True), strict=True):
        code, name = divmod(int(one), len(names))
        if own[code] not in (LEVEL_OF_TOTAL, LEVELS.get(names[name])):
            expected = f"the level of code {values[code]}, {own[code]}"
            raise answer.refuse(expected, repr(names[name]), int(np.flatnonzero(taken)[row]), "COMM_LVL")


def _note_unlisted(rows: Rows, notes: list[str]) -> None:
    """Refuse codes that cannot be, and note those that may be but are in no list of codes."""
    everywhere = np.ones(len(rows.row), np.bool_)
    present = _first_rows(rows.commodity, everywhere, len(rows.commodities))
    recent = _first_rows(rows.commodity, rows.month >= LISTED_SINCE, len(rows.commodities))
    noted: list[str] = []
    for code, first, first_recent in zip(rows.commodities, present, recent, strict=True):
        if code is None or first < 0:
            continue
        level = rows.levels[rows.level[first]]
        if first_recent >= 0 and is_impossible(level, code, rows.flow):
            expected = f"a code in the lists of {rows.classification} (or the lists have to be renewed)"
            variable = next(one.variable for one in COMMODITIES if one.variable in rows.answer.columns)
            raise rows.answer.refuse(expected, f"{level} {code}", int(rows.row[first_recent]), variable)
        if is_unlisted(level, code, rows.flow):
            noted.append(code)
    if noted:
        notes.append(f"{len(noted):,} codes are in no list of codes, such as {', '.join(sorted(noted)[:_EXAMPLES])}")


def _first_rows(codes: Integers, taken: Flags, count: int) -> list[int]:
    """The first taken row of each code, -1 where there is none."""
    first = np.full(count, -1, np.int64)
    rows = np.flatnonzero(taken)[::-1]
    first[codes[rows]] = rows
    return [int(row) for row in first]


def _months(answer: Answer) -> Integers:
    """Months counted from year 0, told by `time`, by YEAR and MONTH, or by both alike."""
    told: list[tuple[str, Integers, list[str]]] = []
    if "time" in answer.columns:
        told.append(("time", *_coded(answer, "time")))
    if {"YEAR", "MONTH"} <= answer.columns.keys():
        (years, year_names), (months, month_names) = _coded(answer, "YEAR"), _coded(answer, "MONTH")
        names = [f"{year}-{month}" for year in year_names for month in month_names]
        told.append(("YEAR and MONTH", years * len(month_names) + months, names))
    found = [_month_numbers(answer, *one) for one in told]
    for row in np.flatnonzero(found[0] != found[-1])[:1].tolist():
        seen = f"{period_name(found[0][row])} and {period_name(found[-1][row])}"
        raise answer.refuse("time the same as YEAR and MONTH", seen, row)
    return found[0]


def _month_numbers(answer: Answer, variable: str, codes: Integers, names: list[str]) -> Integers:
    limit = last_ended_month()
    last = limit.year * 12 + limit.month - 1
    numbers = np.array([_month_number(name) for name in names], np.int64)[codes]
    for row in np.flatnonzero((numbers < FIRST_MONTH) | (numbers > last))[:1].tolist():
        expected = f"a month from {period_name(FIRST_MONTH)} to {period_name(last)}"
        raise answer.refuse(expected, names[codes[row]], row, variable)
    return numbers


def _month_number(name: str) -> int:
    """A month counted from year 0, -1 where the text is none: 2024-12, its first day, or Dec-24 as Excel saves it."""
    year, month = 0, 0
    if match := _MONTH.fullmatch(name):
        year, month = int(match[1]), int(match[2])
    elif match := _MONTH_OF_EXCEL.fullmatch(name):
        year, month = (
            int(match[2]) + (1900 if int(match[2]) >= _FIRST_YEAR_OF_CENTURY else 2000),
            _SHORT_MONTHS.get(match[1], 0),
        )
    return year * 12 + month - 1 if 1 <= month <= 12 else -1


def _figures(answer: Answer, flow: Flow) -> dict[Period, Figures]:
    found: dict[Period, Figures] = {}
    for period, suffix in PERIODS.items():
        values = {
            column: answer.integers(name + suffix, LARGEST_VALUE)
            for name, (of, column) in VALUES.items()
            if of == flow and name + suffix in answer.columns
        }
        if values:
            found[period] = _with_quantity(answer, flow, suffix, values)
    return found


def _with_quantity(answer: Answer, flow: Flow, suffix: str, values: dict[str, Integers]) -> Figures:
    """Quantities are unknown where flagged M, where the unit is X, and where they are 0 without a flag to tell."""
    name = next(name + suffix for name, of in QUANTITIES.items() if of == flow)
    if name not in answer.columns:
        return Figures(values, None, np.zeros(answer.rows, np.bool_))
    quantity = answer.integers(name, LARGEST_QUANTITY)
    known = quantity != 0
    if f"{name}_FLAG" in answer.columns:
        flag = pc.fill_null(answer.columns[f"{name}_FLAG"], "")
        for row in np.flatnonzero(~_is_in(flag, ("", _MISSING)))[:1].tolist():
            raise answer.refuse(f"a blank or {_MISSING}", repr(flag[row].as_py()), row, f"{name}_FLAG")
        known = _is_in(flag, ("",))
    if QUANTITY_UNIT in answer.columns:
        known &= ~_is_in(answer.columns[QUANTITY_UNIT], (_NO_UNIT,))
    return Figures(values, quantity, known)


def _is_in(column: pa.Array, values: tuple[str, ...]) -> Flags:
    found: Flags = pc.is_in(column, value_set=pa.array(values)).to_numpy(zero_copy_only=False)
    return found


def _note_columns(answer: Answer, rows: Rows, notes: list[str]) -> None:
    taken = {
        name + PERIODS[period]
        for period, figures in rows.figures.items()
        for name, (_, column) in VALUES.items()
        if column in figures.values
    } | {name + PERIODS[period] for period in rows.figures for name in QUANTITIES}
    if left := [name for name in answer.columns if name in MEASURES and name not in taken]:
        notes.append(f"measures not taken: {', '.join(left)}")

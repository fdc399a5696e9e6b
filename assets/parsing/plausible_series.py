"""Whether series and answers to queries can be what they are called: evidence against a file, from the file alone.

Here belong totals of trade (FRED, BEA, FT-900), the API's answers and DataWeb's exports: balances of the wrong sign, another
series under the name, World in another unit, a large partner that is missing, falls to nothing or leaps, duty beyond any
rate. The country table is judged in `plausible.py`; what other files say of the same cells does not belong here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.parsing import bea, census_api, fred, ft900, usitc_dataweb
from assets.parsing.cells import MICRO, Floats, Ints, place
from assets.parsing.census_api_rows import WORLD
from assets.parsing.common import Evidence, Parsed
from assets.parsing.plausible import LARGE_USD, LEAPING_MONTHS, fallen, leapt, without_closures
from assets.reference.partners import codes_named, is_aggregate, name_of

SIGNS = {"goods": -1, "goods_services": -1, "services": 1}
"""Of the balances since `SIGNED_SINCE`, in every print at hand (BEA, FT-900): the smallest deficit of a month is $831 million."""
SIGNED_SINCE = 1976
BALANCE_LEAP = 3
"""Times the second-largest change of a balance from month to month; 2.7 is the largest seen (April 2025)."""
BALANCE_STEP = 1.5
"""Times the median of the twelve months before, the change of FRED's balance to the next month; the largest seen is 0.99
(April 2025, print of August 2025), 0.45 without it. Three times an ordinary month is 2 off."""
STEPS_SINCE = 1996
"""Before, the deficit was so small that a month changed it by more."""
TOTAL_STEP = {"exports": 0.5, "imports": 0.33}
"""Of a total of trade from month to month, in logarithms, whatever else is in the file: one and a half times the largest seen
since 1992 (BEA, FT-900 exhibits 1 and 12). Exports 0.343 (April 2020, not adjusted), imports 0.222 (April 2025)."""
LARGE_PARTNERS = (
    "1220", "2010", "3510", "4120", "4210", "4279", "4280", "4419", "4759", "5590", "5700", "5800", "5830", "5880",
)  # fmt: skip
"""Partners with imports and exports above $4 billion in every year since 1989 (DataWeb): none is without a month of trade."""
LARGE_SINCE = 1992
"""Before, Germany has other codes."""
MANY_PARTNERS = 100
"""A period with so many partners was asked for with all of them; 210 to 240 trade in a month."""
ALL_CHAPTERS = 90
"""So many chapters are as good as all 98."""
WORLD_MONTH_USD = (10_000 * MICRO, 1_000_000 * MICRO)
"""World exports were $27 billion in a month of 1989, imports $420 billion in March 2025."""
LEAPING_USD = 12_000 * MICRO
"""Smaller partners leap: Ireland did in 2025, by pharmaceuticals, when an ordinary month was $10.7 billion."""
SHARE_LEAP = 0.5
"""A partner's share of World, in logarithms, from one month to the next; the largest seen of partners of half that size is
0.36, in any 60 months or more of 2010 to 2024 (country table, API), but for the spring of 2020. Twice as much is 0.69."""
HIGHEST_RATE = 5.0
"""Of a commodity of a partner: 350 % on tobacco is the highest of the schedule, 145 % was the highest added to it (2025)."""
HIGHEST_TOTAL_RATE = 1.0
"""Of all goods of a partner or of World."""
LARGE_TOTAL_USD = 100 * MICRO

_YEAR = 12
_Flags = npt.NDArray[np.bool_]


def evidence_against(parsed: Parsed) -> list[Evidence]:
    """What speaks against a file of the right layout; empty where nothing does.

    One piece a kind and series, or partner and flow: its first cell, and how many more there are.
    """
    table = parsed.table
    if not table.num_rows:
        return []
    match parsed.source:
        case fred.SOURCE | bea.SOURCE | ft900.SOURCE:
            return [*_signs(table), *_first_year(parsed), *_balance_leaps(parsed), *_total_leaps(table)]
        case census_api.SOURCE:
            return [*_names(table), *_world_unit(table), *_duties(table), *_partners(_months_of_partners(table))]
        case usitc_dataweb.SOURCE:
            return list(_partners(_years_of_partners(table)))
    return []


def _signs(table: pa.Table) -> Iterator[Evidence]:
    """Balances of another sign than they have had in every period since 1976."""
    for concept, sign in SIGNS.items():
        rows = table.filter(
            (pc.field("concept") == concept) & (pc.field("flow") == "balance") & (pc.field("year") >= SIGNED_SINCE)
        ).to_pylist()
        wrong = [row for row in rows if row["value_musd"] * sign <= 0]
        if wrong:
            kind = "surplus" if sign > 0 else "deficit"
            expected = f"a {kind} of {concept}, as in every period since {SIGNED_SINCE}"
            yield _evidence(wrong, expected)


def _first_year(parsed: Parsed) -> Iterator[Evidence]:
    """A file that is called FRED's series and has another 1992 than every vintage of it."""
    if parsed.source != fred.SOURCE:
        return
    rows = {row["month"]: row for row in parsed.table.to_pylist() if row["year"] == fred.FIRST_YEAR}
    known = dict(enumerate(fred.FIRST_YEAR_MUSD, start=1))
    wrong = [row for month, row in sorted(rows.items()) if row["value_musd"] != known[month]]
    if wrong:
        expected = f"{known[wrong[0]['month']]:,}, as in every vintage of {fred.SERIES}"
        yield _evidence(wrong, expected)


def _balance_leaps(parsed: Parsed) -> Iterator[Evidence]:
    """A change of FRED's balance from month to month far beyond all its others, or beyond any that was seen."""
    if parsed.source != fred.SOURCE:
        return
    rows = parsed.table.sort_by([("year", "ascending"), ("month", "ascending")]).to_pylist()
    values = np.array([float(row["value_musd"]) for row in rows])
    change = np.abs(np.diff(values, prepend=values[:1]))
    at = int(change.argmax())
    others = np.delete(change, slice(max(at - 1, 0), at + 2))
    if len(rows) >= LEAPING_MONTHS and change[at] > BALANCE_LEAP * others.max():
        expected = f"a change of at most {BALANCE_LEAP} times the next, {others.max():,.0f} $ million"
        yield _evidence([rows[at]], expected)
        return
    for month in range(_YEAR, len(rows)):
        allowed = BALANCE_STEP * abs(float(np.median(values[month - _YEAR : month])))
        if rows[month]["year"] >= STEPS_SINCE and change[month] > allowed:
            expected = f"a change of at most {BALANCE_STEP} times an ordinary month, {allowed:,.0f} $ million"
            yield _evidence([rows[month]], expected)
            return


def _total_leaps(table: pa.Table) -> Iterator[Evidence]:
    """Exports or imports of a month that leap beyond all other months of the file, or beyond any that was seen."""
    months = table.filter(pc.field("month").is_valid() & (pc.field("flow") != "balance"))
    series = ["concept", "basis", "adjustment", "flow"]
    for one in months.select(series).group_by(series).aggregate([]).to_pylist():
        rows = months.filter(
            (pc.field("concept") == one["concept"])
            & (pc.field("basis") == one["basis"])
            & (pc.field("adjustment") == one["adjustment"])
            & (pc.field("flow") == one["flow"])
        )
        rows = rows.sort_by([("year", "ascending"), ("month", "ascending")])
        values = rows["value_musd"].cast(pa.float64()).to_numpy()
        off, reach = leapt(values) if rows.num_rows >= LEAPING_MONTHS else (np.zeros(len(values), dtype=bool), 0.0)
        told = f"the largest other change is {reach:.0%}"
        if not off.any():
            off = _stepped(rows, TOTAL_STEP[one["flow"]])
            told = f"within {np.expm1(TOTAL_STEP[one['flow']]):.0%}, more than any change since 1992"
        if off.any():
            expected = f"{one['concept']} {one['flow']} near the month before: {told}"
            yield _evidence([row for row, is_off in zip(rows.to_pylist(), off, strict=True) if is_off], expected)


def _stepped(rows: pa.Table, most: float) -> _Flags:
    """Months of one total, in order, that are further from the month before than `most`, in logarithms."""
    values = rows["value_musd"].cast(pa.float64()).to_numpy()
    number = rows["year"].to_numpy().astype(np.int64) * _YEAR + rows["month"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.abs(np.diff(np.log(values), prepend=np.nan))
    follows = np.diff(number, prepend=number[:1]) == 1
    # A total of nothing or less has no logarithm, and is further off than any.
    stepped: _Flags = follows & (change > most) | (values <= 0)
    return stepped


def _evidence(rows: list[dict[str, object]], expected: str) -> Evidence:
    """The first of the rows of a table of totals, and how many more there are."""
    row = rows[0]
    sheet, number = row["sheet"], int(str(row["row_number"]))
    where = place(str(sheet), number) if sheet else f"row {number}"
    period = f"{row['year']}" if row["month"] is None else f"{row['year']}-{int(str(row['month'])):02d}"
    return Evidence(where, expected, f"{row['value_musd']:,.0f} $ million in {period}{_more(len(rows))}")


def _more(count: int) -> str:
    return f" and {count - 1} more" if count > 1 else ""


def _names(table: pa.Table) -> Iterator[Evidence]:
    """A name beside a code that is another code's, and never was this one's, in an answer that gives names."""
    pairs = table.group_by(["partner_code", "partner_name"]).aggregate([("row_number", "min")])
    for pair in pairs.sort_by("row_number_min").to_pylist():
        code, name = pair["partner_code"], pair["partner_name"]
        named = codes_named(census_api.SOURCE, name) if name and not is_aggregate(code) else frozenset()
        if named and code not in named:
            where = f"row {pair['row_number_min']}, column CTY_NAME"
            seen = f"{name!r}, the name of {', '.join(sorted(named))}"
            yield Evidence(where, f"the name of {code}, {name_of(code)}", seen)


def _world_unit(table: pa.Table) -> Iterator[Evidence]:
    """World's total of a month in another unit than dollars."""
    world = table.filter((pc.field("row_kind") == "world_total") & (pc.field("period") == "month"))
    for measure in ("general_value_usd", "consumption_value_usd", "export_value_usd"):
        usd = world[measure]
        wrong = world.filter(
            pc.fill_null(pc.or_(pc.less(usd, WORLD_MONTH_USD[0]), pc.greater(usd, WORLD_MONTH_USD[1])), False)
        )
        if wrong.num_rows:
            row = wrong.slice(0, 1).to_pylist()[0]
            low, high = (bound // MICRO for bound in WORLD_MONTH_USD)
            expected = f"World between $ {low:,} and {high:,} million in a month"
            seen = f"${row[measure]:,} in {row['reference_month']:%Y-%m}{_more(wrong.num_rows)}"
            yield Evidence(_place(row), expected, seen)


def _duties(table: pa.Table) -> Iterator[Evidence]:
    """Duty beyond the highest rate that ever was, on a commodity or on all goods of a partner."""
    value = pc.cast(table["consumption_value_usd"], pa.float64())
    duty = pc.cast(table["calculated_duty_usd"], pa.float64())
    is_total = pc.and_(pc.is_null(table["commodity_code"]), pc.greater_equal(value, LARGE_TOTAL_USD))
    highest = pc.if_else(is_total, HIGHEST_TOTAL_RATE, HIGHEST_RATE)
    # Duty is rounded to the dollar, which tells on values of a few dollars.
    wrong = table.filter(pc.fill_null(pc.greater(duty, pc.add(pc.multiply(value, highest), 1)), False))
    if wrong.num_rows:
        row = wrong.slice(0, 1).to_pylist()[0]
        expected = f"duty of at most {HIGHEST_RATE:.0%} on a commodity, {HIGHEST_TOTAL_RATE:.0%} on all goods"
        seen = f"${row['calculated_duty_usd']:,} on ${row['consumption_value_usd']:,}{_more(wrong.num_rows)}"
        yield Evidence(_place(row), expected, seen)


def _place(row: dict[str, object]) -> str:
    member = f"member {row['member']}, " if row["member"] else ""
    return f"{member}row {row['row_number']}"


@dataclass(frozen=True)
class _Panel:
    """Trade of single partners in neighbouring periods. `usd` is (codes, periods): 0 where the file has others' figures of
    the period, NaN where it has those of few partners or of none."""

    flow: str
    months: int
    """Length of a period."""
    codes: list[str]
    first: int
    """The first period: years, or months counted from year 0."""
    usd: Floats
    rows: Ints
    """(codes, periods): row of the file, 0 where it has none."""

    def period(self, at: int) -> str:
        """A period as text: 2024, 2024-06."""
        number = self.first + at
        return f"{number}" if self.months == _YEAR else f"{number // _YEAR}-{number % _YEAR + 1:02d}"

    def evidence(self, code: int, off: _Flags, expected: str) -> Evidence:
        """What was expected and seen in the first period of those found, and how many more there are."""
        found = np.flatnonzero(off)
        first = int(found[0])
        row = int(self.rows[code, first])
        where = f"row {row}, {self.period(first)}" if row else self.period(first)
        name = name_of(self.codes[code])
        return Evidence(
            where,
            expected,
            f"{name} {self.flow} of {_musd(self.usd[code, first])} in {self.period(first)}{_more(len(found))}",
        )


def _months_of_partners(table: pa.Table) -> Iterator[_Panel]:
    """Totals of partners by month: published, or the sum of as good as all chapters."""
    months = table.filter(pc.field("period") == "month")
    for flow, measure in (("imports", "general_value_usd"), ("exports", "export_value_usd")):
        rows = months.filter((pc.field("flow") == flow) & (pc.field("row_kind") == "country_total"))
        if not rows.num_rows:
            rows = months.filter(
                (pc.field("flow") == flow) & (pc.field("row_kind") == "detail") & (pc.field("level") == "HS2")
            )
            if len(rows["commodity_code"].unique()) < ALL_CHAPTERS:
                continue
        number = pc.add(
            pc.multiply(pc.year(rows["reference_month"]), _YEAR), pc.subtract(pc.month(rows["reference_month"]), 1)
        )
        yield from _panel(rows["partner_code"], number, rows[measure], rows["row_number"], flow, months=1)


def _years_of_partners(table: pa.Table) -> Iterator[_Panel]:
    flow = table["flow"][0].as_py()
    partners = table.filter(pc.not_equal(table["partner_code"], WORLD))
    columns = (partners["partner_code"], partners["year"], partners["value_usd"], partners["row_number"])
    yield from _panel(*columns, flow, months=_YEAR)


def _panel(
    partner: pa.ChunkedArray,
    period: pa.ChunkedArray,
    usd: pa.ChunkedArray,
    row: pa.ChunkedArray,
    flow: str,
    *,
    months: int,
) -> Iterator[_Panel]:
    table = pa.table({"partner": partner.cast(pa.string()), "period": period.cast(pa.int64()), "usd": usd, "row": row})
    sums = (
        table.filter(pc.is_valid(table["usd"]))
        .group_by(["partner", "period"])
        .aggregate([("usd", "sum"), ("row", "min")])
    )
    codes = sorted(code for code in sums["partner"].unique().to_pylist() if not is_aggregate(code))
    sums = sums.filter(pc.is_in(sums["partner"], pa.array(codes, pa.string())))
    if not codes:
        return
    periods = sums["period"].to_numpy()
    first = int(periods.min())
    at = pc.index_in(sums["partner"], pa.array(codes)).to_numpy(), periods - first
    shape = len(codes), int(periods.max()) - first + 1
    values, rows = np.zeros(shape), np.zeros(shape, np.int64)
    values[at], rows[at] = sums["usd_sum"].to_numpy(), sums["row_min"].to_numpy()
    values[:, (rows > 0).sum(axis=0) < MANY_PARTNERS] = np.nan
    yield _Panel(flow, months, codes, first, values, rows)


def _partners(panels: Iterator[_Panel]) -> Iterator[Evidence]:
    """Large partners that are missing, and others that fall to nothing or leap, in periods with figures of most partners."""
    for panel in panels:
        years = (panel.first + np.arange(panel.usd.shape[1])) // (_YEAR // panel.months)
        must_trade = ~np.isnan(panel.usd).all(axis=0) & (years >= LARGE_SINCE)
        for code in LARGE_PARTNERS:
            if code not in panel.codes and must_trade.any():
                expected = f"{name_of(code)} ({code}) among {len(panel.codes)} partners"
                seen = f"no {panel.flow}{_more(int(must_trade.sum()))}"
                yield Evidence(panel.period(int(np.flatnonzero(must_trade)[0])), expected, seen)
        world = np.nansum(panel.usd, axis=0)
        for at, code in enumerate(panel.codes):
            usd = panel.usd[at]
            if np.nanmax(usd, initial=0) < panel.months * LARGE_USD:
                continue
            off, typical = fallen(usd, panel.months)
            if panel.months == _YEAR:
                off &= usd == 0
            if code in LARGE_PARTNERS:
                off |= (usd == 0) & must_trade
            if off.any():
                beside = typical[int(np.flatnonzero(off)[0])]
                expected = "trade, as in every period" if np.isnan(beside) else f"about {_musd(beside)}, as beside it"
                yield panel.evidence(at, off, expected)
            elif panel.months == 1 and (usd > 0).sum() >= LEAPING_MONTHS:
                share = np.divide(usd, world, out=np.full(len(usd), np.nan), where=world > 0)
                off, reach = leapt(without_closures(share, panel.first), SHARE_LEAP)
                off &= typical >= LEAPING_USD
                if off.any():
                    expected = (
                        f"a share of World near that of the month before: the largest other change is {reach:.0%}"
                    )
                    yield panel.evidence(at, off, expected)


def _musd(usd: float) -> str:
    return f"${usd / MICRO:,.1f} million"

"""Regressions of import values on realised duty rates: long difference, PPML and event study, each with its formula.

An optional part: the estimator library is the extra `regression` and is imported only when a model is fitted. Bounds
without a model (diversion, shift-share) are in `assets.methods.diversion`.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import duckdb

from assets.contracts.flags import REGRESSION
from assets.contracts.models import marts

if TYPE_CHECKING:
    import pandas as pd

YEARS = marts.commodity_partner_year
MONTHS = marts.commodity_partner_month
CHINA = "5700"
WORLD = "0015"

BASE_PERIOD = -6
"""Month before the event that effects are measured from: six before, because imports were brought forward."""
FIRST_BIN, LAST_BIN = -12, 7
"""Event months at and beyond these are one bin each."""
MIN_OBSERVATIONS = 60
FIXEF_TOLERANCE = 1e-12
"""At the library's own 1e-6 standard errors differ from run to run by up to 1e-5, with the order in which threads add up."""
DIGITS = 4
"""Significant digits of what is written: two runs agree to nine, and no estimate here means more than four."""
RECIPROCAL_DUTY = date(2025, 4, 1)
"""The event: the month in which the reciprocal duty, which is on all partners, took effect."""


class RegressionsUnavailable(RuntimeError):
    """The estimator library is not installed."""


class TooFewObservations(LookupError):
    """The marts do not hold the sample that a model needs."""


@dataclass(frozen=True)
class Estimate:
    """One coefficient with its specification; the fields are the columns of `flags.regression`."""

    model: str
    specification: str
    term: str
    estimate: float
    std_error: float
    low: float
    high: float
    p_value: float
    observations: int
    clusters: int
    sentence: str


@dataclass(frozen=True)
class NotEstimated:
    """A model without an estimate, and why."""

    model: str
    sentence: str


@dataclass(frozen=True)
class _Model:
    """What is fitted and how it is told."""

    name: str
    formula: str
    cluster: str
    sample: str

    @property
    def specification(self) -> str:
        return f"{self.formula}; standard errors clustered by {self.cluster}; {self.sample}"


def long_difference(
    con: duckdb.DuckDBPyConnection,
    year0: int,
    year1: int,
    *,
    years: str = YEARS,
    reference: str = CHINA,
    level: str = "HS6",
) -> list[Estimate]:
    """`D ln V(reference, p)` on the change of the realised duty rate, over products with imports in both years.

    Twice: without and with effects of HS chapters; clustered by heading. `years` has the columns of
    `marts.commodity_partner_year` (imports for consumption, USD). Value and duty rate share the value, so that errors
    in it move both: read with the event study. Raises `RegressionsUnavailable`, `TooFewObservations`.
    """
    frame = con.execute(
        f"""
        with pair as (
            select commodity_code, year, sum(consumption_value_usd) as value, sum(calculated_duty_usd) as duty
            from {years}
            where flow = 'imports' and level = $level and partner_code = $reference and year in ($year0, $year1)
            group by all)
        select left(before.commodity_code, 4) as heading, left(before.commodity_code, 2) as chapter,
            ln(after.value / before.value) as log_change,
            after.duty / after.value - before.duty / before.value as duty_rate
        from (from pair where year = $year0) as before join (from pair where year = $year1) as after
            using (commodity_code)
        where before.value > 0 and after.value > 0 and before.duty is not null and after.duty is not null
        order by commodity_code""",
        {"level": level, "reference": reference, "year0": year0, "year1": year1},
    ).df()
    sample = f"{level} products bought from {reference} in {year0} and {year1}, imports for consumption"
    models = (
        _Model("long_difference", "log_change ~ duty_rate", "heading", sample),
        _Model("long_difference_hs2", "log_change ~ duty_rate | chapter", "heading", sample),
    )
    return [estimate for model in models for estimate in _estimates(model, _fit("feols", model, frame))]


def ppml(
    con: duckdb.DuckDBPyConnection, first: date, last: date, *, months: str = MONTHS, level: str = "NAICS3"
) -> list[Estimate]:
    """PPML of monthly imports on the realised duty rate of the month, with the fixed effects of a trade panel.

    Product x partner, partner x month and sector x month (two digits) effects, clustered by product; months without
    trade are zeros with the duty rate of the last month with trade. Only differences between products of a partner and
    between partners of a product identify it; a response common to a partner or a sector is in the effects.
    """
    frame = _panel(con, first, last, months, level)
    model = _Model(
        "ppml",
        "value ~ duty_rate | product_partner + partner_month + sector_month",
        "commodity_code",
        f"{level} x partner, {first:%Y-%m} to {last:%Y-%m}, imports for consumption",
    )
    return _estimates(model, _fit("fepois", model, frame))


def event_study(
    con: duckdb.DuckDBPyConnection,
    event: date,
    first: date,
    last: date,
    *,
    months: str = MONTHS,
    level: str = "NAICS3",
) -> list[Estimate]:
    """Path of imports around a common event month, by the rise of the realised duty rate of product and partner.

    The rise is the rate after the event less the rate before, one number a pair, times dummies of the months around the
    event; base month -6, ends binned at -12 and 7. Every pair meets the event in the same month, so none serves as a
    control that is treated later. Effects and clusters as in `ppml`. One estimate a month bin.
    """
    frame = _panel(con, first, last, months, level)
    if frame["reference_month"].nunique() < LAST_BIN - FIRST_BIN or event > frame["reference_month"].max().date():
        raise TooFewObservations(f"event_study: no {LAST_BIN - FIRST_BIN} months around {event:%Y-%m}")
    since = (frame["number"] - (12 * event.year + event.month - 1)).clip(FIRST_BIN, LAST_BIN)
    sides = frame.assign(side=(since >= 0).map({False: "before", True: "after"}))
    sums = sides.pivot_table(index="product_partner", columns="side", values=["duty", "value"], aggfunc="sum")
    rate = sums["duty"] / sums["value"]
    rise = (rate["after"] - rate["before"]).dropna()
    frame = frame[frame["product_partner"].isin(rise.index)]
    dose = frame["product_partner"].map(rise)
    bins = [month for month in range(FIRST_BIN, LAST_BIN + 1) if month != BASE_PERIOD]
    names = [f"month_{'m' if month < 0 else 'p'}{abs(month)}" for month in bins]
    frame = frame.assign(
        **{name: dose * (since[frame.index] == month) for name, month in zip(names, bins, strict=True)}
    )
    model = _Model(
        "event_study",
        f"value ~ {' + '.join(names)} | product_partner + partner_month + sector_month",
        "commodity_code",
        f"{level} x partner, {first:%Y-%m} to {last:%Y-%m}, event {event:%Y-%m}, base month {BASE_PERIOD}, "
        f"bins at {FIRST_BIN} and {LAST_BIN}, imports for consumption",
    )
    return _estimates(model, _fit("fepois", model, frame))


def build_regressions(con: duckdb.DuckDBPyConnection) -> Sequence[str]:
    """Replace `flags.regression` by all models on the marts; returns a note for each that could not be estimated.

    China's imports of the two newest years by HS6; monthly NAICS3 x partner from two years before the year of the reciprocal
    duty on, which is the event. A model without its sample, and all models without the library, have one row that says so.
    """
    try:
        _library()
    except RegressionsUnavailable as problem:
        reason = f"Not estimated: {problem}."
        write_regressions(con, [NotEstimated(model, reason) for model in ("long_difference", "ppml", "event_study")])
        return [reason]
    years = con.execute(
        f"select distinct year from {YEARS} where flow = 'imports' and level = 'HS6' order by year desc limit 2"
    ).fetchall()
    last = con.execute(
        f"select max(reference_month) from {MONTHS} where level = 'NAICS3' and calculated_duty_usd is not null"
    ).fetchall()[0][0]
    first = date(RECIPROCAL_DUTY.year - 2, 1, 1)
    models: dict[str, Callable[[], list[Estimate]]] = {
        "long_difference": lambda: long_difference(con, *(_years_of(years))),
        "ppml": lambda: ppml(con, first, last or first),
        "event_study": lambda: event_study(con, RECIPROCAL_DUTY, first, last or first),
    }
    estimates: list[Estimate | NotEstimated] = []
    notes: list[str] = []
    for name, estimate in models.items():
        try:
            estimates += estimate()
        except TooFewObservations as problem:
            notes.append(f"Not testable with the data loaded: {problem}.")
            estimates.append(NotEstimated(name, notes[-1]))
    write_regressions(con, estimates)
    return notes


def write_regressions(con: duckdb.DuckDBPyConnection, estimates: Iterable[Estimate | NotEstimated]) -> None:
    """Replace `flags.regression` by `estimates`."""
    con.execute(REGRESSION.create_sql())
    rows = [
        astuple(estimate)
        if isinstance(estimate, Estimate)
        else (estimate.model, *[None] * (len(REGRESSION.columns) - 2), estimate.sentence)
        for estimate in estimates
    ]
    if rows:
        places = ", ".join("?" for _ in REGRESSION.columns)
        con.executemany(f"insert into {REGRESSION} values ({places})", rows)


def _years_of(rows: Sequence[tuple[int]]) -> tuple[int, int]:
    """The year before and the newest one."""
    if len(rows) < 2 or rows[0][0] - rows[1][0] != 1:
        raise TooFewObservations("long_difference: two consecutive years by HS6 are needed")
    return rows[1][0], rows[0][0]


def _panel(con: duckdb.DuckDBPyConnection, first: date, last: date, months: str, level: str) -> "pd.DataFrame":
    """Balanced panel of every pair with trade and duty in the months: value and duty in USD, the rate as a fraction."""
    return con.execute(
        f"""
        with cell as (
            select commodity_code, partner_code, reference_month, sum(consumption_value_usd)::double as value,
                sum(calculated_duty_usd)::double as duty
            from {months}
            where flow = 'imports' and level = $level and partner_code <> '{WORLD}'
                and reference_month between $first and $last and calculated_duty_usd is not null
            group by all),
        pairs as (select commodity_code, partner_code from cell group by all having sum(value) > 0),
        balanced as (
            select commodity_code, partner_code, reference_month, coalesce(value, 0) as value, coalesce(duty, 0) as duty
            from pairs cross join (select distinct reference_month from cell)
                left join cell using (commodity_code, partner_code, reference_month))
        select *, 12 * year(reference_month) + month(reference_month) - 1 as number,
            coalesce(
                last_value(if(value > 0, duty / value, null) ignore nulls) over (
                    partition by commodity_code, partner_code order by reference_month),
                first_value(if(value > 0, duty / value, null) ignore nulls) over (
                    partition by commodity_code, partner_code order by reference_month
                    rows between unbounded preceding and unbounded following)) as duty_rate,
            commodity_code || ' ' || partner_code as product_partner,
            partner_code || ' ' || reference_month as partner_month,
            left(commodity_code, 2) || ' ' || reference_month as sector_month
        from balanced order by commodity_code, partner_code, reference_month""",
        {"level": level, "first": first, "last": last},
    ).df()


def _library() -> ModuleType:
    try:
        return import_module("pyfixest")
    except ModuleNotFoundError as error:
        raise RegressionsUnavailable(
            "the estimator library pyfixest is not installed; install the project with its extra: tradewake[regression]"
        ) from error


def _fit(estimator: str, model: _Model, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Coefficients of the model as a table of the library, with the number of observations used."""
    library = _library()
    if len(frame) < MIN_OBSERVATIONS:
        raise TooFewObservations(f"{model.name}: {len(frame)} observations, at least {MIN_OBSERVATIONS} are needed")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = getattr(library, estimator)(
            model.formula,
            frame,
            vcov={"CRV1": model.cluster},
            demeaner=library.MapDemeaner(fixef_tol=FIXEF_TOLERANCE),
        )
    table: pd.DataFrame = fitted.tidy()
    # What the library says of the data; what it says of coming versions of itself and of pandas is for its authors.
    remarks = [str(one.message).strip().rstrip(".") for one in caught if one.category is UserWarning]
    return table.assign(
        observations=int(fitted._N),
        clusters=frame[model.cluster].nunique(),
        remarks="".join(f"; {remark}" for remark in remarks),
    )


def _estimates(model: _Model, table: "pd.DataFrame") -> list[Estimate]:
    kept: Sequence[tuple[str, pd.Series[float]]] = [
        (str(term), row) for term, row in table.iterrows() if term != "Intercept"
    ]
    return [_estimate(model, _term(term), row) for term, row in kept]


def _term(name: str) -> str:
    """`duty_rate`, or a month relative to the event: month_m3 is -3."""
    if not name.startswith("month_"):
        return name
    return name.removeprefix("month_").replace("m", "-").replace("p", "")


def _rounded(value: float) -> float:
    return float(f"{float(value):.{DIGITS}g}")


def _estimate(model: _Model, term: str, row: "pd.Series[float]") -> Estimate:
    value, low, high = (_rounded(row[name]) for name in ("Estimate", "2.5%", "97.5%"))
    clear = "is not told apart from nil" if low <= 0 <= high else "is told apart from nil"
    place = "" if term == "duty_rate" else f" in month {term} around the event"
    return Estimate(
        model.name,
        model.specification + str(row["remarks"]),
        term,
        value,
        _rounded(row["Std. Error"]),
        low,
        high,
        _rounded(row["Pr(>|t|)"]),
        int(row["observations"]),
        int(row["clusters"]),
        f"With a duty rate higher by 10 points imports differ by {0.1 * value:+.3f} log points{place} (95 % interval "
        f"{0.1 * low:+.3f} to {0.1 * high:+.3f}), which {clear}.",
    )

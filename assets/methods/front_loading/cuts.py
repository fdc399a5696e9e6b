"""The import surge in total, under four cuts and by partner: `flags.front_loading_cut`.

Gold, pharmaceuticals and AI hardware are cut out one after the other, because the surge of early 2025 mixes motives.
Each window ahead of a broad measure (`broad.py`), and early 2025, is a set of rows of its own.
Single products and measures are in `flags.py`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from assets.contracts.flags import FRONT_LOADING_CUT
from assets.contracts.models import marts
from assets.methods.diversion.levels import AI_HARDWARE, PRECIOUS
from assets.methods.diversion.panel import REST
from assets.methods.front_loading.broad import SurgeWindow
from assets.methods.front_loading.flags import MONTHS
from assets.methods.front_loading.seasonal import SEASONS, Floats, expect
from assets.methods.front_loading.windows import COUNTABLE, RULES, WORLD, month_date, month_number
from assets.reference.partners import PARTNER_FILE

PHARMA = ("30", "2937")
"""Medicines and the hormones of the weight-loss drugs; chapter 30 alone where four digits are missing."""

TOTALS = marts.partner_month

CUT_TEXT: Mapping[str, str] = {
    "all": "all goods",
    "ex_gold": "without gold and precious metals",
    "ex_gold_pharma": "without precious metals and pharmaceuticals",
    "ex_gold_pharma_ai": "without precious metals, pharmaceuticals and AI hardware",
}
"""In the order in which they are shown; each leaves out what the one before leaves out."""


@dataclass(frozen=True)
class _LeftOut:
    """Code prefixes that a level leaves out for gold, pharmaceuticals and AI hardware; None: it cannot tell them."""

    gold: tuple[str, ...]
    pharma: tuple[str, ...]
    ai: tuple[str, ...] | None
    proxy: str | None = None

    def by_cut(self) -> dict[str, tuple[str, ...]]:
        """Prefixes of each cut that the level can make."""
        cuts = {"all": (), "ex_gold": self.gold, "ex_gold_pharma": (*self.gold, *self.pharma)}
        return cuts if self.ai is None else {**cuts, "ex_gold_pharma_ai": (*self.gold, *self.pharma, *self.ai)}


LEFT_OUT: Mapping[str, _LeftOut] = {
    "HS6": _LeftOut(PRECIOUS, PHARMA, AI_HARDWARE),
    "HS4": _LeftOut(PRECIOUS, PHARMA, AI_HARDWARE),
    "NAICS3": _LeftOut(
        ("331",),
        ("325",),
        ("334",),
        "primary metals (331) stand for gold, chemicals (325) for pharmaceuticals, computers and electronics (334) for "
        "AI hardware",
    ),
    "HS2": _LeftOut(PRECIOUS, PHARMA[:1], None, "AI hardware cannot be cut out of chapters"),
}
"""Levels in order of preference: the first that reaches back far enough is used."""

SENSITIVITY = (24, 36, 48, 60)
"""Lengths of the clean window in months; the spread of the excess over them is its uncertainty."""


class CutsUnavailable(LookupError):
    """No product level has the months that the cuts need."""


EARLY_2025 = SurgeWindow("early_2025", date(2025, 1, 1), date(2025, 3, 1), date(2024, 10, 1))
"""First quarter of 2025, ahead of the reciprocal duty; clean until the election of November 2024."""


def build_front_loading_cuts(
    con: duckdb.DuckDBPyConnection,
    months: str = MONTHS,
    totals: str = TOTALS,
    windows: Sequence[SurgeWindow] = (EARLY_2025,),
) -> dict[str, int]:
    """Write `flags.front_loading_cut`; return the levels used and the number of windows at each.

    All goods come from `totals` (columns of `marts.partner_month`, general imports, level TOTAL), the cuts from the
    first level of `LEFT_OUT` in `months` (columns of `marts.commodity_partner_month`) that reaches back far enough for the
    window. Raises `CutsUnavailable` where neither has 36 clean months and the months of any window.
    """
    spans = {"TOTAL": _span(con, totals, "is_aggregate is not null")}
    for level in LEFT_OUT:
        spans[level] = _span(con, months, f"flow = 'imports' and level = '{level}'")
    by_level: defaultdict[str, list[SurgeWindow]] = defaultdict(list)
    for window in windows:
        reaching = [level for level, span in spans.items() if _reaches(span, window)]
        for level in reaching[: 2 if "TOTAL" in reaching else 1]:
            by_level[level].append(window)
    if not by_level:
        wanted = ", ".join(f"{_clean_first(window)} to {window.last}" for window in windows)
        raise CutsUnavailable(f"no figures from {wanted}")
    con.execute(FRONT_LOADING_CUT.create_sql())
    con.execute(f"create or replace temp table fl_partner as from read_csv('{PARTNER_FILE}', all_varchar = true)")
    for level, served in by_level.items():
        query = _totals_sql(totals) if level == "TOTAL" else _cuts_sql(months, level)
        con.execute(f"create or replace temp table flc_value as {query}")
        labels, values, first = _read(con)
        for window in served:
            tables = [_expectation(values, first, window), _same_months(values, first, window)]
            batch = pa.concat_tables([table.append_column("row", pa.array(labels)) for table in tables])
            con.register("flc_batch", batch)
            con.execute(f"insert into {FRONT_LOADING_CUT} {_ROWS_SQL}", _parameters(window, level))
            con.unregister("flc_batch")
    return {level: len(served) for level, served in by_level.items()}


def _clean_first(window: SurgeWindow) -> date:
    return month_date(month_number(window.clean_last) - RULES.clean_months + 1)


def _span(con: duckdb.DuckDBPyConnection, relation: str, where: str) -> tuple[date, date] | None:
    """First and last month of the world's rows of the relation."""
    first, last = con.execute(
        f"select min(reference_month), max(reference_month) from {relation} where {where} and partner_code = '{WORLD}'"
    ).fetchall()[0]
    return None if first is None else (first, last)


def _reaches(span: tuple[date, date] | None, window: SurgeWindow) -> bool:
    """True where the months span the clean months and the window."""
    return span is not None and span[0] <= _clean_first(window) and span[1] >= window.last


def _totals_sql(totals: str) -> str:
    """Query (cut, partner_code, reference_month, value, vintage, concept) of all goods, with `REST`."""
    return f"""
        with sums as (
            select 'all' as cut, partner_code, reference_month, imports_usd as value, vintage, 'general' as concept
            from {totals} where not is_aggregate or partner_code = '{WORLD}')
        {_WITH_REST}"""


def _cuts_sql(months: str, level: str) -> str:
    """The same for every cut of a product level: sums over the products that are not left out."""
    parts = []
    for cut, prefixes in LEFT_OUT[level].by_cut().items():
        kept = " and ".join(f"not starts_with(commodity_code, '{prefix}')" for prefix in prefixes) or "true"
        parts.append(f"select '{cut}' as cut, * from chosen where {kept}")
    return f"""
        with source as (
            select *, count(consumption_value_usd) over () >= count(general_value_usd) over () as is_consumption
            from {months} where flow = 'imports' and level = '{level}' and {COUNTABLE}),
        chosen as (
            select commodity_code, partner_code, reference_month, vintage, is_consumption,
                if(is_consumption, consumption_value_usd, general_value_usd) as value from source),
        cuts as ({" union all ".join(parts)}),
        sums as (
            select cut, partner_code, reference_month, sum(value)::bigint as value, max(vintage) as vintage,
                if(any_value(is_consumption), 'consumption', 'general') as concept
            from cuts group by all)
        {_WITH_REST}"""


_WITH_REST = f"""
        from sums
        union all
        select cut, '{REST}', reference_month,
            (2 * sum(value) filter (partner_code = '{WORLD}') - sum(value))::bigint, max(vintage), any_value(concept)
        from sums group by all"""


def _read(con: duckdb.DuckDBPyConnection) -> tuple[list[str], Floats, int]:
    """Labels `cut partner`, values (n, t) in USD, and the number of the first month; months without a row are nil."""
    table = con.execute(
        """
        select cut || ' ' || partner_code as label, 12 * year(reference_month) + month(reference_month) - 1 as month,
            value::double as value
        from flc_value"""
    ).to_arrow_table()
    labels, rows = np.unique(table["label"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    month = table["month"].to_numpy()
    values = np.zeros((len(labels), month.max() - month.min() + 1))
    values[rows, month - month.min()] = table["value"].to_numpy()
    return [str(label) for label in labels], values, int(month.min())


def _expectation(values: Floats, first: int, window: SurgeWindow) -> pa.Table:
    """Excess, payback and z against season and trend, and the spread of the excess over clean windows."""
    clean_last = month_number(window.clean_last) - first
    begins, ends = month_number(window.first) - first, month_number(window.last) - first
    stop = min(ends + 1 + RULES.after_months, values.shape[1])
    excesses = []
    chosen = None
    for length in SENSITIVITY:
        clean_first = clean_last - length + 1
        if clean_first < 0:
            continue
        fit = expect(
            values[:, clean_first : clean_last + 1], first + clean_first, first + begins, stop - begins, length - 6
        )
        gap = values[:, begins:stop] - fit.level
        excesses.append(gap[:, : ends + 1 - begins].sum(axis=1))
        if length == RULES.clean_months:
            chosen = (fit.level, gap, fit.z(values[:, begins:stop]))
    if chosen is None:
        raise CutsUnavailable(f"fewer than {RULES.clean_months} clean months")
    level, gap, z = chosen
    inside = slice(0, ends + 1 - begins)
    return pa.table(
        {
            "method": ["expectation"] * len(values),
            "actual": values[:, begins : ends + 1].sum(axis=1),
            "expected": _nullable(level[:, inside].sum(axis=1)),
            "low": _nullable(np.min(excesses, axis=0)),
            "high": _nullable(np.max(excesses, axis=0)),
            "z_peak": _nullable(z[:, inside].max(axis=1)),
            "after": _nullable(gap[:, inside.stop :].sum(axis=1)),
            "months_after": [stop - ends - 1] * len(values),
        }
    )


def _nullable(values: Floats) -> pa.Array:
    """NaN, which a series without a fit has, as null."""
    return pa.array(values, from_pandas=True)


def _same_months(values: Floats, first: int, window: SurgeWindow) -> pa.Table:
    """Excess and payback against the same months one year before."""
    begins, ends = month_number(window.first) - first, month_number(window.last) - first
    stop = min(ends + 1 + RULES.after_months, values.shape[1])
    before = values[:, begins - SEASONS : stop - SEASONS]
    inside = slice(0, ends + 1 - begins)
    gap = values[:, begins:stop] - before
    missing = pa.nulls(len(values), pa.float64())
    return pa.table(
        {
            "method": ["same_months"] * len(values),
            "actual": values[:, begins : ends + 1].sum(axis=1),
            "expected": before[:, inside].sum(axis=1),
            "low": missing,
            "high": missing,
            "z_peak": missing,
            "after": gap[:, inside.stop :].sum(axis=1),
            "months_after": [stop - ends - 1] * len(values),
        }
    )


def _parameters(window: SurgeWindow, level: str) -> dict[str, object]:
    return {
        "event": window.event_id,
        "measures": ";".join(window.measures) or None,
        "ahead_of": window.ahead_of,
        "level": level,
        "first": window.first,
        "last": window.last,
        "clean_first": _clean_first(window),
        "clean_last": window.clean_last,
        "proxy": LEFT_OUT[level].proxy if level in LEFT_OUT else None,
    }


_CUT_WORDS = "case cut " + " ".join(f"when '{cut}' then '{text}'" for cut, text in CUT_TEXT.items()) + " end"

_ROWS_SQL = f"""
    with split as (
        select split_part(row, ' ', 1) as cut, split_part(row, ' ', 2) as partner_code, method,
            round(actual)::bigint as actual, round(expected)::bigint as expected, round(low)::bigint as low,
            round(high)::bigint as high, z_peak, months_after, round("after")::bigint as later
        from flc_batch where actual > 0 or coalesce(expected, 0) > 0),
    closing as (
        select cut, null as partner_code, method,
            (2 * sum(actual) filter (partner_code = '{WORLD}') - sum(actual))::bigint as actual,
            (2 * sum(expected) filter (partner_code = '{WORLD}') - sum(expected))::bigint as expected,
            null as low, null as high, null as z_peak, any_value(months_after) as months_after,
            (2 * sum(later) filter (partner_code = '{WORLD}') - sum(later))::bigint as later
        from split group by cut, method),
    rows as (
        select *, actual - expected as excess, first_value(actual - expected) over (
            partition by cut, method order by partner_code = '{WORLD}' desc nulls last) as world_excess,
            {_CUT_WORDS} || if(cut = 'all' or $proxy is null, '', ' (' || $proxy || ')') as cut_text,
            case partner_code when '{WORLD}' then 'the world' when '{REST}' then 'all other partners'
                else coalesce(partner_name, partner_code) end as name
        from (from split union all from closing) left join fl_partner using (partner_code)),
    facts as (select cut, any_value(concept) as concept, max(vintage) as vintage from flc_value group by cut)
    select $event, $measures, cut, cut_text, $level, concept, method, partner_code, $first::date, $last::date,
        if(method = 'expectation', $clean_first::date, null), if(method = 'expectation', $clean_last::date, null),
        actual, expected, excess, excess / nullif(world_excess, 0), low, high, z_peak, later,
        months_after, if(excess > 0, -later / excess, null),
        if(partner_code is null,
            'Difference between the expectation of the total and the sum of the expectations of the partners, ' || cut_text,
            if(concept = 'consumption', 'Imports for consumption from ', 'General imports from ') || name || ', ' || cut_text
            || case when excess is null then ', have too few months with trade for an expectation' else ', were '
            || format('${{:,.1f}}bn', abs(excess) / 1e9) || if(excess < 0, ' below ', ' above ')
            || if(method = 'expectation', 'season and trend', 'the same months a year before')
            || if(low is not null, ' (' || format('{{:,.1f}}', low / 1e9) || ' to ' || format('{{:,.1f}}', high / 1e9)
                || ' by the length of the clean window' || if(excess >= high and high > low,
                    ', of which the {RULES.clean_months} months used give the most', '') || ')', '')
            || if(partner_code <> '{WORLD}' and world_excess > 0,
                ', ' || format('{{:.0f}} %', 100 * excess / world_excess) || ' of the total excess', '') end)
        || ', from ' || strftime($first::date, '%Y-%m') || ' to ' || strftime($last::date, '%Y-%m')
        || coalesce(', ahead of "' || $ahead_of || '"', '')
        || ' (Census basis, not seasonally adjusted, customs value; vintage of ' || strftime(vintage, '%-d %B %Y') || ').',
        vintage
    from rows join facts using (cut)
    order by cut, method, excess desc"""

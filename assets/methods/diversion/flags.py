"""From numbers to a flag and a sentence, both as SQL over the rows of `rows.py`.

The order of the tests and the wording belong here; the limits are in `thresholds.py`.

A receiving partner (or a partner within a product or chapter) is tested in this order:

1. `diversion`: it took a material part of the reference's loss, that part is a material part of its own gains and no
   less than what demand added, and the placebo gives clearly less in dollars per dollar of imports (the partner's own,
   else the cut's as a whole; the test is passed where there is no placebo at all). The placebo's rate, a part of the
   loss, decides nothing, because a larger loss lowers it; where it speaks against the dollars, `placebo_agrees` is
   false and the sentence says so. `placebo_scope` and the sentence say whose placebo it was; single products and
   chapters have none of their own
2. `demand_led`: its imports rose and demand for its products explains at least half of the rise
3. `re_sourced_elsewhere`: it took no material part of a loss of which at least half went to others
4. `loss_without_replacement`: it took no material part, and less than half of the loss was taken up by anybody
5. `no_clear_pattern`: anything else

A total is `diversion` when at least half of the loss is matched and the placebo gives clearly less, otherwise
`re_sourced_elsewhere` or `loss_without_replacement`; `no_loss` where the reference lost nothing; `reference` is the
reference partner's own row. The level TOTAL has `not_testable` instead (`reallocation.py`).
"""

from dataclasses import asdict

import duckdb

from assets.methods.diversion.levels import CONCEPT_TEXT, CUT_TEXT
from assets.methods.diversion.panel import Panel
from assets.methods.diversion.placebo import Candidate
from assets.methods.diversion.thresholds import Thresholds


def flag_sql(thresholds: Thresholds) -> str:
    """A CASE expression over a row of `rows.rows_sql`."""
    limit = asdict(thresholds)
    own, whole = (
        f"{prefix}placebo_usd + {prefix}excess_usd >= {limit['min_times_ordinary']} * {prefix}placebo_usd"
        for prefix in ("", "whole_")
    )
    extraordinary = f"coalesce({own}, {whole}, true)"
    takes_part = (
        f"loss >= {limit['min_product_loss_usd']} and rate >= "
        f"if(commodity is null, {limit['min_captured']}, {limit['min_product_captured']})"
    )
    return f"""
        case
            when partner = $reference then 'reference'
            when loss = 0 and partner is null then 'no_loss'
            when partner is null and rate >= {limit["min_replaced"]} then
                if(commodity is null and {own}, 'diversion', 're_sourced_elsewhere')
            when partner is null then 'loss_without_replacement'
            when {takes_part} and diverted >= {limit["min_matched_share_of_gain"]} * gain and diverted >= demand
                and {extraordinary} then 'diversion'
            when value1 > value0 and demand >= {limit["min_demand_share"]} * (value1 - value0) then 'demand_led'
            when not coalesce({takes_part}, false) and reachable_loss >= {limit["min_product_loss_usd"]} then
                if(reachable_matched >= {limit["min_replaced"]} * reachable_loss,
                    're_sourced_elsewhere', 'loss_without_replacement')
            else 'no_clear_pattern'
        end"""


def define_wording(con: duckdb.DuckDBPyConnection) -> None:
    """Temporary macros that write money, signed money and percentages in sentences."""
    con.execute("""
        create or replace temp macro diversion_money(x) as
            case when x < 0 then '-' else '' end ||
            case when abs(x) >= 999950000 then format('${:.1f} bn', abs(x) / 1e9)
                when abs(x) >= 999950 then format('${:.1f} m', abs(x) / 1e6)
                else format('${:,}', abs(x)::bigint) end""")
    con.execute("create or replace temp macro diversion_percent(x) as format('{:.1f}%', 100 * x)")


def sentence_sql(panel: Panel, placebo: Candidate | None) -> str:
    """An expression over a flagged row: its flag in words, the numbers behind it, basis, cut, periods and vintage."""
    cut = "case cut " + " ".join(f"when '{name}' then '{text}'" for name, text in CUT_TEXT.items()) + " end"
    basis = f"{CONCEPT_TEXT[panel.basis.concept].capitalize()}, customs value, {panel.basis.level.name}, "
    vintage = f"vintage {panel.vintage}" if panel.vintage else "vintage unknown"
    if panel.vintage_oldest != panel.vintage:
        vintage = f"vintages {panel.vintage_oldest} to {panel.vintage}"
    pair = panel.pair.label
    product = "if(commodity is null, '', ' in ' || commodity_level || ' ' || commodity)"
    interval = (
        "if(diverted_low is null, '', ', 95% interval over product groups ' || diversion_money(round(diverted_low)) "
        "|| ' to ' || diversion_money(round(diverted_high)))"
    )
    level = placebo.basis.level.name if placebo else ""
    rates = (
        "if(placebo_agrees, 'and in rate', 'not in rate') || ' (' || diversion_percent(comparable_rate) || ' of the loss, '"
        " || diversion_percent(placebo_rate) || ' in ' || placebo_pairs || ' earlier pairs)'"
    )
    compared = (
        f"' At {level}, where ' || diversion_money(comparable_usd) || ' is matched, ' || "
        "if(excess_usd > 0, diversion_money(excess_usd) || ' is beyond', 'that is ' || diversion_money(-excess_usd) || ' below')"
        f" || ' an ordinary year in dollars, ' || coalesce({rates}, 'with no loss to take a rate of') || '.'"
    )
    of_product = panel.basis.level.name
    missing = f"""
        case when commodity_level = '{of_product}' then ' No placebo and no interval exist for a single product.'
            when commodity is not null then ' No placebo exists for a chapter.'
            when whole_placebo_usd is null then ' No placebo.'
            else ' No placebo of its own at {level}; all partners together are '
                || if(whole_excess_usd > 0, diversion_money(whole_excess_usd) || ' beyond',
                    diversion_money(-whole_excess_usd) || ' below') || ' an ordinary year there, in dollars.' end"""
    tail = f"' {basis}' || {cut} || ', {vintage}; an upper bound by product, not a cause.'"
    return f"""
        case flag
            when 'reference' then 'US imports from ' || reference_name || '{_moved(pair)}: demand '
                || diversion_money(demand) || ', reallocation ' || diversion_money(reallocation) || '.'
            when 'no_loss' then 'US imports from ' || reference_name || {product} || ' did not fall in {pair}.'
            else
                if(partner is null,
                    'US imports from ' || reference_name || {product} || ' lost ' || diversion_money(loss)
                    || ' in {pair}; gains of other partners in the same products match ' || diversion_money(diverted)
                    || ' (' || diversion_percent(rate) || {interval} || ').',
                    partner_name || {product} || ': ' || {_VERDICT} || ' US imports '
                    || if(value1 >= value0, 'rose by ', 'fell by ') || diversion_money(abs(value1 - value0))
                    || ' in {pair}: demand ' || diversion_money(demand) || ', reallocation '
                    || diversion_money(reallocation) || '. '
                    || if(loss = 0, reference_name || ' lost nothing here.',
                        diversion_money(diverted) || ' is matched by the loss of ' || reference_name
                        || ' in the same products: ' || diversion_percent(rate) || ' of ' || diversion_money(loss)
                        || ', rank ' || rank || {interval} || '.'))
                || coalesce({compared}, {missing})
        end || {tail}"""


_VERDICT = """case flag
        when 'diversion' then 'diversion from ' || reference_name || '.'
        when 'demand_led' then 'led by demand, not diversion.'
        when 're_sourced_elsewhere' then 'the loss of ' || reference_name || ' went mostly to others.'
        when 'loss_without_replacement' then 'the loss of ' || reference_name || ' was mostly not replaced.'
        else 'no clear pattern.' end"""


def _moved(pair: str) -> str:
    return f" ' || if(value1 >= value0, 'rose by ', 'fell by ') || diversion_money(abs(value1 - value0)) || ' in {pair}"

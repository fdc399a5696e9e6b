"""Verdicts on front-loading by partner, commodity and measure, with a sentence each: `flags.front_loading`.

The numbers come from `measure.py`; here they are compared with the thresholds and put into words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from assets.contracts.flags import FRONT_LOADING
from assets.contracts.models import marts
from assets.contracts.tariffs import TARIFF_MEASURE
from assets.methods.front_loading.measure import measure_pairs
from assets.methods.front_loading.pairs import build_pairs, build_series, build_windows
from assets.methods.front_loading.untested import LEVEL_SQL, SHORT_SQL
from assets.methods.front_loading.windows import RULES, read_windows
from assets.reference.partners import PARTNER_FILE

MONTHS = marts.commodity_partner_month
LEVELS = ("HS2", "HS4", "HS6", "NAICS3", "ENDUSE1", "ENDUSE5")
"""Tested levels; HS10 is left out, because most of its series have months without trade."""


@dataclass(frozen=True)
class FrontLoadingCounts:
    """What was tested. `small` pairs are below the floor of monthly imports, `spared` ones are goods that a measure
    on all goods spares and that did not surge: neither is written."""

    series: int
    measures: int
    pairs: int
    written: int
    small: int
    spared: int


def build_front_loading_flags(
    con: duckdb.DuckDBPyConnection, months: str = MONTHS, levels: Sequence[str] = LEVELS
) -> FrontLoadingCounts:
    """Write `flags.front_loading` from `months` (columns of `marts.commodity_partner_month`) and the tariff marts.

    Thresholds: `windows.RULES`. Estimator: `seasonal.expect`. Definitions: `docs/methods.md`.
    """
    series = build_series(con, months, levels)
    windows = read_windows(con)
    build_windows(con, windows)
    build_pairs(con)
    measure_pairs(con, months, windows, series)
    con.execute(f"create or replace temp table fl_partner as from read_csv('{PARTNER_FILE}', all_varchar = true)")
    con.execute(_JUDGED_SQL)
    con.execute(FRONT_LOADING.create_sql())
    con.execute(f"insert into {FRONT_LOADING} {_ROWS_SQL}")
    con.execute("create or replace temp table fl_level (level varchar, classification varchar)")
    con.executemany("insert into fl_level values (?, ?)", [(level, level.rstrip("0123456789")) for level in levels])
    for untested in (SHORT_SQL, LEVEL_SQL):
        con.execute(f"insert into {FRONT_LOADING} {untested}")
    pairs, small, spared = con.execute(
        "select count(*), count(*) filter (is_small), count(*) filter (not is_small and is_spared) from fl_judged"
    ).fetchall()[0]
    written = con.execute(f"select count(*) from {FRONT_LOADING}").fetchall()[0][0]
    return FrontLoadingCounts(series, len(windows), pairs, written, small, spared)


def _month(number: str) -> str:
    """SQL for the first day of a month counted from year 0."""
    return f"make_date({number} // 12, {number} % 12 + 1, 1)"


_JUDGED_SQL = f"""
    create or replace temp table fl_judged as
    select *,
        actual_usd - expected_usd as excess,
        z_peak > {RULES.surge_z} and actual_usd > expected_usd as is_surge,
        rate_after - rate_before >= {RULES.rate_rise} as is_raised,
        if(excess > 0 and months_after > 0, -gap_after_usd / excess, null) as ratio,
        z_trough < {RULES.payback_z} and ratio >= {RULES.min_payback} as is_payback,
        reach = 0 as is_exempt,
        coalesce(mean_usd, 0) < {RULES.min_monthly_usd} as is_small,
        case
            when not is_fitted then 'not_testable'
            when not is_surge then 'none'
            when is_exempt then 'surge_without_tariff'
            when is_raised is null then 'not_testable'
            when not is_raised then if(months_after = 0, 'not_testable', 'surge_without_tariff')
            when months_after < {RULES.after_months} then 'not_testable'
            when is_payback then 'front_loaded_with_payback'
            else 'surge_without_payback' end as verdict,
        is_exempt and verdict <> 'surge_without_tariff' as is_spared
    from fl_result join fl_pair using (series_id, measure_id)"""


def _billions(column: str) -> str:
    """SQL text such as $3.4bn, $120m below a billion."""
    return (
        f"if(abs({column}) >= 1e9, format('${{:,.1f}}bn', abs({column}) / 1e9), "
        f"format('${{:,.0f}}m', abs({column}) / 1e6))"
    )


def _percent(column: str) -> str:
    return f"format('{{:.1f}} %', 100 * {column})"


_SERIES_TEXT = """
    if(concept = 'consumption', 'Imports for consumption', 'General imports') || ' of ' || level || ' '
    || commodity_code || ' from ' || coalesce(partner_name, partner_code)"""

_TROUGH = "format('{:.1f}', z_trough) || ' in ' || strftime(trough_month, '%Y-%m')"

_GIVEN_BACK = """
    case when ratio < 0 then 'in the six months after imports ran another ' || format('{:.0f} %', -100 * ratio)
            || ' of the excess above season and trend'
        else 'the six months after gave back ' || format('{:.0f} %', 100 * ratio) || ' of the excess' end"""

_BASIS = (
    "' (Census basis, not seasonally adjusted, customs value; vintage of ' || strftime(vintage, '%-d %B %Y') || ').'"
)

_PERIOD = "' from ' || strftime(window_first, '%Y-%m') || ' to ' || strftime(window_last, '%Y-%m')"

_SENTENCE = f"""
    {_SERIES_TEXT} || case
        when not is_fitted then ' cannot be tested against "' || measure_name || '"' || {_PERIOD} || ': only '
            || months_with_trade || ' of {RULES.clean_months} clean months have trade'
        when verdict = 'none' then ' stayed within what season and trend explain' || {_PERIOD} || ', ahead of "'
            || measure_name || '": largest z ' || format('{{:.1f}}', z_peak)
        else ' ran ' || {_billions("excess")} || ' above season and trend' || {_PERIOD} || ' (z '
            || format('{{:.1f}}', z_peak) || ' in ' || strftime(peak_month, '%Y-%m') || '), the months ahead of "'
            || measure_name || '"' || case
                when is_exempt then ', which spares these goods: not front-loading of that measure'
                when is_raised is null or (not is_raised and months_after = 0) then
                    '; no realised duty rate before and after is at hand, so the motive cannot be tested'
                when not is_raised then ', but the realised duty rate went from ' || {_percent("rate_before")} || ' to '
                    || {_percent("rate_after")} || ': no tariff rise, so not front-loading'
                else '; the realised duty rate then rose from ' || {_percent("rate_before")} || ' to '
                    || {_percent("rate_after")} || case
                        when verdict = 'not_testable' then '; only ' || months_after
                            || ' of {RULES.after_months} months after are published, too few to judge a payback'
                        when verdict = 'front_loaded_with_payback' then ' and imports fell to z ' || {_TROUGH}
                            || '; ' || {_GIVEN_BACK}
                        when z_trough < {RULES.payback_z} then ' and imports fell to z ' || {_TROUGH}
                            || ', but this is no payback: ' || {_GIVEN_BACK}
                        else ' and no payback followed: ' || {_GIVEN_BACK} end end end
    || {_BASIS}"""

_ROWS_SQL = f"""
    with named as (
        select judged.*, series.*, measure.name as measure_name, fl_window.announced, fl_window.effective,
            {_month("clean_first")} as first_clean, {_month("clean_last")} as last_clean,
            {_month("first")} as window_first, {_month("last")} as window_last,
            {_month("peak_number")} as peak_month, {_month("trough_number")} as trough_month, partner.partner_name
        from fl_judged as judged join fl_series as series using (series_id) join fl_window using (measure_id)
            join {TARIFF_MEASURE} as measure using (measure_id)
            left join fl_partner as partner using (partner_code)
        where not is_small and not is_spared)
    select partner_code, classification, level, commodity_code, commodity_name, measure_id, announced, effective,
        concept, first_clean, last_clean, window_first, window_last, reach, stated_rate,
        z_peak, if(z_peak is null, null, peak_month), round(expected_usd)::bigint, round(actual_usd)::bigint,
        round(actual_usd)::bigint - round(expected_usd)::bigint,
        if(is_fitted and months_after > 0, round(gap_after_usd)::bigint, null),
        ratio,
        z_trough, if(z_trough is null, null, trough_month), months_after, rate_before, rate_after, verdict,
        {_SENTENCE}, vintage
    from named order by partner_code, level, commodity_code, effective, measure_id"""

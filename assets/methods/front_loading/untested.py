"""Rows of `flags.front_loading` that say what cannot be tested, and why: nothing is left out without a word.

Every measure has a row at every level: pairs (in `flags.py`), partners whose months begin too late, or one for the level.
"""

from assets.contracts.tariffs import TARIFF_LINE, TARIFF_MEASURE, TARIFF_SCOPE
from assets.methods.front_loading.windows import RULES, WORLD

_MONTH = "strftime(make_date({0} // 12, {0} % 12 + 1, 1), '%Y-%m')"
_WINDOW = f"'its window is ' || {_MONTH.format('first')} || ' to ' || {_MONTH.format('last')}"
_CLEAN = f"'the clean window begins in ' || {_MONTH.format('clean_first')}"
_BASIS = "' (Census basis, not seasonally adjusted, customs value; '"

_COLUMNS = """classification, level, null, null, measure_id, announced, effective, null,
        make_date(clean_first // 12, clean_first % 12 + 1, 1), make_date(clean_last // 12, clean_last % 12 + 1, 1),
        make_date(first // 12, first % 12 + 1, 1), make_date(last // 12, last % 12 + 1, 1),
        null, null, null, null, null, null, null, null, null, null, null, null, null, null, 'not_testable'"""

SHORT_SQL = f"""
    select partner_code, {_COLUMNS},
        'No ' || level || ' series of ' || coalesce(partner_name, partner_code) || ' can be tested against "'
            || measure.name || '": its months begin in ' || strftime(first_month, '%Y-%m') || ', ' || {_CLEAN}
            || {_BASIS} || 'vintage of ' || strftime(vintage, '%-d %B %Y') || ').',
        vintage
    from fl_short join fl_window using (measure_id) join fl_coverage using (level, partner_code)
        join {TARIFF_MEASURE} as measure using (measure_id)
        join (select classification, level, partner_code, max(vintage) as vintage from fl_series group by all)
            using (level, partner_code)
        left join fl_partner as partner using (partner_code)
    order by partner_code, level, effective, measure_id"""
"""Partners whose months of a level begin after the clean window of a measure."""

LEVEL_SQL = f"""
    with loaded as (select level, max(vintage) as vintage from fl_series group by level),
    tested as (
        select level, measure_id from fl_pair join fl_series using (series_id)
        union
        select level, measure_id from fl_short),
    scoped as (
        select measure_id, bool_or(covers = 'all' or is_exact) as is_known, bool_or(covers = 'listed') as is_listed
        from {TARIFF_LINE} join {TARIFF_SCOPE} using (scope_id) group by measure_id),
    met as (
        select measure_id, level, min(first_number) as begins, max(last_number) as ends
        from fl_line join fl_coverage using (partner_code) group by measure_id, level)
    select '{WORLD}', {_COLUMNS},
        'No ' || level || ' series of any partner can be tested against "' || measure.name || '": ' || case
            when loaded.level is null then 'no months by ' || level || ' and partner are loaded; ' || {_WINDOW}
            when not coalesce(is_known, false) then if(coalesce(is_listed, false),
                'the codes listed hold other goods too, so what they cover is not known',
                'no list of its products is loaded') || '; ' || {_WINDOW}
            when met.level is null then 'none of its partners has months of its own; ' || {_WINDOW}
            when first < begins or last > ends then 'the months run from ' || {_MONTH.format("begins")} || ' to '
                || {_MONTH.format("ends")} || ', ' || {_WINDOW}
            else 'it covers less than {RULES.min_reach:.0%} of every code; ' || {_WINDOW} end
            || {_BASIS} || coalesce('vintage of ' || strftime(vintage, '%-d %B %Y'), 'no figures') || ').',
        vintage
    from fl_level cross join fl_window join {TARIFF_MEASURE} as measure using (measure_id)
        anti join tested using (level, measure_id)
        left join loaded using (level) left join scoped using (measure_id)
        left join met using (level, measure_id)
    order by level, effective, measure_id"""
"""One row for each level and measure with neither a pair nor a partner that is too short."""

"""Which series a measure reaches: the pairs of series and measure that are tested.

Series are rows of a commodity mart, measures those of the tariff marts. Fits and verdicts do not belong here.
"""

from collections.abc import Iterable, Sequence

import duckdb

from assets.contracts.tariffs import TARIFF_LINE, TARIFF_SCOPE, TARIFF_SCOPE_PRODUCT, TARIFF_SCOPE_REACH
from assets.methods.front_loading.windows import ALL_PARTNERS, COUNTABLE, RULES, WORLD, Window

PREFIX_LEVELS = ("HS4", "HS6", "HS8", "HS10")
"""Levels at which a scope is matched by code; coarser ones and other classifications use the published reach."""


def build_series(con: duckdb.DuckDBPyConnection, months: str, levels: Sequence[str]) -> int:
    """Create `fl_series`, the import series of `months` at `levels`, and `fl_coverage`; return the number of series.

    A series is in imports for consumption where every row has them, else in general imports. Within the months that
    `months` has for a level and partner, a month without a row is a month without trade.
    """
    con.execute(
        f"""
        create or replace temp table fl_series as
        select (row_number() over (order by level, partner_code, commodity_code) - 1)::integer as series_id, *
        from (
            select classification, level, commodity_code, any_value(commodity_name) as commodity_name, partner_code,
                if(count(consumption_value_usd) >= count(general_value_usd), 'consumption', 'general') as concept,
                count(calculated_duty_usd) > 0 as has_duty, max(vintage) as vintage
            from {months}
            where flow = 'imports' and level in (select unnest($levels)) and {COUNTABLE}
            group by classification, level, commodity_code, partner_code)""",
        {"levels": list(levels)},
    )
    con.execute(
        f"""
        create or replace temp table fl_coverage as
        select level, partner_code, min(reference_month) as first_month, max(reference_month) as last_month,
            12 * year(first_month) + month(first_month) - 1 as first_number,
            12 * year(last_month) + month(last_month) - 1 as last_number
        from {months} where flow = 'imports' and level in (select unnest($levels)) and {COUNTABLE}
        group by level, partner_code""",
        {"levels": list(levels)},
    )
    return int(con.execute("select count(*) from fl_series").fetchall()[0][0])


def build_windows(con: duckdb.DuckDBPyConnection, windows: Iterable[Window]) -> None:
    """Create `fl_window`, one row a measure, months as numbers."""
    con.execute(
        "create or replace temp table fl_window (measure_id varchar, announced date, effective date, "
        "clean_first integer, clean_last integer, first integer, last integer, after_last integer)"
    )
    rows = [
        (w.measure_id, w.announced, w.effective, w.clean_first, w.clean_last, w.first, w.last, w.after_last)
        for w in windows
    ]
    if rows:
        con.executemany("insert into fl_window values (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def build_pairs(con: duckdb.DuckDBPyConnection) -> None:
    """Create `fl_pair` (series_id, measure_id, reach, stated_rate) and `fl_short` (level, partner, measure).

    `reach` is the share of the code that the measure covers for sure: 0 for goods spared by a measure on all goods, null
    where only part of the code is covered and the share is not known. Lines on a list that is not exact reach no pair:
    which goods of its codes are meant is not known. `fl_short` holds what cannot be tested because the
    level has too few months for the partner; measures whose window lies outside its months are in neither.
    """
    _build_reach(con)
    con.execute(
        f"""
        create or replace temp table fl_line as
        with line as (
            select measure_id, line, partner_code, scope_id, ad_valorem_rate from {TARIFF_LINE}
            union all
            select measure_id, line, '{WORLD}', scope_id, any_value(ad_valorem_rate) from {TARIFF_LINE}
            group by measure_id, line, scope_id having count(*) >= {ALL_PARTNERS})
        select line.*, scope.covers from line join {TARIFF_SCOPE} as scope using (scope_id)
            join fl_window using (measure_id)
        where scope.covers = 'all' or scope.is_exact;
        create or replace temp table fl_testable as
        select distinct measure_id, level, partner_code, coverage.first_number <= clean_first as is_long
        from fl_line join fl_coverage as coverage using (partner_code) join fl_window using (measure_id)
        where coverage.first_number <= last and coverage.last_number >= last;
        create or replace temp table fl_short as
        select * exclude (is_long) from fl_testable where not is_long;
        create or replace temp table fl_pair as
        select series.series_id, measure_id,
            if(bool_or(reach.reach is null and reach.scope_id is not null), null,
                least(1, sum(coalesce(reach.reach, 0)))) as reach,
            max(ad_valorem_rate) filter (reach.scope_id is not null) as stated_rate
        from fl_testable join fl_series as series using (level, partner_code)
            join fl_line as line using (measure_id, partner_code)
            left join fl_reach as reach
                on reach.scope_id = line.scope_id and reach.level = series.level
                    and reach.commodity_code = series.commodity_code
        where is_long and (line.covers = 'all' or reach.scope_id is not null)
        group by series.series_id, measure_id
        having reach is null or reach >= {RULES.min_reach} or bool_or(line.covers = 'all')"""
    )


def _build_reach(con: duckdb.DuckDBPyConnection) -> None:
    """Create `fl_reach` (scope_id, level, commodity_code, reach) for the codes of `fl_series`; null: part, unknown.

    Reach is what is covered for sure: a scope that is not exact reaches nothing, and takes nothing away from all goods.
    """
    con.execute(
        f"""
        create or replace temp table fl_code as
        select distinct level, commodity_code from fl_series where level in {PREFIX_LEVELS};
        create or replace temp table fl_hit as
        select scope_id, level, commodity_code, is_exact, bool_or(whole) and is_exact as whole
        from {TARIFF_SCOPE} join (
            select scope_id, level, commodity_code, true as whole
            from (select level, commodity_code, unnest([2, 4, 6, 8, 10]) as digits from fl_code)
                join {TARIFF_SCOPE_PRODUCT} on hs_prefix = left(commodity_code, digits)
            where digits <= length(commodity_code)
            union all
            select scope_id, level, commodity_code, false
            from (select scope_id, hs_prefix, unnest([4, 6, 8]) as digits from {TARIFF_SCOPE_PRODUCT})
                join fl_code on commodity_code = left(hs_prefix, digits) and length(commodity_code) = digits
            where digits < length(hs_prefix)) using (scope_id)
        group by scope_id, level, commodity_code, is_exact;
        create or replace temp table fl_reach as
        select scope_id, level, commodity_code,
            if(share_of_2024_imports = 0, null, share_of_2024_imports) as reach
        from {TARIFF_SCOPE_REACH}
        union all
        select 'all', level, commodity_code, 1 from (select distinct level, commodity_code from fl_series)
        union all
        select scope_id, level, commodity_code, if(whole, 1, null) from fl_hit where is_exact
        union all
        select excepted.scope_id, fl_code.level, fl_code.commodity_code, if(count(hit.scope_id) > 0, null, 1)
        from (select scope_id, unnest(string_split(except_scopes, ';')) as other
                from {TARIFF_SCOPE} where covers = 'all' and except_scopes is not null) as excepted
            cross join fl_code left join fl_hit as hit
                on hit.scope_id = other and hit.level = fl_code.level and hit.commodity_code = fl_code.commodity_code
        group by excepted.scope_id, fl_code.level, fl_code.commodity_code
        having not coalesce(bool_or(hit.whole), false)"""
    )

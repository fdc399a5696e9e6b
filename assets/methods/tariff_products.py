"""Measures by partner, product and month, with the realised duty rate beside: `marts.tariff_product_month`.

How a scope covers a product is here too, for that table and for the macro of one product. Which measures there are, and
months by scope, are in `tariffs.py`.
"""

from datetime import date
from pathlib import Path

import duckdb

from assets.contracts.tariffs import TARIFF_LINE, TARIFF_PRODUCT_MONTH, TARIFF_SCOPE, TARIFF_SCOPE_PRODUCT
from assets.reference import commodity

CONCORDANCE = Path(commodity.__file__).with_name("concordance.parquet")


def coverage_sql(codes: str) -> str:
    """Query (hs6, scope_id, is_exact, coverage) for the relation `codes` (hs6): whole, part or unknown; none has no row.

    A scope that is not exact covers its codes in part, and takes a part away from all goods.
    """
    return f"""
        with code as (select distinct hs6 from {codes}),
        hit as (
            select hs6, scope_id, is_exact, bool_or(is_within and is_exact) as whole
            from (
                select hs6, scope_id, true as is_within
                from (select hs6, unnest([2, 4, 6, 8, 10]) as digits from code)
                    join {TARIFF_SCOPE_PRODUCT} on hs_prefix = left(hs6, digits)
                where digits <= length(hs6)
                union all
                select hs6, scope_id, false
                from (select scope_id, hs_prefix, unnest([4, 6, 8]) as digits from {TARIFF_SCOPE_PRODUCT})
                    join code on hs6 = left(hs_prefix, digits) and length(hs6) = digits
                where digits < length(hs_prefix))
                join {TARIFF_SCOPE} using (scope_id)
            group by hs6, scope_id, is_exact),
        everything as (
            select scope_id, is_exact, unnest(coalesce(string_split(except_scopes, ';'), [''])) as other
            from {TARIFF_SCOPE} where covers = 'all')
        select hs6, scope_id, is_exact, if(whole, 'whole', 'part') as coverage from hit
        union all
        select code.hs6, everything.scope_id, everything.is_exact, if(count(hit.scope_id) = 0, 'whole', 'part')
        from everything cross join code
            left join hit on hit.hs6 = code.hs6 and hit.scope_id = everything.other
        group by code.hs6, everything.scope_id, everything.is_exact having not coalesce(bool_or(hit.whole), false)
        union all
        select hs6, scope_id, is_exact, 'unknown' from code cross join {TARIFF_SCOPE} where covers = 'unknown'"""


def build_product_months(con: duckdb.DuckDBPyConnection, through: date, duties: str, years: str) -> int:
    """Write `marts.tariff_product_month` to the month `through`; return the number of rows.

    `duties` and `years` are relations with the columns of `marts.commodity_partner_month` and `_year`. Products with the
    same coverage and partners with the same lines share one calculation: about 2,000 sets of lines instead of millions.
    """
    con.execute(TARIFF_PRODUCT_MONTH.create_sql())
    con.execute(
        f"""
        create or replace temp table tpm_traded as
        select distinct partner_code, commodity_code as hs6
        from (
            select partner_code, commodity_code, flow, level, consumption_value_usd from {years}
            union all
            select partner_code, commodity_code, flow, level, consumption_value_usd from {duties})
        where flow = 'imports' and level = 'HS6' and length(commodity_code) = 6 and consumption_value_usd > 0;
        create or replace temp table tpm_coverage as {coverage_sql("tpm_traded")};
        create or replace temp table tpm_product as
        select hs6, dense_rank() over (order by string_agg(scope_id || coverage, ' ' order by scope_id)) as product_class
        from tpm_coverage where coverage <> 'unknown' group by hs6;
        create or replace temp table tpm_partner as
        select partner_code,
            dense_rank() over (order by string_agg(measure_id || line, ' ' order by measure_id, line)) as partner_class
        from {TARIFF_LINE} where first_day is not null group by partner_code"""
    )
    con.execute(_SETS_SQL, {"through": through})
    con.execute(_SET_MONTHS_SQL, {"through": through})
    con.execute(_REALISED_SQL.format(duties=duties, years=years))
    con.execute(f"insert into {TARIFF_PRODUCT_MONTH} {_ROWS_SQL}")
    return int(con.execute(f"select count(*) from {TARIFF_PRODUCT_MONTH}").fetchall()[0][0])


_SETS_SQL = f"""
    create or replace temp table tpm_combination as
    with combination as (
        select distinct partner_class, product_class
        from tpm_traded join tpm_partner using (partner_code) join tpm_product using (hs6)),
    line as (
        select distinct partner_class, measure_id, line, scope_id, program, first_day,
            least(coalesce(last_day, last_day($through::date)), last_day($through::date)) as until,
            coalesce(if(kind = 'tariff' or rate_kind = 'added', ad_valorem_rate, 0), 0) as rate
        from {TARIFF_LINE} join tpm_partner using (partner_code)
        where first_day <= last_day($through::date)),
    scope as (
        select distinct product_class, scope_id, coverage = 'whole' as is_whole
        from tpm_product join tpm_coverage using (hs6) where coverage <> 'unknown'),
    gathered as (
        select partner_class, product_class, list({{'measure_id': measure_id, 'program': program, 'first_day': first_day,
            'until': until, 'rate': rate, 'is_whole': is_whole}} order by measure_id, line) as lines
        from combination join scope using (product_class) join line using (partner_class, scope_id)
        group by partner_class, product_class)
    select partner_class, product_class, lines, dense_rank() over (order by lines) as set_id from gathered"""

# A month is cut where a line begins or ends; within a piece of it the rates do not change.
_SET_MONTHS_SQL = """
    create or replace temp table tpm_set_month as
    with line as (
        select set_id, unnest(lines, recursive := true)
        from (select set_id, any_value(lines) as lines from tpm_combination group by set_id)),
    month as (
        select month::date as month, last_day(month) as month_end
        from unnest(generate_series(timestamp '2018-01-01', $through::timestamp, interval 1 month)) as _(month)),
    piece as (
        select set_id, month, month_end, measure_id, program, rate, is_whole,
            greatest(first_day, month) as begins, least(until, month_end) as ends
        from line join month on first_day <= month_end and until >= month),
    cut as (
        select set_id, month, month_end, begins as day from piece
        union select set_id, month, month_end, ends + 1 from piece where ends < month_end),
    span as (
        select *, coalesce(lead(day) over (partition by set_id, month order by day), month_end + 1) - day as days from cut),
    of_program as (
        select set_id, month, day, program, any_value(days) as days, max(rate) as at_most,
            coalesce(max(rate) filter (is_whole), 0) as rate
        from span join piece using (set_id, month) where day between begins and ends
        group by set_id, month, day, program),
    stated as (
        select set_id, month, sum(rate * days) / day(last_day(month)) as rate,
            sum(at_most * days) / day(last_day(month)) as at_most
        from of_program group by set_id, month)
    select set_id, month, string_agg(distinct measure_id, ';' order by measure_id) as measures,
        any_value(stated.rate) as rate, any_value(at_most) as at_most
    from piece join stated using (set_id, month) group by set_id, month"""

_REALISED_SQL = f"""
    create or replace temp table tpm_duty as
    select level, partner_code, commodity_code, reference_month as month,
        calculated_duty_usd / consumption_value_usd as rate
    from {{duties}}
    where flow = 'imports' and level in ('HS6', 'NAICS3') and calculated_duty_usd is not null and consumption_value_usd > 0;
    create or replace temp table tpm_duty_year as
    select partner_code, commodity_code as hs6, year, calculated_duty_usd / consumption_value_usd as rate
    from {{years}}
    where flow = 'imports' and level = 'HS6' and calculated_duty_usd is not null and consumption_value_usd > 0;
    create or replace temp table tpm_industry as
    select left(commodity_code, 6) as hs6, mode(left(naics, 3) order by naics) as industry
    from '{CONCORDANCE}' where flow = 'imports' and naics is not null group by hs6"""

_ROWS_SQL = """
    select traded.partner_code, traded.hs6, set_month.month, measures, set_month.rate, at_most,
        coalesce(by_month.rate, by_year.rate, by_industry.rate),
        case when by_month.rate is not null then 'product, month'
            when by_year.rate is not null then 'product, year ' || year(set_month.month)
            when by_industry.rate is not null then 'NAICS3 ' || industry || ', month' end
    from tpm_traded as traded join tpm_partner using (partner_code) join tpm_product using (hs6)
        join tpm_combination using (partner_class, product_class) join tpm_set_month as set_month using (set_id)
        left join tpm_industry as industry using (hs6)
        left join tpm_duty as by_month
            on by_month.level = 'HS6' and by_month.partner_code = traded.partner_code
                and by_month.commodity_code = traded.hs6 and by_month.month = set_month.month
        left join tpm_duty_year as by_year
            on by_year.partner_code = traded.partner_code and by_year.hs6 = traded.hs6
                and by_year.year = year(set_month.month)
        left join tpm_duty as by_industry
            on by_industry.level = 'NAICS3' and by_industry.partner_code = traded.partner_code
                and by_industry.commodity_code = industry.industry and by_industry.month = set_month.month
    order by traded.partner_code, traded.hs6, set_month.month"""

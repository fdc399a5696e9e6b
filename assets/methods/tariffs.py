"""Tariff measures in force by partner, product and month, as tables and one macro, with the realised duty rate beside.

A measure in force says what is stated in law; the realised rate says what was assessed. Facts about measures are in
`assets.reference.tariffs`; what they did to trade does not belong here.
"""

from dataclasses import dataclass
from datetime import date

import duckdb

from assets.contracts.macros import MEASURES_IN_FORCE
from assets.contracts.models import marts
from assets.contracts.tariffs import (
    TARIFF_LINE,
    TARIFF_MEASURE,
    TARIFF_MONTH,
    TARIFF_PRODUCT_MONTH,
    TARIFF_SCOPE,
    TARIFF_SCOPE_PRODUCT,
    TARIFF_SCOPE_REACH,
)
from assets.methods.tariff_products import build_product_months, coverage_sql
from assets.reference.tariffs import seeds

DUTIES = marts.commodity_partner_month
DUTY_YEARS = marts.commodity_partner_year


@dataclass(frozen=True)
class TariffCounts:
    """Rows written, for the record of a run."""

    measures: int
    lines: int
    months: int
    product_months: int


def build_tariff_marts(
    con: duckdb.DuckDBPyConnection, through: date, duties: str = DUTIES, years: str = DUTY_YEARS
) -> TariffCounts:
    """Write the tariff tables of `marts` from the seeds and create the macro `marts.measures_in_force`.

    `through` is the last month of `marts.tariff_month` and `tariff_product_month`. `duties` and `years` are the
    relations of realised rates, with the columns of `marts.commodity_partner_month` and `_year`; the rate of a partner
    sums its NAICS3 rows of the month, else its HS6 rows of the year, where
    `marts.commodity_coverage` has all of them. Raises `ValueError` with every fault of the seeds.
    """
    seeds.load(con)
    faults = seeds.problems(con)
    if faults:
        raise ValueError("tariff tables: " + "; ".join(faults))
    for spec in (TARIFF_MEASURE, TARIFF_LINE, TARIFF_SCOPE, TARIFF_SCOPE_PRODUCT, TARIFF_SCOPE_REACH, TARIFF_MONTH):
        con.execute(spec.create_sql())
    con.execute(
        f"""
        insert into {TARIFF_MEASURE}
        select measure.*, other_dates
        from {seeds.PREFIX}measure as measure left join (
            select measure_id, string_agg(
                concat_ws(', ', kind, date::varchar, source, note), '; ' order by kind, date) as other_dates
            from {seeds.PREFIX}measure_date group by all) using (measure_id)
        order by effective_on, measure_id;
        insert into {TARIFF_SCOPE} from {seeds.PREFIX}scope;
        insert into {TARIFF_SCOPE_PRODUCT} from {seeds.PREFIX}scope_product order by all;
        insert into {TARIFF_SCOPE_REACH} from {seeds.PREFIX}scope_reach order by all;
        {_LINES_SQL}"""
    )
    con.execute(_MONTHS_SQL.format(duties=duties, years=years), {"through": through})
    product_months = build_product_months(con, through, duties, years)
    con.execute(macro_sql())
    measures, lines, months = con.execute(
        f"select (select count(*) from {TARIFF_MEASURE}), (select count(*) from {TARIFF_LINE}), "
        f"(select count(*) from {TARIFF_MONTH})"
    ).fetchall()[0]
    return TariffCounts(measures, lines, months, product_months)


_LINES_SQL = f"""
    insert into {TARIFF_LINE}
    with groups as (
        from {seeds.PREFIX}partner_group
        union all select partner_code, partner_code from {seeds.PREFIX}partner
        union all select 'ALL', partner_code from {seeds.PREFIX}partner),
    included as (
        select measure_id, line, partner_code
        from (select measure_id, line, unnest(string_split(partners, ';')) as group_id from {seeds.PREFIX}measure_scope)
            join groups using (group_id)
        except
        select measure_id, line, partner_code
        from (select measure_id, line, unnest(string_split(except_partners, ';')) as group_id
            from {seeds.PREFIX}measure_scope) join groups using (group_id))
    select measure_id, line, partner_code, scope_id, kind, program, announced_on, effective_on, ended_on,
        rate_kind, ad_valorem_rate, scope.note
    from included join {seeds.PREFIX}measure_scope as scope using (measure_id, line)
        join {seeds.PREFIX}measure as measure using (measure_id)
    order by partner_code, effective_on, measure_id, line"""

# Partners with the same lines share one calculation by day: about 300 sets of lines instead of 10,000 rows.
_MONTHS_SQL = f"""
    insert into {TARIFF_MONTH}
    with line_set as (
        select partner_code, scope_id, string_agg(measure_id || line, ' ' order by measure_id, line) as lines
        from {TARIFF_LINE} where first_day is not null group by all),
    spell as (
        select distinct lines, scope_id, measure_id, program, first_day,
            least(coalesce(last_day, last_day($through::date)), last_day($through::date)) as until,
            coalesce(if(kind = 'tariff' or rate_kind = 'added', ad_valorem_rate, 0), 0) as rate
        from {TARIFF_LINE} join line_set using (partner_code, scope_id) where first_day is not null),
    spell_day as (
        select spell.*, day::date as day, date_trunc('month', day)::date as month
        from spell, unnest(generate_series(first_day::timestamp, until::timestamp, interval 1 day)) as _(day)),
    program_day as (
        select lines, scope_id, program, month, day, max(rate) as rate from spell_day group by all),
    stated as (
        select lines, scope_id, month, count(distinct day)::integer as days,
            sum(rate order by day, program) / day(last_day(month)) as rate, year(month) as year
        from program_day group by lines, scope_id, month),
    names as (
        select lines, scope_id, month, string_agg(distinct measure_id, ';' order by measure_id) as measures
        from spell_day group by all),
    -- the duty of some goods is not that of all goods
    complete as (
        select level, partner_code, frequency, period_start from {marts.commodity_coverage}
        where flow = 'imports' and measure in ('calculated_duty_usd', 'consumption_value_usd') and has_all_commodities
        group by all having count(*) = 2),
    realised as (
        select partner_code, reference_month as month,
            sum(calculated_duty_usd) / nullif(sum(consumption_value_usd), 0) as rate
        from {{duties}} as cell semi join complete
            on (cell.partner_code, cell.level, reference_month) = (complete.partner_code, complete.level, period_start)
                and frequency = 'month'
        where flow = 'imports' and level = 'NAICS3' and length(commodity_code) = 3
            and calculated_duty_usd is not null
        group by all),
    realised_year as (
        select partner_code, year, sum(calculated_duty_usd) / nullif(sum(consumption_value_usd), 0) as rate
        from {{years}} as cell semi join complete
            on (cell.partner_code, cell.level, make_date(year, 1, 1))
                = (complete.partner_code, complete.level, period_start) and frequency = 'year'
        where flow = 'imports' and level = 'HS6' and length(commodity_code) = 6 and calculated_duty_usd is not null
        group by all)
    select partner_code, scope_id, stated.month, measures, days, stated.rate,
        coalesce(realised.rate, realised_year.rate),
        case when realised.rate is not null then 'partner, all goods, month'
            when realised_year.rate is not null then 'partner, all goods, year ' || year end
    from line_set join stated using (lines, scope_id) join names using (lines, scope_id, month)
        left join realised using (partner_code, month)
        left join realised_year using (partner_code, year)
    order by partner_code, scope_id, stated.month"""


def macro_sql() -> str:
    """`marts.measures_in_force(partner, hs6_code, in_month)`: one row a measure line on the product in the month."""
    return f"""
        create or replace macro {MEASURES_IN_FORCE}(partner, hs6_code, in_month) as table
        with covered as ({coverage_sql("(select hs6_code as hs6)")}),
        realised as (
            select any_value(realised_rate) as realised_rate, any_value(realised_rate_of) as realised_rate_of
            from marts.{TARIFF_PRODUCT_MONTH.name}
            where partner_code = partner and hs6 = hs6_code and reference_month = date_trunc('month', in_month::date))
        select line.measure_id, measure.name, line.line, line.kind, line.program, line.scope_id,
            covered.coverage, covered.is_exact, line.first_day, line.last_day, line.rate_kind, line.ad_valorem_rate,
            measure.rate_text, measure.other_dates, line.note, realised.realised_rate, realised.realised_rate_of
        from {TARIFF_LINE} as line join covered using (scope_id)
            join {TARIFF_MEASURE} as measure using (measure_id) cross join realised
        where line.partner_code = partner
            and line.first_day <= last_day(in_month::date)
            and coalesce(line.last_day, in_month::date) >= date_trunc('month', in_month::date)
        order by line.first_day, line.measure_id, line.line"""

"""Stated aims of the tariff policy beside measured outcomes, and where capital-goods imports moved.

Two numbers and whether they moved the way that was aimed at; nothing here says why. What partners, products or tariffs
contributed is in the other methods.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.contracts.flags import CAPITAL_GOODS, POLICY_SCOREBOARD
from assets.contracts.models import marts
from assets.home import PROJECT_ROOT

AIMS = PROJECT_ROOT / "assets" / "reference" / "policy_aim.csv"
COMMODITY_YEARS = marts.commodity_partner_year
COMMODITY_COVERAGE = marts.commodity_coverage
WORLD = "0015"
CHINA = "5700"

DUTY_LEVELS = ("NAICS3", "HS2", "HS4", "HS6", "HS10")
"""Levels that add up to all goods, in order of preference; the first with duties in both years gives them."""


AI_END_USES = ("21300", "21301", "21320", "21400")
"""Computers, computer accessories, semiconductors, telecommunications equipment: the end-use proxy of AI hardware."""
CAPITAL_GOODS_DIGIT = "2"

_NOT_TESTABLE = "not testable with the data loaded"


@dataclass(frozen=True)
class Sources:
    """Relations that the scoreboard reads, with the columns of the marts of these names."""

    partner_year: str = marts.partner_year
    concentration_year: str = marts.concentration_year
    commodity_year: str = COMMODITY_YEARS
    commodity_coverage: str = COMMODITY_COVERAGE


def build_scoreboard(
    con: duckdb.DuckDBPyConnection, year0: int, year1: int, sources: Sources | None = None, aims: Path = AIMS
) -> None:
    """Write `flags.policy_scoreboard` for two calendar years.

    Goods deficits and the Herfindahl-Hirschman index of import shares (0 to 1) are on the Census basis, NSA, general
    imports and total exports; duties are calculated duties, their rate over imports for consumption. An outcome that
    the marts do not have in both years is not testable. Formulas: `docs/methods.md`.
    """
    con.execute(POLICY_SCOREBOARD.create_sql())
    con.execute(
        f"insert into {POLICY_SCOREBOARD} {_scoreboard_sql(sources or Sources())}",
        {"year0": year0, "year1": year1, "aims": str(aims)},
    )


def build_capital_goods(
    con: duckdb.DuckDBPyConnection,
    year0: int,
    year1: int,
    commodity_year: str = COMMODITY_YEARS,
    commodity_coverage: str = COMMODITY_COVERAGE,
) -> int:
    """Write `flags.capital_goods` from end-use figures of the world; return the number of rows (0: no such figures).

    The world is its own row where the mart has one, else the sum of partners.
    """
    con.execute(CAPITAL_GOODS.create_sql())
    con.execute(
        f"insert into {CAPITAL_GOODS} {_capital_sql(commodity_year, commodity_coverage)}",
        {"year0": year0, "year1": year1},
    )
    return int(con.execute(f"select count(*) from {CAPITAL_GOODS}").fetchall()[0][0])


def _world(relation: str, coverage: str, *, measure: str, where: str, columns: str, keys: str) -> str:
    """Query of sums over the world's rows, or over single partners where the relation has no row of the world.

    Only levels and years of which `coverage` has the measure whole: of World every commodity, or all partners.
    """
    return f"""
        select {keys}, {columns}, max(vintage) as vintage
        from (select *, bool_or(partner_code = '{WORLD}') over (partition by level, year) as has_world
            from {relation} semi join (
                select level as whole_level, year(period_start) as whole_year from {coverage}
                where flow = 'imports' and frequency = 'year' and measure = '{measure}'
                    and ((partner_code = '{WORLD}' and has_all_commodities) or has_all_partners)) as whole
                on (level, year) = (whole_level, whole_year)
            where flow = 'imports' and year in ($year0, $year1) and {where}
                and length(commodity_code) = regexp_extract(level, '[0-9]+$')::integer
                and (partner_code = '{WORLD}' or regexp_full_match(partner_code, '[1-9][0-9]{{3}}')))
        where (partner_code = '{WORLD}') = has_world
        group by {keys}"""


def _scoreboard_sql(sources: Sources) -> str:
    levels = ", ".join(f"'{level}'" for level in DUTY_LEVELS)
    duties = _world(
        sources.commodity_year,
        sources.commodity_coverage,
        measure="calculated_duty_usd",
        where=f"level in ({levels}) and calculated_duty_usd is not null and consumption_value_usd is not null",
        columns="sum(calculated_duty_usd) as duty, sum(consumption_value_usd) as base",
        keys="level, year",
    )
    return f"""
    with duty_level as ({duties}),
    duty as (
        select * from duty_level
        where level = (
            select level from duty_level group by level having count(*) = 2
            order by list_position([{levels}], level) limit 1)),
    measured as (
        select 'goods_deficit' as outcome, 'USD' as unit, year, -balance_usd::double as value, vintage
            from {sources.partner_year} where partner_code = '{WORLD}'
        union all
        select 'china_deficit', 'USD', year, -balance_usd, vintage
            from {sources.partner_year} where partner_code = '{CHINA}'
        union all select 'import_concentration', 'index 0 to 1', year, hhi, vintage from {sources.concentration_year}
        union all select 'calculated_duty', 'USD', year, duty, vintage from duty
        union all select 'realised_duty_rate', 'fraction', year, duty / base, vintage from duty),
    pair as (
        select outcome, any_value(unit) as unit, any_value(value) filter (year = $year0) as value0,
            any_value(value) filter (year = $year1) as value1, max(vintage) as vintage
        from measured where year in ($year0, $year1) group by outcome),
    judged as (
        select aim.*, unit, value0, value1, vintage, case
            when value0 is null or value1 is null then '{_NOT_TESTABLE}'
            when value0 = value1 then 'unchanged'
            else if((value1 < value0) = (direction = 'lower'), if(role = 'aim', 'with the aim', 'in its direction'),
                if(role = 'aim', 'against the aim', 'against its direction')) end as moved
        from read_csv($aims, header = true, types = {{'stated_on': 'DATE'}}) as aim left join pair using (outcome))
    select aim_id, role, aim, source, stated_on, confidence, outcome, direction, unit, $year0, $year1, value0, value1, moved,
        aim || ': ' || replace(outcome, '_', ' ') || case when moved = '{_NOT_TESTABLE}' then ' is {_NOT_TESTABLE}.'
            else ' was ' || {_shown("value0")} || ' in ' || $year0 || ' and ' || {_shown("value1")} || ' in ' || $year1
                || ': ' || moved || '. This says nothing about the cause.' end,
        vintage
    from judged order by aim_id"""


def _shown(value: str) -> str:
    """SQL text of a value in its unit."""
    return (
        f"case unit when 'USD' then format('${{:,.1f}}bn', {value} / 1e9) "
        f"when 'fraction' then format('{{:.2f}} %', 100 * {value}) else format('{{:.4f}}', {value}) end"
    )


def _capital_sql(commodity_year: str, commodity_coverage: str) -> str:
    codes = _world(
        commodity_year,
        commodity_coverage,
        measure="general_value_usd",
        where=f"level = 'ENDUSE5' and starts_with(commodity_code, '{CAPITAL_GOODS_DIGIT}') and general_value_usd is not null",
        columns="sum(general_value_usd)::bigint as value, sum(calculated_duty_usd) as duty, "
        "sum(if(calculated_duty_usd is null, null, consumption_value_usd)) as base, any_value(commodity_name) as name, "
        "bool_or(is_derived) as is_derived, max(approximate_share) as approximate_share",
        keys="commodity_code, year",
    )
    sums = ", ".join(
        f"coalesce(sum({column}) filter (year = $year{side}), 0)::bigint as {column}{side}"
        for side in (0, 1)
        for column in ("value", "duty", "base")
    )
    return f"""
    with code as ({codes}),
    grouped as (
        select 2 as depth, commodity_code as code, coalesce(any_value(name), commodity_code) as name,
            {sums}, bool_or(is_derived) as is_derived, max(approximate_share) as approximate_share,
            max(vintage) as vintage
        from code group by commodity_code
        union all
        select 1, if(commodity_code in {AI_END_USES}, 'ai', 'other') as code,
            if(any_value(commodity_code) in {AI_END_USES},
                'AI hardware (computers, accessories, semiconductors, telecommunications)', 'Other capital goods'),
            {sums}, bool_or(is_derived), max(approximate_share), max(vintage)
        from code group by if(commodity_code in {AI_END_USES}, 'ai', 'other')
        union all
        select 0, '{CAPITAL_GOODS_DIGIT}', 'Capital goods', {sums}, bool_or(is_derived), max(approximate_share),
            max(vintage) from code)
    select depth, code, name, $year0, $year1, value0, value1, value1 - value0,
        (value1 - value0) / nullif(first_value(value1 - value0) over (order by depth), 0),
        is_derived, duty0 / nullif(base0, 0), duty1 / nullif(base1, 0),
        name || ': imports of ' || format('${{:,.1f}}bn', value0 / 1e9) || ' in ' || $year0 || ' and '
            || format('${{:,.1f}}bn', value1 / 1e9) || ' in ' || $year1
            || if(base0 > 0 and base1 > 0, '; realised duty rate ' || {_shown_rate("duty0 / base0")}
                || ' and ' || {_shown_rate("duty1 / base1")}, '')
            || if(is_derived, '; end use derived from HS codes, not printed by the publisher', '')
            || coalesce('; ' || format('{{:.1f}} %', 100 * approximate_share) || ' of all imports assigned approximately', '')
            || '.',
        vintage
    from grouped
    where (select count(distinct year) = 2 from code)
    order by depth, value1 - value0 desc"""


def _shown_rate(rate: str) -> str:
    return f"format('{{:.1f}} %', 100 * {rate})"

"""Where goods from the reference partner may reach the United States by way of a third country: `flags.rerouting`.

Product-level co-movement only: it bounds rerouting from above and proves none. Runs on third-country figures in
Comtrade form and says that it cannot be tested without them. Diversion proper is in `assets.methods.diversion`.
"""

from dataclasses import dataclass

import duckdb

from assets.contracts.flags import CONSISTENT, NO_SIGN, NOT_TESTABLE, REROUTING
from assets.contracts.models import marts

US_MONTHS = marts.commodity_partner_month
CHINA = "5700"
UNITED_STATES = "1000"
WORLD = "0015"
HS_REVISION = "H6"
"""The nomenclature of 2022, which the US schedule follows; reports in another one are not compared."""

MIN_CORRELATION = 0.5
CHANGES = 24
MAX_UNIT_VALUE_GAP = 0.25
MIN_SHARE_OF_LOSS = 0.5
MAX_OWN_EXPORTS = 0.5
"""Own exports before are small when all of them were below half of what the United States buys now."""


@dataclass(frozen=True)
class ReroutingCounts:
    """Rows written, and rows of third countries in another nomenclature that could not be compared."""

    written: int
    other_revision: int


def build_rerouting(
    con: duckdb.DuckDBPyConnection,
    reports: str | None,
    us_months: str = US_MONTHS,
    reference: str = CHINA,
) -> ReroutingCounts:
    """Write `flags.rerouting`.

    `reports` is a relation with the columns of `assets.parsing.comtrade.SCHEMA`, `file_id` and `vintage`, or None where
    none is loaded. Its files complete each other: of each reporter, flow, partner, commodity and month the newest vintage
    that has the measure counts. `us_months` has the columns of `marts.commodity_partner_month` (general imports at HS6).
    Monthly rows only. The criteria are in `docs/methods.md`.
    """
    con.execute(REROUTING.create_sql())
    other = 0
    if reports is not None:
        con.execute(_LEGS_SQL.format(reports=reports, us_months=us_months), {"reference": reference})
        con.execute(f"insert into {REROUTING} {_ROWS_SQL}", {"reference": reference})
        other = int(
            con.execute(
                f"select count(*) from {reports} where month is not null and hs_revision <> '{HS_REVISION}'"
            ).fetchall()[0][0]
        )
    written = int(con.execute(f"select count(*) from {REROUTING}").fetchall()[0][0])
    if not written:
        con.execute(f"insert into {REROUTING} {_NOTHING_SQL}", {"reference": reference})
        written = 1
    return ReroutingCounts(written, other)


# One row a third country, product and month, counted back from the newest month that both sides have.
_LEGS_SQL = f"""
    create or replace temp table rerouting_leg as
    with report as (
        select reporter_code as partner_code, partner_code as other, flow, commodity_code,
            make_date(year, month, 1) as reference_month, arg_max(value_usd, (vintage, file_id)) as value,
            arg_max(value_usd, (vintage, file_id)) filter (net_weight_kg is not null) as weighed_value,
            arg_max(net_weight_kg, (vintage, file_id)) filter (net_weight_kg is not null) as kg
        from {{reports}} where month is not null and level = 'HS6' and hs_revision = '{HS_REVISION}'
        group by all),
    us as (
        select partner_code, commodity_code, reference_month, general_value_usd as value
        from {{us_months}} where flow = 'imports' and level = 'HS6' and general_value_usd is not null),
    ends as (
        select partner_code, least(max(reference_month), (select max(reference_month) from us)) as last_month
        from report where other = $reference and flow = 'imports' group by partner_code),
    flows as (
        select partner_code, commodity_code, reference_month, other, value, weighed_value, kg,
            case when flow = 'imports' and other = $reference then 'inbound'
                when flow = 'exports' and other = '{UNITED_STATES}' then 'to_us'
                when flow = 'exports' and other = '{WORLD}' then 'to_world' end as leg
        from report
        union all
        select ends.partner_code, commodity_code, reference_month, us.partner_code, value, null, null,
            case us.partner_code when $reference then 'us_reference' when '{WORLD}' then 'us_world' else 'us' end
        from us join ends on us.partner_code in (ends.partner_code, $reference, '{WORLD}'))
    select partner_code, commodity_code, leg, last_month, datediff('month', reference_month, last_month) as age,
        sum(value) as value, sum(weighed_value) as weighed_value, sum(kg) as kg
    from flows join ends using (partner_code)
    where leg is not null and reference_month <= last_month
        and reference_month > last_month - interval {CHANGES + 12} month
    group by all"""

_LATE = "age < 12"
_EARLY = f"age >= {CHANGES}"

_ROWS_SQL = f"""
    with change as (
        select late.partner_code, late.commodity_code, late.leg, late.age, ln(late.value / early.value) as change
        from rerouting_leg as late join rerouting_leg as early
            on early.partner_code = late.partner_code and early.commodity_code = late.commodity_code
                and early.leg = late.leg and early.age = late.age + 12
        where late.age < {CHANGES} and late.value > 0 and early.value > 0 and late.leg in ('inbound', 'us')),
    moved as (
        select partner_code, commodity_code, count(*)::integer as changes,
            corr(inbound.change, outbound.change order by age) as correlation
        from (from change where leg = 'inbound') as inbound
            join (from change where leg = 'us') as outbound using (partner_code, commodity_code, age)
        group by all),
    sums as (
        select partner_code, commodity_code, last_month, count(*) filter (leg = 'to_world') > 0 as is_exported, {{sums}}
        from rerouting_leg group by partner_code, commodity_code, last_month),
    -- no row of a product is an export of zero only where the first 12 months and the product were asked for
    complete as (
        select partner_code, count(distinct age) = 12 as has_early
        from rerouting_leg where leg = 'to_world' and {_EARLY} group by partner_code),
    ratios as (
        select *, ln(to_us_weighed_value1 / to_us_weighed_kg1)
                - ln(inbound_weighed_value1 / inbound_weighed_kg1) as unit_value_gap,
            if(has_early and is_exported, coalesce(to_world0, 0), null) as own,
            100 * (us1 / us_world1 - coalesce(us0, 0) / us_world0) as gain,
            100 * (coalesce(us_reference0, 0) / us_world0 - coalesce(us_reference1, 0) / us_world1) as loss
        from sums left join complete using (partner_code) where inbound1 > 0 and us1 > 0),
    judged as (
        select ratios.*, coalesce(changes, 0) as changes, correlation,
            if(changes = {CHANGES}, correlation > {MIN_CORRELATION}, null) as moves_along,
            abs(unit_value_gap) < {MAX_UNIT_VALUE_GAP} as costs_alike,
            loss > 0 and gain >= {MIN_SHARE_OF_LOSS} * loss as replaces,
            own <= {MAX_OWN_EXPORTS} * us1 as is_new,
            [moves_along, costs_alike, replaces, is_new] as criteria,
            case when list_contains(criteria, false) then '{NO_SIGN}'
                when list_count(criteria) < 4 then '{NOT_TESTABLE}' else '{CONSISTENT}' end as verdict
        from ratios left join moved using (partner_code, commodity_code))
    select $reference, partner_code, commodity_code, (last_month - interval {CHANGES + 11} month)::date, last_month,
        changes, correlation, unit_value_gap, gain, loss, own::bigint, us1::bigint, least(inbound1, us1)::bigint,
        verdict, 'HS6 ' || commodity_code || ' through partner ' || partner_code || ': ' || verdict
            || '. Both legs move together: ' || {{moves_along}} || '; unit values alike: ' || {{costs_alike}}
            || '; share gained is half of the share lost: ' || {{replaces}} || '; small exports before: ' || {{is_new}}
            || '. At most ' || format('${{{{:,.0f}}}}m', least(inbound1, us1) / 1e6)
            || ' in the last 12 months; what firms do is far below this bound.'
    from judged order by partner_code, commodity_code""".format(
    sums=", ".join(
        f"sum({column}) filter (leg = '{leg}' and {when}) as {name}{period}"
        for leg, column, name, period, when in (
            *(
                (leg, column, f"{leg}_{name}", 1, f"{_LATE} and kg > 0")
                for leg in ("inbound", "to_us")
                for column, name in (("weighed_value", "weighed_value"), ("kg", "weighed_kg"))
            ),
            ("to_world", "value", "to_world", 0, _EARLY),
            *((leg, "value", leg, 1, _LATE) for leg in ("inbound", "us", "us_reference", "us_world")),
            *((leg, "value", leg, 0, _EARLY) for leg in ("us", "us_reference", "us_world")),
        )
    ),
    **{
        name: f"case {name} when true then 'yes' when false then 'no' else 'not known' end"
        for name in ("moves_along", "costs_alike", "replaces", "is_new")
    },
)

_NOTHING_SQL = f"""
    values ($reference, null, null, null, null, null, null, null, null, null, null, null, null, '{NOT_TESTABLE}',
        'Rerouting of goods from partner ' || $reference || ': {NOT_TESTABLE}. It takes monthly HS6 figures of third '
        || 'countries in Comtrade form, and US imports by month, partner and HS6, of the same 36 months.')"""

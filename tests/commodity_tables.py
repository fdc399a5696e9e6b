"""The commodity models and tables that must come out alike however they were built, and the coverage of tables that a test
makes by hand; for tests and benchmarks."""

from collections.abc import Sequence

MODELS = (
    "+reconciliation",
    "+duty_rate",
    "+capital_goods",
    "+dim_commodity",
    "+commodity_trade_month",
    "+commodity_trade_year",
)
TABLES = (
    "intermediate.int_commodity_value",
    "intermediate.int_commodity_coverage",
    "intermediate.int_commodity_newest",
    "marts.commodity_coverage",
    "intermediate.int_commodity_total",
    "marts.commodity",
    "marts.commodity_month",
    "marts.commodity_partner_month",
    "marts.commodity_year",
    "marts.commodity_partner_year",
    "marts.commodity_trade_month",
    "marts.commodity_trade_year",
    "marts.capital_goods",
    "marts.duty_rate",
    "marts.reconciliation",
)


COVERED = ("general_value_usd", "consumption_value_usd", "calculated_duty_usd", "export_value_usd")
"""Measures of a table that a test fills by hand."""


def coverage_view(
    months: Sequence[str] = COVERED, years: Sequence[str] = COVERED, *, has_all_partners: bool | None = None
) -> str:
    """SQL of `marts.commodity_coverage` over commodity marts that a test fills, with the measures that each of them has.

    Commodities are complete; partners where World has the measure, unless it is said.
    """
    tables = (("month", "reference_month", months), ("year", "make_date(year, 1, 1)", years))
    cells = " union all ".join(
        f"select flow, level, '{frequency}' as frequency, {period} as period_start, '{measure}' as measure, "
        f"partner_code from marts.commodity_partner_{frequency} where {measure} is not null"
        for frequency, period, measures in tables
        for measure in measures
    )
    all_partners = (
        "bool_or(partner_code = '0015') over (partition by flow, level, frequency, period_start, measure)"
        if has_all_partners is None
        else str(has_all_partners).lower()
    )
    return f"""
        create or replace view marts.commodity_coverage as
        select *, true as has_all_commodities, {all_partners} as has_all_partners
        from (select distinct * from ({cells}))"""

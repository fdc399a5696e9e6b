"""The commodity models and tables that must come out alike however they were built; for tests and benchmarks."""

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

"""Tables of tariff measures, which Python writes into the marts: grain, columns, types and units."""

from assets.contracts.table import Column, Table

TARIFF_MEASURE = Table(
    "marts",
    "tariff_measure",
    "Tariff measures since 2018. Grain: measure.",
    (
        Column("measure_id", "VARCHAR", "Name of the measure in this database"),
        Column("name", "VARCHAR", "What the measure is"),
        Column("kind", "VARCHAR", "tariff (raises US duties), relief, preference, retaliation, procedure, announced"),
        Column("program", "VARCHAR", "Measures of one program replace each other; those of different ones add up"),
        Column("authority", "VARCHAR", "Legal basis"),
        Column("announced_on", "DATE", "Day of the announcement"),
        Column("effective_on", "DATE", "First day of legal effect; null: never took effect"),
        Column("ended_on", "DATE", "Last day of legal effect; null: none known"),
        Column("backdated", "BOOLEAN", "Legal effect begins before the announcement"),
        Column("next_edition_on", "DATE", "First edition of the tariff schedule on or after effect, where listed"),
        Column("rate_text", "VARCHAR", "Rate in words"),
        Column("source", "VARCHAR", "Document of the dates and rates"),
        Column("confidence", "VARCHAR", "A several sources agree, B one good source, C general knowledge in part"),
        Column("note", "VARCHAR", "What else to know"),
        Column("other_dates", "VARCHAR", "Dates that other sources give: kind, day, source, remark; null: none"),
    ),
)

TARIFF_LINE = Table(
    "marts",
    "tariff_line",
    "Stated rates. Grain: measure x line x partner (single countries).",
    (
        Column("measure_id", "VARCHAR", "Measure"),
        Column("line", "INTEGER", "Line of the measure: one scope and rate"),
        Column("partner_code", "VARCHAR", "Partner whose goods the line reaches (retaliation has no lines)"),
        Column("scope_id", "VARCHAR", "Products, see marts.tariff_scope"),
        Column("kind", "VARCHAR", "Kind of the measure"),
        Column("program", "VARCHAR", "Program of the measure"),
        Column("announced_on", "DATE", "Day of the announcement"),
        Column("first_day", "DATE", "First day of legal effect"),
        Column("last_day", "DATE", "Last day of legal effect; null: in force"),
        Column(
            "rate_kind", "VARCHAR", "added, content, ceiling, quota, exempt, ordinary, column2, replaces, suspended"
        ),
        Column("ad_valorem_rate", "DECIMAL(6, 4)", "Stated rate as a fraction (0.25 = 25 %); null: not one number"),
        Column("note", "VARCHAR", "Condition of the line"),
    ),
)

TARIFF_SCOPE = Table(
    "marts",
    "tariff_scope",
    "Product scopes of tariff measures. Grain: scope.",
    (
        Column("scope_id", "VARCHAR", "Scope"),
        Column("name", "VARCHAR", "Which goods"),
        Column(
            "covers", "VARCHAR", "listed: the products listed; all: all but those of except_scopes; unknown: no list"
        ),
        Column("except_scopes", "VARCHAR", "Scopes left out, separated by ;"),
        Column(
            "is_exact",
            "BOOLEAN",
            "False: the list stands for goods that are defined more narrowly (by use, size or value), or leaves such "
            "goods out: its codes are in part within the scope, never whole",
        ),
        Column("note", "VARCHAR", "How the list came about"),
    ),
)

TARIFF_SCOPE_PRODUCT = Table(
    "marts",
    "tariff_scope_product",
    "Products of listed scopes. Grain: scope x HS prefix.",
    (
        Column("scope_id", "VARCHAR", "Scope"),
        Column("hs_prefix", "VARCHAR", "Harmonized schedule code of 2 to 10 digits; everything below it is covered"),
    ),
)

TARIFF_SCOPE_REACH = Table(
    "marts",
    "tariff_scope_reach",
    "How much of a coarse product code a scope covers. Grain: scope x level x commodity.",
    (
        Column("scope_id", "VARCHAR", "Scope"),
        Column("level", "VARCHAR", "HS2, NAICS3, ENDUSE1, ENDUSE5"),
        Column("commodity_code", "VARCHAR", "Code at that level"),
        Column(
            "share_of_2024_imports",
            "DOUBLE",
            "Share of the code's world imports for consumption in 2024 that is covered for sure; 0 where the scope is not "
            "exact and lists products",
        ),
        Column("share_at_most", "DOUBLE", "The same share if all goods of the codes listed were meant"),
    ),
)

TARIFF_MONTH = Table(
    "marts",
    "tariff_month",
    "Measures in force. Grain: scope x partner x month; months in which no line is in force have no row.",
    (
        Column("partner_code", "VARCHAR", "Partner (single countries)"),
        Column("scope_id", "VARCHAR", "Products, see marts.tariff_scope"),
        Column("reference_month", "DATE", "First day of the month"),
        Column("measures", "VARCHAR", "Measures with a line in force on some day of the month, separated by ;"),
        Column("days_in_force", "INTEGER", "Days on which one of the lines was in force"),
        Column(
            "stated_rate",
            "DECIMAL(6, 4)",
            "Highest rate of each program, weighted by days in force, summed over programs; an upper bound, because "
            "preferences, exemptions and ceilings lower what is paid",
        ),
        Column("realised_rate", "DOUBLE", "Calculated duty over imports for consumption of what realised_rate_of says"),
        Column(
            "realised_rate_of",
            "VARCHAR",
            "What the realised rate covers, never the scope alone: partner, all goods, month; partner, all goods, year 2025; "
            "null: no figures. By product: marts.tariff_product_month",
        ),
    ),
)

TARIFF_PRODUCT_MONTH = Table(
    "marts",
    "tariff_product_month",
    "Measures in force on products. Grain: partner x HS6 x month; rows for products that the partner supplied in a loaded "
    "year or month, and months from 2018 with a measure on them. Lines whose products are not loaded are left out.",
    (
        Column("partner_code", "VARCHAR", "Partner (single countries)"),
        Column("hs6", "VARCHAR", "Product, HS subheading of six digits"),
        Column("reference_month", "DATE", "First day of the month"),
        Column("measures", "VARCHAR", "Measures with a line in force on some day of the month, separated by ;"),
        Column(
            "stated_rate",
            "DECIMAL(6, 4)",
            "Of lines that cover the whole product: highest rate of each program, weighted by days in force, summed over "
            "programs (fraction)",
        ),
        Column(
            "stated_rate_at_most",
            "DECIMAL(6, 4)",
            "The same with the lines that cover a part of the product (fraction)",
        ),
        Column("realised_rate", "DOUBLE", "Calculated duty over imports for consumption of what realised_rate_of says"),
        Column(
            "realised_rate_of",
            "VARCHAR",
            "What the realised rate covers, always of the partner: product, month; product, year 2025; NAICS3 334, month "
            "(the product's industry); null: no figures",
        ),
    ),
)

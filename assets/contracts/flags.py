"""Tables of flags that Python writes: grain, columns, types and units.

What a row means and how it is computed belongs to the module that writes it. `flags.diversion` and its placebo declare each
column beside the expression that fills it, in `assets/methods/diversion/table.py`.
"""

from assets.contracts.table import Column, Table

RECORD = Table(
    schema="flags",
    name="record",
    comment=(
        "Records, ranks and since-periods: one row a series, frequency, period and vintage. The latest period of every series "
        "in every vintage (same_month and ytd: of every calendar month), and every period of yearly series; of commodity series the "
        "newest period in the newest vintage. Each row compares a period with the earlier ones of its own series, source and "
        "vintage; partners and commodities are never ranked against each other here. Where a commodity series has no figure in "
        "a month that its source covers, nothing was traded, and that month counts as zero."
    ),
    columns=(
        Column("series", "VARCHAR", "partner | total | commodity (of the World) | commodity_partner."),
        Column("partner_code", "VARCHAR", "Schedule C code, text; null for totals and commodities of the World."),
        Column("partner_name", "VARCHAR", "Name of the partner; null for totals and commodities of the World."),
        Column(
            "is_aggregate",
            "BOOLEAN",
            "True for World, regions and groupings, which are not countries; null for totals.",
        ),
        Column("classification", "VARCHAR", "Commodity classification; null where the series is of all commodities."),
        Column(
            "level",
            "VARCHAR",
            "HS2 | HS4 | HS6 | ENDUSE1 | ENDUSE5 | NAICS3; null where the series is of all commodities.",
        ),
        Column("commodity_code", "VARCHAR", "Commodity; null where the series is of all commodities."),
        Column("commodity_name", "VARCHAR", "Name of the commodity; null where the series is of all commodities."),
        Column("concept", "VARCHAR", "goods_services | goods | services."),
        Column("basis", "VARCHAR", "BOP | Census."),
        Column("adjustment", "VARCHAR", "SA (seasonally adjusted) | NSA."),
        Column(
            "import_concept",
            "VARCHAR",
            "general | consumption: which imports, at customs value; null where there are no imports in the figure.",
        ),
        Column("source", "VARCHAR", "Source that alone the series is made from."),
        Column(
            "measure",
            "VARCHAR",
            "imports | exports | deficit (imports less exports; a surplus is negative) | import_share.",
        ),
        Column(
            "frequency",
            "VARCHAR",
            "month | same_month (the same month of other years) | year | ytd (January to this month, other years) | rolling_12.",
        ),
        Column("period_end", "DATE", "Last day of the period."),
        Column("unit", "VARCHAR", "USD | share (a fraction of World imports)."),
        Column("value", "DOUBLE", "Value in the unit."),
        Column("value_usd", "BIGINT", "Value, USD, exact; null for shares."),
        Column("is_record_high", "BOOLEAN", "Above every earlier value of the series, of which there is at least one."),
        Column("is_record_low", "BOOLEAN", "Below every earlier value."),
        Column("is_tie", "BOOLEAN", "At published rounding, equal to an earlier value."),
        Column(
            "highest_since",
            "DATE",
            "Last day of the latest earlier period with a value at least as high; null: there is none.",
        ),
        Column(
            "lowest_since",
            "DATE",
            "Last day of the latest earlier period with a value at least as low; null: there is none.",
        ),
        Column("rank_high", "BIGINT", "1 + number of earlier values above."),
        Column("rank_low", "BIGINT", "1 + number of earlier values below."),
        Column(
            "headline",
            "VARCHAR",
            "What the sentence states: first | record | rank (one of the five highest or lowest) | since.",
        ),
        Column("side", "VARCHAR", "high | low: the side that the sentence states; null for a first figure."),
        Column("neighbour_period", "DATE", "Last day of the earlier period whose value decides the statement."),
        Column(
            "neighbour_value",
            "DOUBLE",
            "Its value in the unit: the runner-up of a record, the nearest of a rank, the since-period.",
        ),
        Column("margin", "DOUBLE", "Distance between value and neighbour_value, in the unit; null for a first figure."),
        Column("periods", "BIGINT", "Periods in the series up to and including this one."),
        Column("first_period", "DATE", "Last day of the first period of the series."),
        Column(
            "has_minimum_history",
            "BOOLEAN",
            "At least 20 years, 60 months or 12-month sums, 5 same months or years to date.",
        ),
        Column("sign_change", "BOOLEAN", "Deficit after a surplus in the period before, or the reverse."),
        Column(
            "is_fragile",
            "BOOLEAN",
            "Past revisions could reverse the statement (margin below their median, or over 10 % of them would), or a known gap could; "
            "null: not judged.",
        ),
        Column(
            "fragility_basis",
            "VARCHAR",
            "series (n pairs): revisions of the series itself; pool (n pairs): of similar series, relative; none.",
        ),
        Column(
            "is_derived",
            "BOOLEAN",
            "Whether the figure of a commodity is a sum made here (over partners, finer codes or months), not as published; of a year "
            "to date, its newest month.",
        ),
        Column(
            "known_gap_usd",
            "BIGINT",
            "By how much the figure, or the one it is compared with, is known to be wrong, USD: printed minus right "
            "(reference.known_partner_gap); such a flag is fragile or not judged, never robust. Null: nothing is known.",
        ),
        Column("revision_pairs", "BIGINT", "Number of revisions that fragility rests on."),
        Column("median_abs_revision", "DOUBLE", "Median absolute revision, in the unit."),
        Column("flip_share", "DOUBLE", "Share of the revisions that would reverse the order with the neighbour."),
        Column(
            "precision_note", "VARCHAR", "Says when the statement differs at published rounding; null when it does not."
        ),
        Column("vintage", "DATE", "Release day: the series as published by then."),
        Column(
            "vintage_is_estimated",
            "BOOLEAN",
            "Whether a file of that vintage is dated by an estimated release day (meta.source_file.vintage_rule).",
        ),
        Column(
            "data_vintage",
            "DATE",
            "Release day of the newest figure in this value; earlier than vintage where the source has not reprinted it.",
        ),
        Column("sentence", "VARCHAR", "The flag in words."),
    ),
)

BALANCE_WATERFALL = Table(
    "flags",
    "balance_waterfall",
    "What each partner added to the change of the goods balance between two periods. One row a period pair x partner; the "
    "rows of a pair add up exactly to world_change_usd, with a row for what the publisher does not allocate to countries "
    "and one for rounding. Both periods come from one vintage. Census basis, NSA, general imports (customs value) and "
    "total exports (FAS), USD.",
    (
        Column("period0", "VARCHAR", "Base period: 2024, 2025-Q1, 2025-01/2025-07 or 2024-08/2025-07"),
        Column("period1", "VARCHAR", "Later period of equal length and the same months"),
        Column(
            "partner_code",
            "VARCHAR",
            "Schedule C code of the country; unallocated: beyond what rounding can give; rounding: within it",
        ),
        Column("partner_name", "VARCHAR", "Name of the country, or what the row is"),
        Column("balance0_usd", "BIGINT", "Exports less imports in period0, USD; a side without a row is no trade"),
        Column("balance1_usd", "BIGINT", "Exports less imports in period1, USD"),
        Column("imports_change_usd", "BIGINT", "Change of imports, USD"),
        Column("exports_change_usd", "BIGINT", "Change of exports, USD"),
        Column("contribution_usd", "BIGINT", "balance1_usd - balance0_usd, USD; negative widens the deficit"),
        Column(
            "world_change_usd", "BIGINT", "Change of the published World balance, USD; the same in all rows of a pair"
        ),
        Column("rank", "BIGINT", "Rank of the country by size of its contribution, either sign; null: no country"),
        Column("source", "VARCHAR", "Source of both periods: census_country or usitc_dataweb"),
        Column("vintage", "DATE", "Vintage of both periods"),
        Column("sentence", "VARCHAR", "The row in words, with basis, periods and vintage"),
    ),
)

FRONT_LOADING = Table(
    "flags",
    "front_loading",
    "Imports ahead of a tariff measure and after it. Grain: partner x classification x commodity x measure; "
    "a null commodity_code stands for a whole level that cannot be tested. Census basis, NSA, customs value.",
    (
        Column(
            "partner_code",
            "VARCHAR",
            "Partner; 0015 is the world, tested against measures on all countries only; with a null commodity_code: all",
        ),
        Column("classification", "VARCHAR", "HS, NAICS or ENDUSE"),
        Column("level", "VARCHAR", "HS2 ... HS6, NAICS3, ENDUSE1, ENDUSE5"),
        Column("commodity_code", "VARCHAR", "Code at the level; null: every code of the level"),
        Column("commodity_name", "VARCHAR", "Name of the code"),
        Column("event_id", "VARCHAR", "The measure, see marts.tariff_measure"),
        Column("announced", "DATE", "Day of the announcement"),
        Column("effective", "DATE", "First day of legal effect"),
        Column("concept", "VARCHAR", "consumption or general imports"),
        Column("clean_first", "DATE", "First month of the clean window that the expectation is fitted on"),
        Column("clean_last", "DATE", "Last month of the clean window"),
        Column("window_first", "DATE", "First month in which a surge counts"),
        Column("window_last", "DATE", "Last month in which a surge counts; a payback counts in the six months after"),
        Column("reach", "DOUBLE", "Share of the code's 2024 imports covered for sure; 0: spared; null: a part"),
        Column("stated_rate", "DECIMAL(6, 4)", "Highest stated rate of the measure on the partner (fraction)"),
        Column("z_peak", "DOUBLE", "Largest robust z in the window"),
        Column("peak_month", "DATE", "Month of z_peak"),
        Column("expected_usd", "BIGINT", "Expected imports over the window"),
        Column("actual_usd", "BIGINT", "Imports over the window"),
        Column("excess_usd", "BIGINT", "Cumulative gap over the window: actual less expected"),
        Column("gap_after_usd", "BIGINT", "Cumulative gap over the months after the window, six at most"),
        Column(
            "payback_ratio",
            "DOUBLE",
            "-(gap after) / excess; null unless the excess is positive; below 0: imports stayed above",
        ),
        Column("z_trough", "DOUBLE", "Smallest robust z in the months after the window"),
        Column("trough_month", "DATE", "Month of z_trough"),
        Column("months_after", "TINYINT", "Months after the window with figures, of six"),
        Column("duty_rate_before", "DOUBLE", "Realised duty rate in the last 12 clean months"),
        Column("duty_rate_after", "DOUBLE", "Realised duty rate in the months after the window"),
        Column(
            "verdict",
            "VARCHAR",
            "front_loaded_with_payback, surge_without_payback, surge_without_tariff, none, not_testable",
        ),
        Column("sentence", "VARCHAR", "The verdict in words"),
        Column("vintage", "DATE", "Newest vintage of the series"),
    ),
)

FRONT_LOADING_CUT = Table(
    "flags",
    "front_loading_cut",
    "Import surges ahead of broad tariff measures in total. Grain: window (event_id) x level x cut x method x partner; "
    "never to be added over windows, which overlap. Census basis, NSA, customs value. A "
    "partner that cannot be fitted has no expectation; its imports are then in the null row.",
    (
        Column(
            "event_id",
            "VARCHAR",
            "The window: early_2025 (from the election of November 2024 to March 2025), else the broadest measure with it",
        ),
        Column("measures", "VARCHAR", "Broad measures with this window, separated by ;; null for early_2025"),
        Column("cut", "VARCHAR", "all, ex_gold, ex_gold_pharma, ex_gold_pharma_ai"),
        Column("cut_text", "VARCHAR", "The cut in words, with the proxy where the level cannot tell the goods exactly"),
        Column("level", "VARCHAR", "Product level that the cut is made at; TOTAL: totals of partners, all goods only"),
        Column("concept", "VARCHAR", "consumption or general imports"),
        Column(
            "method", "VARCHAR", "same_months: against the same months a year before; expectation: season and trend"
        ),
        Column("partner_code", "VARCHAR", "0015 World; REST: partners without rows; null: world less sum of partners"),
        Column("window_first", "DATE", "First month of the surge"),
        Column("window_last", "DATE", "Last month of the surge"),
        Column("clean_first", "DATE", "First month of the clean window; null for same_months"),
        Column("clean_last", "DATE", "Last month of the clean window; null for same_months"),
        Column("actual_usd", "BIGINT", "Imports over the window"),
        Column("expected_usd", "BIGINT", "Expected imports over the window"),
        Column("excess_usd", "BIGINT", "Actual less expected; partners, REST and the null row add up to World"),
        Column("share_of_excess", "DOUBLE", "Share of the world's excess"),
        Column("low_usd", "BIGINT", "Smallest excess over clean windows of 24 to 60 months; null for same_months"),
        Column("high_usd", "BIGINT", "Largest excess over clean windows of 24 to 60 months; null for same_months"),
        Column("z_peak", "DOUBLE", "Largest robust z in the window; null for same_months"),
        Column("gap_after_usd", "BIGINT", "Gap over the months after the window, six at most"),
        Column("months_after", "TINYINT", "Months after the window with figures, of six"),
        Column("payback_ratio", "DOUBLE", "-(gap after) / excess; null unless the excess is positive"),
        Column("sentence", "VARCHAR", "The row in words"),
        Column("vintage", "DATE", "Newest vintage of the figures"),
    ),
)

CONSISTENT = "consistent with rerouting"

NO_SIGN = "no sign of rerouting"

NOT_TESTABLE = "not testable with the data loaded"

REROUTING = Table(
    "flags",
    "rerouting",
    "Third countries whose trade is consistent with rerouting. Grain: third country x HS6; one row without partner and "
    "commodity where no third-country figures are loaded. A bound at product level, far above what firms do.",
    (
        Column("reference_partner", "VARCHAR", "Partner whose goods may be rerouted"),
        Column("partner_code", "VARCHAR", "Third country; null: nothing to test"),
        Column("commodity_code", "VARCHAR", "HS6 code; null: nothing to test"),
        Column("first_month", "DATE", "First of the 36 months compared"),
        Column("last_month", "DATE", "Last of the 36 months compared"),
        Column("changes", "INTEGER", "12-month changes with trade at both ends on both legs, of 24"),
        Column("correlation", "DOUBLE", "Correlation of the 12-month log changes of both legs; above 0.5 counts"),
        Column(
            "unit_value_gap", "DOUBLE", "Log gap of USD per kg, third country to US less reference to third country"
        ),
        Column(
            "share_gain_pp", "DOUBLE", "Gain of the third country's share of US imports, last against first 12 months"
        ),
        Column("reference_loss_pp", "DOUBLE", "Loss of the reference partner's share; the gain has to be half of it"),
        Column(
            "own_exports_before_usd",
            "BIGINT",
            "Third country's exports to the world in the first 12 months; null: not all loaded",
        ),
        Column("us_imports_usd", "BIGINT", "US general imports from the third country in the last 12 months"),
        Column("bound_usd", "BIGINT", "Upper bound: the smaller of both legs in the last 12 months"),
        Column("verdict", "VARCHAR", f"{CONSISTENT}, {NO_SIGN}, or {NOT_TESTABLE}"),
        Column("sentence", "VARCHAR", "The verdict in words"),
    ),
)

POLICY_SCOREBOARD = Table(
    "flags",
    "policy_scoreboard",
    "Stated aims beside measured outcomes, two calendar years. Grain: aim. No statement about causes.",
    (
        Column("aim_id", "VARCHAR", "Aim"),
        Column("role", "VARCHAR", "aim, or means: what is done for the aims and counts as none"),
        Column("aim", "VARCHAR", "The aim, or the means, in the project's words"),
        Column("source", "VARCHAR", "Document that states the aim"),
        Column("stated_on", "DATE", "Day of the document"),
        Column("confidence", "VARCHAR", "A stated in so many words, B read from the text, C general knowledge in part"),
        Column("outcome", "VARCHAR", "Measured outcome"),
        Column("direction", "VARCHAR", "Way that the aim asks for: lower or higher"),
        Column("unit", "VARCHAR", "USD, index 0 to 1, or fraction"),
        Column("year0", "INTEGER", "Year before"),
        Column("year1", "INTEGER", "Year after"),
        Column("value0", "DOUBLE", "Outcome in the year before"),
        Column("value1", "DOUBLE", "Outcome in the year after"),
        Column(
            "moved",
            "VARCHAR",
            "with the aim, against the aim, or of means in its direction, against its direction; "
            "unchanged; not testable with the data loaded",
        ),
        Column("sentence", "VARCHAR", "Aim, numbers and direction in words"),
        Column("vintage", "DATE", "Newest vintage of the figures; null: none"),
    ),
)

CAPITAL_GOODS = Table(
    "flags",
    "capital_goods",
    "Capital-goods imports by end use, two calendar years. Grain: group (0 all, 1 a cut, 2 a five-digit end use). "
    "General imports, customs value, Census basis, NSA.",
    (
        Column("depth", "INTEGER", "0 all capital goods, 1 AI hardware and the rest, 2 five-digit end use"),
        Column("code", "VARCHAR", "2, ai, other, or the end-use code"),
        Column("name", "VARCHAR", "Name of the group"),
        Column("year0", "INTEGER", "Year before"),
        Column("year1", "INTEGER", "Year after"),
        Column("imports0_usd", "BIGINT", "General imports of the year before"),
        Column("imports1_usd", "BIGINT", "General imports of the year after"),
        Column("change_usd", "BIGINT", "Change; groups of one depth add up to all"),
        Column("share_of_change", "DOUBLE", "Share of the change of all capital goods"),
        Column(
            "is_approximated",
            "BOOLEAN",
            "True where the end use was derived from HS codes by concordance (approximate for what no list has), false as published",
        ),
        Column("duty_rate0", "DOUBLE", "Realised duty rate of the year before; null where no duty is published"),
        Column("duty_rate1", "DOUBLE", "Realised duty rate of the year after"),
        Column("sentence", "VARCHAR", "The row in words"),
        Column("vintage", "DATE", "Newest vintage of the figures"),
    ),
)

REGRESSION = Table(
    "flags",
    "regression",
    "Estimated responses of import values to realised duty rates. Grain: model x term. Correlations under the stated "
    "specification; cluster-robust 95 % intervals.",
    (
        Column("model", "VARCHAR", "long_difference, long_difference_hs2, ppml or event_study"),
        Column(
            "specification",
            "VARCHAR",
            "Formula, fixed effects, clusters, sample, remarks of the library; null where nothing was estimated",
        ),
        Column("term", "VARCHAR", "duty_rate, or the month relative to the event; null where nothing was estimated"),
        Column("estimate", "DOUBLE", "Change of the log value with the duty rate from 0 to 1 (100 points)"),
        Column("std_error", "DOUBLE", "Cluster-robust standard error"),
        Column("low", "DOUBLE", "Lower end of the 95 % interval"),
        Column("high", "DOUBLE", "Upper end of the 95 % interval"),
        Column("p_value", "DOUBLE", "Two-sided p value"),
        Column("observations", "BIGINT", "Observations used"),
        Column("clusters", "BIGINT", "Clusters of the standard errors in the sample"),
        Column("sentence", "VARCHAR", "The estimate in words, or why there is none"),
    ),
)

REVISION_REPORT = Table(
    schema="flags",
    name="revision_report",
    comment=(
        "What changed from one vintage of a source to the next: one row for each two consecutive vintages. For any two days: "
        "marts.revision_report(from_day, to_day)."
    ),
    columns=(
        Column("source", "VARCHAR", "Source; vintages of different sources are never compared."),
        Column("from_vintage", "DATE", "Earlier vintage."),
        Column("to_vintage", "DATE", "Later vintage."),
        Column("schema_differences", "VARCHAR", "Kinds of figures, rounding and beginnings that differ, or none."),
        Column("series_from", "BIGINT", "Series (kind of figure x partner) in the files of the earlier vintage."),
        Column("series_to", "BIGINT", "Series in the files of the later vintage."),
        Column("series_added", "BIGINT", "Series that only the later vintage has."),
        Column("series_dropped", "BIGINT", "Series that only the earlier vintage has."),
        Column("figures_from", "BIGINT", "Figures in the files of the earlier vintage."),
        Column("figures_to", "BIGINT", "Figures in the files of the later vintage."),
        Column(
            "figures_added", "BIGINT", "Figures first printed after the earlier vintage; null for commodity sources."
        ),
        Column(
            "figures_left_out",
            "BIGINT",
            "Known figures that are not in the later files, so that older vintages stand; null for commodity sources.",
        ),
        Column("newest_period_from", "DATE", "First day of the newest period in the earlier vintage."),
        Column("newest_period_to", "DATE", "First day of the newest period in the later vintage."),
        Column("figures_revised", "BIGINT", "Published figures that changed by more than rounding can."),
        Column("figures_rounded", "BIGINT", "Published figures that differ by no more than rounding can."),
        Column("largest_changes", "VARCHAR", "The ten largest revisions, in USD (JSON text)."),
        Column("flags_flipped", "BIGINT", "Flags of flags.record that state another thing about the same period."),
        Column("claims_flipped", "BIGINT", "Claims resting on the source with another verdict."),
        Column("sentence", "VARCHAR", "The report in words."),
    ),
)

REVISION_FLIP = Table(
    schema="flags",
    name="revision_flip",
    comment=(
        "Flags and claims that a revision turned, one row a flag or claim and two consecutive vintages of a source. For any "
        "two days: flags.flipped_between(from_day, to_day) and claims.flipped_between(from_day, to_day)."
    ),
    columns=(
        Column("source", "VARCHAR", "Source."),
        Column("from_vintage", "DATE", "Earlier vintage."),
        Column("to_vintage", "DATE", "Later vintage."),
        Column("kind", "VARCHAR", "flag | claim."),
        Column("claim_id", "VARCHAR", "Claim; null for flags."),
        Column("series", "VARCHAR", "Series of the flag, as in flags.record; null for claims."),
        Column("partner_code", "VARCHAR", "Partner of the flag."),
        Column("partner_name", "VARCHAR", "Name of the partner."),
        Column("is_aggregate", "BOOLEAN", "True for regions and groupings; null for totals and claims."),
        Column("commodity_code", "VARCHAR", "Commodity of the flag; null where the series is of all commodities."),
        Column("concept", "VARCHAR", "goods_services | goods | services; null for claims."),
        Column("basis", "VARCHAR", "BOP | Census; null for claims."),
        Column("adjustment", "VARCHAR", "SA | NSA; null for claims."),
        Column("measure", "VARCHAR", "Measure of the flag, as in flags.record."),
        Column("frequency", "VARCHAR", "Frequency of the flag, as in flags.record."),
        Column("period_end", "DATE", "Last day of the flag's period."),
        Column("before", "VARCHAR", "What the flag or verdict said in the earlier vintage."),
        Column("after", "VARCHAR", "What it says in the later vintage."),
        Column("sentence_before", "VARCHAR", "Sentence of the earlier vintage."),
        Column("sentence_after", "VARCHAR", "Sentence of the later vintage."),
    ),
)

"""The tables that this package writes: grain, columns, types, comments, and where each column's value comes from.

Only descriptions belong here. Expressions refer to the rows of `rows.py` with their flag and sentence, and to
parameters of the run ($reference, $period0, ...).
"""

from typing import NamedTuple

from assets.contracts.table import Column, Table


class _Field(NamedTuple):
    name: str
    type: str
    value: str
    comment: str


def _interval(name: str, what: str) -> tuple[_Field, _Field]:
    return (
        _Field(f"{name}_low", "DOUBLE", f"{name}_low", f"Lower end of the bootstrap interval of {what}"),
        _Field(f"{name}_high", "DOUBLE", f"{name}_high", f"Upper end of the bootstrap interval of {what}"),
    )


def _usd_interval(name: str, what: str) -> tuple[_Field, _Field]:
    return (
        _Field(f"{name}_low_usd", "BIGINT", f"round({name}_low)", f"Lower end of the bootstrap interval of {what}"),
        _Field(f"{name}_high_usd", "BIGINT", f"round({name}_high)", f"Upper end of the bootstrap interval of {what}"),
    )


_DIVERSION = (
    _Field("reference_partner", "VARCHAR", "$reference", "Census code of the partner that imports are diverted from"),
    _Field("reference_name", "VARCHAR", "reference_name", "Name of the reference partner"),
    _Field("period0", "VARCHAR", "$period0", "Base period: 2024, 2025-Q1, 2025-01/2025-07 or 2024-08/2025-07"),
    _Field("period1", "VARCHAR", "$period1", "Later period of equal length and the same months"),
    _Field(
        "level",
        "VARCHAR",
        "$level",
        "Product level of matching (HS2 to HS10, NAICS3); TOTAL: no product figures, so shares alone, matching null",
    ),
    _Field("import_concept", "VARCHAR", "$concept", "general or consumption; customs value, Census basis, NSA, USD"),
    _Field(
        "cut",
        "VARCHAR",
        "cut",
        "all, ex_gold (without HS 71), ex_ai (without 8471, 8473, 8517, 8542), ex_gold_ai; exposure_low, _mid, _high: "
        "thirds of products by change of the realised duty rate on the reference; exposure_unknown: the others",
    ),
    _Field(
        "partner_code",
        "VARCHAR",
        "partner",
        "Receiving partner; null: all partners; unallocated: World less its countries (TOTAL only). The reference's own "
        "row has the flag reference",
    ),
    _Field("partner_name", "VARCHAR", "partner_name", "Name of the receiving partner"),
    _Field(
        "commodity_level", "VARCHAR", "commodity_level", "Level of commodity_code; null: all commodities of the cut"
    ),
    _Field("commodity_code", "VARCHAR", "commodity", "HS chapter or product; null: all commodities of the cut"),
    _Field("value0_usd", "BIGINT", "value0", "Imports from the partner (null: from the world) in period0"),
    _Field("value1_usd", "BIGINT", "value1", "Imports from the partner (null: from the world) in period1"),
    _Field("loss_usd", "BIGINT", "loss", "The reference's loss: sum over products of max(0, V0 - V1)"),
    _Field("gain_usd", "BIGINT", "gain", "The partner's gross gains: sum over products of max(0, V1 - V0)"),
    _Field(
        "diverted_usd",
        "BIGINT",
        "diverted",
        "House definition: by product min(loss, gains of all partners), shared out by gain in whole dollars",
    ),
    _Field(
        "diverted_demand_neutral_usd",
        "BIGINT",
        "diverted_neutral",
        "Variant: shared out by gain beyond the partner's proportional share of the product's world growth; same total",
    ),
    _Field("rate", "DOUBLE", "rate", "diverted_usd / loss_usd in [0, 1]: the part of the loss captured; null: no loss"),
    _Field(
        "share_of_diverted", "DOUBLE", "share_of_diverted", "diverted_usd / that of all partners in the row's goods"
    ),
    _Field("rank", "BIGINT", "rank", "Rank by diverted_usd: of a partner in the row's goods, of a chapter or product"),
    _Field(
        "low_usd",
        "BIGINT",
        "round(diverted_low)",
        "Lower end of the bootstrap interval of diverted_usd; null where few clusters contribute, as in one product",
    ),
    _Field("high_usd", "BIGINT", "round(diverted_high)", "Upper end of the bootstrap interval of diverted_usd"),
    *_usd_interval("diverted_neutral", "diverted_demand_neutral_usd"),
    *_interval("rate", "rate"),
    *_interval("share", "share_of_diverted"),
    _Field(
        "reachable_loss_usd", "BIGINT", "reachable_loss", "The loss in products that the partner supplied in a period"
    ),
    _Field(
        "reachable_matched_usd", "BIGINT", "reachable_matched", "What gains of all partners match of the reachable loss"
    ),
    _Field("products", "BIGINT", "products", "Products with a loss of the reference in the row"),
    _Field("placebo_level", "VARCHAR", "$placebo_level", "Level, concept and periods of the placebo; null: none"),
    _Field(
        "placebo_rate", "DOUBLE", "placebo_rate", "The same rate in clean earlier pairs at the placebo level, pooled"
    ),
    _Field("comparable_rate", "DOUBLE", "comparable_rate", "The rate of this comparison at the placebo level"),
    _Field("excess_rate", "DOUBLE", "excess_rate", "comparable_rate - placebo_rate"),
    _Field(
        "placebo_usd", "BIGINT", "placebo_usd", "Diverted in an ordinary year per dollar of imports, at today's imports"
    ),
    _Field(
        "comparable_usd",
        "BIGINT",
        "comparable_usd",
        "Diverted in this comparison at the placebo level and months: what excess_usd is part of, not diverted_usd",
    ),
    _Field("excess_usd", "BIGINT", "excess_usd", "comparable_usd - placebo_usd, at the placebo level"),
    _Field(
        "placebo_agrees",
        "BOOLEAN",
        "if(partner = $reference, null, placebo_agrees)",
        "Whether dollars (excess_usd) and rate (excess_rate) are both beyond an ordinary year or both not; null: no "
        "placebo of the row itself. The flag rests on the dollars",
    ),
    _Field(
        "placebo_scope",
        "VARCHAR",
        "case when partner = $reference then null when placebo_usd is not null then 'own'"
        " when whole_placebo_usd is not null then 'all_partners' end",
        "Whose placebo the flag rests on: own, or all_partners (of the cut, where the row has none: partners that the "
        "level does not list, chapters, single products); null: none",
    ),
    _Field("placebo_pairs", "BIGINT", "placebo_pairs", "Clean earlier pairs used"),
    _Field(
        "placebo_pairs_above",
        "BIGINT",
        "placebo_pairs_above",
        "Clean earlier pairs with more diverted per dollar of imports than this comparison",
    ),
    _Field(
        "demand_usd", "BIGINT", "demand", "Shift-share in value: part of value1 - value0 due to the products' demand"
    ),
    _Field("reallocation_usd", "BIGINT", "reallocation", "The rest of value1 - value0; sums to zero over partners"),
    *_usd_interval("demand", "demand_usd"),
    *_usd_interval("reallocation", "reallocation_usd"),
    _Field("share0", "DOUBLE", "share0", "Partner's share of US imports within the cut, period0 (fraction)"),
    _Field("share1", "DOUBLE", "share1", "Partner's share of US imports within the cut, period1 (fraction)"),
    _Field("share_change_pp", "DOUBLE", "share_change_pp", "Change of the share, percentage points; sums to zero"),
    _Field("share_within_pp", "DOUBLE", "share_within_pp", "Part within products (Shapley shift-share)"),
    _Field("share_between_pp", "DOUBLE", "share_between_pp", "Part between products; within + between = change"),
    *_interval("share_within", "share_within_pp"),
    *_interval("share_between", "share_between_pp"),
    _Field(
        "captured_share", "DOUBLE", "captured_share", "Change of share / fall of the reference's share; null: no fall"
    ),
    _Field(
        "naive_ratio",
        "DOUBLE",
        "naive_ratio",
        "Not diversion: change of imports / fall of the reference's imports, whatever the product; null: no fall",
    ),
    _Field("hhi0", "DOUBLE", "hhi0", "Concentration over partners (Herfindahl, 0 to 1), period0; totals only"),
    _Field("hhi1", "DOUBLE", "hhi1", "Concentration over partners (Herfindahl, 0 to 1), period1; totals only"),
    _Field("hhi0_without", "DOUBLE", "hhi0_without", "hhi0 among all partners but the reference"),
    _Field("hhi1_without", "DOUBLE", "hhi1_without", "hhi1 among all partners but the reference"),
    _Field(
        "flag",
        "VARCHAR",
        "flag",
        "diversion, demand_led, re_sourced_elsewhere, loss_without_replacement, no_clear_pattern, no_loss, reference, or "
        "not_testable at the level TOTAL",
    ),
    _Field("sentence", "VARCHAR", "sentence", "The row in words, with basis, periods and vintage"),
    _Field("vintage", "DATE", "$vintage", "Newest vintage of the figures of both periods"),
    _Field("vintage_oldest", "DATE", "$vintage_oldest", "Oldest vintage of the figures of both periods"),
    _Field("bootstrap_draws", "INTEGER", "$draws", "Draws of the block bootstrap"),
    _Field("bootstrap_seed", "INTEGER", "$seed", "Seed of the block bootstrap"),
    _Field("bootstrap_clusters", "BIGINT", "clusters", "Clusters (HS4) that were resampled for the row"),
)

DIVERSION = Table(
    "flags",
    "diversion",
    "Trade diversion away from a reference partner, matched by product and bounded; an upper bound, never a proof of "
    "cause. One row a reference partner x period pair x level x cut x receiving partner (null: all) x commodity (null: "
    "all). Diverted dollars of one grain add up exactly to the grain above. Partners within chapters, and products, "
    "stand under the cut all only: matching is by product, so they are the same in every cut that has the product. "
    "Partners within products are listed where something is attributed or imports moved by at least $1 million. Where "
    "a pair has no figures by product the level is TOTAL: shares, captured share, concentration and naive ratio of all "
    "goods together, and the flag not_testable.",
    tuple(Column(field.name, field.type, field.comment) for field in _DIVERSION),
)
DIVERSION_VALUES = ", ".join(f"{field.value} as {field.name}" for field in _DIVERSION)

_PLACEBO = (
    _Field("reference_partner", "VARCHAR", "$reference", "Census code of the reference partner"),
    _Field("main_period0", "VARCHAR", "$period0", "Base period of the comparison that the placebo is for"),
    _Field("main_period1", "VARCHAR", "$period1", "Later period of the comparison that the placebo is for"),
    _Field("level", "VARCHAR", "level", "Product level of the placebo"),
    _Field("import_concept", "VARCHAR", "concept", "general or consumption"),
    _Field("period0", "VARCHAR", "period0", "Base period of this pair"),
    _Field("period1", "VARCHAR", "period1", "Later period of this pair"),
    _Field("is_main", "BOOLEAN", "is_main", "The comparison itself, at this level and these months"),
    _Field("is_chosen", "BOOLEAN", "level = $chosen", f"The level is the one that {DIVERSION} compares with"),
    _Field("duty_change", "DOUBLE", "duty_change", "Change of the realised duty rate on the reference; null: unknown"),
    _Field("is_clean", "BOOLEAN", "is_clean", "An earlier pair without a rise of that rate by more than the threshold"),
    _Field("cut", "VARCHAR", "cut", f"As in {DIVERSION}, by the nearest proxy at the level"),
    _Field(
        "partner_code", "VARCHAR", "partner", "Receiving partner; null: all; REST: all that the source does not list"
    ),
    _Field("imports_usd", "BIGINT", "imports", "World imports of the cut in period0"),
    _Field("loss_usd", "BIGINT", "loss", "The reference's loss in the cut"),
    _Field("diverted_usd", "BIGINT", "diverted", "Matched gains of the partner"),
    _Field("rate", "DOUBLE", "diverted / nullif(loss, 0)", "diverted_usd / loss_usd; null: no loss"),
)
PLACEBO = Table(
    "flags",
    "diversion_placebo",
    f"The formula of {DIVERSION} on earlier pairs of periods, and on the comparison itself at the same levels. One "
    "row a reference partner x comparison x level x pair x cut x receiving partner (null: all).",
    tuple(Column(field.name, field.type, field.comment) for field in _PLACEBO),
)
PLACEBO_VALUES = ", ".join(f"{field.value} as {field.name}" for field in _PLACEBO)

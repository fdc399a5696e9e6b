"""Where the flags draw their lines: every threshold of the package, with its reason.

How a flag follows from the thresholds is in `flags.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Limits for flags and placebo; fractions unless the name says USD.

    min_captured: a partner must take at least 1 % of the reference's whole loss before its gain is called diversion;
        below that it does not matter for where the loss went, whatever its share of the partner's own gain.
    min_product_captured: the same within one product or chapter: 5 %, because a single product has few suppliers and
        small flows would otherwise be named for nearly every product.
    min_product_loss_usd: products in which the reference lost less than $1 million are left without a verdict; such
        losses are single shipments.
    min_listed_change_usd: a partner within a product gets a row if something is attributed to it or its imports moved
        by at least $1 million; half of all cells are smaller and would only repeat the product's own row.
    min_matched_share_of_gain: at least a quarter of the partner's gross gains must lie in what the reference lost;
        below that most of what the partner gained was gained elsewhere. Chosen after the figures of 2025 had been seen
        (India 62 %, Vietnam 55 %, Thailand 29 %, Indonesia 28 %, Malaysia 23 %, Mexico 9 %, Taiwan 2 %), and close to
        some of them: which flags turn from 15 % to 40 % is in `docs/methods.md`.
    min_demand_share: demand explains a gain when it is at least half of it.
    min_replaced: a loss is "taken up" when at least half of it is matched by gains of others.
    min_times_ordinary: diversion is claimed only where at least twice as much is matched, per dollar of imports and at
        the placebo's level, as in the clean earlier pairs together; the ratio of two ordinary years stays below that.
    max_placebo_duty_rise: an earlier pair is a placebo only if the realised duty rate on the reference rose by no more
        than one percentage point in it: 2018/19 to 2020/21 are no placebo for China.
    min_placebo_pairs: with fewer than three clean pairs at a level a coarser one with more is preferred.
    """

    min_captured: float = 0.01
    min_product_captured: float = 0.05
    min_product_loss_usd: int = 1_000_000
    min_listed_change_usd: int = 1_000_000
    min_matched_share_of_gain: float = 0.25
    min_demand_share: float = 0.5
    min_replaced: float = 0.5
    min_times_ordinary: float = 2.0
    max_placebo_duty_rise: float = 0.01
    min_placebo_pairs: int = 3

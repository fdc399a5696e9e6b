"""Sums of the effects over products: by cut, cluster or chapter of products, and partner, and what follows from them.

Share reallocation, concentration, captured share and the naive ratio are here, because they need only sums. How a
product is matched is in `effects.py`.
"""

from collections.abc import Iterable

import duckdb

from assets.methods.diversion.levels import CHAPTER_DIGITS, Level
from assets.methods.diversion.panel import REST
from assets.methods.diversion.totals import UNALLOCATED

DOLLARS = (
    "value0",
    "value1",
    "gain",
    "diverted",
    "diverted_neutral",
    "demand",
    "reallocation",
    "loss",
    "matched",
    "reachable_loss",
    "reachable_matched",
)
SHARE_PARTS = ("within0", "within1", "between0", "between1")


def build_cells(
    con: duckdb.DuckDBPyConnection, effects: str, classes: str, *, level: Level, reference: str, into: str
) -> None:
    """Sum the effects by (class of cuts, cluster, partner) into the temporary table `into`.

    BIGINT dollars: value0, value1, gain, diverted, diverted_neutral, demand, reallocation; loss and matched (on the
    rows of the reference only, so that they add up over partners); reachable_loss and reachable_matched (in the
    products that the partner supplied). `products`: products with a loss of the reference. BIGINT cents, the parts of
    the share shift-share that are linear in products: within0, within1 = sum of W (s1 - s0) and between0, between1 =
    sum of W (s0 + s1), W being the world's imports in period 0 or 1. Whole numbers, because sums of fractions would
    depend on the order in which threads deliver them.
    """
    con.execute(
        f"""
        create or replace temp table {into} as
        with rows as (
            select * exclude (loss, matched), left(commodity, {level.cluster_digits}) as cluster,
                if(partner = $reference, loss, 0) as loss, if(partner = $reference, matched, 0) as matched,
                loss as reachable_loss, matched as reachable_matched,
                round(100 * world0 * (share1 - share0)) as within0, round(100 * world1 * (share1 - share0)) as within1,
                round(100 * world0 * (share0 + share1)) as between0, round(100 * world1 * (share0 + share1)) as between1
            from {effects})
        select class, cluster, partner, {_sums((*DOLLARS, *SHARE_PARTS))},
            count(*) filter (reachable_loss > 0) as products
        from rows join {classes} using (commodity)
        group by class, cluster, partner""",
        {"reference": reference},
    )


def build_sums(con: duckdb.DuckDBPyConnection, cells: str, members: str, *, level: Level, into: str) -> None:
    """Sum the cells by (cut, chapter, partner) into the temporary table `into`, same columns.

    The chapter is HS2; null where the level has none below the product itself.
    """
    chapter = f"left(cluster, {CHAPTER_DIGITS})" if level.has_chapters else "null::varchar"
    sums = _sums((*DOLLARS, *SHARE_PARTS, "products"))
    con.execute(f"""
        create or replace temp table {into} as
        select cut, chapter, partner, {sums}
        from (select class, {chapter} as chapter, partner, {sums} from {cells} group by all)
        join {members} using (class) group by cut, chapter, partner""")


def _sums(names: Iterable[str]) -> str:
    return ", ".join(f"sum({name})::bigint as {name}" for name in names)


def build_shares(con: duckdb.DuckDBPyConnection, sums: str, reference: str, into: str) -> None:
    """Share reallocation of every (cut, partner), from the relation of `build_sums`, into `into`.

    share0, share1 of US imports within the cut (fractions); share_change_pp = within_pp + between_pp (Shapley
    shift-share over products, percentage points; changes sum to zero over partners); captured_share = change of the
    partner's share over the fall of the reference's (null unless that fell); naive_ratio = change of the partner's
    imports over the fall of the reference's (null unless those fell; descriptive, not diversion).
    """
    con.execute(
        f"""
        create or replace temp table {into} as
        with by_partner as (
            select cut, partner, sum(value0) as value0, sum(value1) as value1,
                sum(within0) as within0, sum(within1) as within1,
                sum(between0) as between0, sum(between1) as between1
            from {sums} group by cut, partner),
        totals as (
            select *, sum(value0) over (partition by cut) as total0, sum(value1) over (partition by cut) as total1
            from by_partner),
        shares as (
            select cut, partner, value1 - value0 as change, value0 / total0 as share0, value1 / total1 as share1,
                100 * (share1 - share0) as share_change_pp,
                0.5 * (within0 / total0 + within1 / total1) as share_within_pp,
                0.5 * (between1 / total1 - between0 / total0) as share_between_pp
            from totals where total0 > 0 and total1 > 0),
        reference as (select cut, change, share_change_pp from shares where partner = $reference)
        select shares.* exclude (change),
            if(reference.share_change_pp < 0 and partner <> $reference,
                shares.share_change_pp / -reference.share_change_pp, null) as captured_share,
            if(reference.change < 0 and partner <> $reference, shares.change / -reference.change, null) as naive_ratio
        from shares left join reference using (cut)""",
        {"reference": reference},
    )


def build_concentration(con: duckdb.DuckDBPyConnection, shares: str, reference: str, into: str) -> None:
    """Herfindahl-Hirschman index of partners' shares (0 to 1) by cut, in both periods, into `into`.

    hhi0, hhi1 over all partners; hhi0_without, hhi1_without over all but the reference, shares of what remains.
    Null where the source lists few countries, because the rest is no partner; what a publisher does not allocate is in
    the whole that shares are taken of, and is no partner either.
    """
    others = "partner <> $reference"
    countries = f"partner <> '{UNALLOCATED}'"
    columns = ", ".join(
        f"if(bool_or(partner = '{REST}'), null, sum(share{at} ** 2 order by partner) filter ({countries})) as hhi{at}, "
        f"if(bool_or(partner = '{REST}'), null, sum(share{at} ** 2 order by partner) filter ({others} and {countries}) "
        f"/ nullif(sum(share{at} order by partner) filter ({others}) ** 2, 0)) as hhi{at}_without"
        for at in (0, 1)
    )
    con.execute(
        f"create or replace temp table {into} as select cut, {columns} from {shares} group by cut",
        {"reference": reference},
    )

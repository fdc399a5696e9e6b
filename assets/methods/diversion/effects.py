"""Diversion, demand and reallocation of each partner and product, in exact whole dollars.

The formulas of the package are here, as SQL over one panel. Cuts, sums over products, intervals and words are not.

With V0, V1 a partner's imports of a product in both periods, W0, W1 the world's, r the reference partner:

* loss            L = max(0, V0(r) - V1(r))
* gain            G = max(0, V1 - V0), for partners other than r
* matched         M = min(L, sum of G)
* diverted        A = M G / sum of G
* gain beyond demand      max(0, V1 - V0 - V0 max(0, W1 - W0) / W0), and M shared in its proportion
* demand          (V0/W0 + V1/W1) (W1 - W0) / 2; all of V1 - V0 where W0 or W1 is nil (product enters or leaves)
* reallocation    V1 - V0 - demand

Whole dollars by the largest remainder within each product: A adds up to M, demand to W1 - W0, reallocation to nil.
"""

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class _Allocation:
    """Shares `total` of each product out in proportion to `weight` / `weights`, in whole dollars.

    Exact in 128-bit integers: rounded down first, then one dollar each to the largest remainders; ties go to the
    larger change and then to the lower partner code. Null where `weights` is nil.
    """

    name: str
    total: str
    weight: str
    weights: str

    @property
    def floor(self) -> str:
        down = f"({self.total} * {self.weight}) // nullif({self.weights}, 0)"
        return f"if({self.weight} > 0, {down}, 0) as {self.name}_floor"

    @property
    def rest(self) -> str:
        return f"{self.total} * {self.weight} - {self.name}_floor * {self.weights} as {self.name}_rest"

    @property
    def dollars(self) -> str:
        order = f"{self.name}_rest desc, abs(value1 - value0) desc, partner"
        return (
            f"{self.name}_floor + (row_number() over (partition by commodity order by {order}) "
            f"<= {self.total} - sum({self.name}_floor) over (partition by commodity))::integer"
        )


_DIVERTED = _Allocation("diverted", "matched", "gain", "gains")
_NEUTRAL = _Allocation("neutral", "matched", "gain_neutral", "gains_neutral")
_DEMAND = _Allocation("demand", "abs(world1 - world0)", "(value0 * world1 + value1 * world0)", "(2 * world0 * world1)")


def build_effects(con: duckdb.DuckDBPyConnection, panel: str, reference: str, into: str) -> None:
    """Write the effects of every partner and product of the panel relation into the temporary table `into`.

    Columns, BIGINT dollars unless said: partner, commodity, value0, value1, world0, world1, loss and matched (of the
    product, the same on each of its rows), gain, diverted, diverted_neutral, demand, reallocation; share0, share1
    (DOUBLE): the partner's shares within the product, carried over from the other period where the world has none.
    """
    allocations = (_DIVERTED, _NEUTRAL, _DEMAND)
    con.execute(
        f"""
        create or replace temp table {into} as
        with product as (
            select commodity, sum(value0) as world0, sum(value1) as world1,
                greatest(0, coalesce(max(value0 - value1) filter (partner = $reference), 0))::hugeint as loss
            from {panel} group by commodity),
        gaining as (
            select partner, commodity, value0::hugeint as value0, value1::hugeint as value1, world0, world1, loss,
                if(partner = $reference, 0, greatest(0, value1 - value0))::hugeint as gain,
                -- in units of 1 / world0 dollars where the world grew: exact, and the unit cancels within a product
                case when partner = $reference then 0
                    when world1 > world0 and world0 > 0 then
                        greatest(0, value1::hugeint * world0 - value0::hugeint * world1)
                    else gain end as gain_neutral
            from {panel} join product using (commodity)),
        gains as (
            select commodity, sum(gain) as gains, sum(gain_neutral) as gains_neutral from gaining group by commodity),
        bounded as (select *, least(loss, gains) as matched from gaining join gains using (commodity)),
        floored as materialized (select *, {", ".join(each.floor for each in allocations)} from bounded),
        remaining as (select *, {", ".join(each.rest for each in allocations)} from floored),
        dollars as (
            select *, if(matched > 0, {_DIVERTED.dollars}, 0) as diverted,
                if(matched > 0, {_NEUTRAL.dollars}, 0) as diverted_neutral,
                if(world0 > 0 and world1 > 0, sign(world1 - world0) * ({_DEMAND.dollars}), value1 - value0) as demand
            from remaining)
        select partner, commodity, value0::bigint as value0, value1::bigint as value1,
            world0::bigint as world0, world1::bigint as world1, loss::bigint as loss, matched::bigint as matched,
            gain::bigint as gain, diverted::bigint as diverted, diverted_neutral::bigint as diverted_neutral,
            demand::bigint as demand, (value1 - value0 - demand)::bigint as reallocation,
            coalesce(value0 / nullif(world0, 0), value1 / world1)::double as share0,
            coalesce(value1 / nullif(world1, 0), value0 / world0)::double as share1
        from dollars""",
        {"reference": reference},
    )

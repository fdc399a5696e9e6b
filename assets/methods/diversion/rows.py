"""The rows of the diversion table: each grain summed, with shares, intervals, placebo and names beside it.

Grains, by cut: the total (partner and commodity null), receiving partners (commodity null), HS2 chapters (partner
null); in the cut `all` also partners within chapters, products, and partners within products: matching is by
product, so those rows are the same in every cut. What is diverted in one grain adds up exactly to the grain above it.
Flags and sentences are not here.
"""

from assets.contracts.models import marts
from assets.methods.diversion.measure import Measured
from assets.methods.diversion.panel import REST

_OWN = ("value0", "value1", "gain", "diverted", "diverted_neutral", "demand", "reallocation")


def rows_sql(measured: Measured, *, shares: str, concentration: str, intervals: str, excess: str) -> str:
    """A query for all rows, dollars BIGINT, from relations of the other modules; not a table, because it is wide.

    On top of the columns of those relations: commodity_level, loss (of the reference in the row's products),
    reachable_loss and reachable_matched (in the products that the partner supplied), rate = diverted / loss,
    share_of_diverted = diverted / diverted of all partners, rank by diverted within the grain (of partners other
    than the reference, and of commodities; null for the total), partner_name, reference_name, whole_placebo_usd and
    whole_excess_usd (of the cut's total). Parameters: $reference, and $min_change in USD: partners within products
    have a row if something is attributed to them or their imports changed by that much.
    """
    return f"""
        with grouped as ({_groups_sql(measured)}),
        ranked as (
            select *, max(lost) over above as loss, max(diverted) over above as diverted_by_all,
                if(partner is null and commodity is null or partner = $reference, null, rank() over (
                    partition by cut, commodity_level, if(partner is null, null, commodity),
                        partner is null, partner = $reference order by diverted desc)) as rank
            from grouped
            window above as (partition by cut, commodity)),
        detailed as (
            select ranked.* exclude (lost), shares.* exclude (cut, partner), concentration.* exclude (cut),
                intervals.* exclude (cut, partner, chapter), excess.* exclude (cut, partner)
            from ranked
            left join {shares} as shares
                on ranked.commodity is null and shares.cut = ranked.cut and shares.partner = ranked.partner
            left join {concentration} as concentration
                on ranked.commodity is null and ranked.partner is null and concentration.cut = ranked.cut
            left join {intervals} as intervals
                on intervals.cut = ranked.cut and intervals.partner is not distinct from ranked.partner
                and intervals.chapter is not distinct from ranked.commodity
            left join {excess} as excess
                on ranked.commodity is null and excess.cut = ranked.cut
                and excess.partner is not distinct from ranked.partner),
        listed as (from detailed union all by name ({_products_sql(measured)}))
        select listed.*, diverted / nullif(loss, 0) as rate, diverted / nullif(diverted_by_all, 0) as share_of_diverted,
            coalesce(names.partner_name, if(listed.partner = '{REST}', 'All other partners', listed.partner))
                as partner_name,
            coalesce(reference.partner_name, $reference) as reference_name,
            whole.placebo_usd as whole_placebo_usd, whole.excess_usd as whole_excess_usd
        from listed
        left join {excess} as whole on whole.cut = listed.cut and whole.partner is null
        left join {marts.partner} as names on names.partner_code = listed.partner
        left join {marts.partner} as reference on reference.partner_code = $reference"""


def _groups_sql(measured: Measured) -> str:
    """Totals, partners, chapters and partners within chapters; `lost` is set where the partner is null."""
    if measured.panel.basis.level.has_chapters:
        chapter, sets = "chapter", "(cut), (cut, partner), (cut, chapter), (cut, chapter, partner)"
    else:
        chapter, sets = "null::varchar", "(cut), (cut, partner)"
    own = ", ".join(f"sum({name})::bigint as {name}" for name in _OWN)
    return f"""
        select cut, partner, {chapter} as commodity, if({chapter} is null, null, 'HS2') as commodity_level, {own},
            if(partner is null, sum(loss), null)::bigint as lost,
            if(partner is null, sum(loss), sum(reachable_loss))::bigint as reachable_loss,
            if(partner is null, sum(matched), sum(reachable_matched))::bigint as reachable_matched,
            if(partner is null, sum(products) filter (is_reference), sum(products))::bigint as products
        from (select *, partner = $reference as is_reference from {measured.sums})
        group by grouping sets ({sets})
        having partner is null or {chapter} is null or cut = 'all'"""


def _products_sql(measured: Measured) -> str:
    """Products, and partners within products, straight from the effects."""
    level = measured.panel.basis.level.name
    own = ", ".join(f"sum({name})::bigint as {name}" for name in _OWN)
    return f"""
        select 'all' as cut, null as partner, commodity, '{level}' as commodity_level, {own}, max(loss) as loss,
            max(matched) as diverted_by_all, max(loss) as reachable_loss, max(matched) as reachable_matched,
            (max(loss) > 0)::bigint as products, rank() over (order by sum(diverted) desc) as rank
        from {measured.effects} group by commodity
        union all by name
        select 'all' as cut, partner, commodity, '{level}' as commodity_level, {", ".join(_OWN)}, loss,
            matched as diverted_by_all, loss as reachable_loss, matched as reachable_matched,
            (loss > 0)::bigint as products,
            -- what is not listed has nothing attributed to it and would rank last
            if(partner = $reference, null, rank() over (partition by commodity order by diverted desc)) as rank
        from {measured.effects}
        where diverted > 0 or abs(value1 - value0) >= $min_change"""

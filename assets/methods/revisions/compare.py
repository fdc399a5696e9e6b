"""SQL that compares two vintages of a source: figures that changed, flags and claims that flipped, contents of the files.

Each function takes a relation of pairs (source, from_vintage, to_vintage) and gives a query over it, so that one pair
and all pairs are compared alike. Counting and wording are in `report.py`.
"""

from assets.contracts.claims import VERDICT
from assets.contracts.flags import RECORD
from assets.contracts.models import marts

DERIVED_BALANCE = "measure = 'balance' and source in ('census_country', 'usitc_dataweb')"
"""Balances that the source does not publish: shown, but not counted among its figures."""

_CELL = (
    "series, partner_code, partner_name, is_aggregate, classification, level, commodity_code, concept, basis, adjustment, "
    "measure, import_concept, frequency, period_start, period_end"
)
_FLAG = (
    *("series", "partner_code", "classification", "level", "commodity_code"),
    *("concept", "basis", "adjustment", "measure", "frequency", "period_end"),
)
_STATED = ("headline", "side", "rank_high", "rank_low", "highest_since", "lowest_since")
LISTED_KINDS = 4
"""More kinds of figures that differ alike are counted, not named."""
_CONTENT = ("concept", "basis", "adjustment", "flow", "import_concept", "frequency", "level")
_PAIR = "pairs.source, from_vintage, to_vintage"


def changes_sql(pairs: str) -> str:
    """Figures with another value as of `to_vintage` than as of `from_vintage`, from `marts.revision`; USD.

    `change` is 'rounding' where the difference is no larger than the two roundings can make, else 'revision'.
    """
    return f"""
        with state as (
            select
                {_PAIR},
                revision.* exclude (source, vintage, next_vintage),
                vintage <= from_vintage and coalesce(next_vintage > from_vintage, true) as is_from,
                vintage <= to_vintage and coalesce(next_vintage > to_vintage, true) as is_to
            from ({pairs}) as pairs join {marts.revision} using (source)
            where is_from or is_to
        )
        select
            source, from_vintage, to_vintage, {_CELL},
            any_value(value_usd) filter (is_from) as from_usd,
            any_value(value_usd) filter (is_to) as to_usd,
            to_usd - from_usd as change_usd,
            case
                when count(distinct rounding_usd) > 1 and abs(change_usd) <= sum(rounding_error_usd) then 'rounding'
                else 'revision'
            end as change
        from state
        group by source, from_vintage, to_vintage, {_CELL}
        having from_usd <> to_usd
    """


def flips_sql(pairs: str) -> str:
    """Flags of `flags.record` that state another thing about the same period in both vintages.

    `before` and `after`: record high or low, the rank among the five highest or lowest, or highest or lowest since a
    day. A period is compared where both vintages have a flag for it: years always, months if a flag stands for them.
    """
    same = " and ".join(f"earlier.{name} is not distinct from later.{name}" for name in _FLAG)
    other = " or ".join(f"earlier.{name} is distinct from later.{name}" for name in _STATED)
    return f"""
        select
            {_PAIR}, later.partner_name, later.is_aggregate, {", ".join(f"later.{name}" for name in _FLAG)},
            {_statement("earlier")} as before,
            {_statement("later")} as after,
            earlier.value as from_value,
            later.value as to_value,
            later.unit,
            earlier.sentence as sentence_before,
            later.sentence as sentence_after
        from ({pairs}) as pairs
        join {RECORD} as earlier on earlier.source = pairs.source and earlier.vintage = from_vintage
        join {RECORD} as later on later.source = pairs.source and later.vintage = to_vintage and {same}
        where ({other}) and before <> after
    """


def claim_flips_sql(pairs: str) -> str:
    """Claims resting on the source with another verdict as of `to_vintage` than as of `from_vintage`.

    Each verdict is the one of the newest vintage judged up to that day; 'supported, depends on vintage' is supported.
    """
    return f"""
        with verdict as (
            select
                claim_id, statement, vintage, sentence,
                if(verdict = 'supported, depends on vintage', 'supported', verdict) as verdict,
                lead(vintage) over (partition by claim_id order by vintage) as next_vintage,
                json_extract_string(source_files, '$[*].source') as sources
            from {VERDICT} where vintage is not null
        )
        select
            {_PAIR}, later.claim_id, later.statement,
            earlier.verdict as before,
            later.verdict as after,
            earlier.sentence as sentence_before,
            later.sentence as sentence_after
        from ({pairs}) as pairs
        join verdict as earlier
            on earlier.vintage <= from_vintage and coalesce(earlier.next_vintage > from_vintage, true)
        join verdict as later
            on later.claim_id = earlier.claim_id
            and later.vintage <= to_vintage and coalesce(later.next_vintage > to_vintage, true)
            and list_contains(later.sources, pairs.source)
        where before <> after
    """


def content_sql(pairs: str) -> str:
    """One row a pair: how the files of both vintages differ in what they print, from `marts.vintage_content`.

    `schema_differences` ('none' where there are none) names kinds of figures that one vintage has and the other has not,
    another rounding and another first period. Series and figures are counted as published; `figures_added` are printed
    for the first time after `from_vintage`; `figures_left_out` are known, but not in the files of `to_vintage` (null for
    commodity levels).
    """
    kind = ", ".join(_CONTENT)
    name = f"concat_ws(' ', {kind})"
    series = f"concat_ws(' ', {name}, partner_code)"
    return f"""
        with content as (select *, {name} as kind, {series} as series from {marts.vintage_content}),
        kinds as (
            select source, vintage, kind, max(rounding_usd) as rounding, year(min(first_period)) as begins
            from content group by all
        ),
        earlier as (
            select {_PAIR}, kinds.* exclude (source, vintage)
            from ({pairs}) as pairs join kinds on kinds.source = pairs.source and vintage = from_vintage
        ),
        later as (
            select {_PAIR}, kinds.* exclude (source, vintage)
            from ({pairs}) as pairs join kinds on kinds.source = pairs.source and vintage = to_vintage
        ),
        differences as (
            select
                source, from_vintage, to_vintage, kind,
                unnest(case
                    when later.kind is null then ['without']
                    when earlier.kind is null then ['new']
                    else [
                        if(later.rounding <> earlier.rounding,
                           format('rounded to {{:,}} USD instead of {{:,}}', later.rounding, earlier.rounding), null),
                        if(later.begins <> earlier.begins,
                           format('from {{}} instead of {{}}', later.begins, earlier.begins), null)
                    ]
                end) as difference
            from earlier full join later using (source, from_vintage, to_vintage, kind)
        ),
        schemas as (
            select source, from_vintage, to_vintage, string_agg(sentence, '; ' order by sentence) as differences
            from (
                select
                    source, from_vintage, to_vintage,
                    difference || ': '
                    || if(count(*) > {LISTED_KINDS}, count(*) || ' kinds of figures', string_agg(kind, ', ' order by kind))
                        as sentence
                from differences where difference is not null
                group by source, from_vintage, to_vintage, difference
            )
            group by all
        ),
        counts as (
            select
                {_PAIR},
                count(distinct series) filter (vintage = from_vintage) as series_from,
                count(distinct series) filter (vintage = to_vintage) as series_to,
                count(distinct series) filter (vintage in (from_vintage, to_vintage)) as series_either,
                sum(figures) filter (vintage = from_vintage) as figures_from,
                sum(figures) filter (vintage = to_vintage) as figures_to,
                sum(new_figures) filter (vintage > from_vintage) as figures_added,
                sum(new_figures) - figures_to as figures_left_out,
                max(last_period) filter (vintage = from_vintage) as newest_period_from,
                max(last_period) filter (vintage = to_vintage) as newest_period_to
            from ({pairs}) as pairs join content on content.source = pairs.source and vintage <= to_vintage
            group by all
        )
        select
            counts.source, counts.from_vintage, counts.to_vintage,
            coalesce(differences, 'none') as schema_differences,
            series_from, series_to,
            series_either - series_from as series_added,
            series_either - series_to as series_dropped,
            cast(figures_from as bigint) as figures_from,
            cast(figures_to as bigint) as figures_to,
            cast(figures_added as bigint) as figures_added,
            cast(figures_left_out as bigint) as figures_left_out,
            newest_period_from, newest_period_to
        from counts left join schemas using (source, from_vintage, to_vintage)
    """


def _statement(flag: str) -> str:
    """What a row of `flags.record` states, in few words."""
    ranks = ", ".join(f"'{place}{{side}}'" for place in ("", "2nd ", "3rd ", "4th ", "5th "))
    return f"""case {flag}.headline
        when 'record' then 'record ' || {flag}.side
        when 'rank' then if(
            {flag}.side = 'high',
            [{ranks.format(side="highest")}][{flag}.rank_high],
            [{ranks.format(side="lowest")}][{flag}.rank_low]
        )
        when 'since' then if(
            {flag}.side = 'high', 'highest since ' || {flag}.highest_since, 'lowest since ' || {flag}.lowest_since
        )
        else {flag}.headline
    end"""

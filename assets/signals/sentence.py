"""The sentence of a flag: what the row says, in words that can be printed, with everything that makes it true.

Wording only: each figure, date and judgement is read from the row. A negative deficit is worded as a surplus, and the
side of the record with it: the lowest deficit below zero is the largest surplus.
"""

import duckdb

from assets.signals.panel import WORLD, WORLD_ADJUSTED

ADVANCED_TECHNOLOGY = "0007"
"""A product group among the partners: trade is in it, not with it."""
LONGEST_NAME = 60
"""Characters of a commodity's name; the full one is in the row."""
COMMON_NOUNS = ("8220", "8500")
"""Unidentified countries and international organizations."""

_WITH_ARTICLE = (
    "Islands$|Republic|Kingdom|Emirates|Territory|Lands$|Neutral Zone|Netherlands|Philippines|Bahamas|Maldives|Gambia"
    "|Union|Pacific Rim|Industrialized Countries|West Bank|Gaza Strip|Vatican|Euro Area"
)

_MACROS = (
    # Dollars: one decimal of a billion, two below ten, millions below a tenth, whole dollars below a million.
    """dollars(x) as '$' || case
        when abs(x) >= 1e10 then format('{:,.1f}bn', abs(x) / 1e9)
        when abs(x) >= 1e8 then format('{:.2f}bn', abs(x) / 1e9)
        when abs(x) >= 1e6 then format('{:.1f}m', abs(x) / 1e6)
        else format('{:,}', cast(abs(x) as bigint))
    end""",
    # A share: one decimal of a percent, two below ten, three below a tenth.
    """percent(x) as case
        when abs(x) >= 0.1 then format('{:.1f}', abs(x) * 100)
        when abs(x) >= 0.001 then format('{:.2f}', abs(x) * 100)
        when abs(x) >= 0.00001 then format('{:.3f}', abs(x) * 100)
        else 'less than 0.001'
    end""",
    "amount(unit, x) as if(unit = 'share', percent(x) || '%', dollars(x))",
    # Zero is what rounding left of a figure below it.
    """figure(unit, x, reach, is_balance) as case
        when x <> 0 then amount(unit, x)
        when reach = 0 then if(unit = 'share', '0%', '$0')
        when is_balance then 'within ' || dollars(reach) || ' of zero'
        else 'less than ' || if(unit = 'share', percent(greatest(reach, 0.00001)) || '%', dollars(reach))
    end""",
    "difference(unit, x) as if(unit = 'share', percent(x) || ' percentage points', dollars(x))",
    """period_name(frequency, day) as case
        when frequency = 'year' then strftime(day, '%Y')
        when frequency = 'rolling_12' then 'the 12 months to ' || strftime(day, '%B %Y')
        when frequency = 'ytd' and month(day) > 1 then 'January to ' || strftime(day, '%B %Y')
        else strftime(day, '%B %Y')
    end""",
    # A period beside others of the same months needs only its year.
    """other_period_name(frequency, day) as
        if(frequency in ('same_month', 'ytd'), strftime(day, '%Y'), period_name(frequency, day))""",
    """among(frequency, day) as case
        when frequency = 'year' then 'of any year'
        when frequency = 'month' then 'of any month'
        when frequency = 'rolling_12' then 'of any 12 months'
        when frequency = 'same_month' or month(day) = 1 then 'of any ' || strftime(day, '%B')
        else 'of any January to ' || strftime(day, '%B')
    end""",
    """period_before(frequency, day) as
        last_day(if(frequency in ('month', 'rolling_12'), day - interval 1 month, day - interval 1 year))""",
    "history_length(frequency, n) as n || if(frequency in ('month', 'rolling_12'), ' month', ' year') || if(n = 1, '', 's')",
    "numeral(n) as ['', 'second ', 'third ', 'fourth ', 'fifth '][n]",
)


def create_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary macros that `sentence_sql` uses."""
    for macro in _MACROS:
        con.execute(f"create or replace temp macro {macro}")


def sentence_sql(rows: str) -> str:
    """The rows (columns of `flags.record` and of the record engine) with `precision_note` and `sentence`."""
    return f"""
        with worded as (
            select
                *,
                {_PARTNER} as partner_words,
                {_COMMODITY} as commodity_words,
                measure = 'deficit' as is_balance,
                if(is_balance and value < 0, -1, 1) as sense,
                -- Larger in the words of the sentence: a lower deficit below zero is a larger surplus.
                (side = 'high') = (sense = 1) as is_larger,
                case
                    when value = 0 or not is_balance then if(side = 'high', 'highest', 'lowest')
                    else if(is_larger, 'largest', 'smallest')
                end as adjective,
                if(side = 'high', highest_since, lowest_since) as since,
                if(side = 'high', rank_high, rank_low) as place,
                if(side = 'high', rank_high_rounded, rank_low_rounded) as place_rounded,
                if(side = 'high', highest_since_rounded, lowest_since_rounded) as since_rounded,
                highest_since = lowest_since and since = period_before(frequency, period_end) as is_unchanged,
                if(has_minimum_history, 'on record', 'in ' || history_length(frequency, periods) || ' of data') as scope,
                -- Ranks of deficits and surpluses together are no ranks of deficits.
                is_balance and (lowest_before < 0 and value > 0 and side = 'low' or highest_before > 0 and value < 0 and side = 'high')
                    as is_mixed,
                is_balance and headline = 'record' and (highest_before <= 0 and value > 0 or lowest_before >= 0 and value < 0)
                    as is_first_of_sign
            from {rows}
        ),
        noted as (
            select *, {_PRECISION_NOTE} as precision_note
            from worded
        ),
        phrased as (
            select *, {_SUBJECT} as subject, {_HEADLINE} as headline_words, {_FRAGILITY} as fragility_words
            from noted
        )
        select
            * exclude (subject, headline_words, fragility_words),
            concat(
                subject, if(value = 0 and reach = 0, 'zero', figure(unit, value, reach, is_balance)),
                ' in ', period_name(frequency, period_end), ', ', headline_words,
                if(sign_change, if(value < 0, ', turning from a deficit to a surplus', ', turning from a surplus to a deficit'), ''),
                '; ' || precision_note, '; ' || fragility_words, ' ', {_BASIS}, '.'
            ) as sentence
        from phrased
    """


_PARTNER = f"""case
    when partner_code is null or partner_code in ('{WORLD}', '{WORLD_ADJUSTED}') then null
    when partner_code = '{ADVANCED_TECHNOLOGY}' then 'advanced technology products'
    when partner_code in {COMMON_NOUNS} then lower(partner_name)
    else if(regexp_matches(partner_name, '{_WITH_ARTICLE}'), 'the ', '') || regexp_replace(partner_name, ' \\(.XXX\\)$', '')
end"""

_COMMODITY = f"""concat(
    case classification when 'ENDUSE' then 'end use' else regexp_replace(level, '[0-9]+$', '') end, ' ', commodity_code,
    ' (', if(length(commodity_name) > {LONGEST_NAME}, trim(left(commodity_name, {LONGEST_NAME} - 1)) || '…', commodity_name), ')'
)"""

_SUBJECT = f"""case
    when commodity_code is not null then
        concat('US ', measure, ' of ', commodity_words, if(measure = 'imports', ' from ', ' to ') || partner_words, ' were ')
    when partner_code = '{ADVANCED_TECHNOLOGY}' then case measure
        when 'import_share' then 'The share of ' || partner_words || ' in US goods imports was '
        when 'deficit' then 'The US ' || if(value < 0, 'surplus', if(value = 0, 'balance', 'deficit')) || ' in ' || partner_words || ' was '
        else 'US ' || measure || ' of ' || partner_words || ' were '
    end
    else case measure
        when 'import_share' then 'The share of US goods imports that came from ' || partner_words || ' was '
        when 'deficit' then concat(
            'The US ', replace(concept, '_', ' and '), if(value < 0, ' surplus', if(value = 0, ' balance', ' deficit')),
            ' with ' || partner_words, ' was '
        )
        else concat(
            'US ', replace(concept, '_', ' and '), ' ', measure, if(measure = 'imports', ' from ', ' to ') || partner_words, ' were '
        )
    end
end"""

_SINCE = """concat(
    'the ', adjective, ' ', if(frequency in ('same_month', 'ytd'), among(frequency, period_end) || ' ', ''),
    'since ', other_period_name(frequency, since)
)"""

_APART = """case
    when margin = 0 then ''
    else concat(
        difference(unit, margin), if(abs(value) > abs(neighbour_value), ' above ', ' below '),
        other_period_name(frequency, neighbour_period), ' (', figure(unit, neighbour_value, neighbour_reach, is_balance), ')'
    )
end"""

_HEADLINE = f"""case
    when headline = 'first' then 'the first figure of its series'
    when is_first_of_sign then concat('the first ', if(value < 0, 'surplus ', 'deficit '), scope)
    when headline = 'record' then concat(
        'the ', adjective, ' ', among(frequency, period_end), ' ', scope, ', ', difference(unit, margin),
        if(is_larger, ' above the record of ', ' below the previous low of '),
        other_period_name(frequency, neighbour_period), ' (', figure(unit, neighbour_value, neighbour_reach, is_balance), ')'
    )
    when is_unchanged then if(value = 0 and reach > 0, 'as in ', 'unchanged from ') || other_period_name(frequency, since)
    when headline = 'rank' and not is_mixed then concat(
        if(margin = 0, 'tied with ' || other_period_name(frequency, neighbour_period) || if(place = 1, ' as ', ' for '), ''),
        'the ', numeral(place), adjective, ' ', among(frequency, period_end), ' ', scope,
        if(place > 1 and since < period_before(frequency, period_end) and since <> neighbour_period, ' and the ' || adjective || ' since '
           || other_period_name(frequency, since), ''),
        if(margin = 0, '', ', ' || {_APART})
    )
    when is_mixed and sense * neighbour_value < 0 and headline = 'since' then
        {_SINCE} || if(value < 0, ', when there was a deficit', ', when there was a surplus')
    when headline = 'since' and margin = 0 then
        if(value = 0 and reach > 0, 'as in ', 'the same as in ') || other_period_name(frequency, since)
    when headline = 'since' then concat({_SINCE}, ' (', figure(unit, neighbour_value, neighbour_reach, is_balance), ')')
    else {_SINCE}
end"""

_PRECISION_NOTE = """case
    when is_unchanged or headline = 'first' then null
    when is_record_high and not is_record_high_rounded or is_record_low and not is_record_low_rounded then
        'at published rounding it only ties the record'
    when headline = 'rank' and place <> place_rounded then
        concat('at published rounding it is the ', numeral(place_rounded), adjective)
    when headline = 'rank' and is_tie and margin > 0 then 'at published rounding it is tied'
    when headline = 'since' and since_rounded is distinct from since then
        'at published rounding, since ' || other_period_name(frequency, since_rounded)
end"""

_FRAGILITY = """case
    when known_gap_usd is not null then concat(
        if(is_fragile, 'fragile', 'not judged by past revisions'), ', as the ', gap_flow, ' of ', strftime(gap_period, '%Y'),
        ' are known to be ', dollars(known_gap_usd), if(known_gap_usd < 0, ' too low', ' too high'), ' in this source'
    )
    when headline = 'first' then null
    when is_fragile is null then 'there are no past revisions to judge it by'
    when not is_fragile then 'robust against past revisions' || if(fragility_basis like 'pool%', ' of similar series', '')
    when margin = 0 then 'fragile, as any revision decides a tie'
    when margin < median_abs_revision then concat(
        'fragile, as the margin of ', difference(unit, margin), ' is smaller than the usual revision',
        if(fragility_basis like 'pool%', ' of similar series', ''), ' of ', difference(unit, median_abs_revision)
    )
    else concat(
        'fragile, as ', format('{:.0f}% of past revisions', flip_share * 100),
        if(fragility_basis like 'pool%', ' of similar series', ''), ' would reverse the order'
    )
end"""

_BASIS = """concat(
    '(', if(basis = 'BOP', 'balance of payments', basis), ' basis, ',
    if(adjustment = 'SA', 'seasonally adjusted', 'not seasonally adjusted'),
    case
        when basis = 'BOP' then ''
        when measure = 'exports' then ', FAS value'
        when measure = 'deficit' then ', general imports at customs value, exports FAS'
        when import_concept = 'consumption' then ', imports for consumption at customs value'
        else ', general imports at customs value'
    end,
    '; ',
    case source
        when 'census_country' then 'Census Bureau country table'
        when 'usitc_dataweb' then 'USITC DataWeb'
        when 'bea' then 'BEA trade time series'
        when 'ft900' then 'FT-900 release'
        when 'fred' then 'FRED series BOPGSTB'
        when 'census_api' then 'Census International Trade API'
        when 'census_bulk' then 'Census bulk archives'
        else source
    end,
    if(is_derived, ', summed by this project', ''),
    ', vintage of ', strftime(vintage, '%-d %B %Y'), if(vintage_is_estimated, ' (estimated release day)', ''), '; ',
    history_length(frequency, periods), ' from ',
    if(frequency in ('month', 'rolling_12'), strftime(first_period, '%B %Y'), strftime(first_period, '%Y')), ')'
)"""

{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key='built.frequency = changed.frequency and built.period_start = changed.period_start',
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set values = commodity_values() %}
{% set columns = ['flow', 'level', 'commodity_code', 'partner_code', 'partner_name', 'is_aggregate'] + values + ['source', 'is_derived', 'derivation', 'approximate_share', 'vintage'] %}

with batches as (
    {{ batches_to_build() }}
),

cells as (
    {{ months_and_years(columns, "level in ('HS6', 'HS10', 'ENDUSE1', 'ENDUSE5')") }}
),

-- Each definition and the codes that it sums, at the level where it is made.
members as (
    select
        definition,
        name,
        concat('ENDUSE', cast(length(code_prefix) as varchar)) as level,
        code_prefix as commodity_code
    from {{ code_list('capital_goods') }}
    where classification = 'ENDUSE'
    union all
    select list.definition, list.name, hs.level, hs.code as commodity_code
    from {{ code_list('capital_goods') }} as list
    inner join {{ code_list('hs') }} as hs
        on hs.level = 'HS6'
        and left(hs.code, length(list.code_prefix)) = list.code_prefix
    where list.classification = 'HS'
    union all
    select 'bec_capital' as definition, 'Capital goods (BEC, fifth revision)' as name, level, code as commodity_code
    from {{ code_list('hs') }}
    where bec_end_use = 'CAP'
),

sums as (
    select
        cells.flow,
        members.definition,
        max(members.name) as definition_name,
        cells.partner_code,
        max(cells.partner_name) as partner_name,
        max(case when cells.is_aggregate then 1 else 0 end) = 1 as is_aggregate,
        max(cells.level) as level,
        cells.frequency,
        cells.period_start,
        {{ sums_of_all('cells.', values) }},
        max(case when cells.is_derived then 1 else 0 end) = 1 as is_derived,
        max(cells.derivation) as derivation,
        max(cells.approximate_share) as approximate_share,
        max(cells.vintage) as vintage
    from cells
    inner join members
        on cells.level = members.level
        and cells.commodity_code = members.commodity_code
    group by cells.flow, members.definition, cells.partner_code, cells.frequency, cells.period_start
),

-- The measures that are known of every commodity of a level: a sum of some codes is not that of a definition.
known as (
    select
        {{ columns_of('coverage', ['flow', 'level', 'partner_code', 'frequency', 'period_start']) }},
        {% for value in values %}
        max(case when coverage.measure = '{{ value }}' then 1 else 0 end) = 1 as knows_{{ value }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('commodity_coverage') }} as coverage
    inner join batches
        on coverage.frequency = batches.frequency
        and coverage.period_start = batches.period_start
    where coverage.has_all_commodities
    group by {{ columns_of('coverage', ['flow', 'level', 'partner_code', 'frequency', 'period_start']) }}
),

-- World by the numbers that its end use was told by: ten digits, or six where there is nothing finer.
numbers as (
    select
        flow,
        frequency,
        period_start,
        level,
        commodity_code,
        source,
        coalesce(general_value_usd, export_value_usd) as value_usd,
        dense_rank() over (partition by flow, frequency, period_start order by length(commodity_code) desc) as fineness
    from cells
    where level in ('HS6', 'HS10') and partner_code = '0015'
),

end_use as (
    {{ end_uses('(select distinct flow, commodity_code from numbers where fineness = 1)') }}
),

concord as (
    {{ archive_numbers("batches on lookup.period_start = batches.period_start or (batches.frequency = 'year'
    and extract(year from lookup.period_start) = extract(year from batches.period_start))") }}
),

-- What the newest archive of the period says of a number.
stated_end_use as (
    select
        concord.flow,
        batches.frequency,
        batches.period_start,
        concord.commodity_code,
        arg_max(concord.end_use, concat(cast(concord.period_start as varchar), cast(concord.vintage as varchar))) as end_use
    from concord
    inner join batches
        on concord.period_start = batches.period_start
        or (
            batches.frequency = 'year'
            and extract(year from concord.period_start) = extract(year from batches.period_start)
        )
    group by concord.flow, batches.frequency, batches.period_start, concord.commodity_code
),

numbers_told as (
    select
        numbers.flow,
        numbers.frequency,
        numbers.period_start,
        numbers.value_usd,
        coalesce(stated_end_use.end_use, end_use.end_use) as end_use,
        stated_end_use.end_use is not null or end_use.is_certain as is_certain,
        stated_end_use.end_use is not null or end_use.is_group_certain as is_group_certain
    from numbers
    left join end_use
        on numbers.flow = end_use.flow
        and numbers.commodity_code = end_use.commodity_code
    left join stated_end_use
        on numbers.source = 'census_bulk'
        and numbers.flow = stated_end_use.flow
        and numbers.frequency = stated_end_use.frequency
        and numbers.period_start = stated_end_use.period_start
        and numbers.commodity_code = stated_end_use.commodity_code
    where numbers.fineness = 1
),

-- The part of a definition's World value whose end use the archive or the code list tells without doubt.
told as (
    select
        numbers.flow,
        numbers.frequency,
        numbers.period_start,
        list.definition,
        sum(
            case
                when numbers.is_certain or (length(list.code_prefix) = 1 and numbers.is_group_certain)
                    then numbers.value_usd
            end
        ) / nullif(cast(sum(numbers.value_usd) as double), 0) as matched_share
    from numbers_told as numbers
    inner join {{ code_list('capital_goods') }} as list
        on list.classification = 'ENDUSE'
        and left(numbers.end_use, length(list.code_prefix)) = list.code_prefix
    group by numbers.flow, numbers.frequency, numbers.period_start, list.definition
)

select
    sums.flow,
    sums.definition,
    sums.definition_name,
    sums.partner_code,
    sums.partner_name,
    sums.is_aggregate,
    sums.frequency,
    sums.period_start,
    {% for value in values %}case when known.knows_{{ value }} then sums.{{ value }} end as {{ value }}, {% endfor %}
    sums.is_derived,
    sums.derivation,
    sums.approximate_share,
    case when sums.is_derived and sums.approximate_share is null then cast(told.matched_share as double) end as matched_share,
    sums.vintage
from sums
inner join known
    on {{ equal_columns('sums', 'known', ['flow', 'level', 'partner_code', 'frequency', 'period_start']) }}
left join told
    on sums.flow = told.flow
    and sums.definition = told.definition
    and sums.frequency = told.frequency
    and sums.period_start = told.period_start

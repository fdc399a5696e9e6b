{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key="changed.frequency = 'year' and built.year = extract(year from changed.period_start)",
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set values = commodity_values() %}
{% set series = ['source', 'flow', 'level', 'year'] %}

with years as (
    select cast(extract(year from period_start) as integer) as year
    from (
        {{ batches_to_build() }}
    )
    where frequency = 'year'
),

newest as (
    {{ newest_cells("years on extract(year from value.period_start) = years.year") }}
),

latest as (
    select *, cast(extract(year from period_start) as integer) as year from newest
),

months as (
    select * from latest where frequency = 'month'
),

-- Months whose commodities are all there: for all partners, or for those listed.
complete_months as (
    select distinct {{ series | join(', ') }}, period_start
    from months
    where has_all_commodities and has_all_partners and partner_code <> '0015'
),

listed_months as (
    select distinct {{ series | join(', ') }}, period_start, partner_code
    from months
    where has_all_commodities and (not has_all_partners or partner_code = '0015')
),

partners as (
    select distinct {{ series | join(', ') }}, partner_code from months
),

partner_months as (
    select {{ columns_of('partners', series) }}, partners.partner_code, complete_months.period_start
    from partners
    inner join complete_months
        on partners.partner_code <> '0015' and {{ equal_columns('partners', 'complete_months', series) }}
    union
    select {{ series | join(', ') }}, partner_code, period_start
    from listed_months
),

complete_years as (
    select {{ series | join(', ') }}, partner_code
    from partner_months
    group by {{ series | join(', ') }}, partner_code
    having count(*) = 12
),

-- A value of a year is known when each month has it.
month_values as (
    select
        {{ series | join(', ') }},
        period_start,
        max(vintage) as vintage,
        min(vintage) as oldest_vintage,
        {% for value in values %}
        max(case when {{ value }} is not null then 1 else 0 end) as has_{{ value }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from months
    group by {{ series | join(', ') }}, period_start
),

year_values as (
    select
        {{ series | join(', ') }},
        max(vintage) as vintage,
        min(oldest_vintage) as oldest_vintage,
        {% for value in values %}
        min(has_{{ value }}) = 1 as has_{{ value }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from month_values
    group by {{ series | join(', ') }}
),

summed as (
    select
        {{ columns_of('months', series) }},
        months.classification,
        months.commodity_code,
        months.partner_code,
        max(months.commodity_name) as commodity_name,
        {% for value in values %}
        case when year_values.has_{{ value }} then {{ sum_of_all('months.' ~ value) }} end as {{ value }},
        {% endfor %}
        {{ sum_of_quantities('months.') }},
        year_values.vintage,
        year_values.oldest_vintage
    from months
    inner join complete_years
        on {{ equal_columns('months', 'complete_years', series) }} and months.partner_code = complete_years.partner_code
    inner join year_values
        on {{ equal_columns('months', 'year_values', series) }}
    group by
        {{ columns_of('months', series) }}, months.classification, months.commodity_code, months.partner_code,
        {% for value in values %}year_values.has_{{ value }}, {% endfor %}
        year_values.vintage, year_values.oldest_vintage
),

candidates as (
    select
        {{ series | join(', ') }},
        classification,
        commodity_code,
        partner_code,
        commodity_name,
        {{ values | join(', ') }},
        quantity_1,
        quantity_1_unit,
        vintage,
        vintage as oldest_vintage,
        is_derived,
        false as is_sum_of_months,
        has_all_partners
    from latest
    where frequency = 'year'
    union all
    select
        {{ columns_of('summed', series) }},
        summed.classification,
        summed.commodity_code,
        summed.partner_code,
        summed.commodity_name,
        {{ columns_of('summed', values) }},
        summed.quantity_1,
        summed.quantity_1_unit,
        summed.vintage,
        summed.oldest_vintage,
        true as is_derived,
        true as is_sum_of_months,
        complete.source is not null as has_all_partners
    from summed
    left join (
        select {{ series | join(', ') }} from complete_months group by {{ series | join(', ') }} having count(*) = 12
    ) as complete
        on {{ equal_columns('summed', 'complete', series) }}
),

-- One way stands for a level of a year: with all partners first, then the newest, the published year, the archives.
ways as (
    select
        {{ series | join(', ') }},
        is_sum_of_months,
        row_number() over (
            partition by flow, level, year
            order by
                max(case when has_all_partners then 1 else 0 end) desc, max(vintage) desc, is_sum_of_months, source desc
        ) as precedence
    from candidates
    group by {{ series | join(', ') }}, is_sum_of_months
),

cells as (
    select candidates.*
    from candidates
    inner join ways
        on {{ equal_columns('candidates', 'ways', series) }} and candidates.is_sum_of_months = ways.is_sum_of_months
        and ways.precedence = 1
),

names as (
    {{ commodity_names('cells') }}
)

select
    cells.flow,
    cells.classification,
    cells.level,
    cells.commodity_code,
    names.commodity_name,
    cells.partner_code,
    partner.partner_name,
    cells.year,
    {{ columns_of('cells', values) }},
    cells.quantity_1,
    cells.quantity_1_unit,
    {{ unit_value_of('cells') }} as unit_value_usd,
    cells.source,
    cells.is_derived,
    cells.is_sum_of_months,
    cells.oldest_vintage,
    cells.vintage
from cells
inner join {{ ref('partner') }} as partner
    on cells.partner_code = partner.partner_code
inner join names
    on cells.flow = names.flow
    and cells.level = names.level
    and cells.commodity_code = names.commodity_code

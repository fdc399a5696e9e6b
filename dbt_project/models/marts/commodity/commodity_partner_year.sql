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

newest as not materialized (
    {{ newest_cells("years on extract(year from value.period_start) = years.year") }}
),

latest as not materialized (
    select *, cast(extract(year from period_start) as integer) as year from newest
),

-- What is there of each partner, period by period; small beside the cells.
coverage as (
    select
        {{ series | join(', ') }},
        frequency,
        period_start,
        partner_code,
        max(case when has_all_partners then 1 else 0 end) as has_all_partners,
        max(case when has_all_commodities and has_all_partners and partner_code <> '0015' then 1 else 0 end) as is_of_all,
        max(
            case when has_all_commodities and (not has_all_partners or partner_code = '0015') then 1 else 0 end
        ) as is_listed,
        max(vintage) as vintage,
        min(vintage) as oldest_vintage,
        {% for value in values %}
        max(case when {{ value }} is not null then 1 else 0 end) as has_{{ value }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from latest
    group by {{ series | join(', ') }}, frequency, period_start, partner_code
),

months as (
    select * from coverage where frequency = 'month'
),

-- Months whose commodities are all there: for all partners, or for those listed.
complete_months as (
    select distinct {{ series | join(', ') }}, period_start from months where is_of_all = 1
),

partner_months as (
    select {{ columns_of('partners', series) }}, partners.partner_code, complete_months.period_start
    from (select distinct {{ series | join(', ') }}, partner_code from months where partner_code <> '0015') as partners
    inner join complete_months
        on {{ equal_columns('partners', 'complete_months', series) }}
    union
    select {{ series | join(', ') }}, partner_code, period_start from months where is_listed = 1
),

complete_partners as (
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
        min(oldest_vintage) as oldest_vintage,
        {% for value in values %}
        max(has_{{ value }}) as has_{{ value }}{% if not loop.last %},{% endif %}
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

candidates as (
    select
        {{ series | join(', ') }},
        false as is_sum_of_months,
        max(has_all_partners) as has_all_partners,
        max(vintage) as vintage
    from coverage
    where frequency = 'year'
    group by {{ series | join(', ') }}
    union all
    select
        {{ columns_of('summed', series) }},
        true as is_sum_of_months,
        case when complete.source is not null then 1 else 0 end as has_all_partners,
        year_values.vintage
    from (select distinct {{ series | join(', ') }} from complete_partners) as summed
    inner join year_values
        on {{ equal_columns('summed', 'year_values', series) }}
    left join (
        select {{ series | join(', ') }} from complete_months group by {{ series | join(', ') }} having count(*) = 12
    ) as complete
        on {{ equal_columns('summed', 'complete', series) }}
),

-- One way stands for a level of a year: with all partners first, then the newest, the published year, the archives.
ways as (
    select
        *,
        row_number() over (
            partition by flow, level, year
            order by has_all_partners desc, vintage desc, is_sum_of_months, source desc
        ) as precedence
    from candidates
),

-- The partners of those ways that sum months.
summed_partners as (
    select
        {{ columns_of('partners', series) }},
        partners.partner_code,
        {% for value in values %}year_values.has_{{ value }}, {% endfor %}
        year_values.vintage,
        year_values.oldest_vintage,
        row_number() over (order by {{ columns_of('partners', series) }}, partners.partner_code) as partner_id
    from complete_partners as partners
    inner join ways
        on {{ equal_columns('partners', 'ways', series) }} and ways.is_sum_of_months and ways.precedence = 1
    inner join year_values
        on {{ equal_columns('partners', 'year_values', series) }}
),

sums as (
    select
        partners.partner_id,
        latest.commodity_code,
        max(latest.commodity_name) as commodity_name,
        {{ sums_of_all('latest.', values) }},
        {{ sum_of_quantities('latest.') }}
    from latest
    inner join summed_partners as partners
        on {{ equal_columns('latest', 'partners', series) }} and latest.partner_code = partners.partner_code
    where latest.frequency = 'month'
    group by partners.partner_id, latest.commodity_code
),

cells as (
    select
        {{ columns_of('latest', series) }},
        latest.classification,
        latest.commodity_code,
        latest.partner_code,
        latest.commodity_name,
        {{ columns_of('latest', values) }},
        latest.quantity_1,
        latest.quantity_1_unit,
        latest.vintage,
        latest.vintage as oldest_vintage,
        latest.is_derived,
        false as is_sum_of_months
    from latest
    inner join ways
        on {{ equal_columns('latest', 'ways', series) }} and not ways.is_sum_of_months and ways.precedence = 1
    where latest.frequency = 'year'
    union all
    select
        {{ columns_of('partners', series) }},
        {{ classification_of('partners.level') }} as classification,
        sums.commodity_code,
        partners.partner_code,
        sums.commodity_name,
        {% for value in values %}
        case when partners.has_{{ value }} then sums.{{ value }} end as {{ value }},
        {% endfor %}
        sums.quantity_1,
        sums.quantity_1_unit,
        partners.vintage,
        partners.oldest_vintage,
        true as is_derived,
        true as is_sum_of_months
    from sums
    inner join summed_partners as partners
        on sums.partner_id = partners.partner_id
),

names as (
    {{ commodity_names('cells') }}
)

{{ named_cells('cells.year', ['is_sum_of_months', 'oldest_vintage']) }}

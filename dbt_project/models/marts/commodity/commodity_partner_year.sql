{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key="changed.frequency = 'year' and built.year = extract(year from changed.period_start)",
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set values = commodity_values() %}
{% set series = ['source', 'flow', 'level', 'period_start'] %}

with years as (
    select * from (
        {{ batches_to_build() }}
    ) as every_batch
    where frequency = 'year'
),

newest as not materialized (
    {{ newest_cells("years on extract(year from value.period_start) = extract(year from years.period_start)") }}
),

chosen as (
    {{ ways_chosen("years on coverage.frequency = years.frequency and coverage.period_start = years.period_start") }}
),

-- The partners whose months are added up, and for which measures all twelve are there.
summed_partners as (
    select
        {{ columns_of('coverage', series) }},
        coverage.partner_code,
        {% for value in values %}
        max(case when coverage.measure = '{{ value }}' then coverage.vintage end) as {{ vintage_of(value) }},
        {% endfor %}
        max(coverage.vintage) as vintage,
        min(coverage.oldest_vintage) as oldest_vintage,
        row_number() over (order by {{ columns_of('coverage', series) }}, coverage.partner_code) as partner_id
    from {{ ref('commodity_coverage') }} as coverage
    inner join years
        on coverage.frequency = years.frequency
        and coverage.period_start = years.period_start
    where coverage.is_sum_of_months
    group by {{ columns_of('coverage', series) }}, coverage.partner_code
),

sums as (
    select
        partners.partner_id,
        newest.commodity_code,
        max(newest.classification) as classification,
        max(newest.commodity_name) as commodity_name,
        {{ sums_of_all('newest.', values) }},
        {{ sum_of_quantities('newest.') }},
        concat_ws('; ', 'sum of twelve months', max(newest.derivation)) as derivation,
        max(newest.approximate_share) as approximate_share
    from newest
    inner join summed_partners as partners
        on newest.source = partners.source
        and newest.flow = partners.flow
        and newest.level = partners.level
        and newest.partner_code = partners.partner_code
        and {{ month_start('extract(year from newest.period_start)', '1') }} = partners.period_start
    where newest.frequency = 'month'
    group by partners.partner_id, newest.commodity_code
),

figures as not materialized (
    select
        {{ columns_of('newest', series) }},
        newest.commodity_code,
        newest.partner_code,
        newest.classification,
        newest.commodity_name,
        {{ columns_of('newest', values) }},
        newest.quantity_1,
        newest.quantity_1_unit,
        {{ columns_of('newest', measure_vintages()) }},
        newest.is_derived,
        newest.derivation,
        newest.approximate_share,
        newest.vintage,
        newest.oldest_vintage,
        false as is_sum_of_months
    from newest
    where newest.frequency = 'year'
    union all
    select
        {{ columns_of('partners', series) }},
        sums.commodity_code,
        partners.partner_code,
        sums.classification,
        sums.commodity_name,
        {% for value in values %}
        case when partners.{{ vintage_of(value) }} is not null then sums.{{ value }} end as {{ value }},
        {% endfor %}
        sums.quantity_1,
        sums.quantity_1_unit,
        {% for value in values %}
        case when sums.{{ value }} is not null then partners.{{ vintage_of(value) }} end as {{ vintage_of(value) }},
        {% endfor %}
        case when sums.quantity_1 is not null then coalesce(partners.general_value_vintage, partners.export_value_vintage) end
            as quantity_1_vintage,
        true as is_derived,
        sums.derivation,
        sums.approximate_share,
        partners.vintage,
        partners.oldest_vintage,
        true as is_sum_of_months
    from sums
    inner join summed_partners as partners
        on sums.partner_id = partners.partner_id
),

ways as not materialized (
    select
        figures.*,
        {{ way_of('figures.source', 'figures.is_sum_of_months') }} as way,
        {{ columns_of('chosen', chosen_columns()) }}
    from figures
    inner join chosen
        on figures.flow = chosen.flow
        and figures.level = chosen.level
        and figures.period_start = chosen.period_start
),

cells as not materialized (
    {{ figures_of_ways(
        'ways', ['flow', 'level', 'commodity_code', 'partner_code', 'period_start'], ['is_sum_of_months']
    ) }}
),

names as (
    {{ commodity_names('cells') }}
)

{{ named_cells('cast(extract(year from cells.period_start) as integer) as year', ['is_sum_of_months']) }}

{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key='built.frequency = changed.frequency and built.period_start = changed.period_start',
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set series = ['source', 'flow', 'level', 'frequency', 'period_start'] %}
{% set coverage = ['partner', 'commodity'] %}

with batches as (
    {{ batches_to_build() }}
),

cells as (
    select
        {{ columns_of('value', series) }},
        value.vintage,
        value.commodity_code,
        value.partner_code,
        value.partner_code <> '0015' and value.has_all_partners as has_all_partners,
        value.has_all_commodities
    from {{ ref('int_commodity_value') }} as value
    inner join batches
        on value.frequency = batches.frequency
        and value.period_start = batches.period_start
),

contested as (
    select {{ series | join(', ') }}
    from cells
    group by {{ series | join(', ') }}
    having min(vintage) < max(vintage)
),

contested_cells as (
    select cells.*
    from cells
    inner join contested
        on {{ equal_columns('cells', 'contested', series) }}
),

-- What each print covers: all partners or those that it lists, by all commodities or those that it lists. World is on
-- its own.
covered_partners as (
    select distinct
        {{ series | join(', ') }},
        vintage,
        partner_code = '0015' as is_world,
        case when has_all_partners then '*' else partner_code end as partner
    from contested_cells
),

covered_commodities as (
    select distinct
        {{ series | join(', ') }},
        vintage,
        partner_code = '0015' as is_world,
        case when has_all_commodities then '*' else commodity_code end as commodity
    from contested_cells
),

covered as (
    select
        {{ columns_of('partners', series) }},
        partners.partner,
        commodities.commodity,
        max(partners.vintage) as vintage
    from covered_partners as partners
    inner join covered_commodities as commodities
        on {{ equal_columns('partners', 'commodities', series) }} and partners.vintage = commodities.vintage
        and partners.is_world = commodities.is_world
    group by {{ columns_of('partners', series) }}, partners.partner, commodities.commodity
)

-- A cell is replaced when a newer print covers it, whether or not that print has the cell: without it, nothing traded.
select distinct
    {{ columns_of('cells', series) }},
    cells.vintage,
    cells.commodity_code,
    cells.partner_code
from contested_cells as cells
{% for name, partner, commodity in [
    ('all_by_all', "'*'", "'*'"),
    ('all_by_one', "'*'", 'cells.commodity_code'),
    ('one_by_all', 'cells.partner_code', "'*'"),
    ('one_by_one', 'cells.partner_code', 'cells.commodity_code'),
] %}
left join covered as {{ name }}
    on {{ equal_columns('cells', name, series) }} and {{ name }}.partner = {{ partner }}
    and {{ name }}.commodity = {{ commodity }}
    {% if partner == "'*'" %}and cells.partner_code <> '0015'{% endif %}
{% endfor %}
where
    cells.vintage < all_by_all.vintage
    or cells.vintage < all_by_one.vintage
    or cells.vintage < one_by_all.vintage
    or cells.vintage < one_by_one.vintage

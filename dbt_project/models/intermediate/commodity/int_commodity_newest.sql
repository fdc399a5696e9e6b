{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key='built.frequency = changed.frequency and built.period_start = changed.period_start',
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set values = commodity_values() %}
{% set series = ['source', 'flow', 'level', 'frequency', 'period_start'] %}
{% set cell = series + ['commodity_code', 'partner_code'] %}

with batches as (
    {{ batches_to_build() }}
),

coverage as (
    select coverage.*
    from {{ ref('int_commodity_coverage') }} as coverage
    inner join batches
        on coverage.frequency = batches.frequency
        and coverage.period_start = batches.period_start
),

contested as (
    select {{ series | join(', ') }}
    from coverage
    group by {{ series | join(', ') }}
    having min(vintage) < max(vintage)
),

cells as (
    select value.*
    from {{ ref('int_commodity_value') }} as value
    inner join contested
        on {{ equal_columns('value', 'contested', series) }}
),

-- The newest print that covers a measure of all cells: every partner by every commodity.
of_all as (
    select
        {{ series | join(', ') }},
        {% for value in values %}
        max(case when knows_{{ value }} then vintage end) as {{ value }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from (
        select
            {{ columns_of('coverage', series) }},
            coverage.vintage,
            {% for value in values %}
            sum(coverage.{{ value }}_cells) = sum(coverage.commodities) as knows_{{ value }}{% if not loop.last %},{% endif %}
            {% endfor %}
        from coverage
        inner join contested
            on {{ equal_columns('coverage', 'contested', series) }}
        where coverage.partner_code <> '0015'
        group by {{ columns_of('coverage', series) }}, coverage.vintage
        having min(case when coverage.has_all_partners and coverage.has_all_commodities then 1 else 0 end) = 1
    ) as whole_print
    group by {{ series | join(', ') }}
),

-- Of one partner, or World: every commodity.
of_partner as (
    select
        {{ columns_of('coverage', series) }},
        coverage.partner_code,
        {% for value in values %}
        max(case when coverage.{{ value }}_cells = coverage.commodities then coverage.vintage end) as {{ value }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from coverage
    inner join contested
        on {{ equal_columns('coverage', 'contested', series) }}
    where coverage.has_all_commodities
    group by {{ columns_of('coverage', series) }}, coverage.partner_code
),

-- Of one commodity: partners that make the World that the same print gives.
of_commodity as (
    select
        {{ series | join(', ') }},
        commodity_code,
        {% for value in values %}
        max(case when knows_{{ value }} then vintage end) as {{ value }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from (
        select
            {{ series | join(', ') }},
            commodity_code,
            vintage,
            {% for value in values %}
            count({{ value }}) = count(*)
            and sum(case when partner_code = '0015' then {{ value }} else -{{ value }} end) = 0 as knows_{{ value }}
            {%- if not loop.last %},{% endif %}
            {% endfor %}
        from cells
        group by {{ series | join(', ') }}, commodity_code, vintage
        having
            count(case when partner_code = '0015' and not is_derived then 1 end) = 1
            and count(case when partner_code <> '0015' then 1 end) > 0
    ) as commodity_print
    group by {{ series | join(', ') }}, commodity_code
),

-- The cell itself, where a print has the measure.
of_cell as (
    select
        {{ cell | join(', ') }},
        {% for value in values %}
        max(case when {{ value }} is not null then vintage end) as {{ value }},
        {% endfor %}
        max(case when quantity_1 is not null then vintage end) as quantity_1
    from cells
    group by {{ cell | join(', ') }}
),

newest as (
    select
        {{ columns_of('of_cell', cell) }},
        {% for value in values %}
        greatest(of_cell.{{ value }}, of_all.{{ value }}, of_partner.{{ value }}, of_commodity.{{ value }}) as {{ value }},
        {% endfor %}
        of_cell.quantity_1
    from of_cell
    left join of_all
        on {{ equal_columns('of_cell', 'of_all', series) }} and of_cell.partner_code <> '0015'
    left join of_partner
        on {{ equal_columns('of_cell', 'of_partner', series + ['partner_code']) }}
    left join of_commodity
        on {{ equal_columns('of_cell', 'of_commodity', series + ['commodity_code']) }} and of_cell.partner_code <> '0015'
),

-- A print that covers a measure of the cell and does not have the cell says that nothing was traded.
merged as (
    select
        {{ columns_of('cells', cell) }},
        {% for value in values %}
        coalesce(
            max(case when cells.vintage = newest.{{ value }} then cells.{{ value }} end),
            case when max(newest.{{ value }}) is not null then 0 end
        ) as {{ value }},
        max(newest.{{ value }}) as {{ vintage_of(value) }},
        count(case when cells.vintage = newest.{{ value }} then cells.{{ value }} end) as rows_of_{{ value }},
        {% endfor %}
        max(case when cells.vintage = newest.quantity_1 then cells.quantity_1 end) as quantity_1,
        max(case when cells.vintage = newest.quantity_1 then cells.quantity_1_unit end) as quantity_1_unit,
        max(newest.quantity_1) as quantity_1_vintage,
        max(cells.classification) as classification,
        arg_max(cells.commodity_name, cells.vintage) as commodity_name,
        arg_max(cells.file_id, cells.vintage) as file_id,
        max(
            case
                when cells.is_derived and cells.vintage in ({{ columns_of('newest', values) }}) then 1 else 0
            end
        ) = 1 as is_derived
    from cells
    inner join newest
        on {{ equal_columns('cells', 'newest', cell) }}
    group by {{ columns_of('cells', cell) }}
)

select
    {{ cell | join(', ') }},
    classification,
    commodity_name,
    {% for value in values %}{{ value }}, {{ vintage_of(value) }}, {% endfor %}
    case when coalesce(general_value_usd, export_value_usd, 1) <> 0 then quantity_1 end as quantity_1,
    case when coalesce(general_value_usd, export_value_usd, 1) <> 0 then quantity_1_unit end as quantity_1_unit,
    case when coalesce(general_value_usd, export_value_usd, 1) <> 0 then quantity_1_vintage end as quantity_1_vintage,
    is_derived,
    greatest({% for value in values %}{{ vintage_of(value) }}{% if not loop.last %}, {% endif %}{% endfor %}) as vintage,
    least({% for value in values %}{{ vintage_of(value) }}{% if not loop.last %}, {% endif %}{% endfor %}) as oldest_vintage,
    file_id
from merged
where {% for value in values %}rows_of_{{ value }}{% if not loop.last %} + {% endif %}{% endfor %} > 0

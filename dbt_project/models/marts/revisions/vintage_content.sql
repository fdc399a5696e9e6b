{% set series = ['source', 'concept', 'basis', 'adjustment', 'partner_code', 'flow', 'import_concept', 'frequency'] %}

with cells as (
    select
        {{ series | join(', ') }},
        period_start,
        min(vintage) as first_vintage
    from {{ ref('int_trade_value') }}
    group by {{ series | join(', ') }}, period_start
),

first_prints as (
    select
        {{ series | join(', ') }},
        first_vintage,
        cast(count(*) as integer) as new_figures
    from cells
    group by {{ series | join(', ') }}, first_vintage
),

printed as (
    select
        {{ series | join(', ') }},
        vintage,
        cast(count(*) as integer) as figures,
        min(period_start) as first_period,
        max(period_start) as last_period,
        max(rounding_usd) as rounding_usd
    from {{ ref('int_trade_value') }}
    group by {{ series | join(', ') }}, vintage
)

select
    {{ columns_of('printed', series) }},
    cast(null as varchar) as classification,
    cast(null as varchar) as level,
    printed.vintage,
    1 as partners,
    partner.is_aggregate,
    printed.figures,
    coalesce(first_prints.new_figures, 0) as new_figures,
    printed.first_period,
    printed.last_period,
    printed.rounding_usd
from printed
left join first_prints
    on {{ equal_columns('printed', 'first_prints', [
        'source', 'concept', 'basis', 'adjustment', 'partner_code', 'flow', 'frequency'
    ]) }}
    and coalesce(printed.import_concept, 'none') = coalesce(first_prints.import_concept, 'none')
    and printed.vintage = first_prints.first_vintage
left join {{ ref('partner') }} as partner
    on printed.partner_code = partner.partner_code
union all
select
    source,
    'goods',
    'Census',
    'NSA',
    null,
    flow,
    null,
    frequency,
    classification,
    level,
    vintage,
    cast(count(distinct partner_code) as integer),
    null,
    cast(count(*) as integer),
    null,
    min(period_start),
    max(period_start),
    1
from {{ ref('int_commodity_value') }}
where not is_derived
group by source, flow, frequency, classification, level, vintage

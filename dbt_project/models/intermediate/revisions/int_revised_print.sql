{% set cell = ['source', 'concept', 'basis', 'adjustment', 'partner_code', 'frequency', 'period_start'] %}
{% set goods = ['source', 'flow', 'classification', 'level', 'commodity_code', 'partner_code', 'frequency', 'period_start'] %}

-- Most prints repeat the one before. Only what changed at least once is taken apart.
with revised as (
    select {{ cell | join(', ') }}
    from {{ ref('int_trade_value') }}
    group by {{ cell | join(', ') }}
    having
        min(case when flow = 'imports' then value_usd end) <> max(case when flow = 'imports' then value_usd end)
        or min(case when flow = 'exports' then value_usd end) <> max(case when flow = 'exports' then value_usd end)
        or min(case when flow = 'balance' then value_usd end) <> max(case when flow = 'balance' then value_usd end)
),

flows as (
    select
        {{ columns_of('value', cell) }},
        value.flow as measure,
        coalesce(value.import_concept, 'general') as import_concept,
        value.vintage,
        value.value_usd,
        value.rounding_usd,
        cast(value.rounding_usd as double) / 2 * value.summed_figures as rounding_error_usd
    from {{ ref('int_trade_value') }} as value
    inner join revised on {{ equal_columns('value', 'revised', cell) }}
),

-- The sources by partner publish no balance. Imports under a trade program have none: exports know no program.
balances as (
    select
        {{ cell | join(', ') }},
        vintage,
        {{ sum_usd("case when measure = 'exports' then value_usd else -value_usd end") }} as value_usd,
        max(rounding_usd) as rounding_usd,
        sum(rounding_error_usd) as rounding_error_usd
    from flows
    where source in ('census_country', 'usitc_dataweb') and {{ import_concept_of('partner_code') }} = 'general'
    group by {{ cell | join(', ') }}, vintage
    having count(*) = 2
),

printed_again as (
    select
        source,
        level,
        frequency,
        period_start
    from {{ ref('int_commodity_value') }}
    where level in ('HS2', 'NAICS3')
    group by source, level, frequency, period_start
    having count(distinct vintage) > 1
),

commodities as (
    select
        {{ columns_of('value', goods) }},
        value.vintage,
        value.general_value_usd,
        value.consumption_value_usd,
        value.export_value_usd
    from {{ ref('int_commodity_value') }} as value
    inner join printed_again
        on value.source = printed_again.source
        and value.level = printed_again.level
        and value.frequency = printed_again.frequency
        and value.period_start = printed_again.period_start
),

revised_commodities as (
    select {{ goods | join(', ') }}
    from commodities
    group by {{ goods | join(', ') }}
    having
        min(general_value_usd) <> max(general_value_usd)
        or min(consumption_value_usd) <> max(consumption_value_usd)
        or min(export_value_usd) <> max(export_value_usd)
)

select
    {{ cell | join(', ') }},
    cast(null as varchar) as classification,
    cast(null as varchar) as level,
    cast(null as varchar) as commodity_code,
    measure,
    import_concept,
    vintage,
    value_usd,
    rounding_usd,
    rounding_error_usd
from flows
union all
select
    {{ cell | join(', ') }},
    null,
    null,
    null,
    'balance',
    'general',
    vintage,
    value_usd,
    rounding_usd,
    rounding_error_usd
from balances
{% for measure, import_concept, value in [
    ('imports', 'general', 'general_value_usd'),
    ('imports', 'consumption', 'consumption_value_usd'),
    ('exports', 'general', 'export_value_usd'),
] %}
union all
select
    commodities.source,
    'goods',
    'Census',
    'NSA',
    commodities.partner_code,
    commodities.frequency,
    commodities.period_start,
    commodities.classification,
    commodities.level,
    commodities.commodity_code,
    '{{ measure }}',
    '{{ import_concept }}',
    commodities.vintage,
    commodities.{{ value }},
    1,
    0.5
from commodities
inner join revised_commodities as revised on {{ equal_columns('commodities', 'revised', goods) }}
where commodities.{{ value }} is not null
{% endfor %}

-- A month is published when World is: partners never have a month, in a vintage with World, that World does not have.
with world as (
    select vintage, period_start
    from {{ ref('int_trade_value') }}
    where source = 'census_country' and partner_code = '0015' and flow = 'imports' and frequency = 'month'
),

published as (
    select vintage, min(period_start) as first_month, max(period_start) as last_month
    from world
    group by vintage
)

select distinct value.vintage, value.partner_code, value.period_start
from {{ ref('int_trade_value') }} as value
inner join published
    on value.vintage = published.vintage
where
    value.source = 'census_country'
    and value.frequency = 'month'
    and value.period_start > published.last_month

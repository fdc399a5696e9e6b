{% set up_to_this_print -%}
    partition by source, concept, basis, adjustment, frequency, period_start
    order by vintage rows between unbounded preceding and current row
{%- endset %}

with cells as (
    select
        source,
        concept,
        basis,
        adjustment,
        frequency,
        period_start,
        vintage,
        max(case when flow = 'exports' then value_usd end) as exports_usd,
        max(case when flow = 'imports' then value_usd end) as imports_usd,
        max(case when flow = 'balance' then value_usd end) as published_balance_usd,
        max(rounding_usd) as rounding_usd
    from {{ ref('int_trade_value') }}
    where
        source in ('ft900', 'bea', 'census_country', 'fred')
        and (
            (partner_code = '0015' and (source <> 'census_country' or adjustment = 'NSA'))
            or (partner_code = '0004' and adjustment = 'SA')
        )
    group by source, concept, basis, adjustment, frequency, period_start, vintage
),

-- A print of one side alone leaves the other as it was; where the balance is published, sides are as printed beside it.
completed as (
    select
        source,
        concept,
        basis,
        adjustment,
        frequency,
        period_start,
        vintage,
        case
            when published_balance_usd is null then last_value(exports_usd ignore nulls) over ({{ up_to_this_print }})
            else exports_usd
        end as exports_usd,
        case
            when published_balance_usd is null then last_value(imports_usd ignore nulls) over ({{ up_to_this_print }})
            else imports_usd
        end as imports_usd,
        published_balance_usd,
        rounding_usd
    from cells
),

-- Where two sources give the same cell on one day, the more complete one stands.
ranked as (
    select
        *,
        row_number() over (
            partition by concept, basis, adjustment, frequency, period_start, vintage
            order by case source when 'ft900' then 1 when 'bea' then 2 when 'census_country' then 3 else 4 end
        ) as precedence,
        max(vintage) over (partition by concept, basis, adjustment, frequency, period_start) as newest_vintage
    from completed
    where coalesce(published_balance_usd, exports_usd - imports_usd) is not null
)

select
    concept,
    basis,
    adjustment,
    frequency,
    period_start,
    vintage,
    exports_usd,
    imports_usd,
    coalesce(published_balance_usd, exports_usd - imports_usd) as balance_usd,
    source,
    rounding_usd,
    vintage = newest_vintage as is_latest
from ranked
where precedence = 1

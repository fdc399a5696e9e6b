{% set twelve_months = 'partition by partner_code order by month_index rows between 11 preceding and current row' %}

with months as (
    select
        *,
        {{ month_index('reference_month') }} as month_index
    from {{ ref('partner_month') }}
),

running as (
    select
        partner_code,
        partner_name,
        is_aggregate,
        reference_month,
        month_index,
        {{ sum_of_all_months('imports_usd', twelve_months) }} as imports_usd,
        {{ sum_of_all_months('exports_usd', twelve_months) }} as exports_usd,
        {{ sum_of_all_months('balance_usd', twelve_months) }} as balance_usd,
        count(*) over ({{ twelve_months }}) as months,
        min(month_index) over ({{ twelve_months }}) as first_month_index,
        max(vintage) over ({{ twelve_months }}) as vintage,
        min(oldest_vintage) over ({{ twelve_months }}) as oldest_vintage
    from months
),

-- Twelve rows that span more than twelve months have a gap between them.
complete as (
    select * from running
    where months = 12 and month_index - first_month_index = 11
)

select
    complete.partner_code,
    complete.partner_name,
    complete.is_aggregate,
    complete.reference_month,
    complete.imports_usd,
    complete.exports_usd,
    complete.balance_usd,
    cast(complete.imports_usd as double) / nullif(world.imports_usd, 0) as import_share,
    complete.vintage,
    complete.oldest_vintage
from complete
left join complete as world
    on complete.reference_month = world.reference_month
    and world.partner_code = '0015'

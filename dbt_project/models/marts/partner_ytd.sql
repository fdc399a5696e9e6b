{% set year_to_date = 'partition by partner_code, year order by reference_month' %}

with months as (
    select
        *,
        cast(extract(year from reference_month) as integer) as year,
        cast(extract(month from reference_month) as integer) as month
    from {{ ref('partner_month') }}
),

running as (
    select
        partner_code,
        partner_name,
        is_aggregate,
        reference_month,
        year,
        month,
        {{ sum_of_all_months('imports_usd', year_to_date) }} as imports_usd,
        {{ sum_of_all_months('exports_usd', year_to_date) }} as exports_usd,
        {{ sum_of_all_months('balance_usd', year_to_date) }} as balance_usd,
        count(*) over ({{ year_to_date }}) as months,
        max(vintage) over ({{ year_to_date }}) as vintage,
        min(oldest_vintage) over ({{ year_to_date }}) as oldest_vintage
    from months
)

select
    running.partner_code,
    running.partner_name,
    running.is_aggregate,
    running.reference_month,
    running.year,
    running.month as months,
    running.imports_usd,
    running.exports_usd,
    running.balance_usd,
    cast(running.imports_usd as double) / nullif(world.imports_usd, 0) as import_share,
    running.vintage,
    running.oldest_vintage
from running
left join running as world
    on running.reference_month = world.reference_month
    and world.partner_code = '0015'
where running.months = running.month

{{ config(meta={'dagster': {'ref': {'name': 'balance_waterfall_year'}}}) }}

-- The steps of each year sum to the change of the World balance as partner_year_vintages has it, to the dollar.
select
    steps.year,
    sum(steps.contribution_usd) as contributions_usd,
    max(this_year.balance_usd - last_year.balance_usd) as world_change_usd
from {{ ref('balance_waterfall_year') }} as steps
left join {{ ref('partner_year_vintages') }} as this_year
    on steps.source = this_year.source
    and steps.vintage = this_year.vintage
    and steps.year = this_year.year
    and this_year.partner_code = '0015'
left join {{ ref('partner_year_vintages') }} as last_year
    on steps.source = last_year.source
    and steps.vintage = last_year.vintage
    and steps.year = last_year.year + 1
    and last_year.partner_code = '0015'
group by steps.year
having
    max(this_year.balance_usd - last_year.balance_usd) is null
    or sum(steps.contribution_usd) <> max(this_year.balance_usd - last_year.balance_usd)
    or min(steps.world_change_usd) <> max(this_year.balance_usd - last_year.balance_usd)
    or max(steps.world_change_usd) <> max(this_year.balance_usd - last_year.balance_usd)

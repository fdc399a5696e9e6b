-- A running total is a figure of its own in December alone: then it is the year.
select
    file_id,
    vintage,
    member,
    row_number,
    'census_api' as source,
    flow,
    classification,
    level,
    row_kind,
    commodity_code,
    commodity_name,
    partner_code,
    reference_month,
    case when period = 'month' then 'month' else 'year' end as frequency,
    case
        when period = 'month' then reference_month
        else {{ month_start('extract(year from reference_month)', '1') }}
    end as period_start,
    general_value_usd,
    consumption_value_usd,
    dutiable_value_usd,
    calculated_duty_usd,
    export_value_usd,
    quantity_1,
    quantity_1_unit
from {{ source('raw', 'census_api') }}
where
    file_id in (select file_id from {{ ref('stg_accepted_file') }})
    and row_kind <> 'group'
    and (period = 'month' or extract(month from reference_month) = 12)

with ranked as (
    select
        *,
        row_number() over (
            partition by flow, member, code
            order by period_start desc, vintage desc, file_id desc
        ) as age
    from {{ ref('stg_census_bulk_lookup') }}
)

select
    flow,
    member as list,
    code,
    case
        when member = 'CONCORD' then 'HS10'
        when member = 'HSDESC' then 'HS' || cast(length(code) as varchar)
        when member = 'NAICS' then 'NAICS' || cast(length(code) as varchar)
        when member = 'ENDUSE' and length(code) in (1, 5) then 'ENDUSE' || cast(length(code) as varchar)
    end as level,
    coalesce(name, short_name) as name,
    short_name,
    unit_1,
    unit_2,
    sitc,
    end_use,
    naics,
    case agricultural when '1' then true when '0' then false end as is_agricultural,
    advanced_technology,
    period_start as reference_month,
    vintage,
    file_id
from ranked
where age = 1

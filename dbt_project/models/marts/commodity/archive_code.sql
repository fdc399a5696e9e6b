with files as (
    select file_id, row_number() over (order by period_start, vintage, file_id) as age
    from (select distinct file_id, period_start, vintage from {{ ref('stg_census_bulk_lookup') }})
),

-- The last file that has a code; only its rows are ranked, since every archive repeats nearly all codes.
newest as (
    select lookup.flow, lookup.member, lookup.code, max(files.age) as age
    from {{ ref('stg_census_bulk_lookup') }} as lookup
    inner join files
        on lookup.file_id = files.file_id
    group by lookup.flow, lookup.member, lookup.code
),

ranked as (
    select
        lookup.*,
        row_number() over (partition by lookup.flow, lookup.member, lookup.code order by lookup.name) as place
    from {{ ref('stg_census_bulk_lookup') }} as lookup
    inner join files
        on lookup.file_id = files.file_id
    inner join newest
        on lookup.flow = newest.flow
        and lookup.member = newest.member
        and lookup.code = newest.code
        and files.age = newest.age
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
where place = 1

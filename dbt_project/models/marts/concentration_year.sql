{% set china = "'5700'" %}

with shares as (
    select
        country.year,
        country.partner_code,
        country.import_share,
        cast(country.imports_usd as double)
            / nullif(world.imports_usd - coalesce(china.imports_usd, 0), 0) as share_without_china,
        country.vintage
    from {{ ref('partner_year') }} as country
    inner join {{ ref('partner_year') }} as world
        on country.year = world.year
        and world.partner_code = '0015'
    left join {{ ref('partner_year') }} as china
        on country.year = china.year
        and china.partner_code = {{ china }}
    where not country.is_aggregate
)

select
    year,
    -- In a fixed order: the last digits of a sum of floats depend on it.
    sum(import_share * import_share order by partner_code) as hhi,
    sum(case when partner_code <> {{ china }} then share_without_china * share_without_china end order by partner_code)
        as hhi_without_china,
    max(case when partner_code = {{ china }} then import_share end) as china_import_share,
    cast(count(*) as integer) as countries,
    max(vintage) as vintage
from shares
group by year

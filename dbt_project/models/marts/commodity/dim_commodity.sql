{{ config(alias='commodity') }}

-- Codes that figures have and the code lists do not: numbers of newer schedules.
with traded as (
    select flow, classification, level, commodity_code, max(commodity_name) as commodity_name
    from (
        select flow, classification, level, commodity_code, commodity_name from {{ ref('commodity_month') }}
        union
        select flow, classification, level, commodity_code, commodity_name from {{ ref('commodity_year') }}
    )
    group by flow, classification, level, commodity_code
),

-- The years of the HS revisions that have a code of six digits; none before 2012 is known.
revisions as (
    select 'HS6' as level, hs6 as commodity_code, min(revision) as first_revision, max(revision) as last_revision
    from {{ code_list('hs6_family') }}
    group by hs6
)

select
    coalesce(code.flow, traded.flow) as flow,
    coalesce(code.classification, traded.classification) as classification,
    coalesce(code.level, traded.level) as level,
    coalesce(code.commodity_code, traded.commodity_code) as commodity_code,
    coalesce(code.commodity_name, archive_code.name, traded.commodity_name) as commodity_name,
    code.commodity_code is not null as is_listed,
    coalesce(
        code.parent_code,
        case traded.level
            when 'HS10' then left(traded.commodity_code, 6)
            when 'HS6' then left(traded.commodity_code, 4)
            when 'HS4' then left(traded.commodity_code, 2)
            when 'ENDUSE5' then left(traded.commodity_code, 1)
        end
    ) as parent_code,
    coalesce(code.section, chapter.section) as section,
    coalesce(code.section_name, chapter.section_name) as section_name,
    code.family_code,
    case when revisions.first_revision > 2012 then {{ month_start('revisions.first_revision', '1') }} end as valid_from,
    case revisions.last_revision
        when 2012 then {{ month_start('2016', '12') }}
        when 2017 then {{ month_start('2021', '12') }}
    end as valid_to,
    code.bec_end_use,
    code.end_use,
    code.naics,
    code.sitc,
    code.is_agricultural,
    code.advanced_technology,
    code.quantity_1_unit
from {{ ref('int_commodity_code') }} as code
full outer join traded
    on code.flow = traded.flow
    and code.level = traded.level
    and code.commodity_code = traded.commodity_code
left join {{ ref('int_commodity_code') }} as chapter
    on traded.flow = chapter.flow
    and traded.classification = chapter.classification
    and chapter.level = 'HS2'
    and left(traded.commodity_code, 2) = chapter.commodity_code
left join revisions
    on coalesce(code.level, traded.level) = revisions.level
    and coalesce(code.commodity_code, traded.commodity_code) = revisions.commodity_code
left join {{ ref('archive_code') }} as archive_code
    on traded.flow = archive_code.flow
    and traded.level = archive_code.level
    and traded.commodity_code = archive_code.code

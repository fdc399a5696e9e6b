-- Codes of six digits and fewer are the same for both flows; those of ten digits and of end use are not.
with flows as (
    select 'imports' as flow
    union all
    select 'exports' as flow
),

harmonized as (
    select
        flows.flow,
        hs.level,
        hs.code as commodity_code,
        hs.description as commodity_name,
        case hs.level when 'HS4' then left(hs.code, 2) when 'HS6' then left(hs.code, 4) end as parent_code,
        hs.section,
        hs.section_name,
        family.family_code,
        hs.bec_end_use
    from {{ code_list('hs') }} as hs
    cross join flows
    left join {{ code_list('hs6_family') }} as family
        on hs.code = family.hs6
        and family.revision = 2022
),

-- A number of ten digits takes section, family and BEC end use from its six digits, where the HS of 2022 has these.
numbers as (
    select
        concordance.flow,
        concordance.commodity_code,
        concordance.description,
        chapter.section,
        chapter.section_name,
        harmonized.family_code,
        harmonized.bec_end_use,
        concordance.unit_1,
        concordance.sitc,
        concordance.end_use,
        concordance.naics,
        concordance.is_agricultural,
        concordance.advanced_technology
    from {{ code_list('concordance') }} as concordance
    left join harmonized
        on concordance.flow = harmonized.flow
        and left(concordance.commodity_code, 6) = harmonized.commodity_code
    left join harmonized as chapter
        on concordance.flow = chapter.flow
        and left(concordance.commodity_code, 2) = chapter.commodity_code
)

select
    flow,
    'HS' as classification,
    level,
    commodity_code,
    commodity_name,
    parent_code,
    section,
    section_name,
    family_code,
    bec_end_use,
    cast(null as varchar) as quantity_1_unit,
    cast(null as varchar) as sitc,
    cast(null as varchar) as end_use,
    cast(null as varchar) as naics,
    cast(null as boolean) as is_agricultural,
    cast(null as varchar) as advanced_technology
from harmonized
union all
select
    flow,
    'HS' as classification,
    'HS10' as level,
    commodity_code,
    description as commodity_name,
    left(commodity_code, 6) as parent_code,
    section,
    section_name,
    family_code,
    bec_end_use,
    unit_1 as quantity_1_unit,
    sitc,
    end_use,
    naics,
    is_agricultural,
    advanced_technology
from numbers
union all
select
    flow,
    'ENDUSE' as classification,
    case when length(end_use) = 1 then 'ENDUSE1' else 'ENDUSE5' end as level,
    end_use as commodity_code,
    name as commodity_name,
    case when length(end_use) = 5 then left(end_use, 1) end as parent_code,
    null as section,
    null as section_name,
    null as family_code,
    null as bec_end_use,
    null as quantity_1_unit,
    null as sitc,
    end_use,
    null as naics,
    null as is_agricultural,
    null as advanced_technology
from {{ code_list('end_use') }}
union all
select
    flows.flow,
    'NAICS' as classification,
    'NAICS3' as level,
    naics.naics as commodity_code,
    naics.name as commodity_name,
    null as parent_code,
    null as section,
    null as section_name,
    null as family_code,
    null as bec_end_use,
    null as quantity_1_unit,
    null as sitc,
    null as end_use,
    naics.naics,
    null as is_agricultural,
    null as advanced_technology
from {{ code_list('naics') }} as naics
cross join flows

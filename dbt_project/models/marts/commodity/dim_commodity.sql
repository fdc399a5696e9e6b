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

-- The years of the HS revisions that have a code; none before 2012 is known.
revisions as (
    {% for digits in [2, 4, 6] %}
    select
        'HS{{ digits }}' as level,
        left(hs6, {{ digits }}) as commodity_code,
        min(revision) as first_revision,
        max(revision) as last_revision,
        concat_ws(
            ',',
            max(case when revision = 2012 then '2012' end),
            max(case when revision = 2017 then '2017' end),
            max(case when revision = 2022 then '2022' end)
        ) as hs_revisions,
        {% if digits == 6 %}arg_max(family_code, revision){% else %}cast(null as varchar){% endif %} as family_code,
        {% if digits == 6 %}arg_max(relationship, revision){% else %}cast(null as varchar){% endif %} as relationship
    from {{ code_list('hs6_family') }}
    group by left(hs6, {{ digits }})
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Codes of 2012 and 2017 that the HS of 2022 does not have. One that was only renumbered keeps its goods and so its name.
ended as (
    select
        flows.flow,
        'HS' as classification,
        revisions.level,
        revisions.commodity_code,
        coalesce(
            renamed.commodity_name,
            concat('HS ', replace(revisions.hs_revisions, ',', ' and '), ' code, not in the 2022 list')
        ) as commodity_name,
        revisions.family_code
    from revisions
    cross join (select distinct flow from {{ ref('int_commodity_code') }}) as flows
    left join {{ ref('int_commodity_code') }} as renamed
        on flows.flow = renamed.flow
        and revisions.level = renamed.level
        and revisions.relationship = 'renumbered'
        and revisions.family_code = renamed.family_code
    where revisions.last_revision < 2022
),

known as (
    select
        coalesce(code.flow, ended.flow, traded.flow) as flow,
        coalesce(code.classification, ended.classification, traded.classification) as classification,
        coalesce(code.level, ended.level, traded.level) as level,
        coalesce(code.commodity_code, ended.commodity_code, traded.commodity_code) as commodity_code,
        code.commodity_name as listed_name,
        coalesce(ended.commodity_name, traded.commodity_name) as other_name,
        code.commodity_code is not null as is_listed,
        code.parent_code,
        code.section,
        code.section_name,
        coalesce(code.family_code, ended.family_code) as family_code,
        code.bec_end_use,
        code.end_use,
        code.naics,
        code.sitc,
        code.is_agricultural,
        code.advanced_technology,
        code.quantity_1_unit
    from {{ ref('int_commodity_code') }} as code
    full outer join ended
        on code.flow = ended.flow
        and code.level = ended.level
        and code.commodity_code = ended.commodity_code
    full outer join traded
        on coalesce(code.flow, ended.flow) = traded.flow
        and coalesce(code.level, ended.level) = traded.level
        and coalesce(code.commodity_code, ended.commodity_code) = traded.commodity_code
)

-- What the newest archive's own lists say of a number goes before the code lists: X is no unit, 00 no technology.
select
    known.flow,
    known.classification,
    known.level,
    known.commodity_code,
    coalesce(known.listed_name, archive_code.name, known.other_name) as commodity_name,
    known.is_listed,
    coalesce(
        known.parent_code,
        case known.level
            when 'HS10' then left(known.commodity_code, 6)
            when 'HS6' then left(known.commodity_code, 4)
            when 'HS4' then left(known.commodity_code, 2)
            when 'ENDUSE5' then left(known.commodity_code, 1)
        end
    ) as parent_code,
    coalesce(known.section, chapter.section) as section,
    coalesce(known.section_name, chapter.section_name) as section_name,
    known.family_code,
    revisions.hs_revisions,
    case when revisions.first_revision > 2012 then {{ month_start('revisions.first_revision', '1') }} end as valid_from,
    case revisions.last_revision
        when 2012 then {{ month_start('2016', '12') }}
        when 2017 then {{ month_start('2021', '12') }}
    end as valid_to,
    known.bec_end_use,
    coalesce(lpad(archive_code.end_use, 5, '0'), known.end_use) as end_use,
    coalesce(archive_code.naics, known.naics) as naics,
    coalesce(lpad(archive_code.sitc, 5, '0'), known.sitc) as sitc,
    coalesce(archive_code.is_agricultural, known.is_agricultural) as is_agricultural,
    nullif(coalesce(lpad(archive_code.advanced_technology, 2, '0'), known.advanced_technology), '00') as advanced_technology,
    nullif(coalesce(archive_code.unit_1, known.quantity_1_unit), 'X') as quantity_1_unit
from known
left join {{ ref('int_commodity_code') }} as chapter
    on known.flow = chapter.flow
    and known.classification = chapter.classification
    and chapter.level = 'HS2'
    and left(known.commodity_code, 2) = chapter.commodity_code
left join revisions
    on known.level = revisions.level
    and known.commodity_code = revisions.commodity_code
left join {{ ref('archive_code') }} as archive_code
    on known.flow = archive_code.flow
    and known.level = archive_code.level
    and known.commodity_code = archive_code.code

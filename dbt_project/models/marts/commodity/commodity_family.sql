select
    cast(family.revision as integer) as hs_revision,
    family.hs6,
    family.family_code,
    family.relationship,
    hs.description as family_name
from {{ code_list('hs6_family') }} as family
inner join {{ code_list('hs') }} as hs
    on substr(family.family_code, 2) = hs.code

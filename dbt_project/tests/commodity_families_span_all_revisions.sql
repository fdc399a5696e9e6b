-- A difference across revisions of the HS needs codes at both ends.
select family_code
from {{ ref('commodity_family') }}
group by family_code
having count(distinct hs_revision) <> 3

select
    lookup.file_id,
    lookup.vintage,
    case accepted.source when 'census_bulk_imports' then 'imports' else 'exports' end as flow,
    accepted.newest_reference_month as period_start,
    lookup.member,
    lookup.code,
    nullif(lookup.name, '') as name,
    nullif(lookup.short_name, '') as short_name,
    nullif(lookup.unit_1, '') as unit_1,
    nullif(lookup.unit_2, '') as unit_2,
    nullif(lookup.sitc, '') as sitc,
    nullif(lookup.end_use, '') as end_use,
    nullif(lookup.naics, '') as naics,
    nullif(lookup.agricultural, '') as agricultural,
    nullif(lookup.advanced_technology, '') as advanced_technology
from {{ lake_dataset('census_bulk_lookup') }} as lookup
inner join {{ ref('stg_accepted_file') }} as accepted
    on lookup.file_id = accepted.file_id
where lookup.code <> ''

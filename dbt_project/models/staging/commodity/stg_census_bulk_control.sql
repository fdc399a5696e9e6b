select
    control.file_id,
    control.vintage,
    'census_bulk' as source,
    case accepted.source when 'census_bulk_imports' then 'imports' else 'exports' end as flow,
    accepted.newest_reference_month as period_start,
    control.member,
    control.rows as member_rows,
    control.measure,
    right(control.measure, 4) = '_usd' as is_value,
    control.expected,
    control.seen
from {{ lake_dataset('census_bulk_control') }} as control
inner join {{ ref('stg_accepted_file') }} as accepted
    on control.file_id = accepted.file_id

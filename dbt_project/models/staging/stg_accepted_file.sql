-- The one gate: no other model reads the ledger, and every staging model reads the files that pass here alone.
select
    file_id,
    source,
    cast(parser_version as integer) as parser_version,
    vintage,
    -- As the rule of the ledger begins where neither the file nor anybody else tells the day.
    coalesce(vintage_rule like 'release calendar, estimated day%', false) as vintage_is_estimated,
    retrieved_at,
    newest_reference_month,
    derivation,
    approximate_share,
    coalesce(starts_with(why, 'accepted by '), false) as is_in_spite_of_evidence
from {{ source('raw', 'ledger') }}
where status = 'accepted'

select
    file_id,
    source,
    vintage,
    retrieved_at
from {{ source('raw', 'ledger') }}
where status = 'accepted'

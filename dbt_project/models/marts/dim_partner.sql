{{ config(alias='partner') }}

select
    partner_code,
    partner_name,
    iso2,
    iso3,
    region,
    valid_from,
    valid_to,
    is_aggregate,
    {{ import_concept_of('partner_code') }} as import_concept,
    note
from {{ ref('partner') }}

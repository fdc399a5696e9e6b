{{ config(post_hook="{{ drop_models_of_other_code() }}") }}

with files as (
    select file_id, source, parser_version, newest_reference_month
    from {{ ref('stg_accepted_file') }}
    where source in ('census_api', 'census_bulk_imports', 'census_bulk_exports')
),

-- An archive is about one month, which the ledger has.
periods as (
    select distinct frequency, period_start, file_id
    from {{ ref('stg_census_api') }}
    union all
    select 'month' as frequency, newest_reference_month as period_start, file_id
    from files
    where source <> 'census_api'
)

select
    periods.frequency,
    periods.period_start,
    files.file_id,
    files.parser_version
from periods
inner join files
    on periods.file_id = files.file_id
union
-- A year is made of its months as well.
select
    'year' as frequency,
    {{ month_start('extract(year from periods.period_start)', '1') }} as period_start,
    files.file_id,
    files.parser_version
from periods
inner join files
    on periods.file_id = files.file_id
where periods.frequency = 'month'

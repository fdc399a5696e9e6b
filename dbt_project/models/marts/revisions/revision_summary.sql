{% set measured = [
    'source', 'series', 'is_aggregate', 'classification', 'level', 'concept', 'basis', 'adjustment', 'measure',
    'import_concept', 'frequency'
] %}

with steps as (
    select
        {{ measured | join(', ') }},
        'previous print' as compared_with,
        is_first_release,
        months_since_first_print,
        cause,
        revision_usd as step_usd,
        previous_value_usd as from_usd
    from {{ ref('revision') }}
    where change = 'revision'
    union all
    select
        {{ measured | join(', ') }},
        'first print',
        is_first_release,
        months_since_first_print,
        cause_since_first,
        revision_since_first_usd,
        first_value_usd
    from {{ ref('revision') }}
    where is_latest and is_revised_since_first
)

select
    {{ measured | join(', ') }},
    compared_with,
    months_since_first_print,
    cause,
    is_first_release,
    cast(count(*) as integer) as revisions,
    cast(round(avg(step_usd)) as bigint) as mean_usd,
    cast(round(median(abs(step_usd))) as bigint) as median_abs_usd,
    median(abs(step_usd / cast(nullif(from_usd, 0) as double))) as median_abs_share,
    cast(sum(case when step_usd > 0 then 1 else 0 end) as double) / count(*) as share_up,
    cast(sum(case when step_usd < 0 then 1 else 0 end) as double) / count(*) as share_down
from steps
-- Null months, cause and is_first_release: all of them together.
group by grouping sets (
    ({{ measured | join(', ') }}, compared_with, months_since_first_print, cause, is_first_release),
    ({{ measured | join(', ') }}, compared_with)
)

{{ config(meta={'dagster': {'ref': {'name': 'revision'}}}) }}

-- No print changes a large figure by more than prints have been seen to: the largest of 84,000 revisions at hand are 59 %
-- of a partner's month, 17 % of a partner's year, 17 % of a month's balance and 0.7 % of a month's total flow. A file that
-- an operator accepted in spite of it is left out.
with largest as (
    select *
    from
        (
            values
            ('partner', 'month', 'flow', 500000000, 0.8),
            ('partner', 'year', 'flow', 1000000000, 0.3),
            ('total', 'month', 'balance', 5000000000, 0.6),
            ('total', 'year', 'balance', 5000000000, 0.4),
            ('total', 'month', 'flow', 5000000000, 0.1),
            ('total', 'year', 'flow', 5000000000, 0.1)
        ) as limits (series, frequency, kind, least_usd, share)
)

select
    revision.source,
    revision.vintage,
    revision.partner_code,
    revision.concept,
    revision.measure,
    revision.period_start,
    revision.previous_vintage,
    revision.previous_value_usd,
    revision.value_usd
from {{ ref('revision') }} as revision
inner join largest
    on
        revision.series = largest.series
        and revision.frequency = largest.frequency
        and case when revision.measure = 'balance' then 'balance' else 'flow' end = largest.kind
where
    greatest(abs(revision.value_usd), abs(revision.previous_value_usd)) >= largest.least_usd
    and abs(revision.revision_usd)
    > largest.share * greatest(abs(revision.value_usd), abs(revision.previous_value_usd))
    and (revision.source, revision.vintage) not in (
        select (accepted.source, accepted.vintage) from {{ ref('stg_accepted_file') }} as accepted
        where accepted.is_in_spite_of_evidence
    )

{% set sources = ['census_country', 'usitc_dataweb', 'ft900', 'bea', 'fred'] %}
{% set cell = [
    'source', 'concept', 'partner_code', 'flow', 'import_concept',
    'basis', 'adjustment', 'frequency', 'period_start', 'vintage'
] %}
{% set same_cell = 'partition by ' ~ columns_of('cells', cell) %}

with published as (
    {% for source_name in sources %}
    select {{ cell | join(', ') }}, year, value_usd, rounding_usd, file_id from {{ ref('stg_' ~ source_name) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

accepted as (
    select
        published.*,
        stg_accepted_file.retrieved_at
    from published
    inner join {{ ref('stg_accepted_file') }} as stg_accepted_file
        on published.file_id = stg_accepted_file.file_id
),

-- A year is complete when one file publishes all of its twelve months. It is the annual figure that stands beside them,
-- and their sum only where there is none: rounded months do not add up to it.
whole_years as (
    select
        source,
        concept,
        partner_code,
        flow,
        import_concept,
        basis,
        adjustment,
        'year' as frequency,
        {{ month_start('year', '1') }} as period_start,
        vintage,
        coalesce(
            max(case when frequency = 'year' then value_usd end),
            {{ sum_usd("case when frequency = 'month' then value_usd end") }}
        ) as value_usd,
        coalesce(max(case when frequency = 'year' then rounding_usd end), max(rounding_usd)) as rounding_usd,
        case when count(case when frequency = 'year' then 1 end) = 0 then 12 else 1 end as summed_figures,
        file_id,
        retrieved_at
    from accepted
    where source in ('census_country', 'fred')
    group by
        source, concept, partner_code, flow, import_concept, basis, adjustment, year, vintage, file_id, retrieved_at
    having count(case when frequency = 'month' then 1 end) = 12
),

cells as (
    select {{ cell | join(', ') }}, value_usd, rounding_usd, 1 as summed_figures, file_id, retrieved_at
    from accepted
    where frequency = 'month' or source not in ('census_country', 'fred')
    union all
    select {{ cell | join(', ') }}, value_usd, rounding_usd, summed_figures, file_id, retrieved_at
    from whole_years
),

-- Two files of one source and vintage day: where they agree within their roundings the finer figure stands, else that of
-- the one retrieved later. Files are ranked, not rows: a cell that one file gives twice must reach the test of the grain.
shared_days as (
    select source, vintage
    from (select distinct source, vintage, file_id from cells)
    group by source, vintage
    having count(*) > 1
),

printed_twice as (
    select
        cells.*,
        max(cells.value_usd - cells.rounding_usd / 2.0) over ({{ same_cell }})
            <= min(cells.value_usd + cells.rounding_usd / 2.0) over ({{ same_cell }}) as is_agreed
    from cells
    inner join shared_days
        on cells.source = shared_days.source
        and cells.vintage = shared_days.vintage
),

ranked as (
    select
        *,
        rank() over (
            partition by {{ cell | join(', ') }}
            order by case when is_agreed then rounding_usd end, retrieved_at desc, file_id desc
        ) as precedence
    from printed_twice
),

standing as (
    select {{ cell | join(', ') }}, value_usd, rounding_usd, summed_figures, file_id
    from ranked
    where precedence = 1
    union all
    select {{ columns_of('cells', cell) }}, cells.value_usd, cells.rounding_usd, cells.summed_figures, cells.file_id
    from cells
    left join shared_days
        on cells.source = shared_days.source
        and cells.vintage = shared_days.vintage
    where shared_days.source is null
),

-- First and last month of each period, and those of the partner's life that lie in it.
lived as (
    select
        standing.*,
        {{ month_index('standing.period_start') }} as first_month,
        {{ month_index('standing.period_start') }} + case standing.frequency when 'year' then 11 else 0 end as last_month,
        {{ month_index('partner.valid_from') }} as born,
        {{ month_index('partner.valid_to') }} as ended,
        gap.gap_usd as known_gap_usd
    from standing
    left join {{ ref('partner') }} as partner
        on standing.partner_code = partner.partner_code
    left join {{ ref('known_partner_gap') }} as gap
        on standing.source = gap.source
        and standing.partner_code = gap.partner_code
        and standing.flow = gap.flow
        and standing.frequency = 'year'
        and extract(year from standing.period_start) = gap.year
        and standing.vintage <= gap.last_vintage
)

select
    {{ cell | join(', ') }},
    value_usd,
    rounding_usd,
    summed_figures,
    cast(
        greatest(least(last_month, coalesce(ended, last_month)) - greatest(first_month, coalesce(born, first_month)) + 1, 0)
        as integer
    ) as months,
    known_gap_usd,
    file_id
from lived

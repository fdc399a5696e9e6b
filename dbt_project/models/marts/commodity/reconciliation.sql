{% set values = commodity_values() %}
{% set key = ['source', 'flow', 'classification', 'level', 'partner_code', 'frequency', 'period_start', 'vintage'] %}
{% set cell = ['source', 'flow', 'classification', 'frequency', 'period_start', 'partner_code', 'measure'] %}
{% set same_comparison = [
    'check_name', 'source', 'flow', 'classification', 'level', 'frequency', 'period_start', 'measure', 'compared_with',
    'partner_code'
] %}
{% set block = [
    'check_name', 'source', 'flow', 'classification', 'level', 'frequency', 'period_start', 'vintage', 'measure',
    'compared_with', 'compared_vintage'
] %}

with totals as (
    {% for value in values %}
    select {{ key | join(', ') }}, is_derived, '{{ value }}' as measure, {{ value }} as value_usd
    from {{ ref('int_commodity_total') }}
    where {{ value }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

file_totals as (
    select
        *,
        row_number() over (
            partition by {{ cell | join(', ') }}
            order by vintage desc
        ) as age
    from totals
    where level = 'TOTAL'
),

level_sums as (
    select * from totals where level <> 'TOTAL'
),

-- Commodities against the total that the same vintage gives; where it gives none, against the newest, as a revision.
against_totals as (
    select
        'commodities_make_the_total' as check_name,
        {{ columns_of('level_sums', key) }},
        level_sums.measure,
        'TOTAL' as compared_with,
        coalesce(same.vintage, newest.vintage) as compared_vintage,
        coalesce(same.value_usd, newest.value_usd) as expected_usd,
        level_sums.value_usd as seen_usd,
        0 as tolerance_usd
    from level_sums
    left join file_totals as same
        on {{ equal_columns('level_sums', 'same', cell) }} and level_sums.vintage = same.vintage
    left join file_totals as newest
        on {{ equal_columns('level_sums', 'newest', cell) }} and newest.age = 1
    where coalesce(same.value_usd, newest.value_usd) is not null
),

against_levels as (
    select
        'levels_agree' as check_name,
        {{ columns_of('coarse', key) }},
        coarse.measure,
        fine.level as compared_with,
        fine.vintage as compared_vintage,
        fine.value_usd as expected_usd,
        coarse.value_usd as seen_usd,
        0 as tolerance_usd
    from level_sums as coarse
    inner join level_sums as fine
        on {{ equal_columns('coarse', 'fine', cell) }} and coarse.vintage = fine.vintage
    where
        coarse.classification = 'HS'
        and cast(substr(fine.level, 3) as integer) > cast(substr(coarse.level, 3) as integer)
),

against_world as (
    select
        'partners_make_the_world' as check_name,
        {{ columns_of('world', key) }},
        world.measure,
        'partners' as compared_with,
        world.vintage as compared_vintage,
        world.value_usd as expected_usd,
        partners.value_usd as seen_usd,
        0 as tolerance_usd
    from totals as world
    inner join (
        select
            source, flow, classification, level, frequency, period_start, vintage, measure,
            {{ sum_usd('value_usd') }} as value_usd
        from totals
        where partner_code <> '0015'
        group by source, flow, classification, level, frequency, period_start, vintage, measure
        having count(*) >= {{ all_partners() }}
    ) as partners
        on world.source = partners.source
        and world.flow = partners.flow
        and world.classification = partners.classification
        and world.level = partners.level
        and world.frequency = partners.frequency
        and world.period_start = partners.period_start
        and world.vintage = partners.vintage
        and world.measure = partners.measure
    where world.partner_code = '0015' and not world.is_derived
),

-- The country workbook is published to its own rounding; its years are sums of twelve rounded months.
workbook as (
    select
        partner_code,
        frequency,
        period_start,
        vintage,
        is_latest,
        imports_usd as general_value_usd,
        exports_usd as export_value_usd,
        case
            when rounding_usd = 1 then 0
            when frequency = 'year' then 6 * rounding_usd
            else cast(rounding_usd / 2 as integer)
        end as tolerance_usd
    from {{ ref('int_partner_flow') }}
    where source = 'census_country'
),

workbook_values as (
    {% for value in ['general_value_usd', 'export_value_usd'] %}
    select
        partner_code,
        frequency,
        period_start,
        vintage,
        is_latest,
        tolerance_usd,
        '{{ value }}' as measure,
        {{ value }} as value_usd
    from workbook
    where {{ value }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

against_workbook as (
    select
        'country_workbook' as check_name,
        {{ columns_of('totals', key) }},
        totals.measure,
        'census_country' as compared_with,
        coalesce(same.vintage, newest.vintage) as compared_vintage,
        coalesce(same.value_usd, newest.value_usd) as expected_usd,
        totals.value_usd as seen_usd,
        coalesce(same.tolerance_usd, newest.tolerance_usd) as tolerance_usd
    from totals
    left join workbook_values as same
        on totals.partner_code = same.partner_code
        and totals.frequency = same.frequency
        and totals.period_start = same.period_start
        and totals.measure = same.measure
        and totals.vintage = same.vintage
    left join workbook_values as newest
        on totals.partner_code = newest.partner_code
        and totals.frequency = newest.frequency
        and totals.period_start = newest.period_start
        and totals.measure = newest.measure
        and newest.is_latest
    where totals.classification = 'HS' and coalesce(same.value_usd, newest.value_usd) is not null
),

comparisons as (
    {% for comparison in ['against_totals', 'against_levels', 'against_world', 'against_workbook'] %}
    select {{ block | join(', ') }}, partner_code, expected_usd, seen_usd, tolerance_usd, true as is_value
    from {{ comparison }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    union all
    select
        'archive_control' as check_name,
        source,
        flow,
        'HS' as classification,
        'HS10' as level,
        'month' as frequency,
        period_start,
        vintage,
        measure,
        member as compared_with,
        vintage as compared_vintage,
        '0015' as partner_code,
        expected as expected_usd,
        seen as seen_usd,
        0 as tolerance_usd,
        is_value
    from {{ ref('stg_census_bulk_control') }}
),

aged as (
    select
        *,
        row_number() over (
            partition by {{ same_comparison | join(', ') }}
            order by vintage desc
        ) as age
    from comparisons
),

-- What is no value does not stop publication, nor does an older print once the same comparison is made of a newer one.
judged as (
    select
        *,
        seen_usd - expected_usd as difference_usd,
        case
            when seen_usd = expected_usd then 'equal'
            when abs(seen_usd - expected_usd) <= tolerance_usd then 'within_rounding'
            when vintage <> compared_vintage then 'revision'
            when not is_value or age > 1 then 'reported'
            else 'different'
        end as status
    from aged
),

blocks as (
    select
        {{ block | join(', ') }},
        cast(count(*) as integer) as compared,
        cast(sum(case when status = 'equal' then 1 else 0 end) as integer) as equal,
        cast(sum(case when status = 'within_rounding' then 1 else 0 end) as integer) as within_rounding,
        cast(sum(case when status = 'revision' then 1 else 0 end) as integer) as revised,
        cast(sum(case when status = 'reported' then 1 else 0 end) as integer) as reported,
        cast(sum(case when status = 'different' then 1 else 0 end) as integer) as different,
        arg_max(partner_code, lpad(cast(abs(difference_usd) as varchar), 20, '0') || partner_code) as partner_code,
        arg_max(expected_usd, lpad(cast(abs(difference_usd) as varchar), 20, '0') || partner_code) as expected_usd,
        arg_max(seen_usd, lpad(cast(abs(difference_usd) as varchar), 20, '0') || partner_code) as seen_usd,
        arg_max(difference_usd, lpad(cast(abs(difference_usd) as varchar), 20, '0') || partner_code) as difference_usd,
        max(tolerance_usd) as tolerance_usd,
        case
            when sum(case when status = 'different' then 1 else 0 end) > 0 then 'different'
            when sum(case when status = 'reported' then 1 else 0 end) > 0 then 'reported'
            when sum(case when status = 'revision' then 1 else 0 end) > 0 then 'revision'
            when sum(case when status = 'within_rounding' then 1 else 0 end) > 0 then 'within_rounding'
            else 'equal'
        end as status
    from judged
    group by {{ block | join(', ') }}
)

select blocks.*, partner.is_aggregate
from blocks
left join {{ ref('partner') }} as partner
    on blocks.partner_code = partner.partner_code

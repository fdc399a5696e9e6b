{{ config(
    materialized='incremental',
    incremental_strategy='batches',
    batch_key='built.frequency = changed.frequency and built.period_start = changed.period_start',
    on_schema_change='append_new_columns',
    post_hook="{{ remember_batches() }}"
) }}
{% set values = commodity_values() %}
{% set print = ['source', 'flow', 'frequency', 'period_start', 'vintage'] %}
{% set cell = ['print_id', 'level', 'commodity_code', 'partner_code'] %}
{% set measures = values + ['quantity_1', 'quantity_1_unit'] %}

with batches as (
    {{ batches_to_build() }}
),

answer_batches as (
    {{ answer_batches('batches') }}
),

answers as (
    select
        {{ columns_of('answer', print) }},
        answer.level,
        answer.commodity_code,
        answer.partner_code,
        answer.commodity_name,
        {{ columns_of('answer', measures) }},
        answer.file_id
    from {{ ref('stg_census_api') }} as answer
    inner join answer_batches
        on answer.frequency = answer_batches.frequency
        and answer.reference_month = answer_batches.reference_month
    where answer.row_kind in ('detail', 'world_commodity')
),

-- Lines of an archive are finer than commodity by partner: by district, rate provision, domestic or foreign.
{% for flow, known in [('imports', values[:-1]), ('exports', values[-1:])] %}
{{ flow }}_lines as (
    select
        line.file_id,
        line.vintage,
        line.period_start,
        line.commodity,
        line.country,
        {% for value in known %}{{ sum_usd('line.' ~ value) }} as {{ value }}, {% endfor %}
        cast(sum(line.quantity_1) as bigint) as quantity_1
    from {{ ref('stg_census_bulk_' ~ flow) }} as line
    inner join batches
        on line.period_start = batches.period_start
        and batches.frequency = 'month'
    group by line.file_id, line.vintage, line.period_start, line.commodity, line.country
    having {% for value in known %}sum(line.{{ value }}) <> 0{% if not loop.last %} or {% endif %}{% endfor %}
),

{% endfor %}
archives as (
    {% for flow, known in [('imports', values[:-1]), ('exports', values[-1:])] %}
    select
        'census_bulk' as source,
        '{{ flow }}' as flow,
        'month' as frequency,
        period_start,
        vintage,
        'HS10' as level,
        lpad(cast(commodity as varchar), 10, '0') as commodity_code,
        lpad(cast(country as varchar), 4, '0') as partner_code,
        {% for value in values %}
        {% if value in known %}{{ value }}{% else %}cast(null as bigint) as {{ value }}{% endif %},
        {% endfor %}
        quantity_1,
        file_id
    from {{ flow }}_lines
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

concord as (
    {{ archive_numbers("batches on batches.frequency = 'month' and lookup.period_start = batches.period_start") }}
),

-- An archive that its control members bear out, in every measure of the layout, has all partners and commodities. One
-- whose origin record names the measures that it gives figures for is an extract: of the others it has no totals.
whole_archives as (
    select control.file_id
    from {{ ref('stg_census_bulk_control') }} as control
    inner join batches
        on batches.frequency = 'month'
        and control.period_start = batches.period_start
    inner join (
        select member, count(*) as measures
        from {{ code_list('archive_layout') }}
        where unit is not null and "column" is not null
        group by member
    ) as layout
        on control.member = layout.member
    where control.member in ('IMP_COMM', 'EXP_COMM')
    group by control.file_id
    having
        count(distinct control.measure) = max(layout.measures)
        and max(
            case when control.measure in ('{{ values | join("', '") }}') and control.seen <> control.expected then 1 else 0 end
        ) = 0
),

-- The archive's own concordance tells the unit of a quantity; the code list where it has none. X is no unit.
published as (
    select * from answers
    union all
    select
        {{ columns_of('archives', print) }},
        archives.level,
        archives.commodity_code,
        archives.partner_code,
        cast(null as varchar) as commodity_name,
        {{ columns_of('archives', values) }},
        case
            when coalesce(concord.unit_1, code.quantity_1_unit, 'X') <> 'X' then archives.quantity_1
        end as quantity_1,
        nullif(coalesce(concord.unit_1, code.quantity_1_unit), 'X') as quantity_1_unit,
        archives.file_id
    from archives
    left join concord
        on archives.file_id = concord.file_id
        and archives.commodity_code = concord.commodity_code
    left join {{ ref('int_commodity_code') }} as code
        on archives.flow = code.flow
        and archives.level = code.level
        and archives.commodity_code = code.commodity_code
),

-- A print: the figures of one source and flow for one period in one vintage, at any levels and from any files.
print_file as (
    select
        {{ columns_of('files', print) }},
        files.level,
        files.file_id,
        dense_rank() over (order by {{ columns_of('files', print) }}) as print_id,
        count(*) over (partition by {{ columns_of('files', print) }}, files.level) as files,
        row_number() over (order by accepted.retrieved_at, files.file_id) as precedence,
        dense_rank() over (order by files.file_id) as file_number
    from (select distinct {{ print | join(', ') }}, level, file_id from published) as files
    inner join {{ ref('stg_accepted_file') }} as accepted
        on files.file_id = accepted.file_id
),

whole_prints as (
    select distinct print_file.print_id
    from print_file
    inner join whole_archives
        on print_file.file_id = whole_archives.file_id
),

prints as (
    select distinct print_id, {{ print | join(', ') }} from print_file
),

numbered as (
    select
        print_file.print_id,
        published.level,
        published.commodity_code,
        published.partner_code,
        published.commodity_name,
        {{ columns_of('published', measures) }},
        print_file.file_number,
        print_file.files,
        print_file.precedence
    from published
    inner join print_file
        on {{ equal_columns('published', 'print_file', print + ['level', 'file_id']) }}
),

-- Two files of one print may have the same cell: for each measure, the file retrieved later that has it stands.
figures as (
    select {{ cell | join(', ') }}, commodity_name, {{ measures | join(', ') }}, file_number
    from numbered
    where files = 1
    union all
    select
        {{ cell | join(', ') }},
        max(commodity_name) as commodity_name,
        {% for measure in measures %}
        arg_max({{ measure }}, precedence) as {{ measure }},
        {% endfor %}
        arg_max(file_number, precedence) as file_number
    from numbered
    where files > 1
    group by {{ cell | join(', ') }}
),

listed_partners as (
    select distinct print_id, level, partner_code from figures
),

-- Files of one print that complete each other: what one has of some partners says nothing of the others.
file_partners as (
    select distinct print_id, level, file_number, partner_code from numbered where files > 1 and partner_code <> '0015'
),

patchy as (
    select chapter_partners.print_id, chapter_partners.level
    from (
        select chapters.print_id, chapters.level, chapters.chapter, count(distinct file_partners.partner_code) as partners
        from (
            select distinct print_id, level, file_number, left(commodity_code, 2) as chapter from numbered where files > 1
        ) as chapters
        inner join file_partners
            on chapters.print_id = file_partners.print_id
            and chapters.level = file_partners.level
            and chapters.file_number = file_partners.file_number
        group by chapters.print_id, chapters.level, chapters.chapter
    ) as chapter_partners
    inner join (
        select print_id, level, count(distinct partner_code) as partners from file_partners group by print_id, level
    ) as print_partners
        on chapter_partners.print_id = print_partners.print_id
        and chapter_partners.level = print_partners.level
    group by chapter_partners.print_id, chapter_partners.level
    having min(chapter_partners.partners) < {{ nearly_all() }} * max(print_partners.partners)
),

-- Partners that come to clearly less than the World beside them are not all of them.
short_of_world as (
    select print_id, level
    from (
        {% for value in values %}
        select
            print_id,
            level,
            sum(case when partner_code = '0015' then {{ value }} end) as world,
            sum(case when partner_code <> '0015' then {{ value }} end) as partners
        from figures
        group by print_id, level
        having count({{ value }}) = count(*)
        {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ) as sums
    where partners < {{ nearly_equal() }} * world
    group by print_id, level
),

partners as (
    select
        listed_partners.print_id,
        listed_partners.level,
        (
            count(case when listed_partners.partner_code <> '0015' then 1 end) >= {{ all_partners() }}
            and count(case when listed_partners.partner_code in {{ main_partners() }} then 1 end) = {{ main_partners() | length }}
            and count(patchy.print_id) + count(short_of_world.print_id) = 0
        )
        or count(whole_prints.print_id) > 0 as has_all_partners,
        count(case when listed_partners.partner_code = '0015' then 1 end) > 0 as has_world
    from listed_partners
    left join whole_prints
        on listed_partners.print_id = whole_prints.print_id
    left join patchy
        on listed_partners.print_id = patchy.print_id
        and listed_partners.level = patchy.level
    left join short_of_world
        on listed_partners.print_id = short_of_world.print_id
        and listed_partners.level = short_of_world.level
    group by listed_partners.print_id, listed_partners.level
),

-- World as published, else the sum of all partners.
published_cells as (
    select
        {{ cell | join(', ') }},
        commodity_name,
        {{ measures | join(', ') }},
        file_number,
        false as is_derived,
        false as is_rolled_up
    from figures
    union all
    select
        figures.print_id,
        figures.level,
        figures.commodity_code,
        '0015' as partner_code,
        max(figures.commodity_name) as commodity_name,
        {{ sums_of_all('figures.', values) }},
        {{ sum_of_quantities('figures.') }},
        min(figures.file_number) as file_number,
        true as is_derived,
        false as is_rolled_up
    from figures
    inner join partners
        on figures.print_id = partners.print_id
        and figures.level = partners.level
    where partners.has_all_partners and not partners.has_world
    group by figures.print_id, figures.level, figures.commodity_code
),

listed as (
    select
        flow,
        level,
        count(*) as commodities,
        count(distinct case when left(commodity_code, 2) < '98' then left(commodity_code, 2) end) as chapters
    from {{ ref('int_commodity_code') }}
    group by flow, level
),

-- A level of answers has all commodities when it has every chapter in the code lists and half of the codes, of a short
-- list all codes but one: the others did not trade. Of archives the control members tell.
extent as (
    select print_id, 'HS10' as level, false as is_world from whole_prints
    union all
    select print_id, 'HS10' as level, true as is_world from whole_prints
    union all
    select traded.print_id, traded.level, traded.is_world
    from (
        select
            print_id,
            level,
            is_world,
            count(*) as commodities,
            count(distinct case when left(commodity_code, 2) < '98' then left(commodity_code, 2) end) as chapters
        from (select distinct print_id, level, partner_code = '0015' as is_world, commodity_code from published_cells)
        group by print_id, level, is_world
    ) as traded
    inner join prints
        on traded.print_id = prints.print_id
    inner join listed
        on prints.flow = listed.flow
        and traded.level = listed.level
    left join patchy
        on traded.print_id = patchy.print_id
        and traded.level = patchy.level
        and not traded.is_world
    where
        prints.source <> 'census_bulk'
        and patchy.print_id is null
        and case
            when listed.commodities < {{ short_list() }} then traded.commodities >= listed.commodities - 1
            else traded.commodities * 2 >= listed.commodities and traded.chapters >= listed.chapters
        end
),

cell_partners as (
    select * from listed_partners
    union all
    select print_id, level, '0015' as partner_code
    from partners
    where has_all_partners and not has_world
),

-- Coarser levels of a partner are summed from its finest complete level, so that no dollar is counted at two levels.
finest as (
    select cells.print_id, cells.partner_code, max(cast(substr(cells.level, 3) as integer)) as digits
    from cell_partners as cells
    inner join extent
        on cells.print_id = extent.print_id
        and cells.level = extent.level
        and (cells.partner_code = '0015') = extent.is_world
    where cells.level in ('HS4', 'HS6', 'HS10')
    group by cells.print_id, cells.partner_code
),

{% for coarse, fine in [(6, 10), (4, 6), (2, 4)] %}
parts_of_hs{{ coarse }} as (
    select cells.*
    from published_cells as cells
    inner join finest
        on cells.print_id = finest.print_id
        and cells.partner_code = finest.partner_code
        and finest.digits = {{ fine }}
    where cells.level = 'HS{{ fine }}'
    {% if fine < 10 %}
    union all
    select * from hs{{ fine }}
    {% endif %}
),

hs{{ coarse }} as (
    select
        print_id,
        'HS{{ coarse }}' as level,
        left(commodity_code, {{ coarse }}) as commodity_code,
        partner_code,
        cast(null as varchar) as commodity_name,
        {{ sums_of_all('', values) }},
        {{ sum_of_quantities('') }},
        min(file_number) as file_number,
        true as is_derived,
        true as is_rolled_up
    from parts_of_hs{{ coarse }}
    group by print_id, left(commodity_code, {{ coarse }}), partner_code
),

{% endfor %}
-- The end use that an archive's own concordance gives its numbers.
stated_end_use as (
    select print_file.print_id, concord.commodity_code, arg_max(concord.end_use, print_file.precedence) as end_use
    from concord
    inner join print_file
        on concord.file_id = print_file.file_id
    group by print_file.print_id, concord.commodity_code
),

-- End use is told by ten digits, or by six where there is nothing finer; partners follow World, so that they sum to it.
-- The archive's own concordance goes before the code list; what neither tells is XXXXX.
parts_of_enduse as (
    select cells.*, prints.flow
    from published_cells as cells
    inner join finest
        on cells.print_id = finest.print_id
        and cells.partner_code = finest.partner_code
        and cells.level = concat('HS', cast(finest.digits as varchar))
    left join finest as world
        on cells.print_id = world.print_id
        and world.partner_code = '0015'
    inner join prints
        on cells.print_id = prints.print_id
    where finest.digits >= 6 and finest.digits = coalesce(world.digits, finest.digits)
),

end_use as (
    {{ end_uses('(select distinct flow, commodity_code from parts_of_enduse)') }}
),

{% for digits in [5, 1] %}
enduse{{ digits }} as (
    select
        cells.print_id,
        'ENDUSE{{ digits }}' as level,
        left(coalesce(stated_end_use.end_use, end_use.end_use, 'XXXXX'), {{ digits }}) as commodity_code,
        cells.partner_code,
        cast(null as varchar) as commodity_name,
        {{ sums_of_all('cells.', values) }},
        cast(null as bigint) as quantity_1,
        cast(null as varchar) as quantity_1_unit,
        min(cells.file_number) as file_number,
        true as is_derived,
        true as is_rolled_up
    from parts_of_enduse as cells
    left join end_use
        on cells.flow = end_use.flow
        and cells.commodity_code = end_use.commodity_code
    left join stated_end_use
        on cells.print_id = stated_end_use.print_id
        and cells.commodity_code = stated_end_use.commodity_code
    group by
        cells.print_id,
        left(coalesce(stated_end_use.end_use, end_use.end_use, 'XXXXX'), {{ digits }}),
        cells.partner_code
),

{% endfor %}
-- End use that a print publishes whole is not summed beside it: a code of six digits can hold several end uses.
published_end_use as (
    select cells.print_id, cells.level, cells.partner_code
    from cell_partners as cells
    inner join extent
        on cells.print_id = extent.print_id
        and cells.level = extent.level
        and (cells.partner_code = '0015') = extent.is_world
    where cells.level in ('ENDUSE1', 'ENDUSE5')
),

candidates as (
    select * from published_cells
    {% for summed in ['hs6', 'hs4', 'hs2'] %}
    union all
    select * from {{ summed }}
    {% endfor %}
    {% for summed in ['enduse5', 'enduse1'] %}
    union all
    select summed.*
    from {{ summed }} as summed
    left join published_end_use as published_level
        on summed.print_id = published_level.print_id
        and summed.level = published_level.level
        and summed.partner_code = published_level.partner_code
    where published_level.print_id is null
    {% endfor %}
),

-- Where a level is both published and summed, the published value stands, and the sum where a value was not published.
twice as (
    select distinct partners.print_id, partners.level
    from partners
    inner join finest
        on partners.print_id = finest.print_id
        and (
            partners.level in ('ENDUSE1', 'ENDUSE5')
            or (partners.level in ('HS2', 'HS4', 'HS6') and cast(substr(partners.level, 3) as integer) < finest.digits)
        )
),

cells as (
    select candidates.*
    from candidates
    left join twice
        on candidates.print_id = twice.print_id
        and candidates.level = twice.level
    where twice.print_id is null
    union all
    select
        {{ columns_of('candidates', cell) }},
        max(candidates.commodity_name) as commodity_name,
        {% for column in measures + ['file_number'] %}
        coalesce(
            max(case when not candidates.is_derived then candidates.{{ column }} end), max(candidates.{{ column }})
        ) as {{ column }},
        {% endfor %}
        min(case when candidates.is_derived then 1 else 0 end) = 1 as is_derived,
        max(case when candidates.is_rolled_up then 1 else 0 end) = 1 as is_rolled_up
    from candidates
    inner join twice
        on candidates.print_id = twice.print_id
        and candidates.level = twice.level
    group by {{ columns_of('candidates', cell) }}
),

level_partners as (
    select print_id, level, max(case when has_all_partners then 1 else 0 end) = 1 as has_all_partners
    from (
        select print_id, level, has_all_partners from partners
        {% for level, finer_than in [('HS2', 2), ('HS4', 4), ('HS6', 6), ('ENDUSE1', 5), ('ENDUSE5', 5)] %}
        union all
        select finest.print_id, '{{ level }}' as level, partners.has_all_partners
        from (select distinct print_id, digits from finest where digits > {{ finer_than }}) as finest
        inner join partners
            on finest.print_id = partners.print_id
            and partners.level = concat('HS', cast(finest.digits as varchar))
        {% endfor %}
    ) as listed
    group by print_id, level
)

select
    prints.source,
    prints.flow,
    {{ classification_of('cells.level') }} as classification,
    cells.level,
    cells.commodity_code,
    cells.commodity_name,
    cells.partner_code,
    prints.frequency,
    prints.period_start,
    prints.vintage,
    {{ columns_of('cells', measures) }},
    cells.is_derived,
    level_partners.has_all_partners,
    cells.is_rolled_up or extent.level is not null as has_all_commodities,
    files.file_id
from cells
inner join prints
    on cells.print_id = prints.print_id
inner join level_partners
    on cells.print_id = level_partners.print_id
    and cells.level = level_partners.level
inner join (select distinct file_number, file_id from print_file) as files
    on cells.file_number = files.file_number
left join extent
    on cells.print_id = extent.print_id
    and cells.level = extent.level
    and (cells.partner_code = '0015') = extent.is_world

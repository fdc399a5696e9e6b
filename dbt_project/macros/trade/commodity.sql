{% macro commodity_values() -%}
    {{ return([
        'general_value_usd', 'consumption_value_usd', 'dutiable_value_usd', 'calculated_duty_usd', 'export_value_usd'
    ]) }}
{%- endmacro %}

{#
  The sums of several columns, each under its own name and unknown when a part of it is; `row` is the relation's name with
  its dot, or nothing. One number tells of all columns whether a part is unknown: an aggregate less for each of them.
#}
{% macro sums_of_all(row, columns) -%}
    {%- set unknown = [] -%}
    {%- for column in columns -%}
        {%- do unknown.append('case when ' ~ row ~ column ~ ' is null then ' ~ 2 ** loop.index0 ~ ' else 0 end') -%}
    {%- endfor -%}
    {% for column in columns %}case
            when bit_or({{ unknown | join(' + ') }}) & {{ 2 ** loop.index0 }} = 0 then {{ sum_usd(row ~ column) }}
        end as {{ column }}{% if not loop.last %},
        {% endif %}{% endfor %}
{%- endmacro %}

{# Quantities add up in one unit alone. `row` is the relation's name with its dot. #}
{% macro sum_of_quantities(row) -%}
    {%- set unit = row ~ 'quantity_1_unit' -%}
    {%- set one_unit = 'count(' ~ row ~ 'quantity_1) = count(*) and min(' ~ unit ~ ') = max(' ~ unit ~ ')' -%}
    case when {{ one_unit }} then {{ sum_usd(row ~ 'quantity_1') }} end as quantity_1,
    case when {{ one_unit }} then max({{ unit }}) end as quantity_1_unit
{%- endmacro %}

{#
  One name for each code in the relation `cells`: that of the code lists, else as published, else that of its first
  six, four or two digits, else the code itself.
#}
{% macro commodity_names(cells) -%}
    {%- set lists = [('subheading', 6), ('heading', 4), ('chapter', 2)] -%}
    select
        codes.flow,
        codes.level,
        codes.commodity_code,
        coalesce(
            code.commodity_name, codes.published_name, subheading.commodity_name, heading.commodity_name,
            chapter.commodity_name, codes.commodity_code
        ) as commodity_name
    from (
        select flow, classification, level, commodity_code, max(commodity_name) as published_name
        from {{ cells }}
        group by flow, classification, level, commodity_code
    ) as codes
    left join {{ ref('int_commodity_code') }} as code
        on codes.flow = code.flow
        and codes.level = code.level
        and codes.commodity_code = code.commodity_code
    {%- for name, digits in lists %}
    left join {{ ref('int_commodity_code') }} as {{ name }}
        on codes.flow = {{ name }}.flow
        and codes.classification = {{ name }}.classification
        and {{ name }}.level = 'HS{{ digits }}'
        and left(codes.commodity_code, {{ digits }}) = {{ name }}.commodity_code
    {%- endfor %}
{%- endmacro %}

{#
  USD a unit of quantity of one print; none for chapters 98 and 99, whose numbers are rules and not goods.
#}
{% macro unit_value_of(cells) -%}
    {%- set value = 'coalesce(' ~ cells ~ '.general_value_usd, ' ~ cells ~ '.export_value_usd)' -%}
    case
        when
            {{ cells }}.quantity_1 > 0
            and {{ cells }}.quantity_1_vintage = coalesce({{ cells }}.general_value_vintage, {{ cells }}.export_value_vintage)
            and {{ cells }}.quantity_1_unit is not null
            and left({{ cells }}.commodity_code, 2) < '98'
            then cast({{ value }} as double) / {{ cells }}.quantity_1
    end
{%- endmacro %}

{# The end use of each HS code in the relation `codes` (flow, commodity_code), by its longest listed beginning. #}
{% macro end_uses(codes) -%}
    select
        beginning.flow,
        beginning.commodity_code,
        arg_max(listed.end_use, beginning.digits) as end_use,
        arg_max(listed.is_certain, beginning.digits) as is_certain,
        arg_max(listed.is_group_certain, beginning.digits) as is_group_certain
    from (
        {%- for digits in [10, 8, 6, 4, 2] %}
        select flow, commodity_code, {{ digits }} as digits, left(commodity_code, {{ digits }}) as prefix
        from {{ codes }}
        where length(commodity_code) >= {{ digits }}
        {% if not loop.last %}union all{% endif %}
        {%- endfor %}
    ) as beginning
    inner join {{ ref('int_end_use_prefix') }} as listed
        on beginning.flow = listed.flow
        and beginning.digits = listed.digits
        and beginning.prefix = listed.prefix
    group by beginning.flow, beginning.commodity_code
{%- endmacro %}

{#
  What the concordances of archives say of their numbers, one row a file and number; `batch` joins the lists of codes
  (`lookup`) to the batches.
#}
{% macro archive_numbers(batch) -%}
    select
        lookup.file_id,
        lookup.flow,
        lookup.period_start,
        lookup.vintage,
        lpad(lookup.code, 10, '0') as commodity_code,
        min(lookup.unit_1) as unit_1,
        lpad(min(lookup.end_use), 5, '0') as end_use
    from {{ ref('stg_census_bulk_lookup') }} as lookup
    inner join {{ batch }}
    where lookup.member = 'CONCORD'
    group by lookup.file_id, lookup.flow, lookup.period_start, lookup.vintage, lpad(lookup.code, 10, '0')
{%- endmacro %}

{# Partners that answers list when they have all of them; a month of imports has 231. #}
{% macro all_partners() -%}
    150
{%- endmacro %}

{# Partners without which they are not all: the fifteen that US imports of 2025 are largest from (Schedule C). #}
{% macro main_partners() -%}
    {{ return((
        '1220', '2010', '4120', '4190', '4279', '4280', '4419', '4759', '5330', '5490', '5520', '5700', '5800', '5830', '5880'
    )) }}
{%- endmacro %}

{# The part of a print's partners that each chapter must have been asked for; small ones do not trade in all of them. #}
{% macro nearly_all() -%}
    0.9
{%- endmacro %}

{# The part of World that partners come to when they are all of them; what lacks less is for the reconciliation. #}
{% macro nearly_equal() -%}
    0.999
{%- endmacro %}

{# Code lists with fewer codes than this, of which all are traded in any month: chapters, industries, end uses. #}
{% macro short_list() -%}
    200
{%- endmacro %}

{% macro classification_of(level) -%}
    case left({{ level }}, 2) when 'HS' then 'HS' when 'NA' then 'NAICS' else 'ENDUSE' end
{%- endmacro %}

{# The column with the vintage of a measure. #}
{% macro vintage_of(measure) -%}
    {{ return(measure | replace('_usd', '') ~ '_vintage') }}
{%- endmacro %}

{# The columns with the vintages of all measures. #}
{% macro measure_vintages() -%}
    {%- set names = [] -%}
    {%- for measure in commodity_values() + ['quantity_1'] -%}
        {%- do names.append(vintage_of(measure)) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#
  The newest print of each measure of each cell: of series with one print that print, of others what int_commodity_newest
  has; `batch` joins the relation `value` to the batches.
#}
{% macro newest_cells(batch) -%}
    {%- set series = ['source', 'flow', 'level', 'frequency', 'period_start'] -%}
    {%- set columns = series + ['classification', 'commodity_code', 'commodity_name', 'partner_code']
        + commodity_values() + ['quantity_1', 'quantity_1_unit', 'vintage'] -%}
    select
        {{ columns_of('value', columns) }},
        {{ how_made('value', 'accepted') }},
        value.vintage as oldest_vintage,
        {% for measure in commodity_values() + ['quantity_1'] %}
        case when value.{{ measure }} is not null then value.vintage end as {{ vintage_of(measure) }}
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_commodity_value') }} as value
    inner join {{ batch }}
    left join (
        select {{ series | join(', ') }}
        from {{ ref('int_commodity_coverage') }}
        group by {{ series | join(', ') }}
        having min(vintage) < max(vintage)
    ) as contested
        on {{ equal_columns('value', 'contested', series) }}
    left join {{ ref('stg_accepted_file') }} as accepted
        on value.file_id = accepted.file_id
    where contested.source is null
    union all
    select
        {{ columns_of('value', columns) }},
        {{ how_made('value', 'accepted') }},
        {{ columns_of('value', ['oldest_vintage'] + measure_vintages()) }}
    from {{ ref('int_commodity_newest') }} as value
    inner join {{ batch }}
    left join {{ ref('stg_accepted_file') }} as accepted
        on value.file_id = accepted.file_id
{%- endmacro %}

{# How a figure was made that the publisher does not print, by the file that has it (`accepted`) or here. #}
{% macro how_made(cells, accepted) -%}
    {{ cells }}.is_derived or {{ accepted }}.derivation is not null as is_derived,
        coalesce(
            {{ accepted }}.derivation,
            case
                when {{ cells }}.is_derived and {{ cells }}.classification = 'ENDUSE' then 'HS numbers summed by end use'
                when {{ cells }}.is_derived then 'sum of partners or of finer codes'
            end
        ) as derivation,
        {{ accepted }}.approximate_share
{%- endmacro %}

{# The name of a way to a figure: a source, and of a year whether its months are added up. #}
{% macro way_of(source, is_sum_of_months) -%}
    concat({{ source }}, case when {{ is_sum_of_months }} then ' months' else '' end)
{%- endmacro %}

{#
  The way that stands for each measure of a level and period: <measure>_way, null where there is none; `ways` counts the
  different ones. `batch` joins the relation `coverage` to the batches.
#}
{% macro ways_chosen(batch) -%}
    {%- set way = way_of('coverage.source', 'coverage.is_sum_of_months') -%}
    select
        coverage.flow,
        coverage.level,
        coverage.period_start,
        {% for measure in commodity_values() %}
        max(case when coverage.measure = '{{ measure }}' then {{ way }} end) as {{ measure }}_way,
        {% endfor %}
        count(distinct {{ way }}) as ways,
        min({{ way }}) as only_way
    from {{ ref('commodity_coverage') }} as coverage
    inner join {{ batch }}
    group by coverage.flow, coverage.level, coverage.period_start
{%- endmacro %}

{# The columns of `ways_chosen` beside its level and period. #}
{% macro chosen_columns() -%}
    {%- set names = ['ways', 'only_way'] -%}
    {%- for measure in commodity_values() -%}
        {%- do names.append(measure ~ '_way') -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#
  One row a cell from the ways that stand for its measures: `cells` has the columns of both, `way` and those of
  `ways_chosen`; where one way stands for all measures its row is taken as it is.
#}
{% macro figures_of_ways(cells, cell, about) -%}
    {%- set columns = cell + ['classification', 'commodity_name'] + commodity_values() + ['quantity_1', 'quantity_1_unit']
        + measure_vintages() + ['source', 'is_derived', 'derivation', 'approximate_share'] + about
        + ['vintage', 'oldest_vintage'] -%}
    {%- set value_way = 'coalesce(general_value_usd_way, export_value_usd_way, only_way)' -%}
    select {{ columns | join(', ') }}
    from {{ cells }}
    where ways = 1 and way = only_way
    union all
    select
        {{ cell | join(', ') }},
        max(classification) as classification,
        max(commodity_name) as commodity_name,
        {% for measure in commodity_values() %}
        max(case when way = {{ measure }}_way then {{ measure }} end) as {{ measure }},
        {% endfor %}
        max(case when way = {{ value_way }} then quantity_1 end) as quantity_1,
        max(case when way = {{ value_way }} then quantity_1_unit end) as quantity_1_unit,
        {% for measure in commodity_values() %}
        max(case when way = {{ measure }}_way then {{ vintage_of(measure) }} end) as {{ vintage_of(measure) }},
        {% endfor %}
        max(case when way = {{ value_way }} then quantity_1_vintage end) as quantity_1_vintage,
        coalesce(max(case when way = {{ value_way }} then source end), max(source)) as source,
        max(case when is_derived then 1 else 0 end) = 1 as is_derived,
        max(derivation) as derivation,
        max(approximate_share) as approximate_share,
        {% for flag in about %}
        max(case when {{ flag }} then 1 else 0 end) = 1 as {{ flag }},
        {% endfor %}
        greatest(
            {% for measure in commodity_values() %}
            max(case when way = {{ measure }}_way then {{ vintage_of(measure) }} end){% if not loop.last %},{% endif %}
            {% endfor %}
        ) as vintage,
        least(
            {% for measure in commodity_values() %}
            min(case when way = {{ measure }}_way and {{ measure }} is not null then oldest_vintage end)
            {%- if not loop.last %},{% endif %}
            {% endfor %}
        ) as oldest_vintage
    from {{ cells }}
    where
        ways > 1
        and (
            {% for measure in commodity_values() %}
            (way = {{ measure }}_way and {{ measure }} is not null){% if not loop.last %} or{% endif %}
            {% endfor %}
        )
    group by {{ cell | join(', ') }}
{%- endmacro %}

{# The months that answers to the batches are about, so that only files with such months are read. #}
{% macro answer_batches(batches) -%}
    select
        frequency,
        case
            when frequency = 'month' then period_start
            else {{ month_start('extract(year from period_start)', '12') }}
        end as reference_month
    from {{ batches }}
{%- endmacro %}

{# Months and years of the relation `batches` side by side: frequency, period_start and the columns of both marts. #}
{% macro months_and_years(columns, condition) -%}
    {%- set marts = [
        ('month', 'month.reference_month = batches.period_start'),
        ('year', 'year.year = extract(year from batches.period_start)'),
    ] -%}
    {% for name, is_same_period in marts %}
    select {{ columns_of('batches', ['frequency', 'period_start']) }}, {{ columns_of(name, columns) }}
    from {{ ref('commodity_partner_' ~ name) }} as {{ name }}
    inner join batches
        on batches.frequency = '{{ name }}'
        and {{ is_same_period }}
    where {{ name }}.{{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
{%- endmacro %}

{# The rows of a mart by partner from the relations `cells` and `names`; `period` is its column, `about` what it adds. #}
{% macro named_cells(period, about) -%}
    select
        cells.flow,
        cells.classification,
        cells.level,
        cells.commodity_code,
        names.commodity_name,
        cells.partner_code,
        partner.partner_name,
        partner.is_aggregate,
        {{ period }},
        {{ columns_of('cells', commodity_values()) }},
        cells.quantity_1,
        cells.quantity_1_unit,
        {{ unit_value_of('cells') }} as unit_value_usd,
        cells.source,
        cells.is_derived,
        cells.derivation,
        cells.approximate_share,
        {{ columns_of('cells', about + measure_vintages() + ['oldest_vintage', 'vintage']) }}
    from cells
    inner join {{ ref('partner') }} as partner
        on cells.partner_code = partner.partner_code
    inner join names
        on cells.flow = names.flow
        and cells.level = names.level
        and cells.commodity_code = names.commodity_code
{%- endmacro %}

{#
  Imports and exports of `mart` side by side, HS codes of six digits and fewer; `period` is its column, `period_start` the
  first day of that. Only levels, partners and periods that both flows have.
#}
{% macro both_flows(mart, period, period_start, batch) -%}
with batches as (
    {{ batches_to_build() }}
),

cells as (
    select
        cell.flow,
        cell.level,
        cell.commodity_code,
        cell.commodity_name,
        cell.partner_code,
        cell.partner_name,
        cell.is_aggregate,
        cell.{{ period }},
        coalesce(cell.general_value_usd, cell.export_value_usd) as value_usd,
        cell.vintage
    from {{ mart }} as cell
    inner join batches
        on {{ batch }}
    where
        cell.level in ('HS2', 'HS4', 'HS6')
        and coalesce(cell.general_value_usd, cell.export_value_usd) is not null
),

of_both_flows as (
    select
        level,
        partner_code,
        {{ period }},
        max(case when flow = 'imports' then vintage end) as import_vintage,
        max(case when flow = 'exports' then vintage end) as export_vintage
    from cells
    group by level, partner_code, {{ period }}
    having count(distinct flow) = 2
),

-- Where a flow has every commodity of the partner, one without a row did not trade; elsewhere it is not known.
complete as (
    select
        coverage.level,
        coverage.partner_code,
        coverage.period_start,
        max(case when coverage.flow = 'imports' and coverage.has_all_commodities then 0 end) as imports_without_row,
        max(case when coverage.flow = 'exports' and coverage.has_all_commodities then 0 end) as exports_without_row
    from {{ ref('commodity_coverage') }} as coverage
    inner join batches
        on coverage.frequency = batches.frequency
        and coverage.period_start = batches.period_start
    where coverage.measure in ('general_value_usd', 'export_value_usd')
    group by coverage.level, coverage.partner_code, coverage.period_start
),

pairs as (
    select
        level,
        commodity_code,
        partner_code,
        {{ period }},
        max(commodity_name) as commodity_name,
        max(partner_name) as partner_name,
        max(case when is_aggregate then 1 else 0 end) = 1 as is_aggregate,
        max(case when flow = 'imports' then value_usd end) as general_value_usd,
        max(case when flow = 'exports' then value_usd end) as export_value_usd
    from cells
    group by level, commodity_code, partner_code, {{ period }}
),

figures as (
    select
        {{ columns_of('pairs', ['level', 'commodity_code', 'commodity_name', 'partner_code', 'partner_name', 'is_aggregate']) }},
        pairs.{{ period }},
        coalesce(pairs.general_value_usd, complete.imports_without_row) as general_value_usd,
        coalesce(pairs.export_value_usd, complete.exports_without_row) as export_value_usd,
        of_both_flows.import_vintage,
        of_both_flows.export_vintage
    from pairs
    inner join of_both_flows
        on {{ equal_columns('pairs', 'of_both_flows', ['level', 'partner_code', period]) }}
    left join complete
        on {{ equal_columns('pairs', 'complete', ['level', 'partner_code']) }}
        and {{ period_start }} = complete.period_start
)

select
    {{ columns_of('figures', ['level', 'commodity_code', 'commodity_name', 'partner_code', 'partner_name', 'is_aggregate']) }},
    {{ period }},
    general_value_usd,
    export_value_usd,
    export_value_usd - general_value_usd as balance_usd,
    import_vintage,
    export_vintage
from figures
{%- endmacro %}

{# The columns of int_commodity_coverage that count cells: all of them, and those with each measure. #}
{% macro coverage_counts() -%}
    {%- set names = ['commodities'] -%}
    {%- for measure in commodity_values() -%}
        {%- do names.append(measure ~ '_cells') -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

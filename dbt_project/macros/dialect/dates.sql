{# First day of a month from two integers. #}
{% macro month_start(year, month) -%}
    {{ return(adapter.dispatch('month_start')(year, month)) }}
{%- endmacro %}

{% macro default__month_start(year, month) -%}
    make_date({{ year }}, {{ month }}, 1)
{%- endmacro %}

{# Months since year 0: differences of it are months. #}
{% macro month_index(day) -%}
    (extract(year from {{ day }}) * 12 + extract(month from {{ day }}))
{%- endmacro %}

{# The batches that a model builds in this run, as a query of frequency and period_start. #}
{% macro batches_to_build() -%}
    {{ return(adapter.dispatch('batches_to_build')()) }}
{%- endmacro %}

{# An engine that does not remember builds all of them. #}
{% macro default__batches_to_build() -%}
    select distinct frequency, period_start from {{ ref('int_commodity_batch') }}
{%- endmacro %}

{# The rows of a relation that a data test looks at. #}
{% macro rows_to_check(relation) -%}
    {{ return(adapter.dispatch('rows_to_check')(relation)) }}
{%- endmacro %}

{# An engine that does not remember looks at all of them. #}
{% macro default__rows_to_check(relation) -%}
    {{ relation }}
{%- endmacro %}

{# The batches that a model builds in this run, as a query of frequency and period_start. #}
{% macro batches_to_build() -%}
    {{ return(adapter.dispatch('batches_to_build')()) }}
{%- endmacro %}

{% macro default__batches_to_build() -%}
    select distinct frequency, period_start from {{ ref('int_commodity_batch') }}
{%- endmacro %}

{# What tells whether the code of the models is that of the last build. #}
{% macro code_version() -%}
    {{ return(adapter.dispatch('code_version')()) }}
{%- endmacro %}

{% macro default__code_version() -%}
    cast(null as varchar)
{%- endmacro %}

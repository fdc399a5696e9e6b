{# A dataset of the lake that several assets write, so that it is the source of none of them. #}
{% macro lake_dataset(name) -%}
    {{ return(adapter.dispatch('lake_dataset')(name)) }}
{%- endmacro %}

{% macro default__lake_dataset(name) -%}
    raw.{{ name }}
{%- endmacro %}

{% macro duckdb__lake_dataset(name) -%}
    read_parquet(
        '{{ env_var('TRADEWAKE_HOME') | replace("'", "''") }}/lake/{{ name }}/**/*.parquet',
        union_by_name = true,
        hive_partitioning = false
    )
{%- endmacro %}

{# Sum of whole dollars, kept BIGINT: DuckDB widens a sum of BIGINT to HUGEINT. `window` makes it a window function. #}
{% macro sum_usd(expression, window=none) -%}
    {{ return(adapter.dispatch('sum_usd')(expression, window)) }}
{%- endmacro %}

{% macro default__sum_usd(expression, window) -%}
    cast(sum({{ expression }}){% if window %} over ({{ window }}){% endif %} as bigint)
{%- endmacro %}

{# Whole dollars from $ million with six decimals; in two parts, since the whole times a million leaves the decimal's range. #}
{% macro usd_from_musd(column) -%}
    cast(floor({{ column }}) as bigint) * 1000000 + cast(({{ column }} - floor({{ column }})) * 1000000 as bigint)
{%- endmacro %}

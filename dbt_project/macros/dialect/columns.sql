{# Columns of a relation, separated by commas. #}
{% macro columns_of(relation, names) -%}
    {% for name in names %}{{ relation }}.{{ name }}{% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}

{# Two relations agree in all of the columns. #}
{% macro equal_columns(one, other, names) -%}
    {% for name in names %}{{ one }}.{{ name }} = {{ other }}.{{ name }}{% if not loop.last %} and {% endif %}{% endfor %}
{%- endmacro %}

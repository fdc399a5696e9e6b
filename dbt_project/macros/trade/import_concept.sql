{# Rows '(Consump)' of the Census workbook are imports for consumption under a trade program, all others general imports. #}
{% macro import_concept_of(partner_code) -%}
    case when {{ partner_code }} in ('0005', '0006', '0021', '0022') then 'consumption' else 'general' end
{%- endmacro %}

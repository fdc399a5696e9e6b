{# A code list of the project: a file beside the parsers' reference data; `archive_layout` is the parsers' own. #}
{% macro code_list(name) -%}
    {{ return(adapter.dispatch('code_list')(name)) }}
{%- endmacro %}

{% macro default__code_list(name) -%}
    reference.{{ name }}
{%- endmacro %}

{# A path by itself would start in the folder in which dbt was started. #}
{% macro duckdb__code_list(name) -%}
    {%- set file = project_folder() ~ '/../assets/reference/commodity/' ~ name -%}
    {%- if name == 'archive_layout' -%}
    read_csv('{{ project_folder() }}/../assets/parsing/layouts/bulk.csv', header = true, all_varchar = true)
    {%- elif name in ['end_use', 'naics', 'capital_goods'] -%}
    read_csv('{{ file }}.csv', header = true, all_varchar = true)
    {%- else -%}
    read_parquet('{{ file }}.parquet')
    {%- endif -%}
{%- endmacro %}

{% macro project_folder() -%}
    {{ return(invocation_args_dict.get('project_dir') or '.') }}
{%- endmacro %}

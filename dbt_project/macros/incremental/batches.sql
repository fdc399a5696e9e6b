{#
  Models by batch. A batch is a frequency and a period (a month, or a year); what a batch of a model holds follows from
  the files that `int_commodity_batch` lists for it and from the code. Each model remembers the files that it was built
  from, in the same transaction; the next build replaces the batches whose files differ, and no others. A full build
  gives the same rows.
#}

{# The batches that the model has to build: all of them, or those whose files changed since it was built. #}
{% macro duckdb__batches_to_build() -%}
    {%- if is_incremental() -%}
    {{ changed_batches(this) }}
    {%- else -%}
    {{ default__batches_to_build() }}
    {%- endif -%}
{%- endmacro %}

{# Batches of which the list of files differs from the one that `relation` was built from; gone ones too. #}
{% macro changed_batches(relation) -%}
    {%- set files = 'frequency, period_start, file_id, parser_version, code_version' -%}
    select distinct frequency, period_start
    from (
        (select {{ files }} from {{ ref('int_commodity_batch') }}
        except select {{ files }} from {{ built_batches() }} where model = '{{ relation.identifier }}')
        union all
        (select {{ files }} from {{ built_batches() }} where model = '{{ relation.identifier }}'
        except select {{ files }} from {{ ref('int_commodity_batch') }})
    ) as differences
{%- endmacro %}

{# Where the models remember what they were built from. #}
{% macro built_batches() -%}
    intermediate.commodity_built
{%- endmacro %}

{% macro create_built_batches() -%}
    create table if not exists {{ built_batches() }} (
        model varchar, frequency varchar, period_start date, file_id varchar, parser_version integer,
        code_version varchar
    )
{%- endmacro %}

{# Post-hook of every model by batch. #}
{% macro remember_batches() -%}
    delete from {{ built_batches() }} where model = '{{ this.identifier }}';
    insert into {{ built_batches() }}
    select '{{ this.identifier }}', frequency, period_start, file_id, parser_version, code_version
    from {{ ref('int_commodity_batch') }}
{%- endmacro %}

{# Incremental strategy `batches`: changed batches go, new rows come. The model's `batch_key` finds the rows of a batch. #}
{% macro get_incremental_batches_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }} as built
    using ({{ changed_batches(arg_dict['target_relation']) }}) as changed
    where {{ config.get('batch_key') }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}

{# Hash of the SQL and code lists that shape the commodity models: a change rebuilds every batch. #}
{% macro duckdb__code_version() -%}
    {%- set project = project_folder() -%}
    (
        select md5(string_agg(md5(content), '' order by md5(content)))
        from read_blob([
            '{{ project }}/models/*/commodity/*.sql', '{{ project }}/macros/dialect/*.sql',
            '{{ project }}/macros/incremental/*.sql', '{{ project }}/macros/trade/commodity.sql',
            '{{ project }}/../assets/reference/partner.csv', '{{ project }}/../assets/reference/commodity/*.*'
        ])
    )
{%- endmacro %}

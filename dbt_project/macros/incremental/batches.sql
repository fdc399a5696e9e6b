{#
  Models by batch. A batch is a frequency and a period (a month, or a year); what a batch of a model holds follows from
  the files that `int_commodity_batch` lists for it. Each model remembers the files that it was built from, in the same
  transaction; the next build replaces the batches whose files differ, and no others. A full build gives the same rows.
  When the code changed, the models are dropped first, so that they are built anew with the columns of today.
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
    {%- set files = 'frequency, period_start, file_id, parser_version' -%}
    {%- set built = 'select ' ~ files ~ ' from ' ~ built_batches() ~ ' where ' ~ model_is(relation) -%}
    select distinct frequency, period_start
    from (
        (select {{ files }} from {{ ref('int_commodity_batch') }} except {{ built }})
        union all
        ({{ built }} except select {{ files }} from {{ ref('int_commodity_batch') }})
    ) as differences
    where frequency is not null
{%- endmacro %}

{# Where the models remember what they were built from; a row without a batch tells the code alone. #}
{% macro built_batches() -%}
    intermediate.commodity_built_from
{%- endmacro %}

{% macro model_is(relation) -%}
    model_schema = '{{ relation.schema }}' and model = '{{ relation.identifier }}'
{%- endmacro %}

{# Post-hook of int_commodity_batch, before any model by batch: those that other code has built are dropped. #}
{% macro drop_models_of_other_code() -%}
    {%- if execute -%}
        {%- do run_query(
            'create table if not exists ' ~ built_batches() ~ ' (model_schema varchar, model varchar, frequency varchar, '
            ~ 'period_start date, file_id varchar, parser_version integer, code_version varchar)'
        ) -%}
        {%- for node in graph.nodes.values() if node.config.incremental_strategy == 'batches' -%}
            {%- set relation = adapter.get_relation(this.database, node.schema, node.alias) -%}
            {%- if relation is not none -%}
                {%- set own = 'select 1 from ' ~ built_batches() ~ ' where ' ~ model_is(relation) -%}
                {%- if run_query(own ~ ' and code_version = ' ~ code_version() ~ ' limit 1') | length == 0 -%}
                    {%- do adapter.drop_relation(relation) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{# Post-hook of every model by batch. #}
{% macro remember_batches() -%}
    delete from {{ built_batches() }} where {{ model_is(this) }};
    insert into {{ built_batches() }}
    select
        '{{ this.schema }}', '{{ this.identifier }}', frequency, period_start, file_id, parser_version,
        {{ code_version() }}
    from {{ ref('int_commodity_batch') }}
    union all
    select '{{ this.schema }}', '{{ this.identifier }}', null, null, null, null, {{ code_version() }}
{%- endmacro %}

{# Incremental strategy `batches`: changed batches go, new rows come. The model's `batch_key` finds a batch's rows. #}
{% macro get_incremental_batches_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }} as built
    using ({{ changed_batches(arg_dict['target_relation']) }}) as changed
    where {{ config.get('batch_key') }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}

{# Hash of the SQL, columns and code lists that shape the commodity models. #}
{% macro code_version() -%}
    {%- set project = project_folder() -%}
    (
        select md5(string_agg(md5(content), '' order by md5(content)))
        from read_blob([
            '{{ project }}/models/*/commodity/*.*', '{{ project }}/macros/dialect/*.sql',
            '{{ project }}/macros/incremental/*.sql', '{{ project }}/macros/trade/commodity.sql',
            '{{ project }}/../assets/reference/partner.csv', '{{ project }}/../assets/reference/commodity/*.*'
        ])
    )
{%- endmacro %}

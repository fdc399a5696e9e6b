{#
  Models by batch. A batch is a frequency and a period (a month, or a year); what a batch of a model holds follows from
  the files that `int_commodity_batch` lists for it. Each model remembers the files that it was built from, in the same
  transaction; the next build replaces the batches whose files differ, and no others. A full build gives the same rows.
  When the code changed, the models are dropped first, so that they are built anew with the columns of today.
  Data tests look at the batches that were built since the tests of the model last passed.
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
        {%- do run_query('alter table ' ~ built_batches() ~ ' add column if not exists is_checked boolean') -%}
        {%- for node in graph.nodes.values() if node.config.incremental_strategy == 'batches' -%}
            {%- set relation = adapter.get_relation(this.database, node.schema, node.alias) -%}
            {%- set own = "model_schema = '" ~ node.schema ~ "' and model = '" ~ node.alias ~ "'" -%}
            {%- set by_this_code = own ~ ' and code_version = ' ~ code_version() -%}
            {%- set found = run_query('select 1 from ' ~ built_batches() ~ ' where ' ~ by_this_code ~ ' limit 1') -%}
            {%- if relation is none or found | length == 0 -%}
                {%- do adapter.drop_relation(relation) if relation is not none -%}
                {%- do run_query('delete from ' ~ built_batches() ~ ' where ' ~ own) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{# Post-hook of every model by batch: the batches that it has just built are noted, and wait for the data tests. #}
{% macro remember_batches() -%}
    delete from {{ built_batches() }} as built
    using (
        {% if should_full_refresh() -%}
        select frequency, period_start from {{ built_batches() }}
        {%- else -%}
        {{ changed_batches(this) }}
        {%- endif %}
    ) as changed
    where
        {{ model_is(this) }}
        and built.frequency = changed.frequency
        and built.period_start = changed.period_start;
    insert into {{ built_batches() }}
    select
        '{{ this.schema }}', '{{ this.identifier }}', frequency, period_start, file_id, parser_version,
        {{ code_version() }}, false
    from {{ ref('int_commodity_batch') }}
    anti join (select frequency, period_start from {{ built_batches() }} where {{ model_is(this) }}) as built
        using (frequency, period_start);
    insert into {{ built_batches() }}
    select '{{ this.schema }}', '{{ this.identifier }}', null, null, null, null, {{ code_version() }}, true
    where not exists (select 1 from {{ built_batches() }} where {{ model_is(this) }} and frequency is null)
{%- endmacro %}

{# On-run-end: the batches of a model are checked when all of its data tests passed in this run. #}
{% macro remember_checks(results) -%}
    {%- if execute -%}
        {%- set passed = results | selectattr('status', 'equalto', 'pass') | map(attribute='node.unique_id') | list -%}
        {%- for model in graph.nodes.values() if model.config.incremental_strategy == 'batches' -%}
            {%- set tests = [] -%}
            {%- for test in graph.nodes.values() if test.resource_type == 'test' -%}
                {%- do tests.append(test.unique_id in passed) if model.unique_id in test.depends_on.nodes -%}
            {%- endfor -%}
            {%- if tests and tests | select | list | length == tests | length %}
    update {{ built_batches() }} set is_checked = true
    where model_schema = '{{ model.schema }}' and model = '{{ model.alias }}' and not is_checked;
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# What a data test looks at: of a model by batch, the rows of batches that no run has checked since they were built. #}
{% macro duckdb__rows_to_check(relation) -%}
    {%- set found = namespace(batch_key=none) -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.config.incremental_strategy == 'batches' -%}
            {%- if (node.schema, node.alias) == (relation.schema, relation.identifier) -%}
                {%- set found.batch_key = node.config.batch_key -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if found.batch_key is none -%}
    {{ relation }}
    {%- else -%}
    (
        select built.*
        from {{ relation }} as built
        inner join (
            select distinct frequency, period_start
            from {{ built_batches() }}
            where {{ model_is(relation) }} and not is_checked
        ) as changed
            on {{ found.batch_key }}
    ) as unchecked
    {%- endif -%}
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
            '{{ project }}/../assets/reference/partner.csv', '{{ project }}/../assets/reference/commodity/*.*',
            '{{ project }}/../assets/parsing/layouts/bulk.csv'
        ])
    )
{%- endmacro %}

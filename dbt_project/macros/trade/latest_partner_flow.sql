{#
  Partners of the Census workbook by month or year, each side from the newest print that has it: a print without a
  side, a partner or a period withdraws nothing.
#}
{% macro latest_partner_flow(frequency) %}
select
    partner_code,
    partner_name,
    is_aggregate,
    period_start,
    max(case when is_latest_imports then imports_usd end) as imports_usd,
    max(case when is_latest_exports then exports_usd end) as exports_usd,
    max(case when is_latest_exports then exports_usd end) - max(case when is_latest_imports then imports_usd end)
        as balance_usd,
    max(case when is_latest_imports then import_share end) as import_share,
    max(case when is_latest_exports then export_share end) as export_share,
    max(rounding_usd) as rounding_usd,
    max(months) as months,
    max(vintage) as vintage,
    min(vintage) as oldest_vintage
from {{ ref('int_partner_flow') }}
where source = 'census_country' and frequency = '{{ frequency }}' and (is_latest_imports or is_latest_exports)
group by partner_code, partner_name, is_aggregate, period_start
{% endmacro %}

{# Rank by `order_by` among whole years of countries: an aggregate has none, nor a year in which a partner began or ended. #}
{% macro rank_among_countries(value, order_by, within) -%}
    case when not is_aggregate and months = 12 and {{ value }} is not null then
        cast(rank() over (
            partition by {{ within }}, not is_aggregate and months = 12, {{ value }} is null order by {{ order_by }}
        ) as integer)
    end
{%- endmacro %}

{# Sum over the months of a window; null where one of them lacks the figure. #}
{% macro sum_of_all_months(value, window) -%}
    case when count({{ value }}) over ({{ window }}) = count(*) over ({{ window }}) then {{ sum_usd(value, window) }} end
{%- endmacro %}

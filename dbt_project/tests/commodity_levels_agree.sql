-- All levels of the HS of one partner and print, published or summed, come to the same sum; so do the levels of end use.
{% set values = commodity_values() %}
{% set key = ['source', 'flow', 'partner_code', 'frequency', 'period_start', 'vintage'] %}

with sums as (
    select
        {{ key | join(', ') }},
        level,
        {{ sums_of_all('', values) }}
    from {{ rows_to_check(ref('int_commodity_value')) }}
    where has_all_commodities and level in ('HS2', 'HS4', 'HS6', 'HS10', 'ENDUSE1', 'ENDUSE5')
    group by {{ key | join(', ') }}, level
)

select {{ key | join(', ') }}
from sums
group by {{ key | join(', ') }}
having {% for value in values %}min({{ value }}) <> max({{ value }}){% if not loop.last %} or {% endif %}{% endfor %}

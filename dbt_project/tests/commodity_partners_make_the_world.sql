-- World as published is the sum of all partners, commodity by commodity, to the dollar.
{% set values = commodity_values() %}
{% set key = ['source', 'flow', 'level', 'commodity_code', 'frequency', 'period_start', 'vintage'] %}

select {{ key | join(', ') }}
from {{ rows_to_check(ref('int_commodity_value')) }}
where has_all_partners
group by {{ key | join(', ') }}
having
    {% for value in values %}
    sum(case when partner_code = '0015' then {{ value }} end) <> sum(case when partner_code <> '0015' then {{ value }} end)
    {% if not loop.last %}or{% endif %}
    {% endfor %}

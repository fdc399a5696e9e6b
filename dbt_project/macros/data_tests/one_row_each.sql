{# Fails with each group in which `condition` holds for no row or for several. #}
{% test one_row_each(model, group_by, condition) %}
select {{ group_by | join(', ') }}
from {{ model }}
group by {{ group_by | join(', ') }}
having sum(case when {{ condition }} then 1 else 0 end) <> 1
{% endtest %}

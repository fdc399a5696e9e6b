{# Fails with each combination of `columns` that more than one row has; null counts as a value. #}
{% test unique_combination(model, columns) %}
select {{ columns | join(', ') }}, count(*) as row_count
from {{ rows_to_check(model) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

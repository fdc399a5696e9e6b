{# Fails with each row in which `expression` is false or unknown. #}
{% test expression_is_true(model, expression) %}
select *
from {{ rows_to_check(model) }}
where not coalesce({{ expression }}, false)
{% endtest %}

{#
  Fails with each group whose parts do not sum to its whole within `tolerance` (an aggregate expression in the unit of
  `value`). Only groups with a whole and exactly `parts` parts are compared.
#}
{% test sums_equal(model, group_by, value, part, whole, parts, tolerance) %}
select
    {{ group_by | join(', ') }},
    sum(case when {{ part }} then {{ value }} end) as sum_of_parts,
    max(case when {{ whole }} then {{ value }} end) as whole
from {{ model }}
group by {{ group_by | join(', ') }}
having
    count(case when {{ whole }} then 1 end) = 1
    and count(case when {{ part }} then 1 end) = {{ parts }}
    and abs(sum(case when {{ part }} then {{ value }} else 0 end) - max(case when {{ whole }} then {{ value }} end))
        > {{ tolerance }}
{% endtest %}

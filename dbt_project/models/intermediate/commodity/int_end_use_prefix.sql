-- By ten digits the number's own end use; by fewer, the one that most listed numbers with this beginning have (the
-- smallest of several).
with beginnings as (
    {% for digits in [10, 8, 6, 4, 2] %}
    select flow, {{ digits }} as digits, left(commodity_code, {{ digits }}) as prefix, end_use
    from {{ code_list('concordance') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select flow, digits, prefix, end_use, count(*) as numbers
    from beginnings
    group by flow, digits, prefix, end_use
),

ranked as (
    select
        *,
        row_number() over (partition by flow, digits, prefix order by numbers desc, end_use) as precedence,
        min(end_use) over (partition by flow, digits, prefix) as first_end_use,
        max(end_use) over (partition by flow, digits, prefix) as last_end_use
    from counted
)

select
    flow,
    digits,
    prefix,
    end_use,
    first_end_use = last_end_use as is_certain,
    left(first_end_use, 1) = left(last_end_use, 1) as is_group_certain
from ranked
where precedence = 1

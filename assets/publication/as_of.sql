-- Table macros of the published file: every series as it stood on a day. `as_of` is a date, or text such as '2026-03-31'.
-- Partners: for each period the newest vintage up to that day that gives countries. Totals: for each cell the newest one.

create or replace macro marts.partner_month_as_of(as_of) as table
select
    partner_code, partner_name, is_aggregate, reference_month, imports_usd, exports_usd, balance_usd,
    import_share, export_share, rounding_usd, vintage
from marts.partner_month_vintages
where vintage <= cast(as_of as date)
qualify vintage = coalesce(
    max(vintage) filter (where not is_aggregate) over (partition by reference_month),
    max(vintage) over (partition by reference_month)
);

create or replace macro marts.partner_year_as_of(as_of) as table
select
    partner_code, partner_name, is_aggregate, year, imports_usd, exports_usd, balance_usd,
    import_share, export_share, import_rank, deficit_rank, rounding_usd, months, vintage
from marts.partner_year_vintages
where source = 'census_country' and vintage <= cast(as_of as date)
qualify vintage = coalesce(
    max(vintage) filter (where not is_aggregate) over (partition by year),
    max(vintage) over (partition by year)
);

create or replace macro marts.total_month_as_of(as_of) as table
select
    concept, basis, adjustment, reference_month, exports_usd, imports_usd, balance_usd, source, rounding_usd, vintage
from marts.total_month
where vintage <= cast(as_of as date)
qualify vintage = max(vintage) over (partition by concept, basis, adjustment, reference_month);

create or replace macro marts.total_year_as_of(as_of) as table
select concept, basis, adjustment, year, exports_usd, imports_usd, balance_usd, source, rounding_usd, vintage
from marts.total_year
where vintage <= cast(as_of as date)
qualify vintage = max(vintage) over (partition by concept, basis, adjustment, year);

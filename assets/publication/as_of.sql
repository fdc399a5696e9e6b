-- Table macros of the published file: every series as it stood on a day. `as_of` is a date, or text such as '2026-03-31'.
-- Partners: imports and exports each from the newest vintage up to that day that gives them; World and groups of a vintage
-- without the countries give way to an older one. Totals: for each cell the newest vintage.

create or replace macro marts.partner_month_as_of(as_of) as table
with prints as (
    select *, is_aggregate and not has_all_partners as gives_way
    from marts.partner_month_vintages
    where vintage <= cast(as_of as date)
),
standing as (
    select
        partner_code, partner_name, is_aggregate, reference_month,
        first(imports_usd order by gives_way, vintage desc) filter (imports_usd is not null) as imports_usd,
        first(exports_usd order by gives_way, vintage desc) filter (exports_usd is not null) as exports_usd,
        first(import_share order by gives_way, vintage desc) filter (imports_usd is not null) as import_share,
        first(export_share order by gives_way, vintage desc) filter (exports_usd is not null) as export_share,
        first(rounding_usd order by gives_way, vintage desc) as rounding_usd,
        first(vintage order by gives_way, vintage desc) as vintage
    from prints
    group by partner_code, partner_name, is_aggregate, reference_month
)
select
    partner_code, partner_name, is_aggregate, reference_month, imports_usd, exports_usd,
    exports_usd - imports_usd as balance_usd, import_share, export_share, rounding_usd, vintage
from standing;

create or replace macro marts.partner_year_as_of(as_of) as table
with prints as (
    select *, is_aggregate and not has_all_partners as gives_way
    from marts.partner_year_vintages
    where source = 'census_country' and vintage <= cast(as_of as date)
),
standing as (
    select
        partner_code, partner_name, is_aggregate, year,
        first(imports_usd order by gives_way, vintage desc) filter (imports_usd is not null) as imports_usd,
        first(exports_usd order by gives_way, vintage desc) filter (exports_usd is not null) as exports_usd,
        first(import_share order by gives_way, vintage desc) filter (imports_usd is not null) as import_share,
        first(export_share order by gives_way, vintage desc) filter (exports_usd is not null) as export_share,
        first(rounding_usd order by gives_way, vintage desc) as rounding_usd,
        first(months order by gives_way, vintage desc) as months,
        first(vintage order by gives_way, vintage desc) as vintage
    from prints
    group by partner_code, partner_name, is_aggregate, year
),
balanced as (select *, exports_usd - imports_usd as balance_usd from standing)
select
    partner_code, partner_name, is_aggregate, year, imports_usd, exports_usd, balance_usd, import_share, export_share,
    case when not is_aggregate and months = 12 and imports_usd is not null then cast(rank() over (
        partition by year, not is_aggregate and months = 12, imports_usd is null order by imports_usd desc) as integer)
    end as import_rank,
    case when not is_aggregate and months = 12 and balance_usd is not null then cast(rank() over (
        partition by year, not is_aggregate and months = 12, balance_usd is null order by balance_usd) as integer)
    end as deficit_rank,
    rounding_usd, months, vintage
from balanced;

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

"""The HTS10 figures of 2024 and 2025 by end use: the sums behind the bundled answers of the `enduse` endpoint.

The end use of a number is that of the Census list of HTS numbers (`assets/reference/commodity/concordance.parquet`); of a
number that is not listed, the one that most listed numbers with the same 8, 6, 4 or 2 digits have, the smallest of several.
How an answer is written does not belong here.
"""

from pathlib import Path

import duckdb
import pyarrow as pa

from assets.home import PROJECT_ROOT
from assets.parsing.census_api_variables import TOTAL

LISTED = PROJECT_ROOT / "assets" / "reference" / "commodity" / "concordance.parquet"
BEGINNINGS = [10, 8, 6, 4, 2]
DIGITS = (5, 1)
"""End uses of five digits, and of one: the groups that the first digit names."""


def end_use_years(figures: Path, digits: int) -> pa.Table:
    """Sums by year, end use of so many digits and partner, in that order; the world (`-`) among the partners.

    `figures` is the Parquet file of year totals by HTS10 and country. Columns: year, I_ENDUSE, CTY_CODE and the four
    measures in whole USD. Raises ValueError for a number whose chapter is not in the list.
    """
    with _numbers(figures) as con:
        unknown = con.execute("select min(HTS10) from figure where HTS10 not in (select HTS10 from number)").fetchone()
        if unknown and unknown[0]:
            raise ValueError(f"{figures.name}: HTS number {unknown[0]}: its chapter has no end use in {LISTED.name}")
        return con.execute(f"""
            select
                year, left(end_use, {digits}) as I_ENDUSE, coalesce(cast(CTY_CODE as varchar), '{TOTAL}') as CTY_CODE,
                cast(sum(GEN_VAL_YR) as bigint) as GEN_VAL_YR, cast(sum(CON_VAL_YR) as bigint) as CON_VAL_YR,
                cast(sum(DUT_VAL_YR) as bigint) as DUT_VAL_YR, cast(sum(CAL_DUT_YR) as bigint) as CAL_DUT_YR
            from figure join number using (HTS10)
            group by grouping sets ((year, left(end_use, {digits}), CTY_CODE), (year, left(end_use, {digits})))
            having sum(GEN_VAL_YR) <> 0 or sum(CON_VAL_YR) <> 0 or sum(DUT_VAL_YR) <> 0 or sum(CAL_DUT_YR) <> 0
            order by all
        """).to_arrow_table()


def listed_share(figures: Path) -> dict[int, float]:
    """Share of general imports of each year that is in numbers of the list (0 to 1); the rest follows its beginning."""
    with _numbers(figures) as con:
        return dict(
            con.execute("""
                select year, sum(GEN_VAL_YR) filter (where is_listed) / sum(GEN_VAL_YR)
                from figure join number using (HTS10) group by year order by year
            """).fetchall()
        )


def _numbers(figures: Path) -> duckdb.DuckDBPyConnection:
    """A connection with `figure` (the rows of the file) and `number` (HTS10, end_use, is_listed)."""
    if not figures.is_file():
        raise FileNotFoundError(figures)
    con = duckdb.connect()
    con.execute(f"create view figure as from read_parquet('{figures}')")
    con.execute(f"""
        create table number as
        with usual as (
            select beginning, end_use
            from (
                select left(commodity_code, digits) as beginning, end_use, count(*) as numbers
                from '{LISTED}', unnest({BEGINNINGS}) as length(digits)
                where flow = 'imports'
                group by all
            )
            qualify row_number() over (partition by beginning order by numbers desc, end_use) = 1
        ),
        cut as (
            select HTS10, digits, left(HTS10, digits) as beginning
            from (select distinct cast(HTS10 as varchar) as HTS10 from figure), unnest({BEGINNINGS}) as length(digits)
        )
        select HTS10, arg_max(end_use, digits) as end_use, max(digits) = 10 as is_listed
        from cut join usual using (beginning)
        group by HTS10
    """)
    return con

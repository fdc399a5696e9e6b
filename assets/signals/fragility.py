"""Fragility: would revisions of the size seen so far change the order that a flag states?

A revision is a figure that one vintage shows and the next vintage of the source changes by more than rounding can; vintages
that repeat it count for nothing, since most releases reprint what they do not revise. `marts.revision` tells the same
revisions of months and years, print by print. Which order a flag states (value, neighbour, margin) is the
record engine's matter.
"""

import duckdb

from assets.signals import panel

FIRST_MONTHS = 36
"""A revision counts when the vintage that it changes is dated at most this long after the end of the period."""
MIN_REVISIONS = 3
"""With fewer of its own, a series is judged by the pool of its kind."""
MAX_FLIP_SHARE = 0.10
"""A flag is fragile when more of the past revisions than this would have reversed its order."""

FRAGILITY = "signal_fragility"
_REVISION, _JUDGE, _LADDER, _QUESTION = "signal_revision", "signal_judge", "signal_ladder", "signal_question"


def write_fragility(con: duckdb.DuckDBPyConnection, flags: str) -> None:
    """Make the temporary table FRAGILITY: one row (series_id, period_end) for each flag.

    `flags` has series_id, period_end, value, neighbour_value (DOUBLE, both in the unit of the series) and the columns of
    `panel.decoded_sql`. With gap = neighbour_value - value, a revision r reverses the order when r > gap >= 0 or r < gap < 0.

    - `fragility_basis`: 'series (n pairs)': the n revisions of the series itself, whatever the vintage; calendar months share those
      of all months. 'pool (n pairs)': the revisions r / |x| of all series of the same kind (partner or total), measure and
      frequency, times |value|. 'none': there are no revisions, or nothing to compare with.
    - `revision_pairs` = n; `median_abs_revision`: median |r| in the unit of the value; `flip_share`: share of the n that
      reverse the order.
    - `is_fragile`: margin |gap| < median_abs_revision, or flip_share > MAX_FLIP_SHARE. Null on basis 'none'.
    """
    con.execute(f"create or replace temp table {_REVISION} as {_REVISION_SQL}")
    con.execute(f"create or replace temp table {_JUDGE} as {_JUDGE_SQL}")
    con.execute(f"create or replace temp table {_LADDER} as {_LADDER_SQL}")
    con.execute(f"create or replace temp table {_QUESTION} as {_question_sql(flags)}")
    con.execute(f"create or replace temp table {FRAGILITY} as {_FRAGILITY_SQL}")
    for table in (_REVISION, _JUDGE, _LADDER, _QUESTION):
        con.execute(f"drop table {table}")


def _own(relation: str) -> str:
    """Name of the revisions of a series itself."""
    return f"concat_ws(' ', {relation}.key_id, {relation}.measure, {panel.revised_slot_sql(f'{relation}.slot')})"


def _pool(relation: str) -> str:
    """Name of the revisions of its kind."""
    frequency = f"if({relation}.frequency = 'same_month', 'month', {relation}.frequency)"
    return f"concat_ws(' ', key.kind, {relation}.measure, {frequency})"


def _changes_sql(relation: str) -> str:
    """Each change of a figure from one vintage to the next, with the figure that was changed."""
    return f"""
        select earlier.series_id, cast(earlier.value as double) as value, cast(later.value - earlier.value as double) as revision
        from (
            select * from {relation}
            where data_vintage <= period_end + interval {FIRST_MONTHS} month
              and {panel.revised_slot_sql(f"series_id % {panel.SLOTS}")} = series_id % {panel.SLOTS}
        ) as earlier
        join {relation} as later
            on later.series_id = earlier.series_id + {panel.NEXT_VINTAGE} and later.period_end = earlier.period_end
        where abs(later.value - earlier.value) > if(later.rounding = earlier.rounding, 0, earlier.reach + later.reach)
    """


_REVISION_SQL = f"""
    with change as ({panel.decoded_sql(f"({_changes_sql(panel.DOLLARS)} union all {_changes_sql(panel.SHARES)})")})
    select {_own("change")} as judge, revision as step from change
    union all
    select {_pool("change")}, revision / abs(value) from change join {panel.KEY} as key using (key_id) where value <> 0
"""

_JUDGE_SQL = f"select judge, count(*) as pairs, median(abs(step)) as median_step from {_REVISION} group by judge"

_LADDER_SQL = f"""
    select judge, step, sum(count(*)) over (partition by judge order by step) as pairs_up_to
    from {_REVISION} group by judge, step
"""


def _question_sql(flags: str) -> str:
    """Each flag with its judge and the gap in the judge's unit."""
    return f"""
        select
            asked.series_id,
            asked.period_end,
            coalesce(own.pairs >= {MIN_REVISIONS}, false) as by_itself,
            if(by_itself, own.judge, pool.judge) as judge,
            if(by_itself, own.pairs, pool.pairs) as pairs,
            if(by_itself, own.median_step, pool.median_step) as median_step,
            if(by_itself, 1, nullif(abs(asked.value), 0)) as scale,
            (asked.neighbour_value - asked.value) / scale as gap
        from {flags} as asked
        join {panel.KEY} as key using (key_id)
        left join {_JUDGE} as own on own.judge = {_own("asked")}
        left join {_JUDGE} as pool on pool.judge = {_pool("asked")}
    """


_FRAGILITY_SQL = f"""
    with answered as (
        select question.*, pairs - coalesce(ladder.pairs_up_to, 0) as flips
        from (from {_QUESTION} where gap >= 0 and judge is not null) as question
        asof left join {_LADDER} as ladder on ladder.judge = question.judge and question.gap >= ladder.step
        union all
        select question.*, coalesce(ladder.pairs_up_to, 0)
        from (from {_QUESTION} where gap < 0 and judge is not null) as question
        asof left join {_LADDER} as ladder on ladder.judge = question.judge and question.gap > ladder.step
    )
    select
        series_id,
        period_end,
        coalesce(format('{{}} ({{}} pairs)', if(by_itself, 'series', 'pool'), answered.pairs), 'none') as fragility_basis,
        answered.pairs as revision_pairs,
        median_step * scale as median_abs_revision,
        cast(flips as double) / answered.pairs as flip_share,
        abs(gap) < median_step or flip_share > {MAX_FLIP_SHARE} as is_fragile
    from (select series_id, period_end from {_QUESTION})
    left join answered using (series_id, period_end)
"""

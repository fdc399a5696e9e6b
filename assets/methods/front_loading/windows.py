"""Which months are clean, which can hold a surge and which a payback: the windows of measures, and the thresholds.

Dates of measures come from the tariff marts; series and their fits do not belong here.
"""

from dataclasses import dataclass
from datetime import date

import duckdb

from assets.contracts.tariffs import TARIFF_MEASURE


@dataclass(frozen=True)
class Rules:
    """Thresholds, and the lengths of the windows in months; reasons are in `docs/methods.md`."""

    surge_z: float = 3.0
    payback_z: float = -1.5
    min_payback: float = 0.1
    clean_months: int = 36
    min_clean_months: int = 30
    lead_months: int = 3
    longest_window: int = 6
    after_months: int = 6
    rate_months: int = 12
    rate_rise: float = 0.01
    min_reach: float = 0.05
    min_monthly_usd: int = 1_000_000
    broad_share: float = 0.02


RULES = Rules()
"""A surge needs z > 3 in the window and a realised duty rate that rises by a percentage point; a payback z < -1.5
within six months after, and a tenth of the excess given back over the six months together: one low month among high
ones pays nothing back. The window opens three months before the announcement, because intentions are known before texts, and
never earlier than six months before legal effect. The clean window is the 36 months before that."""

WORLD = "0015"
COUNTABLE = (
    "length(commodity_code) = regexp_extract(level, '[0-9]+$')::integer "
    f"and (partner_code = '{WORLD}' or regexp_full_match(partner_code, '[1-9][0-9]{{3}}'))"
)
"""SQL condition on rows of a commodity mart: a code of the level and no total, one country or the world."""
ALL_PARTNERS = 100
"""A line that reaches at least so many partners is also looked for in the world's imports."""


@dataclass(frozen=True)
class Window:
    """Months of one measure, counted from year 0; `first`..`last` can hold the surge, the six after it the payback."""

    measure_id: str
    announced: date
    effective: date
    clean_first: int
    clean_last: int
    first: int
    last: int

    @property
    def after_last(self) -> int:
        return self.last + RULES.after_months


def month_number(day: date) -> int:
    """Months since year 0: `12 * year + month - 1`."""
    return 12 * day.year + day.month - 1


def month_date(number: int) -> date:
    """First day of a month given as `month_number`."""
    return date(number // 12, number % 12 + 1, 1)


def window_of(measure_id: str, announced: date, effective: date) -> Window:
    """The windows of a measure. The month of legal effect belongs to the side on which most of its days are."""
    known = min(announced, effective)
    last = month_number(effective) - (effective.day <= 15)
    opens = month_number(known) - RULES.lead_months
    first = min(max(opens, month_number(effective) - RULES.longest_window), last)
    clean_last = min(opens, first) - 1
    return Window(measure_id, announced, effective, clean_last - RULES.clean_months + 1, clean_last, first, last)


def read_windows(con: duckdb.DuckDBPyConnection) -> list[Window]:
    """Windows of every measure that raises duties and took effect, from `marts.tariff_measure`."""
    rows = con.execute(
        f"select measure_id, announced_on, effective_on from {TARIFF_MEASURE} "
        "where kind = 'tariff' and effective_on is not null order by effective_on, measure_id"
    ).fetchall()
    return [window_of(*row) for row in rows]

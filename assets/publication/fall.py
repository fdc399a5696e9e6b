"""Whether what is about to be published lost figures that stood in the last publication, and which files may have done it.

Totals by measure and period are compared, mart by mart. No revision takes a tenth of a total away: a fall means that
a file was taken for more than it is. How the finding is told and what stops is decided by the caller.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from assets.contracts.meta import SOURCE_FILE
from assets.contracts.models import marts
from assets.home import Home
from assets.sql_text import identifier, literal
from assets.store.ledger import LedgerRow, read_ledger
from assets.warehouse import open_beside

KEPT_SHARE = 0.9
"""A total below this share of the one published last has fallen."""
FALLS_TOLD = 5

_WORLD = "0015"
_COMMODITY_VALUES = (
    "general_value_usd",
    "consumption_value_usd",
    "dutiable_value_usd",
    "calculated_duty_usd",
    "export_value_usd",
)
_FLOWS = ("imports_usd", "exports_usd")
_COMMODITY_SOURCES = frozenset({"census_api", "census_bulk_imports", "census_bulk_exports"})
_PARTNER_SOURCES = frozenset({"census_country", "usitc_dataweb"})
_TOTAL_SOURCES = frozenset({"census_country", "ft900", "bea", "fred"})


@dataclass(frozen=True)
class Mart:
    """A mart whose totals are compared: the column of its period, what its totals are by, its values, and its sources."""

    period: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    sources: frozenset[str]
    of_latest: bool = False


MARTS: Mapping[str, Mart] = {
    "commodity_partner_month": Mart("reference_month", ("flow", "level"), _COMMODITY_VALUES, _COMMODITY_SOURCES),
    "commodity_partner_year": Mart("year", ("flow", "level"), _COMMODITY_VALUES, _COMMODITY_SOURCES),
    "capital_goods": Mart("period_start", ("flow", "definition", "frequency"), _COMMODITY_VALUES, _COMMODITY_SOURCES),
    "partner_month": Mart("reference_month", (), _FLOWS, _PARTNER_SOURCES),
    "partner_year": Mart("year", (), _FLOWS, _PARTNER_SOURCES),
    "total_month": Mart("reference_month", ("concept", "basis", "adjustment"), _FLOWS, _TOTAL_SOURCES, of_latest=True),
    "total_year": Mart("year", ("concept", "basis", "adjustment"), _FLOWS, _TOTAL_SOURCES, of_latest=True),
}


@dataclass(frozen=True)
class Fall:
    """One total that fell: `what` names mart, measure, series and period; `before` and `after` are USD, or rows."""

    mart: str
    what: str
    before: int
    after: int

    def __str__(self) -> str:
        return f"{self.what}: {self.before:,} published, {self.after:,} now"


@dataclass(frozen=True)
class Finding:
    """Totals that fell, and the files taken in since the last publication that the marts are made from."""

    falls: tuple[Fall, ...]
    files: tuple[LedgerRow, ...]

    def __str__(self) -> str:
        names = ", ".join(f"{file.file_name} ({file.file_id})" for file in self.files)
        shown = "; ".join(str(fall) for fall in self.falls[:FALLS_TOLD])
        more = len(self.falls) - FALLS_TOLD
        return (
            f"figures that are published would be lost: {shown}{f'; and {more} more' if more > 0 else ''}. "
            f"New since the last publication: {names}. Nothing is published; "
            f"tradewake withdraw {self.files[0].file_id} --why WORDS takes a file back"
        )


def lost_figures(home: Home) -> Finding | None:
    """What the warehouse lost against the publication that stands; None where nothing fell, or no new file can be why.

    A fall after an operator's withdrawal is meant, and a file that an operator accepted with a reason is not suspected.
    """
    if not home.published.exists():
        return None
    with open_beside({"before": home.published, "after": home.warehouse}) as con:
        counted = _files_of(con)
        ledger = read_ledger(home.lake)
        suspects = {name: suspected(mart, ledger, counted) for name, mart in MARTS.items()}
        falls = [fall for name, files in suspects.items() if files for fall in fallen(con, name)]
    files = {file.file_id: file for fall in falls for file in suspects[fall.mart]}
    return Finding(tuple(falls), tuple(files.values())) if falls else None


def suspected(mart: Mart, ledger: Mapping[str, LedgerRow], counted: Iterable[str]) -> list[LedgerRow]:
    """Files of the mart's sources that count now and did not in the last publication, whose files are `counted`."""
    before = set(counted)
    rows = [row for row in ledger.values() if row.source in mart.sources]
    if any(row.file_id in before and row.status == "withdrawn" for row in rows):
        return []
    return [row for row in rows if row.status == "accepted" and row.file_id not in before and not row.why]


def fallen(con: duckdb.DuckDBPyConnection, name: str) -> list[Fall]:
    """Totals of one mart in the catalog `after` that fell against `before`, the largest loss first."""
    mart = MARTS[name]
    columns = [_columns(con, catalog, name) for catalog in ("before", "after")]
    shared = columns[0] & columns[1]
    if not {mart.period, *mart.keys} <= shared:
        return []
    values = [value for value in mart.values if value in shared]
    keys = [*mart.keys, mart.period, *(["is_world"] if "partner_code" in shared else [])]
    by = ", ".join(identifier(key) for key in keys)
    sums = {catalog: _totals_sql(catalog, name, mart, values, keys) for catalog in ("before", "after")}
    words = " || ' ' || ".join(f"cast({identifier(key)} as varchar)" for key in keys if key != "is_world")
    of_whom = " || if(is_world, ' World', ' partners')" if "is_world" in keys else ""
    rows = con.execute(
        f"""
        with totals_before as ({sums["before"]}), totals_after as ({sums["after"]})
        select {literal(f"marts.{name}, ")} || measure || ' ' || {words}{of_whom}, old.total, coalesce(new.total, 0)
        from totals_before as old left join totals_after as new using (measure, {by})
        where old.total > 0 and coalesce(new.total, 0) < {KEPT_SHARE} * old.total
        order by old.total - coalesce(new.total, 0) desc, 1"""
    ).fetchall()
    return [Fall(name, str(what), int(before), int(after)) for what, before, after in rows]


def _totals_sql(catalog: str, name: str, mart: Mart, values: list[str], keys: list[str]) -> str:
    """Query (measure, keys, total): sums of each value, and the number of rows; groups of partners but World stay out."""
    by = ", ".join(identifier(key) for key in keys)
    world = f"partner_code = '{_WORLD}' as is_world, " if "is_world" in keys else ""
    where = ["true"]
    if world:
        groups = f"(select partner_code from {catalog}.{marts.partner} where is_aggregate)"
        where.append(f"(partner_code = '{_WORLD}' or partner_code not in {groups})")
    if mart.of_latest:
        where.append("is_latest")
    sums = "".join(f", cast(sum({identifier(value)}) as bigint) as {identifier(value)}" for value in values)
    measures = ", ".join(identifier(value) for value in [*values, "rows"])
    return f"""
        unpivot (
            select {by}, cast(count(*) as bigint) as "rows"{sums}
            from (select {world}* from {catalog}.marts.{name}) where {" and ".join(where)} group by all
        ) on {measures} into name measure value total"""


def _columns(con: duckdb.DuckDBPyConnection, catalog: str, name: str) -> set[str]:
    found = con.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name = 'marts' and table_name = ?",
        [catalog, name],
    ).fetchall()
    return {column for (column,) in found}


def _files_of(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        file_id
        for (file_id,) in con.execute(f"select file_id from before.{SOURCE_FILE} where status = 'accepted'").fetchall()
    ]

"""Bootstrap intervals of a set of cells, as a table beside them.

The bridge between the cells in DuckDB and the arrays of `bootstrap.py`; neither formulas nor resampling belong here.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.methods.diversion.bootstrap import (
    ClusterSums,
    Floats,
    Intervals,
    Resampling,
    draw_weights,
    group_intervals,
    partner_intervals,
    total_intervals,
)
from assets.methods.diversion.measure import Measured

_BY_PARTNER = (
    "diverted",
    "diverted_neutral",
    "demand",
    "reallocation",
    "within0",
    "within1",
    "between0",
    "between1",
)
_STATISTICS = (
    "diverted",
    "diverted_neutral",
    "rate",
    "share",
    "demand",
    "reallocation",
    "share_within",
    "share_between",
)
_SCHEMA = pa.schema(
    [("cut", pa.string()), ("partner", pa.string()), ("chapter", pa.string()), ("clusters", pa.int64())]
    + [(f"{name}_{end}", pa.float64()) for name in _STATISTICS for end in ("low", "high")]
)


def build_intervals(con: duckdb.DuckDBPyConnection, measured: Measured, resampling: Resampling, into: str) -> None:
    """Write intervals by (cut, partner, chapter) into the temporary table `into`; a null is "all".

    Chapters carry an interval of the diverted sum only, partners within chapters only in the cut `all`. Where fewer
    than `resampling.min_clusters` clusters contribute there is no interval; a single product never has one, because
    it is part of one cluster, and resampling one cluster shows nothing.
    """
    tables = [_SCHEMA.empty_table()]
    for cut in measured.cuts:
        clusters, partners, sums = _read(con, measured, cut)
        if len(clusters) < resampling.min_clusters:
            continue
        weights = draw_weights(len(clusters), resampling)
        tables += [
            _table(cut, [None], None, len(clusters), total_intervals(sums, weights, resampling.coverage)),
            _table(cut, partners, None, len(clusters), _partners(sums, weights, resampling)),
        ]
        chapters = np.array([cluster[:2] for cluster in clusters])
        for chapter in np.unique(chapters):
            rows = np.flatnonzero(chapters == chapter)
            if len(rows) < resampling.min_clusters:
                continue
            columns = sums.matched[rows, None]
            names: list[str | None] = [None]
            if cut == "all":
                diverted = sums.by_partner["diverted"][rows]
                receiving = np.flatnonzero(np.count_nonzero(diverted, axis=0) >= resampling.min_clusters)
                columns = np.hstack([columns, diverted[:, receiving]])
                names += [partners[index] for index in receiving]
            bounds = group_intervals(columns, weights[:, rows], resampling.coverage)
            tables.append(_table(cut, names, str(chapter), len(rows), {"diverted": bounds}))
    found = pa.concat_tables(tables)
    con.register("diversion_found_intervals", found)
    columns_sql = ", ".join(
        f"if(isnan({name}), null, {name}) as {name}" for name in found.column_names if name.endswith(("_low", "_high"))
    )
    con.execute(f"""
        create or replace temp table {into} as
        select cut, partner, chapter, clusters, {columns_sql} from diversion_found_intervals""")
    con.unregister("diversion_found_intervals")


def _partners(sums: ClusterSums, weights: Floats, resampling: Resampling) -> Intervals:
    found = partner_intervals(sums, weights, resampling.coverage)
    few = np.count_nonzero(sums.by_partner["diverted"], axis=0) < resampling.min_clusters
    for name in ("diverted", "diverted_neutral", "rate", "share"):
        for bound in found[name]:
            bound[few] = np.nan
    return found


def _read(con: duckdb.DuckDBPyConnection, measured: Measured, cut: str) -> tuple[list[str], list[str], ClusterSums]:
    columns = ", ".join(("loss", "matched", "value0", "value1", *_BY_PARTNER))
    read = con.execute(
        f"select cluster, partner, {columns} from {measured.cells} "
        f"where class in (select class from {measured.members} where cut = ?)",
        [cut],
    ).fetchnumpy()
    clusters, row = np.unique(np.asarray(read["cluster"], dtype=np.str_), return_inverse=True)
    partners, column = np.unique(np.asarray(read["partner"], dtype=np.str_), return_inverse=True)

    def total(name: str, index: npt.NDArray[np.int64] = row, size: int = len(clusters)) -> Floats:
        return np.asarray(np.bincount(index, weights=read[name], minlength=size), dtype=np.float64)

    def spread(name: str) -> Floats:
        cell = row * len(partners) + column
        return total(name, cell, len(clusters) * len(partners)).reshape(len(clusters), len(partners))

    sums = ClusterSums(
        loss=total("loss"),
        matched=total("matched"),
        total0=total("value0"),
        total1=total("value1"),
        by_partner={name: spread(name) for name in _BY_PARTNER},
    )
    return clusters.tolist(), partners.tolist(), sums


def _table(cut: str, partners: Sequence[str | None], chapter: str | None, clusters: int, found: Intervals) -> pa.Table:
    rows = len(partners)
    columns: dict[str, object] = {
        "cut": [cut] * rows,
        "partner": partners,
        "chapter": [chapter] * rows,
        "clusters": [clusters] * rows,
    }
    for name in _STATISTICS:
        low, high = found.get(name, (None, None))
        columns[f"{name}_low"] = [None] * rows if low is None else low
        columns[f"{name}_high"] = [None] * rows if high is None else high
    return pa.table(columns, schema=_SCHEMA)

"""The ledger as people query it: a vintage that rests on an estimated release day says so."""

from dataclasses import replace
from datetime import date

import duckdb

from assets.home import Home
from assets.publication.source_file import write_source_file
from assets.reference.calendar import ESTIMATED_DAY
from assets.store.ledger import ensure_ledger, write_row
from tests.unit.upkeep.test_kept_out import ACCEPTED, row


def test_a_vintage_on_an_estimated_day_is_marked(home: Home) -> None:
    ensure_ledger(home.lake)
    for one in (
        ACCEPTED,
        replace(row(1, "old.csv", vintage=date(2012, 5, 7)), vintage_rule=f"{ESTIMATED_DAY}, newest month 2012-03"),
        replace(row(2, "known.csv"), vintage_rule="release calendar, newest month 2018-11"),
        replace(row(3, "half.csv", status="refused"), vintage_rule=None),
    ):
        write_row(home.lake, one)
    with duckdb.connect() as con:
        assert write_source_file(con, home) == 4
        found = con.execute("select file_name from meta.source_file where vintage_is_estimated").fetchall()
        assert con.execute("select count(*) from meta.source_file where vintage_is_estimated is null").fetchone() == (
            0,
        )
    assert found == [("old.csv",)]

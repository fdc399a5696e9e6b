"""Each kind of wrong file is refused with its place, leaves one ledger row, and changes nothing of the lake."""

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from assets.home import Home
from assets.parsing.recognise import datasets
from assets.store.lake import AWAY
from assets.store.landing import receive, waiting_files
from assets.store.ledger import read_ledger
from assets.store.parse import parse_stored
from assets.store.refusals import read_details
from tests.files import told
from tests.synthetic.bad_files import ANSWER, API, BAD, BULK, answer, archive

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)


def take(home: Home, now: datetime) -> None:
    receive(home, waiting_files(home, None), now)
    for source in (BULK, "census_bulk_exports", API):
        parse_stored(home, source, now)


def rows_of_the_lake(home: Home) -> dict[str, bytes]:
    """The files of the data sets, without the ledger and the details of refusals."""
    names = [name for source in (BULK, "census_bulk_exports", API) for name in datasets(source)]
    return {
        path.relative_to(home.lake).as_posix(): path.read_bytes()
        for name in names
        for path in (home.lake / name).rglob("vintage=*/*.parquet")
    }


@pytest.fixture
def filled(home: Home) -> Home:
    """A store with the sound archive and a sound answer."""
    home.landing.mkdir(parents=True)
    archive(home.landing)
    told(answer(home.landing), retrieved_at="2026-02-20")
    take(home, NOW)
    assert {row.status for row in read_ledger(home.lake).values()} == {"accepted"}
    return home


@pytest.mark.parametrize("kind", BAD)
def test_a_wrong_file_is_refused_with_its_place_and_changes_nothing(filled: Home, kind: str) -> None:
    bad = BAD[kind]
    lake, known = rows_of_the_lake(filled), read_ledger(filled.lake)
    assert lake
    name = bad.make(filled.landing).name
    take(filled, NOW + timedelta(days=1))
    assert rows_of_the_lake(filled) == lake
    rows = read_ledger(filled.lake)
    assert {file_id: rows[file_id] for file_id in known} == known
    (row,) = (row for file_id, row in rows.items() if file_id not in known)
    assert (row.status, row.source, row.file_name, row.rows_accepted) == ("refused", bad.source, name, 0)
    assert bad.words in str(row.reason)
    assert (filled.refused / f"{name}.reason.txt").exists()
    assert len(read_details(filled.lake, row.file_id)) or row.parser_version is None


def test_columns_of_an_answer_in_another_order_are_the_same_figures(filled: Home) -> None:
    """The publisher promises no order: columns are found by name, so that none can take another's values."""
    reordered = [[row[place] for place in (4, 6, 2, 5, 0, 3, 1)] for row in ANSWER]
    answer(filled.landing, reordered, "reordered.json")
    take(filled, NOW + timedelta(days=1))
    rows = {row.file_name: row for row in read_ledger(filled.lake).values() if row.source == API}
    assert rows.pop("reordered.json").status == "superseded"
    (here,) = (filled.lake / API).rglob("vintage=*/*.parquet")
    (again,) = (filled.lake / AWAY / API).glob("*.parquet")
    files = (here, again)
    first, second = (_figures(path.as_posix()) for path in files)
    assert first == second and len(first) == 3 * 3


def _figures(path: str) -> list[tuple[object, ...]]:

    query = (
        "unpivot (select commodity_code, partner_code, general_value_usd, consumption_value_usd, dutiable_value_usd "
        f"from read_parquet('{path}')) on columns('_usd') order by all"
    )
    return duckdb.execute(query).fetchall()


def test_what_tells_its_source_neither_by_members_nor_by_name_has_none(home: Home) -> None:
    """A cut archive called something else."""
    home.landing.mkdir(parents=True)
    path = archive(home.landing, "december.zip")
    path.write_bytes(path.read_bytes()[:-200])
    take(home, NOW)
    (row,) = read_ledger(home.lake).values()
    assert (row.status, row.source) == ("refused", None)

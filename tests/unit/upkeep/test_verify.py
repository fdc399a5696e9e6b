"""Damage of every kind is found, and only damage. Figures are invented (`tests/files.py`)."""

import errno
import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from assets.home import HOME_VARIABLE, Home
from assets.publication import publish as publication
from assets.publication.publish import publish
from assets.publication.source_file import write_source_file
from assets.store.decisions import DECISIONS_FILE
from assets.store.lake import dataset_file
from assets.store.ledger import read_row, write_row
from assets.upkeep.verify import verify_store
from assets.upkeep.verify_published import verify_published
from assets.warehouse import connect
from orchestration.cli import app
from tests.unit.upkeep.conftest import NOW


def flip(path: Path, position: int | None = None) -> None:
    """Change one bit in the middle of a file, or at a position."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if position is None else position] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def _first(home: Home, pattern: str) -> Path:
    return sorted(home.root.glob(pattern))[0]


def _ledger_row(home: Home, name: str) -> Path:
    return next(path for path in home.ledger.glob("[!_]*") if read_row(path).file_name == name)


def _mix_up_vintages(home: Home) -> None:
    """The ledger says another day than the rows do; its hash is of the row as it was written."""
    row = read_row(_ledger_row(home, "country.csv"))
    moved = dataset_file(home.lake, "census_country", NOW.date(), row.file_id)
    moved.parent.mkdir()
    dataset_file(home.lake, "census_country", row.vintage or NOW.date(), row.file_id).rename(moved)
    write_row(home.lake, replace(row, vintage=NOW.date()))


DAMAGES: dict[str, tuple[Callable[[Home], object], str, str]] = {
    "a flipped bit in a raw file": (
        lambda home: flip(_first(home, "raw/census_country/*/content*")), "raw/census_country/", "no longer have"),
    "a flipped bit in a raw archive": (
        lambda home: flip(_first(home, "raw/census_bulk_imports/*/content*")), "raw/census_bulk_imports/", "no longer"),
    "a raw file that is gone": (
        lambda home: shutil.rmtree(_first(home, "raw/census_country/*")), "raw/census_country/", "is gone"),
    "raw bytes that are gone": (
        lambda home: _first(home, "raw/census_country/*/content*").unlink(), "raw/census_country/", "not in its folder"),
    "an origin record that was edited": (
        lambda home: (path := _first(home, "raw/census_country/*/origin.json")).write_text(
            path.read_text().replace(".csv", ".tsv")), "raw/census_country/", "differs from the ledger"),
    "an origin record that is no JSON": (
        lambda home: _first(home, "raw/census_country/*/origin.json").write_text("{"), "raw/", "cannot be read"),
    "decisions that are no JSON": (
        lambda home: _first(home, "raw/census_bulk_imports/*/origin.json").with_name(DECISIONS_FILE).write_text("["),
        "raw/census_bulk_imports/", "decisions cannot be read"),
    "the record of an unrecognised file that is gone": (
        lambda home: _first(home, "raw/unrecognised/*").unlink(), "raw/unrecognised/", "is gone"),
    "the record of an unrecognised file that was edited": (
        lambda home: (path := _first(home, "raw/unrecognised/*")).write_text(
            path.read_text().replace("HTML", "HTTP")), "raw/unrecognised/", "differs"),
    "a flipped bit in the lake": (
        lambda home: flip(_first(home, "lake/census_country/vintage=*/*")), "lake/census_country/", "no longer have"),
    "a flipped bit in control totals": (
        lambda home: flip(_first(home, "lake/census_bulk_control/vintage=*/*")), "lake/census_bulk_control/", "no longer"),
    "rows that are gone": (
        lambda home: _first(home, "lake/census_country/vintage=*/*").unlink(), "lake/census_country/", "are gone"),
    "rows that nobody knows": (
        lambda home: shutil.copy(path := _first(home, "lake/census_country/vintage=*/*"), path.with_name("f00.parquet")),
        "lake/census_country/", "no file of the ledger"),
    "a ledger row that is gone": (
        lambda home: _ledger_row(home, "country.csv").unlink(), "raw/census_country/", "does not know"),
    "a flipped bit in a ledger row": (
        lambda home: flip(_ledger_row(home, "country.csv"), 30), "lake/ledger/", "does not read"),
    "a ledger row of another vintage than its rows": (_mix_up_vintages, "lake/census_country/", "another vintage"),
}  # fmt: skip


def test_an_intact_store_has_no_damage(small: Home) -> None:
    found = verify_store(small)
    assert found.damages == ()
    assert found.checked == {"raw files": 5, "ledger rows": 5, "lake files": 5}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_where_it_is(small: Home, name: str) -> None:
    do, path, what = DAMAGES[name]
    do(small)
    found = verify_store(small).damages
    assert any(one.path.startswith(path) and what in one.what and one.remedy for one in found), found


@pytest.mark.parametrize("pattern", ["lake/census_country/vintage=*/*", "lake/ledger/[!_]*"])
def test_no_flipped_bit_that_changes_what_is_read_goes_unnoticed(small: Home, pattern: str) -> None:
    """Checksums of Parquet pages alone miss a third of them in a file this small: headers and footers have none."""
    path = _first(small, pattern)
    content = path.read_bytes()
    wanted = read_row(path) if "ledger" in pattern else None
    dice = random.Random(20261123)  # noqa: S311 - positions, no secret
    for _ in range(60):
        position = dice.randrange(len(content))
        flip(path, position)
        found = verify_store(small).damages
        unharmed = wanted is not None and not found and read_row(path) == wanted
        assert found or unharmed, position
        path.write_bytes(content)


@pytest.fixture
def published(small: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    """The small store with one mart published."""
    macros = tmp_path / "as_of.sql"
    macros.write_text("select 1")
    monkeypatch.setattr(publication, "AS_OF_MACROS", macros)
    with connect(small.warehouse) as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.partner_month as select date '2026-07-01' + interval (i) day as reference_month, "
            "i as balance_usd, json_object('x', i) as parts from range(50000) as t(i)"
        )
        write_source_file(con, small)
    publish(small, "f")
    return small


def _alter(home: Home) -> None:
    with duckdb.connect(str(home.published)) as con:
        con.execute("update marts.partner_month set balance_usd = 6 where balance_usd = 5")


def _alter_copy(home: Home) -> None:
    (path,) = home.published_folder.glob("parquet/*/marts.partner_month.parquet")
    with duckdb.connect() as con:
        con.execute(f"create table t as from read_parquet('{path}') where balance_usd < 49999")
        con.execute(f"copy t to '{path}' (format parquet)")


@pytest.mark.parametrize(
    ("do", "what"),
    [
        (_alter, "no longer has the hash"),
        (lambda home: flip(home.published), "no longer has the hash|cannot be read"),
        (lambda home: home.published.write_bytes(home.published.read_bytes()[:20_000]), "cannot be read"),
        (_alter_copy, "other content"),
        (lambda home: flip(_first(home, "published/parquet/*/marts.partner_month.parquet")), "other content|cannot be"),
        (lambda home: (home.published_folder / "parquet" / "current.json").unlink(), "cannot be read"),
    ],
)
def test_an_altered_publication_is_found(published: Home, do: Callable[[Home], object], what: str) -> None:
    assert verify_published(published) == []
    do(published)
    (found,) = verify_published(published)
    assert any(words in found.what for words in what.split("|")), found


def test_the_command_says_what_is_damaged_and_what_to_do(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(published.root))
    intact = CliRunner().invoke(app, ["verify"])
    assert (intact.exit_code, "All intact" in intact.output) == (0, True), intact.output
    _first(published, "lake/census_country/vintage=*/*").unlink()
    damaged = CliRunner().invoke(app, ["verify", "--json"])
    assert damaged.exit_code == 1
    answer = json.loads(damaged.stdout)
    assert not answer["intact"]
    assert [one["remedy"] for one in answer["damages"]] == ["tradewake rebuild derives it again from the raw store."]
    assert CliRunner().invoke(app, ["verify"]).exit_code == 1


def test_a_folder_that_cannot_be_written_can_be_verified(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that is mounted for reading."""

    @contextmanager
    def no_lock(*_: object, **__: object) -> Iterator[None]:
        raise OSError(errno.EROFS, "Read-only file system")
        yield

    monkeypatch.setenv(HOME_VARIABLE, str(published.root))
    monkeypatch.setattr("orchestration.upkeep_cli.writer_lock", no_lock)
    told = CliRunner().invoke(app, ["verify"])
    assert (told.exit_code, "All intact" in told.output) == (0, True), told.output
    assert "without the writer's lock" in told.output

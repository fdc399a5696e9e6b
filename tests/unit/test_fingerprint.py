"""Nothing new means nothing new: what changes no figure changes no fingerprint, and what may change one does."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assets import fingerprint
from assets.fingerprint import code_fingerprint, dbt_fingerprint, input_fingerprint
from assets.home import Home
from assets.store.ledger import LedgerRow, Status, ensure_ledger, write_row

PYTHON = '''"""What belongs here."""
LIMIT = 5
"""In dollars."""

def rate(value: int) -> float:
    """A share."""
    try:
        return value / LIMIT  # never zero
    except ZeroDivisionError:
        """Not reached."""
        return 0.0


class Rates:
    """Several."""

    first: int = 1
    """The first."""
'''
SQL = """-- the grain is a month
select period, 'it''s -- kept' as note {# don't show #} from {{ ref("totals") }} /* all */ where value > 0
"""
YAML = "id: a_claim # as said\nrule: {supported: value > 0}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one file of each kind."""
    for name, text in (
        ("assets/rates.py", PYTHON),
        ("assets/a_claim.yaml", YAML),
        ("assets/codes.csv", "code\n0015\n"),
        ("dbt_project/model.sql", SQL),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def fingerprint_with(project: Path, name: str, old: str, new: str) -> str:
    """The fingerprint of the code after one change."""
    text = (project / name).read_text()
    assert old in text
    (project / name).write_text(text.replace(old, new))
    fingerprint._meaning.cache_clear()
    return code_fingerprint(project)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("assets/rates.py", "What belongs here.", "What lives here, and what does not."),
        ("assets/rates.py", "In dollars.", "In current dollars."),
        ("assets/rates.py", '    """A share."""\n', ""),
        ("assets/rates.py", "  # never zero", ""),
        ("assets/rates.py", "Not reached.", "Never reached."),
        ("assets/rates.py", "Several.", "Many."),
        ("assets/rates.py", "The first.", "One."),
        ("assets/rates.py", "value / LIMIT", "(value\n            / LIMIT)"),
        ("assets/a_claim.yaml", " # as said", ""),
        ("dbt_project/model.sql", "-- the grain is a month\n", ""),
        ("dbt_project/model.sql", "{# don't show #}", ""),
        ("dbt_project/model.sql", " /* all */ where", "\n    where"),
    ],
)
def test_words_about_code_change_nothing(project: Path, name: str, old: str, new: str) -> None:
    before = code_fingerprint(project)
    assert fingerprint_with(project, name, old, new) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("assets/rates.py", "LIMIT = 5", "LIMIT = 6"),
        ("assets/rates.py", "value / LIMIT", "value // LIMIT"),
        ("assets/rates.py", "return 0.0", "return 0.5"),
        ("assets/rates.py", "first: int = 1", "first: int = 2"),
        ("assets/rates.py", "LIMIT = 5", 'LIMIT = "5"'),
        ("assets/a_claim.yaml", "value > 0", "value >= 0"),
        ("assets/codes.csv", "0015", "0016"),
        ("dbt_project/model.sql", "value > 0", "value > 1"),
        ("dbt_project/model.sql", "-- kept", "-- left"),
        ("dbt_project/model.sql", "it''s", "it''s  "),
        ("dbt_project/model.sql", '"totals"', '"parts"'),
    ],
)
def test_what_may_change_a_figure_changes_the_fingerprint(project: Path, name: str, old: str, new: str) -> None:
    before = code_fingerprint(project)
    assert fingerprint_with(project, name, old, new) != before


def test_a_claim_that_is_no_yaml_counts_by_its_bytes(project: Path) -> None:
    """Whoever reads the claim tells what is wrong; looking for news must not fail."""
    first = fingerprint_with(project, "assets/a_claim.yaml", "rule: {", "rule: {{")
    assert fingerprint_with(project, "assets/a_claim.yaml", "value", "values") != first


def test_aliases_of_aliases_are_not_expanded(project: Path) -> None:
    bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"{new}: &{new} [{', '.join(['*' + old] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    (project / "assets" / "bomb.yaml").write_text("\n".join(bomb))
    assert len(fingerprint._meaning(project / "assets" / "bomb.yaml", 0)) < 20_000


def test_the_manifest_follows_every_byte(project: Path) -> None:
    """It shows SQL and descriptions as they are written."""
    before = dbt_fingerprint(project)
    fingerprint_with(project, "dbt_project/model.sql", "the grain", "its grain")
    assert dbt_fingerprint(project) != before


def row(file_id: str, status: Status) -> LedgerRow:
    return LedgerRow(
        file_id, "fred", f"{file_id}.csv", file_id * 4, 9, None, None, None, None, None, datetime(2026, 7, 1, tzinfo=UTC),
        date(2026, 6, 9), "release calendar", "BOPGSTB", 1, 5, 5, 0, status, None, date(2026, 4, 1), "landed", "abc",
    )  # fmt: skip


def test_a_file_without_a_row_in_the_marts_is_no_news(home: Home) -> None:
    ensure_ledger(home.lake)
    accepted = row("a" * 16, "accepted")
    write_row(home.lake, accepted)
    before = input_fingerprint(home)
    others: tuple[Status, ...] = ("refused", "superseded", "undated", "quarantined", "withdrawn")
    for number, status in enumerate(others):
        write_row(home.lake, row(f"{number:016}", status))
    assert input_fingerprint(home) == before
    write_row(home.lake, row("0" * 16, "accepted"))
    assert input_fingerprint(home) != before
    write_row(home.lake, row("0" * 16, "withdrawn"))
    assert input_fingerprint(home) == before


@pytest.mark.parametrize(
    "change",
    [{"vintage": date(2026, 7, 7)}, {"parser_version": 2}, {"lake_sha256": "abd"}, {"why": "seen on the page"}],
)
def test_what_is_said_of_an_accepted_file_is_news(home: Home, change: dict[str, object]) -> None:
    ensure_ledger(home.lake)
    accepted = row("a" * 16, "accepted")
    write_row(home.lake, accepted)
    before = input_fingerprint(home)
    write_row(home.lake, replace(accepted, **change))  # type: ignore[arg-type]
    assert input_fingerprint(home) != before

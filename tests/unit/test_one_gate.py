"""Which files count is asked in one model: no figure of a file that the ledger does not accept gets past staging."""

from pathlib import Path

import pytest

from assets.home import PROJECT_ROOT

DBT = PROJECT_ROOT / "dbt_project"
GATE = "stg_accepted_file"
READS_LAKE = ("source('raw'", "lake_dataset('", "headline_rows('")
MODELS = sorted((DBT / "models").rglob("*.sql"))


def _reads_lake(model: Path) -> bool:
    text = model.read_text(encoding="utf-8")
    return any(call in text for call in READS_LAKE)


def _sql(model: Path) -> str:
    """The model's text, with that of the macro that makes the three headline models."""
    text = model.read_text(encoding="utf-8")
    macro = (DBT / "macros" / "trade" / "headline_rows.sql").read_text(encoding="utf-8")
    return text + macro if "headline_rows(" in text else text


def test_only_staging_reads_the_lake() -> None:
    assert {model.relative_to(DBT / "models").parts[0] for model in MODELS if _reads_lake(model)} == {"staging"}


@pytest.mark.parametrize("model", [one for one in MODELS if _reads_lake(one)], ids=lambda model: model.stem)
def test_what_reads_the_lake_passes_the_gate(model: Path) -> None:
    sql = _sql(model)
    if model.stem == GATE:
        assert "where status = 'accepted'" in sql
    else:
        assert f"ref('{GATE}')" in sql
        assert "'ledger'" not in sql

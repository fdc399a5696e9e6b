"""Marts that can hold World or groups of partners say so in each row: a plain sum over partners would double otherwise."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.home import PROJECT_ROOT

MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"
WITHOUT_GROUPS = {"balance_waterfall_year"}
"""Its data test `aggregates_never_compete` lets no group in."""


def _models() -> list[Any]:
    files = sorted(MARTS.rglob("*.yml"))
    return [model for file in files for model in yaml.safe_load(Path(file).read_text()).get("models", [])]


@pytest.mark.parametrize("model", _models(), ids=lambda model: model["name"])
def test_a_mart_by_partner_marks_its_aggregates(model: Any) -> None:  # noqa: ANN401 - what the YAML says
    columns = {column["name"] for column in model.get("columns", [])}
    if "partner_code" in columns and model["name"] not in WITHOUT_GROUPS:
        assert "is_aggregate" in columns

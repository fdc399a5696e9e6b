"""Dagster's instance: where run history is kept, and which of the instance files it starts with.

SQLite in the data folder, or PostgreSQL when the environment names one (docs/operations.md). Only that choice belongs
here.
"""

import os
import shutil
from pathlib import Path

from assets.home import Home

FOLDER = Path(__file__).parent / "instance"
POSTGRES_VARIABLES = tuple(f"TRADEWAKE_PG_{name}" for name in ("HOST", "PORT", "DATABASE", "USER", "PASSWORD"))


def prepare_instance(home: Home) -> None:
    """Keep Dagster's run history in the data folder, unless DAGSTER_HOME says otherwise; write its file if it has none."""
    os.environ.setdefault("DAGSTER_HOME", str(home.dagster))
    folder = Path(os.environ["DAGSTER_HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "dagster.yaml").exists():
        shutil.copyfile(instance_file(), folder / "dagster.yaml")


def instance_file() -> Path:
    """The file for PostgreSQL when all of its variables are set, else the one for SQLite."""
    shared = all(os.environ.get(name) for name in POSTGRES_VARIABLES)
    return FOLDER / ("dagster.postgres.yaml" if shared else "dagster.yaml")

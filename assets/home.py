"""The data folder: where each kind of state lives.

Only paths belong here. Nothing that reads or writes files does.
"""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
HOME_VARIABLE = "TRADEWAKE_HOME"


@dataclass(frozen=True)
class Home:
    """Paths below one data folder; the folder need not exist yet."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The folder that `TRADEWAKE_HOME` names, or `data/` in the project."""
        return cls(Path(os.environ.get(HOME_VARIABLE) or PROJECT_ROOT / "data").expanduser().resolve())

    @property
    def landing(self) -> Path:
        """Files that wait to be taken in."""
        return self.root / "landing"

    @property
    def refused(self) -> Path:
        """Files that were not taken in, each with its reason beside it."""
        return self.landing / "refused"

    @property
    def raw(self) -> Path:
        """Immutable, content-addressed copies of every file taken in."""
        return self.root / "raw"

    @property
    def lake(self) -> Path:
        """Parsed rows as Parquet, one folder a source, and the ledger."""
        return self.root / "lake"

    @property
    def ledger(self) -> Path:
        """One Parquet file with one row for each file ever seen."""
        return self.lake / "ledger"

    @property
    def warehouse(self) -> Path:
        """The working DuckDB file that dbt writes; nobody else opens it."""
        return self.root / "warehouse" / "tradewake.duckdb"

    @property
    def published_folder(self) -> Path:
        return self.root / "published"

    @property
    def published(self) -> Path:
        """The published DuckDB file that people and notebooks read."""
        return self.published_folder / "trade.duckdb"

    @property
    def dbt_target(self) -> Path:
        """dbt's manifest, compiled SQL and logs."""
        return self.root / "dbt"

    @property
    def dagster(self) -> Path:
        """Dagster's run history for the command line and the UI."""
        return self.root / "dagster"

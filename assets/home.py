"""The data folder: where each kind of state lives.

Only paths belong here. Nothing that reads or writes files does.
"""

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
HOME_VARIABLE = "TRADEWAKE_HOME"
UNUSABLE = "?#;*[{}\\"
"""DuckDB takes ? in a path for options, * [ and \\ for patterns; dbt takes # and ; for parts of an address, { } for names."""


class UnusableHome(ValueError):
    """The data folder's path has characters that DuckDB does not open."""


@dataclass(frozen=True)
class Home:
    """Paths below one data folder; the folder need not exist yet."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The folder that `TRADEWAKE_HOME` names, or `data/` in the project; raises UnusableHome."""
        root = Path(os.environ.get(HOME_VARIABLE) or PROJECT_ROOT / "data").expanduser().resolve()
        found = [character for character in str(root) if character in UNUSABLE or not character.isprintable()]
        if found:
            raise UnusableHome(
                f"{HOME_VARIABLE}: the data folder is {str(root)!r}. DuckDB and dbt cannot work in a path with {found[0]!r}; "
                "name a folder without ? # ; * [ { } \\ and control characters."
            )
        return cls(root)

    @property
    def landing(self) -> Path:
        """Files that wait to be taken in."""
        return self.root / "landing"

    @property
    def refused(self) -> Path:
        """Files that were not taken in, each with its reason beside it."""
        return self.landing / "refused"

    @property
    def in_hand(self) -> Path:
        """Landed files while they are taken in: within `landing`, so that moving them there is a rename."""
        return self.landing / ".in-hand"

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

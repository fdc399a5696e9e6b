"""The asset `raw/landing`: waiting files are recognised, hashed and stored once, or refused with a reason."""

from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
from pydantic import Field

from assets.acquire.fetching import fetch_release
from assets.acquire.landing import HAD
from assets.dagster_kit import WRITER_POOL, markdown_table
from assets.home import Home
from assets.publication.publish import set_changes_aside
from assets.raw.source_asset import RAW_GROUP
from assets.settings import FetchFrom
from assets.store.in_hand import give_all_back
from assets.store.landing import receive, waiting_files
from assets.upkeep.leftovers import leftovers, remove

REPEATED = "same_bytes"
"""Metadata: landed files whose bytes were here already, with the names that they first came in under."""
TOLD = "told"
"""Metadata: what a person should know of files that were neither stored nor refused, by name."""
BUNDLED = Path(__file__).resolve().parents[1] / "bundled"


class LandingConfig(dg.Config):
    """Run options of the landing step."""

    strict: bool = False
    """Fail when a file is refused, instead of going on with the others."""
    take_in: bool = True
    """Whether to take in what waits; otherwise the run works on what the raw store holds."""
    fetch_from: FetchFrom = "off"
    """Where to fetch months from before taking in: bulk archives, API answers, or nowhere."""
    fetch_months: list[str] = Field(default_factory=list)
    """Reference months to fetch, as YYYY-MM-DD; months that have not changed cost one request."""


@dg.asset(
    key=["raw", "landing"],
    group_name=RAW_GROUP,
    kinds={"python"},
    pool=WRITER_POOL,
    description=(
        "Files that waited in the landing folder, and the bundled official figures: recognised by content, hashed and "
        "stored once, unchanged, under source and hash; of a zip each file for itself. Unknown files move to landing/refused "
        "with the reason; what still arrives stays. A scheduled refresh may fetch the months of a release first."
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "all_fetched",
            asset=["raw", "landing"],
            blocking=False,
            description="Every month that the run was to fetch could be had; the refresh goes on with what has landed.",
        )
    ],
)
def landing(config: LandingConfig, home: dg.ResourceParam[Home]) -> dg.MaterializeResult:
    """Take in everything that waits."""
    home.root.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # `receive` tells of a landing folder that cannot be used
        home.landing.mkdir(exist_ok=True)
    if config.take_in:
        remove(leftovers(home))
        give_all_back(home)
    set_changes_aside(home)
    months = [date.fromisoformat(month) for month in config.fetch_months]
    fetched = fetch_release(home, config.fetch_from, months, datetime.now(UTC))
    received = receive(home, waiting_files(home, BUNDLED) if config.take_in else [], datetime.now(UTC))
    if config.strict and received.refused:
        reasons = "; ".join(f"{row.file_name}: {row.reason}" for row in received.refused)
        raise dg.Failure(f"refused in strict mode: {reasons}", allow_retries=False)
    missing = [one for one in fetched if one.status not in HAD]
    return dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(
                check_name="all_fetched",
                passed=not missing,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={
                    "asked_for": len(fetched),
                    "missing": len(missing),
                    "outcomes": dg.MetadataValue.md(
                        markdown_table(["outcome", "file"], [(one.status, one.message) for one in fetched])
                    ),
                },
            )
        ],
        metadata={
            "stored": len(received.stored),
            "already_here": len(received.repeated),
            REPEATED: received.repeated,
            TOLD: received.told,
            "refused": len(received.refused),
            "files": dg.MetadataValue.md(
                markdown_table(
                    ["file", "outcome"],
                    [[name, "stored"] for name in received.stored]
                    + [[name, f"same bytes as {first}, already here"] for name, first in received.repeated.items()]
                    + [[row.file_name, f"refused: {row.reason}"] for row in received.refused]
                    + [[name, words] for name, words in received.told.items()],
                )
            ),
        },
    )

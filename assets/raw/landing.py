"""The asset `raw/landing`: waiting files are recognised, hashed and stored once, or refused with a reason."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from assets.home import Home
from assets.raw.source_asset import RAW_GROUP, WRITER_POOL, markdown_table
from assets.store.intake import receive, waiting_files
from assets.upkeep.leftovers import leftovers, remove

BUNDLED = Path(__file__).resolve().parents[1] / "bundled"


class LandingConfig(dg.Config):
    """Run options of the landing step."""

    strict: bool = False
    """Fail when a file is refused, instead of going on with the others."""
    take_in: bool = True
    """Whether to take in what waits; otherwise the run works on what the raw store holds."""


@dg.asset(
    key=["raw", "landing"],
    group_name=RAW_GROUP,
    kinds={"python"},
    pool=WRITER_POOL,
    description=(
        "Files that waited in the landing folder, and the bundled official figures: recognised by content, hashed and "
        "stored once, unchanged, under source and hash. Unknown files move to landing/refused with the reason."
    ),
)
def landing(config: LandingConfig, home: dg.ResourceParam[Home]) -> dg.MaterializeResult:
    """Take in everything that waits."""
    home.landing.mkdir(parents=True, exist_ok=True)
    if config.take_in:
        remove(leftovers(home))
    received = receive(home, waiting_files(home, BUNDLED) if config.take_in else [], datetime.now(UTC))
    if config.strict and received.refused:
        reasons = "; ".join(f"{row.file_name}: {row.reason}" for row in received.refused)
        raise dg.Failure(f"refused in strict mode: {reasons}", allow_retries=False)
    return dg.MaterializeResult(
        metadata={
            "stored": len(received.stored),
            "already_here": len(received.repeated),
            "refused": len(received.refused),
            "files": dg.MetadataValue.md(
                markdown_table(
                    ["file", "outcome"],
                    [[name, "stored"] for name in received.stored]
                    + [[name, "same bytes are already here"] for name in received.repeated]
                    + [[row.file_name, f"refused: {row.reason}"] for row in received.refused],
                )
            ),
        }
    )

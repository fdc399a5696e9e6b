"""Jobs: the one refresh that the command line, the schedule, the sensor and the UI all run."""

import dagster as dg

from assets.parsing.recognise import SOURCES

REFRESH = "refresh"


def refresh_config(*, strict: bool = False, rebuild: bool = False) -> dict[str, object]:
    """Run config of the refresh: `strict` fails on any refused file, `rebuild` builds even when nothing changed."""
    steps: dict[str, object] = {f"raw__{name}": {"config": {"strict": strict}} for name in ("landing", *SOURCES)}
    steps["dbt_build"] = {"config": {"only_if_changed": not rebuild}}
    return {"ops": steps}


refresh_job = dg.define_asset_job(
    REFRESH,
    selection=dg.AssetSelection.all(),
    config=refresh_config(),
    description="Take in what waits, build and check the marts, compute flags, judge claims, publish.",
)

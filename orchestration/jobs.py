"""Jobs: the one refresh that the command line, the schedule, the sensor and the UI all run, and fetching by month.

Fetching is no part of the refresh, which works on what has landed and needs no network.
"""

import dagster as dg

from assets.parsing.recognise import SOURCES
from assets.raw.fetch import FETCH_GROUP

REFRESH = "refresh"


def refresh_config(*, strict: bool = False, rebuild: bool = False, take_in: bool = True) -> dict[str, object]:
    """Run config of the refresh: `strict` fails on any refused file, `rebuild` builds even when nothing changed.

    Without `take_in`, waiting files stay where they are.
    """
    steps: dict[str, object] = {f"raw__{name}": {"config": {"strict": strict}} for name in SOURCES}
    steps["raw__landing"] = {"config": {"strict": strict, "take_in": take_in}}
    steps["dbt_build"] = {"config": {"only_if_changed": not rebuild}}
    return {"ops": steps}


refresh_job = dg.define_asset_job(
    REFRESH,
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups(FETCH_GROUP),
    config=refresh_config(),
    description="Take in what waits, build and check the marts, compute flags, judge claims, publish.",
)

fetch_job = dg.define_asset_job(
    FETCH_GROUP,
    selection=dg.AssetSelection.groups(FETCH_GROUP),
    description="Fetch archives and API answers of chosen months from the publisher into landing/; needs the network.",
)

"""Jobs: the one refresh that the command line, the schedule, the sensor and the UI all run, and fetching by month.

A refresh works on what has landed and needs no network, unless its run config names months to fetch first.
"""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from assets.parsing.recognise import SOURCES
from assets.raw.fetch import FETCH_GROUP
from assets.settings import FetchFrom, Settings

REFRESH = "refresh"


def refresh_config(
    *,
    strict: bool = False,
    rebuild: bool = False,
    take_in: bool = True,
    fetch_from: FetchFrom = "off",
    fetch_months: Sequence[date] = (),
) -> dict[str, object]:
    """Run config of the refresh: `strict` fails on any refused file, `rebuild` builds even when nothing changed.

    Without `take_in`, waiting files stay where they are. `fetch_months` are fetched first.
    """
    steps: dict[str, object] = {f"raw__{name}": {"config": {"strict": strict}} for name in SOURCES}
    landing = {
        "strict": strict,
        "take_in": take_in,
        "fetch_from": fetch_from,
        "fetch_months": [month.isoformat() for month in fetch_months],
    }
    steps["raw__landing"] = {"config": landing}
    steps["dbt_build"] = {"config": {"only_if_changed": not rebuild}}
    return {"ops": steps}


refresh_job = dg.define_asset_job(
    REFRESH,
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups(FETCH_GROUP),
    config=refresh_config(strict=Settings.from_environment().is_strict),
    description="Take in what waits, build and check the marts, compute flags, judge claims, publish.",
)

fetch_job = dg.define_asset_job(
    FETCH_GROUP,
    selection=dg.AssetSelection.groups(FETCH_GROUP),
    description="Fetch archives and API answers of chosen months from the publisher into landing/; needs the network.",
)

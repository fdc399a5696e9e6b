"""Jobs: the one refresh that the command line, the schedule, the sensor and the UI all run."""

import dagster as dg

REFRESH = "refresh"
OPTIONAL_GROUPS: tuple[str, ...] = ()


def refresh_config(*, strict: bool = False, rebuild: bool = False) -> dict[str, dict[str, dict[str, dict[str, bool]]]]:
    """Run config of the refresh: `strict` fails on any refused file, `rebuild` builds even when nothing changed."""
    from assets.parsing.recognise import PARSERS  # noqa: PLC0415 - parsers load slowly; only a started run needs them

    steps = {f"raw__{name}": {"config": {"strict": strict}} for name in ("landing", *PARSERS)}
    steps["dbt_build"] = {"config": {"only_if_changed": not rebuild}}
    return {"ops": steps}


def build_refresh_job() -> dg.UnresolvedAssetJobDefinition:
    """Everything from landing to publication, in one process."""
    return dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.all(),
        config=refresh_config(),
        description="Take in what waits, build and check the marts, compute flags, judge claims, publish.",
    )

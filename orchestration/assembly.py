"""Every asset, check, job, schedule, sensor and resource, put together over one data folder.

Assembly only; the code location, the command line and the tests all build their definitions here.
"""

import os
import warnings

import dagster as dg

from assets.acquire.offers import KnownSources
from assets.claims.asset import verdict
from assets.dagster_kit import table_assets
from assets.dbt_models import build_dbt_assets, prepare_project
from assets.home import HOME_VARIABLE, Home
from assets.methods.asset import outcomes, regressions, rerouting_flags, tariff_marts
from assets.methods.diversion.asset import balance_waterfall, diversion_flags
from assets.methods.front_loading.asset import front_loading, front_loading_cuts
from assets.methods.revisions.asset import revision_report
from assets.notify import notifiers
from assets.publication.asset import build_published, source_file
from assets.publication.publish import PUBLISHED_SCHEMAS
from assets.raw import (
    bea,
    census_api,
    census_bulk_exports,
    census_bulk_imports,
    census_country,
    comtrade,
    fred,
    ft900,
    landing,
    months,
    usitc_dataweb,
)
from assets.raw.fetch import FETCH
from assets.settings import Settings
from assets.signals.asset import record_flags
from orchestration.executor import one_writer
from orchestration.jobs import fetch_job, refresh_job
from orchestration.progress import progress_logger
from orchestration.schedules import release_morning
from orchestration.sensors import failed_run_alert, kept_out_alert, landed_files, late_release_alert, publication_news
from orchestration.tidy import tidy_job, tidy_weekly

STEPS = (
    source_file,
    record_flags,
    diversion_flags,
    balance_waterfall,
    tariff_marts,
    front_loading,
    front_loading_cuts,
    rerouting_flags,
    outcomes,
    regressions,
    verdict,
    revision_report,
)
"""Each fills one table of the warehouse, or several; dbt fills the others."""

warnings.filterwarnings("ignore", category=dg.BetaWarning)


def build_definitions(home: Home) -> dg.Definitions:
    """All definitions over one data folder. dbt finds the folder in the environment."""
    os.environ[HOME_VARIABLE] = str(home.root)
    settings = Settings.from_environment()
    project = prepare_project(home)
    dbt_build = build_dbt_assets(project)
    tables = [table_assets(step) for step in STEPS]
    published = [key for key in dbt_build.keys if key.path[0] in PUBLISHED_SCHEMAS]
    return dg.Definitions(
        assets=[
            *FETCH,
            landing.landing,
            months.IMDB_MONTH,
            months.EXDB_MONTH,
            months.API_MONTH,
            census_country.census_country,
            ft900.ft900,
            bea.bea,
            fred.fred,
            usitc_dataweb.usitc_dataweb,
            census_api.census_api,
            census_bulk_imports.census_bulk_imports,
            census_bulk_exports.census_bulk_exports,
            comtrade.comtrade,
            dbt_build,
            *tables,
            build_published([*published, *(key for step in tables for key in step.keys)]),
        ],
        jobs=[refresh_job, fetch_job, tidy_job],
        schedules=[release_morning, tidy_weekly],
        sensors=[landed_files, late_release_alert, failed_run_alert, kept_out_alert, publication_news],
        resources={
            "home": home,
            "settings": settings,
            "sources": KnownSources(home, settings.fetch),
            "ways": notifiers(settings, dg.get_dagster_logger("tradewake.alerts")),
        },
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
        executor=one_writer(home),
    )

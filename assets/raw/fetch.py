"""Fetching as Dagster assets by reference month: `fetch/imdb`, `fetch/exdb` and `fetch/census_api`.

A run or a backfill over months lands the files; a month is materialised when its files are there, and observed with the
reason when they could not be had. Only this bridge belongs here; fetching itself belongs in `assets/acquire`.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import get_args

import dagster as dg

from assets.acquire.census_request import Endpoint
from assets.acquire.fetching import Question, fetch_answers, fetch_archives
from assets.acquire.http import FetchError
from assets.acquire.landing import HAD, Outcome
from assets.dagster_kit import markdown_table
from assets.home import Home
from assets.parsing.census_api_variables import Flow
from assets.raw.months import MONTHS

FETCH_GROUP = "fetch"
PUBLISHER_POOL = "publisher"
"""One run at a time asks the publishers: the memory of what was fetched has one writer."""

_Events = Iterator[dg.AssetCheckResult]


class AnswersConfig(dg.Config):
    """What to ask the API for: one level of one classification, imports and exports, by partner."""

    dataset: Endpoint = "hs"
    level: str = "HS6"
    """HS2 is one call a flow and month, the levels below six to ten calls; 500 calls a day without a key."""


def _describe(what: str) -> Callable[..., dg.AssetsDefinition]:
    """The decorator of an asset of this group; its key is `fetch/<name of the function>`."""

    def decorate(function: Callable[..., _Events]) -> dg.AssetsDefinition:
        name = function.__name__
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)  # single-run backfills are in beta
            return _decorated(name, what)(function)

    return decorate


def _decorated(name: str, what: str) -> Callable[[Callable[..., _Events]], dg.AssetsDefinition]:
    return dg.asset(
        key=[FETCH_GROUP, name],
        group_name=FETCH_GROUP,
        kinds={"python"},
        partitions_def=MONTHS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=PUBLISHER_POOL,
        output_required=False,
        description=f"{what} The files wait in landing/ until the next refresh, which the landing sensor requests.",
        check_specs=[
            dg.AssetCheckSpec(
                "all_fetched",
                asset=[FETCH_GROUP, name],
                blocking=False,
                description="Every month of the last run could be had; the table says what became of each file.",
            )
        ],
    )


@_describe("Monthly bulk archives of imports (IMDByymm.ZIP), downloaded from the Census Bureau.")
def imdb(context: dg.AssetExecutionContext, home: dg.ResourceParam[Home]) -> _Events:
    """Download the months of the run."""
    yield from _archives(context, home, "imports")


@_describe("Monthly bulk archives of exports (EXDByymm.ZIP), downloaded from the Census Bureau.")
def exdb(context: dg.AssetExecutionContext, home: dg.ResourceParam[Home]) -> _Events:
    """Download the months of the run."""
    yield from _archives(context, home, "exports")


@_describe("Answers of the Census International Trade API about one level of commodities by partner.")
def census_api(context: dg.AssetExecutionContext, config: AnswersConfig, home: dg.ResourceParam[Home]) -> _Events:
    """Ask for the months of the run."""
    questions = [Question(flow, config.dataset, config.level) for flow in get_args(Flow)]
    requests = [request for question in questions for request in question.by_month(_months(context))]
    month_of = {request.file_name: request.month for request in requests}
    try:
        outcomes = list(fetch_answers(home, requests, datetime.now(UTC)))
    except FetchError as problem:
        raise dg.Failure(str(problem), allow_retries=False) from problem
    yield from _tell(context, [(month_of[one.name], one) for one in outcomes])


def _archives(context: dg.AssetExecutionContext, home: Home, flow: Flow) -> _Events:
    months = _months(context)
    yield from _tell(context, zip(months, fetch_archives(home, flow, months), strict=True))


def _months(context: dg.AssetExecutionContext) -> list[date]:
    return [date.fromisoformat(key) for key in context.partition_keys]


def _tell(context: dg.AssetExecutionContext, fetched: Iterable[tuple[date, Outcome]]) -> _Events:
    """An event for each month: materialised when all of it was had, else observed with what is missing."""
    months: dict[date, list[Outcome]] = {}
    for month, outcome in fetched:
        context.log.info(outcome.message)
        months.setdefault(month, []).append(outcome)
    missing: list[Outcome] = []
    for month, outcomes in months.items():
        lacking = [one for one in outcomes if one.status not in HAD]
        kind = dg.AssetObservation if lacking else dg.AssetMaterialization
        context.log_event(kind(context.asset_key, partition=month.isoformat(), metadata=_metadata(outcomes, lacking)))
        missing += lacking
    everything = [one for outcomes in months.values() for one in outcomes]
    yield dg.AssetCheckResult(
        check_name="all_fetched",
        passed=not missing,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=_metadata(everything, missing),
    )


def _metadata(outcomes: list[Outcome], missing: list[Outcome]) -> dict[str, dg.MetadataValue | int]:
    rows = [(one.status, one.message) for one in outcomes]
    return {
        "files": len(outcomes),
        "missing": len(missing),
        "outcomes": dg.MetadataValue.md(markdown_table(["outcome", "file"], rows)),
    }


FETCH = (imdb, exdb, census_api)

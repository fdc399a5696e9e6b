"""The code location as a whole: it loads, and its assets, groups, checks, job, schedule and sensor are those written here."""

import json
from pathlib import Path

import dagster as dg
import pytest

from assets.home import Home
from assets.parsing.recognise import SOURCES
from assets.raw.fetch import FETCH_GROUP
from orchestration.assembly import build_definitions
from orchestration.jobs import REFRESH

SNAPSHOT = Path(__file__).with_name("definitions.json")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    with pytest.MonkeyPatch.context() as patch:
        home = Home(tmp_path_factory.mktemp("graph") / "data")
        patch.setenv("TRADEWAKE_HOME", str(home.root))
        return build_definitions(home)


def _content(definitions: dg.Definitions) -> dict[str, object]:
    graph = definitions.resolve_asset_graph()
    groups: dict[str, list[str]] = {}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        if not node.is_external:
            groups.setdefault(node.group_name, []).append(key.to_user_string())
    repository = definitions.get_repository_def()
    return {
        "groups": {group: sorted(keys) for group, keys in sorted(groups.items())},
        "jobs": sorted(job.name for job in repository.get_all_jobs() if not job.name.startswith("__")),
        "schedules": sorted(schedule.name for schedule in repository.schedule_defs),
        "sensors": sorted(sensor.name for sensor in repository.sensor_defs),
    }


def test_definitions_load(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_assets_groups_jobs_schedules_and_sensors_are_as_recorded(definitions: dg.Definitions) -> None:
    """A change here is a change that users see: rewrite definitions.json on purpose, with the content printed below."""
    content = _content(definitions)
    assert content == json.loads(SNAPSHOT.read_text(encoding="utf-8")), json.dumps(content, indent=1)


def test_every_asset_has_a_group_a_description_and_a_kind(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for spec in definitions.resolve_all_asset_specs():
        if graph.get(spec.key).is_external:
            continue
        assert spec.group_name and spec.group_name != "default", spec.key
        assert spec.description, spec.key
        assert spec.kinds or spec.key.path[0] == "reference", spec.key


def test_what_comes_by_month_is_partitioned_by_month(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    by_month = {key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned}
    reported = {"raw/imdb_month", "raw/exdb_month", "raw/census_api_month"}
    assert by_month == reported | {"fetch/imdb", "fetch/exdb", "fetch/census_api"}


def test_publication_is_behind_every_mart_and_flag(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    upstream = graph.get_ancestor_asset_keys(dg.AssetKey(["published", "trade"]), include_self=True)
    published = {key for key in graph.get_all_asset_keys() if key.path[0] in {"marts", "flags", "claims", "meta"}}
    assert published <= set(upstream), published - set(upstream)


def test_all_checks_of_the_refresh_block_but_those_of_refused_and_unfetched_files(definitions: dg.Definitions) -> None:
    """A bad file among good ones, or one that could not be fetched, must not keep the good ones from being published."""
    graph = definitions.resolve_asset_graph()
    checks = list(graph.asset_check_keys)
    assert len(checks) > 50
    loose = {key for key in checks if not graph.get(key).blocking and key.asset_key.path[0] != FETCH_GROUP}
    assert {(key.asset_key.path[-1], key.name) for key in loose} == {
        ("landing", "all_fetched"),
        *((source, "files_reconcile") for source in SOURCES),
    }


def test_the_refresh_runs_in_one_process_over_all_assets_but_those_that_need_the_network(
    definitions: dg.Definitions,
) -> None:
    job = definitions.resolve_job_def(REFRESH)
    assert job.executor_def.name == "one_writer"
    graph = definitions.resolve_asset_graph()
    own = {key for key in graph.get_all_asset_keys() if not graph.get(key).is_external}
    fetched = {key for key in own if key.path[0] == FETCH_GROUP}
    assert set(job.asset_layer.executable_asset_keys) == own - fetched
    fetching = definitions.resolve_job_def("fetch")
    assert set(fetching.asset_layer.executable_asset_keys) == fetched
    assert fetching.partitions_def is not None

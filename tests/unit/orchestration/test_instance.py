"""Dagster's instance: SQLite unless the environment names a PostgreSQL, and a real PostgreSQL where there is one."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

from assets.home import Home
from orchestration.instance_folder import FOLDER, POSTGRES_VARIABLES, instance_file, prepare_instance
from tests.unit.orchestration.postgres import NoServer, server


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", *POSTGRES_VARIABLES):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def postgres() -> Iterator[dict[str, str]]:
    """The variables of a running server."""
    try:
        with server() as variables:
            yield variables
    except NoServer as reason:
        pytest.skip(str(reason))


@dg.asset
def figure() -> dg.MaterializeResult[None]:
    """Something to remember."""
    return dg.MaterializeResult(metadata={"rows": 42})


def test_both_files_differ_in_the_storage_alone() -> None:
    sqlite, postgres = (
        yaml.safe_load((FOLDER / name).read_text()) for name in ("dagster.yaml", "dagster.postgres.yaml")
    )
    database = postgres.pop("storage")["postgres"]["postgres_db"]
    assert postgres == sqlite
    assert sorted(value["env"] for value in database.values() if isinstance(value, dict)) == sorted(POSTGRES_VARIABLES)


@pytest.mark.usefixtures("no_variables")
def test_postgres_is_chosen_when_all_of_its_variables_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in POSTGRES_VARIABLES:
        assert instance_file().name == "dagster.yaml"
        monkeypatch.setenv(name, "5432")
    assert instance_file().name == "dagster.postgres.yaml"


@pytest.mark.usefixtures("no_variables")
def test_settings_that_are_there_stay(home: Home) -> None:
    home.dagster.mkdir(parents=True)
    (home.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    prepare_instance(home)
    assert (home.dagster / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"


@pytest.mark.usefixtures("no_variables")
def test_a_run_is_read_back_from_postgres(
    home: Home, postgres: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in postgres.items():
        monkeypatch.setenv(name, value)
    prepare_instance(home)
    with dg.DagsterInstance.get() as instance:
        run_id = dg.materialize([figure], instance=instance, tags={"tradewake/release": "release-2026-08"}).run_id
    with dg.DagsterInstance.get() as instance:
        assert "dagster_postgres" in str(instance.get_ref().storage_data)
        (run,) = instance.get_runs(dg.RunsFilter(tags={"tradewake/release": "release-2026-08"}))
        event = instance.get_latest_materialization_event(dg.AssetKey("figure"))
        assert event is not None and event.asset_materialization is not None
        assert event.asset_materialization.metadata["rows"].value == 42
        instance.delete_run(run_id)
        assert instance.get_run_by_id(run_id) is None
    assert (run.run_id, run.status) == (run_id, dg.DagsterRunStatus.SUCCESS)
    assert sorted(path.name for path in Path(home.dagster).rglob("*.db")) == []
    text = "".join(path.read_text(errors="replace") for path in home.root.rglob("*") if path.is_file())
    assert postgres["TRADEWAKE_PG_PASSWORD"] not in text

"""The dbt project as Dagster assets: staging, intermediate and marts, with dbt's tests as blocking checks.

Only the bridge between Dagster and dbt belongs here; SQL lives in `dbt_project/`.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)

from assets.build_state import BuildState, read_build_state, write_build_state
from assets.fingerprint import dbt_fingerprint, input_fingerprint
from assets.home import PROJECT_ROOT, Home
from assets.raw.source_asset import WRITER_POOL

FINGERPRINT_FILE = "project.sha256"


class LayerTranslator(DagsterDbtTranslator):
    """Asset keys are schema and table, groups are the layers."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """Key `[schema, name]`; sources keep the key that their `meta.dagster.asset_key` names."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["sources"].get(unique_id) or manifest["nodes"][unique_id]
        if node["resource_type"] == "source":
            return spec
        layer = node["config"]["schema"]
        return spec.replace_attributes(key=dg.AssetKey([layer, node["name"]]), group_name=layer)


class DbtBuildConfig(dg.Config):
    """Run options of the dbt step."""

    only_if_changed: bool = False
    """Skip the build, and everything behind it, when neither files nor code changed since the last publication."""


def prepare_project(home: Home) -> DbtProject:
    """The dbt project with a manifest that fits its present files; parses only when they changed."""
    target = home.dbt_target
    project = DbtProject(project_dir=PROJECT_ROOT / "dbt_project", target_path=target)
    stamp = target / FINGERPRINT_FILE
    current = dbt_fingerprint()
    if not project.manifest_path.exists() or not stamp.exists() or stamp.read_text() != current:
        target.mkdir(parents=True, exist_ok=True)
        home.warehouse.parent.mkdir(parents=True, exist_ok=True)
        dbt_resource(project).cli(["parse", "--quiet"], target_path=target).wait()
        stamp.write_text(current)
    return project


def dbt_resource(project: DbtProject) -> DbtCliResource:
    """dbt's command line from the environment that runs Dagster, whatever PATH says."""
    return DbtCliResource(project_dir=project, dbt_executable=Path(sys.executable).with_name("dbt"))


def build_dbt_assets(project: DbtProject) -> dg.AssetsDefinition:
    """All models, seeds and tests as one step: one dbt invocation a run."""

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        name="dbt_build",
        exclude="resource_type:unit_test",
        pool=WRITER_POOL,
        dagster_dbt_translator=LayerTranslator(
            settings=DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_code_references=True)
        ),
    )
    def dbt_build(
        context: dg.AssetExecutionContext, config: DbtBuildConfig, dbt: DbtCliResource, home: dg.ResourceParam[Home]
    ) -> Iterator[Any]:
        fingerprint = input_fingerprint(home)
        state = read_build_state(home)
        if config.only_if_changed and state.published_fingerprint == fingerprint and home.published.exists():
            context.log.info("Nothing new since the last publication: marts, flags and claims stay as they are.")
            return
        home.warehouse.parent.mkdir(parents=True, exist_ok=True)
        write_build_state(home, BuildState(None, state.published_fingerprint))
        yield from dbt.cli(["build", "--exclude", "resource_type:unit_test"], context=context).stream()
        write_build_state(home, BuildState(fingerprint, state.published_fingerprint))

    return dbt_build


def manifest_of(project: DbtProject) -> dict[str, Any]:
    """dbt's manifest: the one place where mart columns and their documentation stand."""
    manifest: dict[str, Any] = json.loads(project.manifest_path.read_text())
    return manifest

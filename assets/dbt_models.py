"""The dbt project as Dagster assets: staging, intermediate and marts, with dbt's tests as blocking checks.

Only the bridge between Dagster and dbt belongs here; SQL lives in `dbt_project/`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from filelock import FileLock

from assets.build_state import BuildState, read_build_state, write_build_state
from assets.dagster_kit import OWNER, WRITER_POOL, markdown_table
from assets.dbt_evidence import Rows, differences, failing_rows, size_and_first_rows
from assets.dbt_runner import PROJECT_DIR, DbtError, is_failed_test, run_dbt
from assets.fingerprint import dbt_fingerprint, input_fingerprint
from assets.home import Home
from assets.kept_checks import keep_last_results
from assets.settings import Settings
from assets.store.files import write_atomically
from assets.store.ledger import LedgerRow
from assets.upkeep.set_aside import set_aside, told
from assets.warehouse import connect

FINGERPRINT_FILE = "project.sha256"
NOT_IN_PRODUCTION = ("--exclude", "resource_type:unit_test")
RECONCILES = "sums_equal_their_totals"
"""The test that stops everything behind a sum that misses its total; its table is shown also when all are equal."""
MOST_SET_ASIDE = 20
"""So often a run builds again without the newest files that fail tests of the marts."""


class LayerTranslator(DagsterDbtTranslator):
    """Asset keys are schema and table, groups are the layers."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """Key `[schema, name]`; sources keep the key that their `meta.dagster.asset_key` names."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["sources"].get(unique_id) or manifest["nodes"][unique_id]
        if node["resource_type"] == "source":
            return spec
        layer = node["config"]["schema"]
        return spec.replace_attributes(key=dg.AssetKey([layer, node["alias"]]), group_name=layer, owners=[OWNER])


class DbtBuildConfig(dg.Config):
    """Run options of the dbt step."""

    only_if_changed: bool = False
    """Skip the build, and everything behind it, when neither files nor code changed since the last publication."""


def prepare_project(home: Home) -> DbtProject:
    """The dbt project with a whole manifest that fits its present files; parses only when they changed, or it was cut off."""
    project = DbtProject(project_dir=PROJECT_DIR, target_path=home.dbt_target)
    stamp = home.dbt_target / FINGERPRINT_FILE
    current = dbt_fingerprint()
    home.dbt_target.mkdir(parents=True, exist_ok=True)
    # Loading the definitions must not wait for a whole refresh, so this is not the writer's lock.
    with FileLock(home.dbt_target / "parse.lock"):
        if not _is_whole(project.manifest_path) or not stamp.exists() or stamp.read_text() != current:
            home.warehouse.parent.mkdir(parents=True, exist_ok=True)
            for _ in run_dbt(home, "parse"):
                pass
            write_atomically(stamp, lambda part: part.write_text(current))
    return project


def _is_whole(manifest: Path) -> bool:
    """False for a manifest that is not there, or that a full disk or a killed build cut off: dbt writes it in place."""
    try:
        json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def build_dbt_assets(project: DbtProject) -> dg.AssetsDefinition:
    """All models, seeds and tests as one step: one dbt invocation a run."""
    translator = LayerTranslator(
        settings=DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_code_references=True)
    )
    manifest: dict[str, Any] = json.loads(project.manifest_path.read_text())

    @dbt_assets(
        manifest=manifest,
        project=project,
        name="dbt_build",
        exclude="resource_type:unit_test",
        pool=WRITER_POOL,
        dagster_dbt_translator=translator,
    )
    def dbt_build(
        context: dg.AssetExecutionContext, config: DbtBuildConfig, home: dg.ResourceParam[Home]
    ) -> Iterator[Any]:
        fingerprint = input_fingerprint(home)
        state = read_build_state(home)
        if config.only_if_changed and state.published_fingerprint == fingerprint and home.published.exists():
            context.log.info("Nothing new since the last publication: marts, flags and claims stay as they are.")
            keep_last_results(context.instance, context.run)
            return
        home.warehouse.parent.mkdir(parents=True, exist_ok=True)
        write_build_state(home, BuildState(None, state.published_fingerprint))
        held: list[tuple[str, dg.Output[None] | dg.AssetCheckResult]] = []
        failed: set[str] = set()
        failure: DbtError | None = None
        try:
            selection = _selection(context, manifest, translator, project)
            for event in run_dbt(home, "build", [*NOT_IN_PRODUCTION, *selection]):
                if is_failed_test(event):
                    failed.add(str(event["data"]["node_info"]["unique_id"]))
                message = DbtCoreCliEventMessage(raw_event=dict(event), event_history_metadata={})
                for result in message.to_default_asset_events(
                    manifest=manifest, dagster_dbt_translator=translator, context=context, project=project
                ):
                    unique_id = str(event["data"]["node_info"]["unique_id"])
                    if isinstance(result, dg.Output | dg.AssetCheckResult) and _has_evidence(
                        result, unique_id, manifest
                    ):
                        context.log.info(f"{unique_id} is done")
                        held.append((unique_id, result))
                    else:
                        yield result
        except DbtError as problem:
            failure = problem
        if failure is not None and (files := _set_aside(home, manifest, failed)):
            context.log.warning(f"Built again without files that fail tests of the marts: {told(files)}")
            # What this attempt found of the others is found again; the failed checks are no longer true.
            raise dg.RetryRequested(max_retries=MOST_SET_ASIDE) from failure
        yield from _with_evidence(home, manifest, held)
        if failure is not None:
            raise failure
        write_build_state(home, BuildState(fingerprint, state.published_fingerprint))

    return dbt_build


def _set_aside(home: Home, manifest: Mapping[str, Any], failed: Iterable[str]) -> list[LedgerRow]:
    """The new files behind tests that failed, now kept out; none when something else failed, or nothing new came."""
    failing = {}
    with connect(home.warehouse, read_only=True) as con:
        for unique_id in sorted(failed):
            found = failing_rows(con, home, unique_id)
            name = str(manifest["nodes"][unique_id]["name"])
            failing[name] = [dict(zip(found.names, row, strict=True)) for row in found.rows]
    return set_aside(home, failing, datetime.now(UTC), Settings.from_environment().bad_lines) if failing else []


def _selection(
    context: dg.AssetExecutionContext, manifest: Mapping[str, Any], translator: LayerTranslator, project: DbtProject
) -> list[str]:
    """dbt's `--select` for the part of the project that a run asks for; nothing when it asks for all."""
    if not context.is_subset:
        return []
    wanted = context.selected_asset_keys
    names = [
        node["name"]
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in {"model", "seed"}
        and translator.get_asset_spec(manifest, unique_id, project).key in wanted
    ]
    return ["--select", *sorted(names)]


def _has_evidence(result: dg.Output[None] | dg.AssetCheckResult, unique_id: str, manifest: Mapping[str, Any]) -> bool:
    """Whether a result waits until dbt has closed the warehouse, to be shown with rows from there."""
    if isinstance(result, dg.AssetCheckResult):
        return not result.passed or manifest["nodes"][unique_id]["name"] == RECONCILES
    return bool(manifest["nodes"][unique_id]["schema"] == "marts")


def _with_evidence(
    home: Home, manifest: Mapping[str, Any], held: list[tuple[str, dg.Output[None] | dg.AssetCheckResult]]
) -> list[dg.Output[None] | dg.AssetCheckResult]:
    """The results with what the warehouse holds beside them: marts their size and first rows, tests their rows."""
    if not held:
        return []
    with connect(home.warehouse, read_only=True) as con:
        return [
            result.with_metadata({**result.metadata, **_evidence(con, home, manifest["nodes"][unique_id], result)})
            for unique_id, result in held
        ]


def _evidence(
    con: duckdb.DuckDBPyConnection, home: Home, node: Mapping[str, Any], result: dg.Output[None] | dg.AssetCheckResult
) -> dict[str, dg.MetadataValue | int]:
    if isinstance(result, dg.Output):
        count, first = size_and_first_rows(con, node["schema"], node["alias"])
        return {"dagster/row_count": count, "preview": _table(first)}
    shown: dict[str, dg.MetadataValue | int] = {}
    try:
        if node["name"] == RECONCILES:
            statuses, largest = differences(con)
            shown |= {"comparisons": _table(statuses), "largest_differences": _table(largest)}
        if not result.passed:
            shown["failing_rows"] = _table(failing_rows(con, home, node["unique_id"]))
    except duckdb.Error as problem:
        # A test that could not run at all has no rows; what stopped it is told by dbt.
        shown["no_rows"] = dg.MetadataValue.text(str(problem))
    return shown


def _table(rows: Rows) -> dg.MetadataValue:
    return dg.MetadataValue.md(markdown_table(rows.names, rows.rows))

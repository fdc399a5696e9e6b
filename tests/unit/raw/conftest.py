"""Fixtures of the tests of source assets: a run history, and a refresh of the raw layer without bundled figures."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dagster as dg
import pytest

from assets.home import Home
from assets.raw.landing import landing

RunRaw = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A run history of its own."""
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def run_raw(home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunRaw:
    """Runs landing and the given source assets as the refresh does; failures are returned, not raised."""
    monkeypatch.setattr("assets.raw.landing.BUNDLED", tmp_path / "none")
    home.landing.mkdir(parents=True)

    def run(
        assets: Sequence[dg.AssetsDefinition | dg.AssetSpec],
        history: dg.DagsterInstance = instance,
        run_config: dict[str, object] | None = None,
    ) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [landing, *assets],
            resources={"home": home},
            instance=history,
            run_config=run_config,
            raise_on_error=False,
        )

    return run

"""After failing runs no secret is in any output, log, event, metadata, error, ledger row or file of the data folder.

The publisher is a local server that repeats the key in its error page; the webhook's server refuses. Both are asked for
real, with all secrets set in the environment.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.acquire import census_api
from assets.acquire.http import FetchError
from assets.home import Home
from assets.notify import notifiers
from assets.raw.landing import landing
from assets.settings import Settings
from assets.store.ledger import read_ledger
from orchestration.instance_folder import prepare_instance
from orchestration.sensors import failed_run_alert
from tests.conftest import Tally
from tests.files import HTML_PAGE
from tests.integration.faults.small import Project
from tests.unit.acquire.fake_server import FakeServer, Reply, running

KEY = "0123456789abcdef0123456789abcdef01234567"
HOOK, TOKEN, PASSWORD = "T0PS3CRETHOOK", "T0K3NOFTHEHOOK", "P4SSW0RDOFPG"
SECRETS = (KEY, HOOK, TOKEN, PASSWORD)


@pytest.fixture
def publisher(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """Publisher and webhook on one local server, with every secret in the environment."""
    with running() as server:
        monkeypatch.setattr(census_api, "BASE_URL", server.url)
        monkeypatch.setenv("CENSUS_API_KEY", KEY)
        monkeypatch.setenv("TRADEWAKE_WEBHOOK_URL", f"{server.url}/{HOOK}")
        monkeypatch.setenv("TRADEWAKE_WEBHOOK_TOKEN", TOKEN)
        monkeypatch.setenv("TRADEWAKE_PG_PASSWORD", PASSWORD)
        monkeypatch.setenv("DAGSTER_HOME", str(home.dagster))
        yield server


def _leaks(texts: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(secret, where) for where, text in texts.items() for secret in SECRETS if secret.encode() in text]


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _failing_run(home: Home) -> dg.ExecuteInProcessResult:
    """Fetching that is refused, then a file that is refused in strict mode, in the run history of the folder."""
    prepare_instance(home)
    home.landing.mkdir(parents=True)
    (home.landing / "page.xlsx").write_bytes(HTML_PAGE)
    config = {"strict": True, "fetch_from": "api", "fetch_months": ["2024-12-01"]}
    settings, started = Settings.from_environment(), datetime.now(UTC).isoformat()
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        result = dg.materialize(
            [landing],
            resources={"home": home},
            instance=instance,
            run_config={"ops": {"raw__landing": {"config": config}}},
            raise_on_error=False,
        )
        resources = {"settings": settings, "ways": notifiers(settings, dg.get_dagster_logger())}
        with (
            dg.build_sensor_context(instance=instance, cursor=started, resources=resources) as context,
            pytest.raises(FetchError, match="the webhook answered 403"),
        ):
            failed_run_alert(context)
    return result


def test_a_failing_run_that_fetches_and_alerts_shows_no_secret(
    publisher: FakeServer,
    home: Home,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    tally: Tally,
) -> None:
    page = Reply(400, f"error: unknown variable, asked with key={KEY}".encode())
    publisher.script = [page, Reply(403, f"{HOOK} {TOKEN}".encode())]
    with caplog.at_level("DEBUG"):
        result = _failing_run(home)
    assert not result.success
    asked = [one.path for one in publisher.asked]
    assert f"key={KEY}" in asked[0] and HOOK in asked[-1], "the secrets were not used, so nothing is shown by this"
    out, err = capfd.readouterr()
    texts = {
        "stdout": out.encode(),
        "stderr": err.encode(),
        "log": caplog.text.encode(),
        "events": json.dumps([str(event) for event in result.all_events]).encode(),
        "ledger": str(read_ledger(home.lake)).encode(),
        **_files(home.root),
    }
    assert "page.xlsx" in caplog.text + err + str(texts["events"]), "the failure itself is told"
    assert _leaks(texts) == []
    tally["texts and files searched for secrets after a failing run"] += len(texts)


def test_a_failing_refresh_on_the_command_line_shows_no_secret(
    project: Project, publisher: FakeServer, home: Home, tally: Tally
) -> None:
    home.landing.mkdir(parents=True)
    (home.landing / "page.xlsx").write_bytes(HTML_PAGE)
    code, output = project.run(home, "refresh", "--strict")
    assert code == 1 and "page.xlsx" in output
    texts = {"output": output.encode(), **_files(home.root)}
    assert len(texts) > 10
    assert _leaks(texts) == []
    tally["texts and files searched for secrets after a failing run"] += len(texts)


def test_the_search_finds_a_secret_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"GET https://api.example?key={KEY}")
    assert _leaks(_files(tmp_path)) == [(KEY, "log")]

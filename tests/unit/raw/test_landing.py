"""The landing asset when it is to fetch first: what cannot be had is a warning, what has landed is taken in all the same."""

from collections.abc import Iterator

import dagster as dg
import pytest

from assets.acquire import bulk_download, http
from assets.home import Home
from tests.files import country
from tests.unit.acquire.fake_server import FakeServer, Reply, running
from tests.unit.acquire.test_bulk_download import ARCHIVE
from tests.unit.raw.conftest import RunRaw


@pytest.fixture
def server(run_raw: RunRaw, home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A local publisher, and one sound file that waits; no pause is made between tries."""
    monkeypatch.setattr(http, "LONGEST_PAUSE", 0.0)
    country(home.landing / "country.csv")
    with running() as fake:
        monkeypatch.setattr(bulk_download, "BASE_URL", fake.url)
        yield fake


def _land(run_raw: RunRaw, fetch_from: str) -> tuple[dg.ExecuteInProcessResult, dg.AssetCheckEvaluation]:
    config = {"fetch_from": fetch_from, "fetch_months": ["2025-01-01"]}
    result = run_raw([], run_config={"ops": {"raw__landing": {"config": config}}})
    (check,) = result.get_asset_check_evaluations()
    return result, check


def _shown(result: dg.ExecuteInProcessResult, name: str) -> object:
    (event,) = result.asset_materializations_for_node("raw__landing")
    return event.metadata[name].value


BAD_DAYS = {
    "down": ([], "no connection to 127.0.0.1"),
    "flaky": ([Reply(503)] * 20, "503"),
    "wrong content": ([Reply(200, b"<html>Maintenance</html>")] * 20, "no zip archive came"),
    "forbidden": ([Reply(403, b"no")] * 2, "403 Forbidden"),
}


@pytest.mark.parametrize("day", BAD_DAYS)
def test_on_a_bad_day_of_the_network_what_has_landed_is_taken_in(
    run_raw: RunRaw, server: FakeServer, monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    script, words = BAD_DAYS[day]
    server.script = list(script)
    if day == "down":
        monkeypatch.setattr(bulk_download, "BASE_URL", "http://127.0.0.1:9")
    result, check = _land(run_raw, "bulk")
    assert result.success
    assert _shown(result, "stored") == 1
    assert (check.passed, check.severity, check.blocking) == (False, dg.AssetCheckSeverity.WARN, False)
    assert check.metadata["missing"].value == 2
    assert words in str(check.metadata["outcomes"].value)


def test_what_was_fetched_is_taken_in_with_the_rest(run_raw: RunRaw, server: FakeServer) -> None:
    server.files["/2025/Merch/im_m/IMDB2501.ZIP"] = ARCHIVE
    server.files["/2025/Merch/ex_m/EXDB2501.ZIP"] = ARCHIVE
    result, check = _land(run_raw, "bulk")
    assert check.passed and check.metadata["asked_for"].value == 2
    taken = str(_shown(result, "files"))
    assert "country.csv" in taken and "IMDB2501.ZIP" in taken


def test_nothing_is_asked_for_where_fetching_is_off(run_raw: RunRaw, server: FakeServer) -> None:
    result, check = _land(run_raw, "off")
    assert check.passed and check.metadata["asked_for"].value == 0
    assert server.asked == []
    assert _shown(result, "stored") == 1

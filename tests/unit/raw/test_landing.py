"""The landing asset when it is to fetch first: what cannot be had is a warning, what has landed is taken in all the same."""

import zipfile
from collections.abc import Iterator

import dagster as dg
import pytest

from assets.acquire import bulk_download, http
from assets.home import Home
from assets.store.in_hand import take_in_hand
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


def test_what_was_neither_stored_nor_refused_is_told_in_strict_runs_too(run_raw: RunRaw, home: Home) -> None:
    """A member of a zip that is not read is no refusal."""
    table = country(home.root / "country.csv").read_bytes()
    with zipfile.ZipFile(home.landing / "mine.zip", "w") as archive:
        archive.writestr("country.csv", table)
        archive.writestr("read me.txt", b"by <b>me</b>")
    result = run_raw([], run_config={"ops": {"raw__landing": {"config": {"strict": True}}}})
    assert result.success
    told = _shown(result, "told")
    assert isinstance(told, dict)
    assert told["mine.zip"] == "opened: 1 of its 2 files taken"
    assert "by <b>me</b>" in told["mine.zip/read me.txt"]
    assert "mine.zip/read me.txt" in str(_shown(result, "files"))


def test_a_landing_folder_that_is_none_does_not_stop_the_refresh(run_raw: RunRaw, home: Home) -> None:
    home.landing.rmdir()
    home.landing.write_bytes(b"x")
    result = run_raw([])
    assert result.success
    assert _shown(result, "told") == {"landing/": "not looked into: it is no folder that can be read and written"}


def test_what_a_killed_run_had_in_hand_is_taken_by_the_next(run_raw: RunRaw, home: Home) -> None:
    country(home.landing / "country.csv")
    take_in_hand(home, home.landing / "country.csv")
    assert _shown(run_raw([]), "stored") == 1
    assert list(home.landing.iterdir()) == []

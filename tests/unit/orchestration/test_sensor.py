"""The landing sensor: one request for each set of contents, hashed only where size or time changed."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.home import Home
from assets.settings import Settings
from assets.store.files import sha256_of
from assets.store.landing import receive, waiting_files
from orchestration import sensors
from orchestration.sensors import landed_files


def _tick(home: Home, cursor: str | None, settings: Settings | None = None) -> dg.SensorResult | dg.SkipReason:
    resources = {"home": home, "settings": settings or Settings()}
    with dg.build_sensor_context(cursor=cursor, resources=resources) as context:
        result = landed_files(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def _request(result: dg.SensorResult | dg.SkipReason) -> dg.RunRequest:
    assert isinstance(result, dg.SensorResult) and result.run_requests
    (request,) = result.run_requests
    return request


def _skip(result: dg.SensorResult | dg.SkipReason) -> str:
    reason = result if isinstance(result, dg.SkipReason) else result.skip_reason
    assert isinstance(reason, dg.SkipReason)
    return str(reason.skip_message)


@pytest.fixture
def landed(home: Home) -> Path:
    home.landing.mkdir(parents=True)
    file = home.landing / "country.xlsx"
    file.write_bytes(b"one")
    return file


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read to their hash."""
    names: list[str] = []

    def noted(path: Path) -> str:
        names.append(path.name)
        return sha256_of(path)

    monkeypatch.setattr(sensors, "sha256_of", noted)
    return names


def test_an_empty_folder_requests_nothing(home: Home) -> None:
    assert "No file waits" in _skip(_tick(home, None))


def test_a_file_is_requested_once_and_again_when_its_content_changes(home: Home, landed: Path) -> None:
    first = _tick(home, None)
    assert isinstance(first, dg.SensorResult)
    assert "requested already" in _skip(_tick(home, first.cursor))
    landed.write_bytes(b"another")
    assert _request(_tick(home, first.cursor)).run_key != _request(first).run_key
    assert _request(first).tags == {"tradewake/files": "country.xlsx"}


def test_the_run_key_is_the_content_not_the_name_or_the_time(home: Home, landed: Path) -> None:
    first = _tick(home, None)
    assert isinstance(first, dg.SensorResult)
    renamed = landed.rename(landed.with_name("again.xlsx"))
    os.utime(renamed, (1, 1))
    later = _tick(home, first.cursor)
    assert "requested already" in _skip(later)
    assert isinstance(later, dg.SensorResult) and later.cursor != first.cursor
    assert _request(_tick(home, None)).run_key == _request(first).run_key


def test_a_file_is_hashed_only_where_size_or_time_changed(home: Home, landed: Path, hashed: list[str]) -> None:
    first = _tick(home, None)
    assert isinstance(first, dg.SensorResult)
    _tick(home, first.cursor)
    assert hashed == ["country.xlsx"]
    (home.landing / "other.csv").write_bytes(b"two")
    second = _tick(home, first.cursor)
    assert _request(second).tags == {"tradewake/files": "country.xlsx, other.csv"}
    assert hashed == ["country.xlsx", "other.csv"]
    os.utime(landed, (1, 1))
    assert isinstance(second, dg.SensorResult)
    assert "requested already" in _skip(_tick(home, second.cursor))
    assert hashed == ["country.xlsx", "other.csv", "country.xlsx"]


def test_the_request_is_strict_where_the_operator_says_so(home: Home, landed: Path) -> None:
    for strict in ("on", "off"):
        config = json.loads(json.dumps(_request(_tick(home, None, Settings(strict=strict))).run_config))
        assert config["ops"]["raw__landing"]["config"]["strict"] is (strict == "on")


def test_refused_files_and_unfinished_downloads_do_not_wait(home: Home) -> None:
    home.refused.mkdir(parents=True)
    (home.refused / "bad.xlsx").write_bytes(b"x")
    (home.landing / "country.xlsx.part").write_bytes(b"x")
    assert isinstance(_tick(home, None), dg.SkipReason)


def test_a_file_that_is_still_written_is_requested_when_it_is_whole(home: Home, landed: Path) -> None:
    with landed.open("ab") as stream:
        waiting = _tick(home, None)
        assert _skip(waiting) == "1 waiting file(s) are still being written."
        stream.write(b"more")
    assert _request(_tick(home, None)).tags == {"tradewake/files": "country.xlsx"}


def test_a_refused_file_is_requested_again_when_its_bytes_change(home: Home, landed: Path) -> None:
    first = _tick(home, None)
    assert isinstance(first, dg.SensorResult)
    receive(home, waiting_files(home, None), datetime(2026, 11, 22, tzinfo=UTC))
    assert "No file waits" in _skip(_tick(home, first.cursor))
    with (home.refused / "country.xlsx").open("ab") as stream:
        stream.write(b"more")
    assert _request(_tick(home, first.cursor)).run_key != _request(first).run_key


def test_what_is_no_file_is_requested_once_and_never_opened(home: Home, landed: Path) -> None:
    os.mkfifo(home.landing / "pipe")
    (home.landing / "link").symlink_to("/etc", target_is_directory=True)
    first = _tick(home, None)
    assert isinstance(first, dg.SensorResult)
    assert _request(first).tags == {"tradewake/files": "country.xlsx, link, pipe"}
    assert "requested already" in _skip(_tick(home, first.cursor))


def test_a_file_that_cannot_be_read_stops_no_tick(home: Home, landed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Denied as for a file of mode 000; as root such a file can be read."""

    def denied(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(sensors, "sha256_of", denied)
    assert _request(_tick(home, None)).tags == {"tradewake/files": "country.xlsx"}

"""The landing sensor: one request for each set of contents, hashed only where size or time changed."""

import json
import os
from pathlib import Path

import dagster as dg
import pytest

from assets.home import Home
from assets.settings import Settings
from assets.store.files import sha256_of
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

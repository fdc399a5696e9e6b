"""The landing sensor: one request for each set of waiting files."""

import dagster as dg

from assets.home import Home
from orchestration.sensors import landed_files


def _tick(home: Home, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    with dg.build_sensor_context(cursor=cursor, resources={"home": home}) as context:
        result = landed_files(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def test_an_empty_folder_requests_nothing(home: Home) -> None:
    skip = _tick(home, None)
    assert isinstance(skip, dg.SkipReason)
    assert "No file waits" in str(skip.skip_message)


def test_a_file_is_requested_once_and_again_when_it_changes(home: Home) -> None:
    home.landing.mkdir(parents=True)
    file = home.landing / "country.xlsx"
    file.write_bytes(b"one")
    first = _tick(home, None)
    assert isinstance(first, dg.SensorResult) and first.run_requests
    assert isinstance(_tick(home, first.cursor), dg.SkipReason)
    file.write_bytes(b"another")
    second = _tick(home, first.cursor)
    assert isinstance(second, dg.SensorResult) and second.run_requests
    assert first.run_requests[0].run_key != second.run_requests[0].run_key


def test_refused_files_and_unfinished_downloads_do_not_wait(home: Home) -> None:
    home.refused.mkdir(parents=True)
    (home.refused / "bad.xlsx").write_bytes(b"x")
    (home.landing / "country.xlsx.part").write_bytes(b"x")
    assert isinstance(_tick(home, None), dg.SkipReason)

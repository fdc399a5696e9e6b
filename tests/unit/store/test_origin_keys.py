"""A key in the address of an origin record is struck out before anything keeps or quotes it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.errors import RefusedFile
from assets.home import Home
from assets.store.landing import receive, waiting_files
from assets.store.ledger import read_ledger
from assets.store.origin import read_origin, record_of
from assets.store.parse import parse_stored
from tests.files import told

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
DIGITS = "0123456789abcdef" * 2
ADDRESS = "https://api.stlouisfed.org/fred/series/observations?series_id=BOPGSTB"
FORMS = [
    "&api_key={}",
    "&API_KEY={}&file_type=json",
    "&key={}",
    "&UserID={}",
    "&subscription-key={}",
    "%26api_key%3D{}",
    "%26key%3D{}",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_struck_out_and_the_rest_of_the_address_stays(tmp_path: Path, form: str) -> None:
    path = told(tmp_path / "answer.json", url=ADDRESS + form.format(DIGITS))
    url = read_origin(record_of(path)).url
    assert url == ADDRESS + form.format("REMOVED")


@pytest.mark.parametrize("fields", [{"address": ADDRESS}, {"url": [ADDRESS]}, {"url": {ADDRESS: 1}}])
def test_the_message_about_a_wrong_record_has_no_key(tmp_path: Path, fields: dict[str, object]) -> None:
    record = tmp_path / "answer.json.origin.json"
    record.write_text(json.dumps(fields).replace("BOPGSTB", f"BOPGSTB&api_key={DIGITS}"), encoding="utf-8")
    with pytest.raises(RefusedFile) as refused:
        read_origin(record)
    assert DIGITS not in str(refused.value)


def test_nothing_kept_of_a_landed_file_has_the_key(tmp_path: Path) -> None:
    home = Home(tmp_path / "data")
    home.landing.mkdir(parents=True)
    path = home.landing / "BOPGSTB.csv"
    path.write_text("observation_date,BOPGSTB\n2024-01-01,-66000\n", encoding="utf-8")
    told(path, url=f"{ADDRESS}&api_key={DIGITS}")
    result = receive(home, waiting_files(home, None), NOW)
    parse_stored(home, "fred", NOW)
    rows = read_ledger(home.lake).values()
    assert [row.url for row in rows] == [f"{ADDRESS}&api_key=REMOVED"]
    assert DIGITS not in repr(result) + repr(list(rows))
    assert not [kept for kept in home.root.rglob("*") if kept.is_file() and DIGITS.encode() in kept.read_bytes()]

"""Files that are still being written wait, and come in whole, however slowly and with whatever pauses they are copied.

Every trial writes for real, in threads that work while files are taken in.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from assets.home import Home
from assets.parsing.recognise import recognise
from assets.store import arriving, landing
from assets.store.arriving import has_writer, is_arriving, still_arriving
from assets.store.in_hand import give_all_back, take_in_hand
from assets.store.landing import ARRIVING, Received, receive, waiting_files
from assets.store.raw_store import is_intact, stored
from tests.files import HTML_PAGE, country

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
Write = Callable[[Path, list[bytes]], None]


@pytest.fixture(autouse=True)
def quick(arrived: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of a second stands for the seconds of a real folder."""
    monkeypatch.setattr(arriving, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(arriving, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(arriving, "LOOK_SECONDS", 0.02)


def _take(home: Home) -> Received:
    return receive(home, waiting_files(home, None), NOW)


def _copied(path: Path, parts: list[bytes]) -> None:
    """As `cp` writes: one open file. It stalls for longer than the quiet time in the middle."""
    with path.open("wb") as stream:
        for number, part in enumerate(parts):
            stream.write(part)
            stream.flush()
            time.sleep(0.45 if number == len(parts) // 2 else 0.02)


def _appended(path: Path, parts: list[bytes]) -> None:
    """As a program that opens the file for every line it adds."""
    for part in parts:
        with path.open("ab") as stream:
            stream.write(part)
        time.sleep(0.02)


def _dated_back(path: Path, parts: list[bytes]) -> None:
    """As a copy that gives the file the time of its original while it is open."""
    with path.open("wb") as stream:
        for part in parts:
            stream.write(part)
            stream.flush()
            os.utime(path, (1_700_000_000, 1_700_000_000))
            time.sleep(0.02)


def _parts(content: bytes, count: int = 24) -> list[bytes]:
    step = -(-len(content) // count)
    return [content[start : start + step] for start in range(0, len(content), step)]


@pytest.mark.parametrize("write", [_copied, _appended, _dated_back])
def test_of_twelve_growing_files_every_byte_comes_in(home: Home, tally: Counter[str], write: Write) -> None:
    home.landing.mkdir(parents=True)
    whole = country(home.root / "whole.csv").read_bytes()
    wanted = {f"country {number}.csv": whole + b"\r\n" * number for number in range(12)}
    writers = [
        threading.Thread(target=write, args=(home.landing / name, _parts(content))) for name, content in wanted.items()
    ]
    for writer in writers:
        writer.start()
    refusals = []
    deadline = time.monotonic() + 20
    while any(writer.is_alive() for writer in writers) or waiting_files(home, None):
        refusals += _take(home).refused
        assert time.monotonic() < deadline
    files = list(stored(home.raw, "census_country"))
    assert refusals == []
    assert all(is_intact(file) for file in files)
    assert {file.origin.file_name: file.path.read_bytes() for file in files} == wanted
    tally["growing files taken in whole"] += len(wanted)


def test_a_file_that_stays_open_is_left_and_told(home: Home) -> None:
    home.landing.mkdir(parents=True)
    path = country(home.landing / "country.csv")
    os.utime(path, (1, 1))
    with path.open("ab"):
        assert has_writer(path)
        assert _take(home).told == {"country.csv": ARRIVING}
        assert path.exists()
    assert not has_writer(path)
    assert _take(home).stored == ["country.csv"]


def test_a_file_that_is_gone_or_no_file_never_arrives(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    paths = [tmp_path / "pipe", tmp_path / "link", tmp_path / "gone"]
    assert still_arriving(paths) == set()
    assert not any(is_arriving(path) or has_writer(path) for path in paths)


def test_a_time_in_the_future_is_no_reason_to_wait_for_ever(home: Home) -> None:
    home.landing.mkdir(parents=True)
    path = country(home.landing / "country.csv")
    os.utime(path, (4e9, 4e9))
    assert not is_arriving(path)
    began = time.monotonic()
    assert still_arriving([path]) == set()
    assert time.monotonic() - began >= arriving.QUIET_SECONDS


def test_where_the_kernel_never_says_that_nobody_writes_a_file_waits_until_it_has_stalled(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network file system without delegations or opportunistic locks."""
    monkeypatch.setattr(arriving, "has_writer", lambda path: True)
    home.landing.mkdir(parents=True)
    country(home.landing / "country.csv")
    assert _take(home).told == {"country.csv": ARRIVING}
    monkeypatch.setattr(arriving, "STALLED_SECONDS", 0.3)
    assert _take(home).stored == ["country.csv"]


def test_a_file_waits_for_its_origin_record(home: Home) -> None:
    home.landing.mkdir(parents=True)
    path = country(home.landing / "country.csv")
    os.utime(path, (1, 1))
    record = home.landing / "country.csv.origin.json"
    with record.open("w") as stream:
        stream.write('{"publisher"')
        stream.flush()
        assert _take(home).told == {"country.csv": ARRIVING}
        stream.write(': "Census"}')
    assert _take(home).stored == ["country.csv"]
    record.write_text("{}")
    assert _take(home).told == {"country.csv.origin.json": "left in landing/: an origin record without its file"}


def test_a_file_that_changes_while_it_is_read_goes_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.landing.mkdir(parents=True)
    path = country(home.landing / "country.csv")
    whole = path.read_bytes()
    os.utime(path, (1, 1))
    read = landing._parts

    def written_meanwhile(held: Path, name: str) -> Iterator[bytes]:
        yield from read(held, name)
        with held.open("ab") as stream:
            stream.write(b"\r\n")

    monkeypatch.setattr(landing, "_parts", written_meanwhile)
    received = _take(home)
    assert (received.stored, received.refused, received.told) == ([], [], {"country.csv": ARRIVING})
    assert path.read_bytes() == whole + b"\r\n"
    assert list(home.raw.glob("*/*")) == []


def test_a_file_that_changes_after_it_was_stored_stays_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last look is before the file would be removed: what came since is another file."""
    home.landing.mkdir(parents=True)
    path = country(home.landing / "country.csv")
    whole = path.read_bytes()
    os.utime(path, (1, 1))

    def written_meanwhile(copy: Path, name: str) -> str:
        with (home.in_hand / "country.csv").open("ab") as stream:
            stream.write(b"\r\n")
        return recognise(copy, name)

    monkeypatch.setattr("assets.store.landing.recognise", written_meanwhile)
    assert _take(home).told == {"country.csv": ARRIVING}
    (file,) = stored(home.raw, "census_country")
    assert file.path.read_bytes() == whole and file.sha256 == sha256(whole).hexdigest()
    assert path.read_bytes() == whole + b"\r\n"


def test_one_that_was_refused_incomplete_is_tried_again_when_its_bytes_change(home: Home) -> None:
    """The writer of a file keeps writing to it wherever it was moved; nothing lands under its name again."""
    home.landing.mkdir(parents=True)
    whole = country(home.root / "whole.xlsx").read_bytes()
    path = home.landing / "country.xlsx"
    path.write_bytes(whole[: len(whole) // 2])
    os.utime(path, (1, 1))
    (refused,) = _take(home).refused
    assert refused.bytes == len(whole) // 2
    assert waiting_files(home, None) == []
    with (home.refused / "country.xlsx").open("ab") as stream:
        stream.write(whole[len(whole) // 2 :])
    assert [file.name for file in waiting_files(home, None)] == ["country.xlsx"]
    assert _take(home).stored == ["country.xlsx"]
    assert list(home.refused.iterdir()) == []


def test_a_complete_file_under_the_name_of_a_refused_one_is_tried(home: Home) -> None:
    home.landing.mkdir(parents=True)
    whole = country(home.root / "whole.xlsx").read_bytes()
    for content in (whole[:-100], whole):
        (home.landing / "country.xlsx").write_bytes(content)
        os.utime(home.landing / "country.xlsx", (1, 1))
        received = _take(home)
    assert (received.stored, received.refused) == (["country.xlsx"], [])


def test_what_a_killed_process_had_in_hand_goes_back(home: Home) -> None:
    (home.landing / "of mine").mkdir(parents=True)
    for name in ("page.html", "of mine/page.html"):
        (home.landing / name).write_bytes(HTML_PAGE)
        (home.landing / f"{name}.origin.json").write_text('{"publisher": "Census"}')
        take_in_hand(home, home.landing / name)
    (home.landing / "page.html").write_bytes(b"newer")
    assert [file.name for file in waiting_files(home, None)] == ["page.html"]
    give_all_back(home)
    names = ["of mine/page.html", "page (2).html", "page.html"]
    assert [file.name for file in waiting_files(home, None)] == names
    assert (home.landing / "page.html").read_bytes() == b"newer"
    assert (home.landing / "page (2).html").read_bytes() == HTML_PAGE
    assert (home.landing / "page (2).html.origin.json").exists()
    assert not (home.landing / "page.html.origin.json").exists()
    assert not home.in_hand.exists()

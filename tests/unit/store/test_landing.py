"""What may lie in a landing folder: folders, zips, odd names, what is no file; one awkward file stops no other."""

import errno
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assets.home import Home
from assets.store import landing
from assets.store.landing import Received, receive, waiting_files
from assets.store.ledger import read_ledger
from assets.store.origin import ORIGIN_SUFFIX
from assets.store.parse import parse_stored
from assets.store.raw_store import stored
from assets.store.refusals import standing_refusals
from tests.files import HTML_PAGE, Grid, country, exhibit_1, exhibit_12, write_xlsx
from tests.synthetic.archives import write_lines

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)


@pytest.fixture(autouse=True)
def good(home: Home) -> Path:
    """A sound file that waits beside the awkward one."""
    home.landing.mkdir(parents=True)
    return country(home.landing / "good.csv")


def _take(home: Home, days: int = 0) -> Received:
    return receive(home, waiting_files(home, None), NOW + timedelta(days=days))


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _exhibits(folder: Path) -> dict[str, bytes]:
    """As in the official download of all exhibits: 1 and 12, and one that is not read."""
    other: Grid = [["Exhibit 5. U.S. Trade in Services"], ["In millions of dollars."], ["Period", "Total"], ["2024", 1]]
    return {
        "exh1.xlsx": exhibit_1(folder / "1.xlsx").read_bytes(),
        "exh12.xlsx": exhibit_12(folder / "12.xlsx").read_bytes(),
        "exh5.xlsx": write_xlsx(folder / "5.xlsx", {"5": other}).read_bytes(),
    }


def _origin(path: Path, content: bytes | dict[str, object]) -> None:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.with_name(path.name + ORIGIN_SUFFIX).write_bytes(text)


def _bad_name(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.csv")).write_bytes(b"x")


def _long_name(folder: Path) -> None:
    (folder / ("n" * 246 + ".csv")).write_bytes(b"x")


def _deep_record(folder: Path) -> None:
    country(folder / "deep.csv")
    _origin(folder / "deep.csv", b"[" * 50_000)


def _no_record(folder: Path) -> None:
    country(folder / "text.csv")
    _origin(folder / "text.csv", b"published 19 February 2026")


def _listed_record(folder: Path) -> None:
    country(folder / "list.csv")
    _origin(folder / "list.csv", b'["Census"]')


def _endless_record(folder: Path) -> None:
    country(folder / "endless.csv")
    _origin(folder / "endless.csv", b" " * 100_000)


def _record_is_a_pipe(folder: Path) -> None:
    country(folder / "piped.csv")
    os.mkfifo(folder / f"piped.csv{ORIGIN_SUFFIX}")


def _record_is_a_link(folder: Path) -> None:
    country(folder / "linked.csv")
    (folder / f"linked.csv{ORIGIN_SUFFIX}").symlink_to("/etc/hostname")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.csv")


def _larger_than_a_disk(folder: Path) -> None:
    with (folder / "large.csv").open("wb") as stream:
        stream.truncate(1 << 40)


def _link(folder: Path) -> None:
    (folder / "link.csv").symlink_to("/etc/hostname")


def _linked_folder(folder: Path) -> None:
    (folder / "link").symlink_to("/etc", target_is_directory=True)


AWKWARD: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "name not UTF-8": (_bad_name, "caf\\udce9.csv", "a plain name"),
    "name of 250 bytes": (_long_name, "n" * 246 + ".csv", "at most 200 bytes; seen 250 bytes"),
    "record nested too deep": (_deep_record, "deep.csv", "a JSON object; seen JSON that is nested too deep"),
    "record not JSON": (_no_record, "text.csv", "expected a JSON object"),
    "record a list": (_listed_record, "list.csv", "field (whole file)"),
    "record without end": (_endless_record, "endless.csv", "at most 65,536 bytes"),
    "record a pipe": (_record_is_a_pipe, "piped.csv", "a regular file; seen a pipe"),
    "record a link": (_record_is_a_link, "linked.csv", "a regular file; seen a symbolic link"),
    "pipe": (_pipe, "pipe.csv", "a regular file; seen a pipe"),
    "a terabyte of nothing": (_larger_than_a_disk, "large.csv", "at most 4,294,967,296 bytes; seen 1,099,511,627,776"),
    "link": (_link, "link.csv", "a regular file; seen a symbolic link"),
    "linked folder": (_linked_folder, "link", "a regular file; seen a symbolic link"),
}


@pytest.mark.parametrize("kind", AWKWARD)
def test_an_awkward_file_refuses_itself_alone(home: Home, kind: str) -> None:
    make, name, words = AWKWARD[kind]
    make(home.landing)
    received = _take(home)
    assert received.stored == ["good.csv"]
    (row,) = received.refused
    assert (row.file_name, row.status) == (name, "refused")
    assert words in str(row.reason)
    assert read_ledger(home.lake)[row.file_id] == row
    assert len(list(home.refused.glob("*.reason.txt"))) == 1
    # It is out of the way, for good: the next time finds nothing.
    again = _take(home, 1)
    assert again == Received()
    assert Path("/etc/hostname").exists()


def test_a_file_that_cannot_be_read_is_refused_and_tried_again_once_it_can(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Denied as for a file of mode 000; as root such a file can be read."""
    path = country(home.landing / "closed.csv")
    path.write_bytes(path.read_bytes() + b"\r\n")
    path.chmod(0)
    opened = Path.open

    def denied(path: Path, mode: str = "r", **options: str | None) -> object:
        if path.name == "closed.csv" and not path.lstat().st_mode & 0o400:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, mode, **options)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", denied)
        received = _take(home)
    assert received.stored == ["good.csv"]
    (row,) = received.refused
    assert row.reason == "file: expected a readable file; seen Permission denied"
    assert row.file_name == "closed.csv"
    assert _take(home, 1) == Received()
    (home.refused / "closed.csv").chmod(0o644)
    assert _take(home, 2).stored == ["closed.csv"]


def test_a_file_that_vanishes_is_told(home: Home) -> None:
    waiting = waiting_files(home, None)
    (home.landing / "other.csv").write_bytes(b"x")
    waiting += [file for file in waiting_files(home, None) if file.name == "other.csv"]
    (home.landing / "other.csv").unlink()
    received = receive(home, waiting, NOW)
    assert (received.stored, received.told) == (["good.csv"], {"other.csv": "gone before it was taken in"})


def test_a_landing_folder_that_cannot_be_written_is_told_and_the_file_stays(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Denied as on a disk that is mounted read-only; as root every folder can be written."""

    def denied(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", denied)
        received = _take(home)
    assert (received.stored, received.refused) == ([], [])
    assert received.told == {
        "good.csv": "left where it is: it cannot be moved out of the landing folder (Read-only file system)"
    }
    assert _take(home).stored == ["good.csv"]


def test_a_landing_folder_that_is_none_is_told(home: Home) -> None:
    shutil.rmtree(home.landing)
    home.landing.write_bytes(b"x")
    assert _take(home).told == {"landing/": "not looked into: it is no folder that can be read and written"}


def test_a_full_disk_leaves_the_file_where_it_was(home: Home, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(landing, "put", full)
        with pytest.raises(OSError, match="No space left"):
            _take(home)
    assert good.exists()
    assert _take(home).stored == ["good.csv"]


def test_refused_files_of_one_name_never_overwrite_each_other(home: Home) -> None:
    for folder in ("", "a", "b"):
        (home.landing / folder).mkdir(exist_ok=True)
        (home.landing / folder / "page.xlsx").write_bytes(HTML_PAGE + folder.encode())
        _origin(home.landing / folder / "page.xlsx", {"title": folder})
    _take(home)
    for number in range(3):
        (home.landing / "page.xlsx").write_bytes(b"%d" % number)
        _take(home, number)
        (home.landing / "page.xlsx").write_bytes(b"%d" % number)  # the same once more takes its own place
        _take(home, number)
    kept = {path.name: path.read_bytes() for path in home.refused.iterdir() if path.suffix == ".xlsx"}
    assert sorted(kept.values()) == sorted([HTML_PAGE, HTML_PAGE + b"a", HTML_PAGE + b"b", b"0", b"1", b"2"])
    for name in kept:
        assert (home.refused / f"{name}.reason.txt").read_text().splitlines()[-1].startswith("file ")
    titles = [json.loads(path.read_text())["title"] for path in sorted(home.refused.glob(f"*{ORIGIN_SUFFIX}"))]
    assert sorted(titles) == ["", "a", "b"]


def test_reasons_of_the_parser_for_two_files_of_one_name_stay_both(home: Home) -> None:
    """Refused by the parser, the bytes are in the raw store; only the reasons are beside the refused files."""
    for code in ("9998", "9999"):

        def unknown(rows: Grid, code: str = code) -> None:
            rows[1][1] = code

        country(home.landing / "country.csv", edit=unknown)
        for day in range(2):
            _take(home, day)
            parse_stored(home, "census_country", NOW)
    notes = sorted(path.read_text() for path in home.refused.glob("*.reason.txt"))
    assert [("9998" in note, "9999" in note) for note in notes] == [(True, False), (False, True)]


def test_files_in_folders_are_taken_one_by_one(home: Home) -> None:
    deep = home.landing / "release" / "of March"
    deep.mkdir(parents=True)
    exhibit_1(deep / "exh1.xlsx")
    _origin(deep / "exh1.xlsx", {"publisher": "Census", "published_on": "2026-03-12"})
    (deep / "page.xlsx").write_bytes(HTML_PAGE)
    os.mkfifo(deep / "pipe")
    received = _take(home)
    assert received.stored == ["good.csv", "release/of March/exh1.xlsx"]
    assert [row.file_name for row in received.refused] == ["release/of March/page.xlsx", "release/of March/pipe"]
    (file,) = stored(home.raw, "ft900")
    assert (file.origin.file_name, file.origin.publisher) == ("release/of March/exh1.xlsx", "Census")
    assert list(deep.iterdir()) == []
    assert waiting_files(home, None) == []


def test_folders_nested_without_end_and_unfinished_downloads_are_told(home: Home) -> None:
    deep = home.landing.joinpath(*"abcdefghijk")
    deep.mkdir(parents=True)
    country(deep / "country.csv")
    (home.landing / "country.xlsx.crdownload").write_bytes(b"x")
    told = _take(home).told
    assert told["a/b/c/d/e/f/g/h/i"].startswith("left in landing/: a folder that cannot be opened or is nested deeper")
    assert told["country.xlsx.crdownload"] == "left in landing/: it has the name of an unfinished download"
    assert (deep / "country.csv").exists()


def test_of_the_official_zip_the_exhibits_that_are_read_are_taken_and_the_others_named(home: Home) -> None:
    """As the Census Bureau offers it: all exhibits of a release in one zip."""
    path = _zip(home.landing / "ft900xlsx.zip", _exhibits(home.root))
    whole = path.read_bytes()
    _origin(path, {"publisher": "Census", "published_on": "2025-04-03"})
    received = _take(home)
    assert received.stored == ["ft900xlsx.zip/exh1.xlsx", "ft900xlsx.zip/exh12.xlsx", "good.csv"]
    assert received.refused == []
    assert received.told["ft900xlsx.zip"] == "opened: 2 of its 3 files taken"
    assert received.told["ft900xlsx.zip/exh5.xlsx"].startswith("not taken: ")
    taken = [file.origin for file in stored(home.raw, "ft900")]
    assert {origin.file_name for origin in taken} == {"ft900xlsx.zip/exh1.xlsx", "ft900xlsx.zip/exh12.xlsx"}
    assert {str(origin.published_on) for origin in taken} == {"2025-04-03"}
    assert {row.status for row in parse_stored(home, "ft900", NOW)} == {"accepted"}
    # What was not taken is not lost: the zip is there, with the names beside it.
    assert (home.refused / "ft900xlsx.zip").read_bytes() == whole
    assert "ft900xlsx.zip/exh5.xlsx: not taken" in (home.refused / "ft900xlsx.zip.reason.txt").read_text()
    (home.landing / "ft900xlsx.zip").write_bytes(whole)
    assert set(_take(home, 1).repeated) == {"ft900xlsx.zip/exh1.xlsx", "ft900xlsx.zip/exh12.xlsx"}


def test_a_zip_of_which_everything_is_taken_goes(home: Home) -> None:
    archive = write_lines(home.root / "IMDB2512.ZIP", "imports").read_bytes()
    answer = b'[["I_COMMODITY","CTY_CODE","GEN_VAL_MO","time","COMM_LVL"],["85","5700","5","2024-12","HS2"]]'
    table = country(home.root / "c.csv").read_bytes() + b"\r\n"
    _zip(
        home.landing / "mine.zip",
        {
            "a/IMDB2512.ZIP": archive,
            "a/answer.json": answer,
            "b/country.csv": table,
            f"b/country.csv{ORIGIN_SUFFIX}": b'{"title": "its own"}',
            "__MACOSX/._country.csv": b"x",
            "b/.DS_Store": b"x",
        },
    )
    _origin(home.landing / "mine.zip", {"title": "of the zip"})
    received = _take(home)
    assert received.stored == [
        "good.csv",
        "mine.zip/a/IMDB2512.ZIP",
        "mine.zip/a/answer.json",
        "mine.zip/b/country.csv",
    ]
    assert received.told == {"mine.zip": "opened: 3 of its 3 files taken"}
    assert list(home.landing.iterdir()) == []
    titles = {file.origin.file_name: file.origin.title for file in stored(home.raw, "census_country")}
    assert titles["mine.zip/b/country.csv"] == "its own"
    assert next(stored(home.raw, "census_api")).origin.title == "of the zip"


def test_a_bulk_archive_and_a_zip_of_answers_stay_what_they_are(home: Home) -> None:
    write_lines(home.landing / "IMDB2512.ZIP", "imports")
    answer = b'[["I_COMMODITY","CTY_CODE","GEN_VAL_MO","time","COMM_LVL"],["85","5700","5","2024-12","HS2"]]'
    _zip(home.landing / "answers.zip", {"1.json": answer, "2.json": answer.replace(b"2024-12", b"2024-11")})
    received = _take(home)
    assert received.stored == ["IMDB2512.ZIP", "answers.zip", "good.csv"]
    assert received.told == {}


def test_a_zip_without_anything_that_is_known_is_refused_whole(home: Home) -> None:
    _zip(home.landing / "photos.zip", {"a.jpg": b"x", "b.zip": _zip(home.root / "b.zip", {"c.jpg": b"x"}).read_bytes()})
    received = _take(home)
    (row,) = received.refused
    assert row.reason == "zip archive: expected a file in it that can be read; seen none among 2"
    note = (home.refused / "photos.zip.reason.txt").read_text()
    assert "photos.zip/a.jpg: not taken" in note and "photos.zip/b.zip: not taken" in note


def test_zip_bombs_are_refused_by_the_size_they_declare_and_by_the_one_they_have(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = _zip(home.root / "bomb.zip", {"country.csv": bytes(50_000_000), "page.html": HTML_PAGE}).read_bytes()
    (home.landing / "bomb.zip").write_bytes(bomb)
    # The same with a directory that declares less than there is: 1,000 bytes.
    lie = bomb.replace((50_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    (home.landing / "lie.zip").write_bytes(lie)
    received = _take(home)
    assert received.stored == ["good.csv"]
    assert {row.file_name for row in received.refused} == {"bomb.zip", "lie.zip"}
    assert "(a zip bomb)" in received.told["bomb.zip/country.csv"]
    assert "Bad CRC-32" in received.told["lie.zip/country.csv"]
    monkeypatch.setattr("assets.parsing.container.MAX_INFLATED_BYTES", 1_000)
    monkeypatch.setattr("assets.parsing.container.MAX_MEMBERS", 2)
    _zip(home.landing / "large.zip", {"a.csv": bytes(2_000)})
    _zip(home.landing / "many.zip", dict.fromkeys("abc", b""))
    reasons = {row.file_name: str(row.reason) for row in _take(home).refused}
    assert "at most 1,000 bytes inflated; seen 2,000 bytes declared" in reasons["large.zip"]
    assert "at most 2 members; seen 3" in reasons["many.zip"]


@pytest.mark.parametrize("name", ["../country.csv", "/country.csv", "a\\country.csv", "x\x1b[31m.csv"])
def test_tricks_in_the_names_of_members_are_told_and_lead_nowhere(home: Home, name: str) -> None:
    buffer = io.BytesIO(country(home.root / "c.csv").read_bytes() + b"\r\n")
    _zip(home.landing / "tricks.zip", {name: buffer.read()})
    received = _take(home)
    assert (received.stored, [row.file_name for row in received.refused]) == (["good.csv"], ["tricks.zip"])
    assert all(text.isprintable() for text in (*received.told, *received.told.values()))
    assert not (home.root / "country.csv").exists()


def test_a_second_origin_record_for_the_same_bytes_is_told(home: Home, good: Path) -> None:
    content = good.read_bytes()
    _origin(good, {"publisher": "Census", "retrieved_at": "2026-11-01"})
    _take(home)
    good.write_bytes(content)
    _origin(good, {"publisher": "Census", "published_on": "2026-02-19", "retrieved_at": "2026-11-02"})
    received = _take(home, 1)
    assert received.repeated == {"good.csv": "good.csv"}
    (file,) = stored(home.raw, "census_country")
    assert received.told == {
        "good.csv.origin.json": "not used, the file was here with another record: published_on 2026-02-19 (kept: none). "
        f"To date the file: tradewake date {file.file_id} 2026-02-19"
    }
    good.write_bytes(content)
    _origin(good, {"publisher": "Census", "retrieved_at": "2026-11-03"})
    assert _take(home, 2).told == {}


def test_a_file_refused_for_its_record_is_new_once_the_record_is_right(home: Home, good: Path) -> None:
    _origin(good, b"{")
    assert [row.file_name for row in _take(home).refused] == ["good.csv"]
    _origin(home.refused / "good.csv", {"publisher": "Census"})
    received = _take(home, 1)
    assert (received.stored, received.refused, received.repeated) == (["good.csv"], [], {})
    assert [row.status for row in parse_stored(home, "census_country", NOW)] == ["accepted"]


def test_what_an_origin_record_says_is_kept_without_what_steers_a_terminal(home: Home, good: Path) -> None:
    _origin(good, {"publisher": "Census\x1b[31m\u202e", "title": "\ud800"})
    _take(home)
    (file,) = stored(home.raw, "census_country")
    assert (file.origin.publisher, file.origin.title) == ("Census\\x1b[31m\\u202e", "\\ud800")


def test_a_refusal_is_over_when_a_sound_file_of_that_name_came_in(home: Home) -> None:
    """Cut off, neither the workbook nor the zip had a layout that is known; whole, they have a source, or the zip's files do."""
    workbook = country(home.root / "c.xlsx").read_bytes()
    table = country(home.root / "c.csv").read_bytes() + b"\r\n"
    archive = _zip(home.root / "mine.zip", {"country.csv": table}).read_bytes()
    for day, cut in enumerate((100, 0)):
        (home.landing / "country.xlsx").write_bytes(workbook[: len(workbook) - cut])
        (home.landing / "mine.zip").write_bytes(archive[: len(archive) - cut])
        _take(home, day)
        parse_stored(home, "census_country", NOW)
        standing = {row.file_name for row in standing_refusals(read_ledger(home.lake).values())}
        assert standing == ({"country.xlsx", "mine.zip"} if cut else set())

"""Downloads of bulk archives from a local server: whole, cut off and gone on with, changed, damaged, absent."""

import io
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256

import httpx
import pytest

from assets.acquire import bulk_download, http
from assets.acquire.bulk_download import BulkDownloads, _Version, archive_url
from assets.acquire.http import ATTEMPTS
from assets.acquire.landing import Outcome
from assets.home import Home
from assets.parsing.census_api_variables import Flow
from assets.store.origin import ORIGIN_SUFFIX, read_origin
from tests.unit.acquire.fake_server import FakeServer, Reply

NOON = datetime(2025, 2, 20, 12, tzinfo=UTC)
DECEMBER = date(2024, 12, 1)
NAME = "IMDB2412.ZIP"
PATH = f"/2024/Merch/im_m/{NAME}"


def archive_of(seed: int, size: int = 60_000) -> bytes:
    """A zip with one member that does not compress."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo("IMP_DETL.TXT")  # its date is fixed: the same seed gives the same bytes
        archive.writestr(member, random.Random(seed).randbytes(size))  # noqa: S311  (filler, no secret)
    return data.getvalue()


ARCHIVE = archive_of(1)
Fetch = Callable[..., Outcome]


@pytest.fixture
def fetch(server: FakeServer, home: Home, pauses: list[float]) -> Fetch:
    """Fetches the archive of December 2024, each time with a new object as in a new run."""

    def fetch_december(**options: object) -> Outcome:
        given = {"base_url": server.url, "sleep": pauses.append, "now": lambda: NOON, **options}
        (outcome,) = BulkDownloads(home, **given).fetch("imports", [DECEMBER])  # type: ignore[arg-type]
        return outcome

    return fetch_december


@pytest.mark.parametrize(
    ("flow", "month", "url"),
    [
        ("imports", DECEMBER, "https://www.census.gov/trade/downloads/2024/Merch/im_m/IMDB2412.ZIP"),
        ("exports", date(2009, 1, 1), "https://www.census.gov/trade/downloads/2009/Merch/ex_m/EXDB0901.ZIP"),
    ],
)
def test_addresses(flow: Flow, month: date, url: str) -> None:
    assert archive_url(flow, month) == url


def test_an_archive_is_landed_with_its_origin(fetch: Fetch, server: FakeServer, home: Home) -> None:
    server.files[PATH] = ARCHIVE
    outcome = fetch()
    digest = sha256(ARCHIVE).hexdigest()
    assert outcome == Outcome(NAME, "downloaded", f"{NAME}: {len(ARCHIVE):,} bytes, SHA-256 {digest}")
    assert (home.landing / NAME).read_bytes() == ARCHIVE
    origin = read_origin(home.landing / (NAME + ORIGIN_SUFFIX))
    assert (origin.publisher, origin.url, origin.retrieved_at) == ("US Census Bureau", server.url + PATH, NOON)
    assert origin.extract_note is not None
    assert origin.extract_note.startswith(f"As downloaded: {len(ARCHIVE):,} bytes, SHA-256 {digest}, ETag ")
    assert sorted(entry.name for entry in home.landing.iterdir()) == [NAME, NAME + ORIGIN_SUFFIX]


def test_a_download_that_is_cut_off_goes_on_where_it_ended(fetch: Fetch, server: FakeServer, home: Home) -> None:
    server.files[PATH] = ARCHIVE
    server.script = [Reply(cut=20_000), Reply(cut=7_000)]
    assert fetch().status == "downloaded"
    assert (home.landing / NAME).read_bytes() == ARCHIVE
    assert [asked.headers.get("range") for asked in server.asked] == [None, "bytes=20000-", "bytes=27000-"]
    assert server.asked[1].headers["if-range"] == f'"{sha256(ARCHIVE).hexdigest()[:8]}"'


def test_the_next_run_goes_on_where_the_last_one_ended(fetch: Fetch, server: FakeServer, home: Home) -> None:
    server.files[PATH] = ARCHIVE
    server.script = [Reply(cut=20_000), *[Reply(503)] * (ATTEMPTS - 1)]
    outcome = fetch()
    assert (outcome.status, outcome.message) == ("missing", "127.0.0.1 answered 503 Service Unavailable")
    assert [entry.name for entry in home.landing.iterdir()] == [f".{NAME}.part"]
    assert fetch().status == "downloaded"
    assert server.asked[-1].headers["range"] == "bytes=20000-"
    assert (home.landing / NAME).read_bytes() == ARCHIVE


def test_an_archive_that_changed_meanwhile_begins_anew(fetch: Fetch, server: FakeServer, home: Home) -> None:
    server.files[PATH] = ARCHIVE
    server.script = [Reply(cut=20_000), *[Reply(503)] * (ATTEMPTS - 1)]
    fetch()
    server.files[PATH] = archive_of(2)
    assert fetch().status == "downloaded"
    assert (home.landing / NAME).read_bytes() == archive_of(2)


def test_without_a_version_to_name_the_download_begins_anew(fetch: Fetch, server: FakeServer, home: Home) -> None:
    server.script = [Reply(body=ARCHIVE, cut=20_000, headers={"ETag": 'W/"weak"'}), Reply(body=ARCHIVE)]
    assert fetch().status == "downloaded"
    assert "range" not in server.asked[1].headers
    assert (home.landing / NAME).read_bytes() == ARCHIVE


@pytest.mark.parametrize(
    "extent", [f"bytes 10000-59999/{len(ARCHIVE)}", "bytes 20000-29999/30000", "bytes */9", "", "bytes 20000-x/1"]
)
def test_a_wrong_range_is_thrown_away(fetch: Fetch, server: FakeServer, home: Home, extent: str) -> None:
    server.files[PATH] = ARCHIVE
    server.script = [Reply(cut=20_000), Reply(206, ARCHIVE[10_000:], {"Content-Range": extent})]
    assert fetch().status == "downloaded"
    assert "range" not in server.asked[2].headers
    assert (home.landing / NAME).read_bytes() == ARCHIVE


def test_a_part_longer_than_the_file_is_thrown_away(fetch: Fetch, server: FakeServer, home: Home) -> None:
    server.files[PATH] = ARCHIVE
    server.script = [Reply(cut=20_000), Reply(416)]
    assert fetch().status == "downloaded"
    assert [asked.headers.get("range") for asked in server.asked] == [None, "bytes=20000-", None]
    assert (home.landing / NAME).read_bytes() == ARCHIVE


def test_a_damaged_archive_is_thrown_away_and_fetched_anew(fetch: Fetch, server: FakeServer, home: Home) -> None:
    damaged = bytearray(ARCHIVE)
    damaged[1000] ^= 0xFF
    server.files[PATH] = ARCHIVE
    server.script = [Reply(body=bytes(damaged)), Reply(body=ARCHIVE[:-100])]
    assert fetch().status == "downloaded"
    assert len(server.asked) == 3
    assert (home.landing / NAME).read_bytes() == ARCHIVE


def test_an_archive_that_stays_damaged_is_not_landed(fetch: Fetch, server: FakeServer, home: Home) -> None:
    server.script = [Reply(body=ARCHIVE[:-100])] * ATTEMPTS
    outcome = fetch()
    assert outcome.status == "missing"
    assert outcome.message.startswith(f"{NAME} arrived damaged (File is not a zip file)")
    assert list(home.landing.iterdir()) == []


def test_a_web_page_is_no_archive_and_leaves_what_was_downloaded(fetch: Fetch, server: FakeServer, home: Home) -> None:
    server.files[PATH] = ARCHIVE
    server.script = [Reply(cut=20_000), *[Reply(body=b"<html>Sorry</html>")] * (ATTEMPTS - 1)]
    outcome = fetch()
    assert outcome.message.startswith(f"{NAME}: no zip archive came, it starts b'<")
    assert (home.landing / f".{NAME}.part").read_bytes() == ARCHIVE[:20_000]


def test_an_archive_already_landed_is_not_downloaded_again(fetch: Fetch, server: FakeServer, home: Home) -> None:
    server.files[PATH] = ARCHIVE
    fetch()
    (home.landing / NAME).unlink()
    assert fetch() == Outcome(NAME, "unchanged", f"{NAME} is as it was when it was last landed")
    assert not (home.landing / NAME).exists()
    server.files[PATH] = archive_of(3)
    assert fetch().status == "downloaded"


def test_a_month_not_published_yet(fetch: Fetch, server: FakeServer) -> None:
    url = server.url + PATH
    assert fetch() == Outcome(NAME, "not published", f"{NAME} is not at {url}: not published yet")


@pytest.mark.parametrize("status", [301, 403])
def test_an_answer_that_says_no_is_not_asked_for_again(fetch: Fetch, server: FakeServer, status: int) -> None:
    server.script = [Reply(status, b"no")]
    outcome = fetch()
    assert outcome.status == "missing"
    assert outcome.message.startswith(f"{server.url}{PATH}: {status} ")
    assert len(server.asked) == 1


def test_a_body_over_the_limit_is_not_kept(fetch: Fetch, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_download, "LARGEST_ARCHIVE", 1_000)
    server.files[PATH] = ARCHIVE
    assert fetch().message == f"{NAME} has {len(ARCHIVE):,} bytes; at most 1,000 are expected"


def test_headers_without_end_are_given_up(fetch: Fetch, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "HEADER_SECONDS", 0.2)
    server.script = [Reply(200, b"X-More: yes\r\n", drip=0.02)] * ATTEMPTS
    assert fetch().message == "127.0.0.1 gave no whole answer in time"
    server.files[PATH] = ARCHIVE
    assert fetch().status == "downloaded"


def test_a_silent_server_is_given_up(fetch: Fetch, server: FakeServer) -> None:
    server.script = [Reply(body=ARCHIVE, pause=0.3)] * ATTEMPTS
    assert fetch(timeout=httpx.Timeout(0.1)).message == "127.0.0.1 gave no whole answer in time"


def test_without_a_connection_each_month_is_named(home: Home, pauses: list[float]) -> None:
    downloads = BulkDownloads(home, base_url="http://127.0.0.1:9", sleep=pauses.append)
    outcomes = list(downloads.fetch("exports", [DECEMBER, date(2025, 1, 1)]))
    assert [(one.name, one.status) for one in outcomes] == [("EXDB2412.ZIP", "missing"), ("EXDB2501.ZIP", "missing")]
    assert all(one.message.startswith("no connection to 127.0.0.1") for one in outcomes)
    assert all(one.message.endswith("what has landed before is used without it") for one in outcomes)
    assert len(pauses) == ATTEMPTS - 1  # the second month is not tried


@pytest.mark.parametrize(
    ("header", "moment"),
    [
        ("Thu, 19 Feb 2026 13:30:00 GMT", datetime(2026, 2, 19, 13, 30, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_the_date_of_change_is_a_moment_where_it_can_be_read(header: str | None, moment: datetime | None) -> None:
    assert _Version(modified=header).modified_at == moment

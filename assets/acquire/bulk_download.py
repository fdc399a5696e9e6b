"""Downloads the Census bulk archives (IMDByymm.ZIP, EXDByymm.ZIP) month by month into the landing folder.

Here belong their addresses, going on with a download that was cut off, and the proof that an archive is whole. What is
in an archive belongs to `assets/parsing/census_bulk.py`.
"""

import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import chain
from pathlib import Path
from time import sleep as wait

import httpx
from pydantic import BaseModel

from assets.acquire.http import (
    TIMEOUT,
    FetchError,
    NoConnection,
    Refusal,
    Sleep,
    Unavailable,
    asked,
    body_parts,
    open_client,
    refusal_text,
    with_retries,
)
from assets.acquire.landing import Outcome, land_origin, memory_folder, remember, remembered
from assets.home import Home
from assets.parsing.census_api_variables import Flow
from assets.store.files import flush_folder, sha256_of
from assets.store.origin import Origin

BASE_URL = "https://www.census.gov/trade/downloads"
LARGEST_ARCHIVE = 2 << 30
"""The largest real archives have some 200 MB."""
DEADLINE = 3600.0
"""Seconds for one try; the next goes on where it ended."""

_FOLDERS: dict[Flow, tuple[str, str]] = {"imports": ("im_m", "IMDB"), "exports": ("ex_m", "EXDB")}
_MEMORY_FILE = "census_bulk.json"
_ZIP_START = b"PK"
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15})")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


class _Version(BaseModel):
    """The version of a file at its server, and its size."""

    etag: str | None = None
    modified: str | None = None
    total: int | None = None

    @property
    def validator(self) -> str | None:
        """What `If-Range` may name: a strong ETag, else the date of change."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    @property
    def modified_at(self) -> datetime | None:
        """The date of change as a moment; None where the server tells none that can be read."""
        try:
            return parsedate_to_datetime(self.modified) if self.modified else None
        except ValueError:
            return None

    @property
    def words(self) -> str:
        """For the origin record."""
        return f"ETag {self.etag or 'none'}, Last-Modified {self.modified or 'none'}"


class _Memory(BaseModel):
    """The version of each archive that was last landed, by address."""

    landed: dict[str, _Version] = {}


def archive_url(flow: Flow, month: date, base_url: str = BASE_URL) -> str:
    """The address of one month's archive."""
    folder, letters = _FOLDERS[flow]
    return f"{base_url.rstrip('/')}/{month:%Y}/Merch/{folder}/{letters}{month:%y%m}.ZIP"


class BulkDownloads:
    """Downloads archives below a data folder."""

    def __init__(
        self,
        home: Home,
        *,
        base_url: str = BASE_URL,
        sleep: Sleep = wait,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout: httpx.Timeout = TIMEOUT,
        deadline: float = DEADLINE,
    ) -> None:
        self._home = home
        self._base_url = base_url
        self._sleep = sleep
        self._now = now
        self._timeout = timeout
        self._deadline = deadline
        self._memory_path = memory_folder(home) / _MEMORY_FILE

    def fetch(self, flow: Flow, months: Iterable[date]) -> Iterator[Outcome]:
        """Land the archive of each month that is new or has changed since it was last landed, one after the other.

        Raises nothing about the network: a month that could not be had is `missing` with the reason, and what was
        downloaded of it is kept for the next run. Without a connection the months after it are not asked for.
        """
        offline: str | None = None
        with open_client(timeout=self._timeout) as client:
            for month in months:
                url = archive_url(flow, month, self._base_url)
                name = url.rpartition("/")[2]
                if offline is not None:
                    yield Outcome(name, "missing", offline)
                    continue
                try:
                    yield with_retries(partial(self._try, client, url, name), self._sleep)
                except NoConnection as problem:
                    offline = f"{problem}: what has landed before is used without it"
                    yield Outcome(name, "missing", offline)
                except FetchError as problem:
                    yield Outcome(name, "missing", str(problem))

    def is_out(self, flow: Flow, month: date) -> bool:
        """Whether the archive of a month is at its address, told by its first bytes. Raises `FetchError`."""
        url = archive_url(flow, month, self._base_url)
        with open_client(timeout=self._timeout) as client:
            return with_retries(partial(self._begins, client, url), self._sleep)

    def _begins(self, client: httpx.Client, url: str) -> bool:
        with asked(client, url, {"Accept-Encoding": "identity", "Range": "bytes=0-3"}) as response:
            if response.status_code == httpx.codes.NOT_FOUND:
                return False
            if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                raise Refusal(f"{url}: {refusal_text(response, self._deadline)}")
            # Not read further: a server that knows no ranges sends the whole archive.
            first = next(response.iter_raw(len(_ZIP_START)), b"")
        if not first.startswith(_ZIP_START):
            raise Unavailable(f"{url}: no zip archive came, it starts {first!r}")
        return True

    def _try(self, client: httpx.Client, url: str, name: str) -> Outcome:
        part = _Part(self._home, name)
        if not part.is_complete:
            answered = self._download(client, url, part)
            if answered is not None:
                return answered
        part.verify()
        return self._land(url, part)

    def _download(self, client: httpx.Client, url: str, part: "_Part") -> Outcome | None:
        """Fill the part from where it ends; an outcome if there is nothing to land."""
        memory = remembered(self._memory_path, _Memory())
        start = part.resumable_from
        headers = part.resume_headers if start else _if_changed(memory.landed.get(url))
        with asked(client, url, {"Accept-Encoding": "identity", **headers}) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return Outcome(part.name, "unchanged", f"{part.name} is as it was when it was last landed")
            if response.status_code == httpx.codes.NOT_FOUND:
                return Outcome(part.name, "not published", f"{part.name} is not at {url}: not published yet")
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.discard()
                raise Unavailable(f"{part.name} is shorter than what was downloaded of it: fetched anew")
            if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                raise Refusal(f"{url}: {refusal_text(response, self._deadline)}")
            part.fill(response, self._deadline)
        return None

    def _land(self, url: str, part: "_Part") -> Outcome:
        digest, size = sha256_of(part.path), part.path.stat().st_size
        version = part.version
        origin = Origin(
            publisher="US Census Bureau",
            title=f"U.S. merchandise trade, bulk archive {part.name}",
            licence="Public domain (US government work)",
            url=url,
            retrieved_at=self._now(),
            last_modified=version.modified_at,
            extract_note=f"As downloaded: {size:,} bytes, SHA-256 {digest}, {version.words}.",
        )
        part.move_to(land_origin(self._home, part.name, origin))
        memory = remembered(self._memory_path, _Memory())
        memory.landed[url] = version
        remember(self._memory_path, memory)
        return Outcome(part.name, "downloaded", f"{part.name}: {size:,} bytes, SHA-256 {digest}")


class _Part:
    """A download in the landing folder under a hidden name, so that moving it there when whole is one rename."""

    def __init__(self, home: Home, name: str) -> None:
        self.name = name
        self.path = home.landing / f".{name}.part"
        self._version_path = memory_folder(home) / f"{name}.part.json"
        self.version = remembered(self._version_path, _Version())

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def is_complete(self) -> bool:
        return self.size > 0 and self.size == self.version.total

    @property
    def resumable_from(self) -> int:
        """How many bytes may be kept: none if the server gave nothing to tell the version by."""
        return self.size if self.version.validator else 0

    @property
    def resume_headers(self) -> dict[str, str]:
        return {"Range": f"bytes={self.size}-", "If-Range": self.version.validator or ""}

    def fill(self, response: httpx.Response, deadline: float) -> None:
        """Append a partial answer, or begin anew with a whole one. `Unavailable` if what came is not the whole."""
        start, total = self._extent(response)
        if total is not None and total > LARGEST_ARCHIVE:
            raise Refusal(f"{self.name} has {total:,} bytes; at most {LARGEST_ARCHIVE:,} are expected")
        pieces = body_parts(response, LARGEST_ARCHIVE - start, deadline)
        first = next(pieces, b"")
        if not start:
            if not _ZIP_START.startswith(first[: len(_ZIP_START)]):
                raise Unavailable(f"{self.name}: no zip archive came, it starts {first[:60]!r}")
            self._begin(response, total)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("r+b" if start else "wb") as stream:
            stream.seek(start)
            for piece in chain([first], pieces):
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        if total is not None and self.size != total:
            raise Unavailable(f"{self.name}: {self.size:,} of {total:,} bytes came")

    def verify(self) -> None:
        """Read every member to its checksum; a damaged download is thrown away and `Unavailable`."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                damaged = archive.testzip()
        except _DAMAGE as error:
            damaged = str(error) or type(error).__name__
        if damaged is not None:
            self.discard()
            raise Unavailable(f"{self.name} arrived damaged ({damaged}): fetched anew")

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._version_path.unlink(missing_ok=True)

    def move_to(self, path: Path) -> None:
        """One rename; the part is gone after it."""
        self.path.chmod(0o644)
        self.path.replace(path)
        flush_folder(path.parent)
        self._version_path.unlink(missing_ok=True)

    def _begin(self, response: httpx.Response, total: int | None) -> None:
        self.version = _Version(
            etag=response.headers.get("ETag"), modified=response.headers.get("Last-Modified"), total=total
        )
        remember(self._version_path, self.version)

    def _extent(self, response: httpx.Response) -> tuple[int, int | None]:
        """Where the body begins in the file, and the file's size if the server tells."""
        if response.status_code == httpx.codes.OK:
            length = response.headers.get("Content-Length", "")
            return 0, int(length) if length.isdigit() else None
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if match is None or int(match[1]) != self.size or int(match[2]) != self.version.total:
            seen = response.headers.get("Content-Range")
            self.discard()
            raise Unavailable(f"{self.name}: bytes from {self.size:,} on were asked for, {seen!r} came")
        return self.size, self.version.total


def _if_changed(version: _Version | None) -> dict[str, str]:
    """Headers that make the server answer 304 for the version that was landed last."""
    if version is None:
        return {}
    if version.etag:
        return {"If-None-Match": version.etag}
    return {"If-Modified-Since": version.modified} if version.modified else {}

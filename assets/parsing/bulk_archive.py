"""Opens a Census bulk archive safely and says what it is: imports or exports, and the month its name tells.

Here belongs the zip: its members, its limits, its damages. What is in the members does not belong here.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, get_args

from assets.errors import RefusedFile
from assets.parsing.bulk_layouts import Flow, layouts, members

MAX_INFLATED_BYTES = 8 << 30
"""A December imports archive inflates to about 2.5 GB."""
MAX_RATIO = 400
"""Real archives deflate 3 to 10 times, files of nearly equal lines 200 times; a bomb comes near 1,000."""
RATIO_FREE_BYTES = 1 << 20
"""A member this small is no bomb, whatever its ratio."""
MAX_MEMBERS = 200

_ENCRYPTED = 0x1
_HEAD_BYTES = 1024
_DOCUMENTATION = "DOCUMENTATION"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NAME = re.compile(r"(?<![A-Z0-9])(IM|EX)(H?)DB(\d\d)(\d\d)?(?!\d)")
_FLOWS: dict[str, Flow] = {"IM": "imports", "EX": "exports"}
_FIRST_YEAR = 1989
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True)
class NamedPeriod:
    """What a file name such as IMDB2512.ZIP says; a history file (IMHDB25.ZIP) names no month."""

    flow: Flow
    year: int
    month: int | None


class MemberStream:
    """A member's bytes; damage met while reading is a `RefusedFile` that names the member."""

    def __init__(self, stream: IO[bytes], file: str, member: str) -> None:
        self._stream = stream
        self._file = file
        self._member = member

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except _DAMAGE as error:
            raise _damaged(self._file, self._member, error) from error


@dataclass(frozen=True)
class BulkArchive:
    """An open archive: `members` maps names such as IMP_DETL to the members that are read."""

    name: str
    flow: Flow
    named: NamedPeriod | None
    members: dict[str, zipfile.ZipInfo]
    ignored: tuple[str, ...]
    _zip: zipfile.ZipFile

    @property
    def content_sha256(self) -> str:
        """What the archive says, however it was zipped: SHA-256 of name, size and CRC-32 of each member that is read.

        It costs no more than the zip's directory; the CRC-32 is checked when the member is read.
        """
        told = sorted(f"{member} {info.file_size} {info.CRC:08x}" for member, info in self.members.items())
        return sha256("\n".join(told).encode()).hexdigest()

    @contextmanager
    def open(self, member: str) -> Iterator[MemberStream]:
        """Stream one member's bytes."""
        info = self.members[member]
        try:
            stream = self._zip.open(info)
        except _DAMAGE as error:
            raise _damaged(self.name, info.filename, error) from error
        with stream:
            yield MemberStream(stream, self.name, info.filename)


def flow_by_members(path: Path, name: str) -> Flow | None:
    """The flow whose detail or control members a zip has (of both, the one in its name); None for any other file.

    Never raises for bad bytes: what is wrong with an archive is told by `open_archive`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = {_canonical(info.filename) for info in archive.infolist()}
    except _DAMAGE:
        return None
    flows: list[Flow] = [
        flow for flow in get_args(Flow) if names & {*members(flow, "detail"), *members(flow, "control")}
    ]
    named = flow_by_name(name)
    if named in flows:
        return named
    return flows[0] if flows else None


def flow_by_name(name: str) -> Flow | None:
    """The flow that a name such as IMDB2512.ZIP tells; None for other names."""
    match = _NAME.search(name.upper())
    return None if match is None else _FLOWS[match[1]]


@contextmanager
def open_archive(path: Path, name: str) -> Iterator[BulkArchive]:
    """Open `path`, called `name` in messages. Raises `RefusedFile` for anything but a sound monthly archive."""
    named = _named_period(name)
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        seen = f"a damaged or truncated one ({error})"
        raise RefusedFile(name, "file", "a complete zip archive", _page(path) or seen) from error
    with archive:
        found, ignored = _sound_members(archive.infolist(), name)
        flow = _flow(found, name)
        if named is not None and named.flow != flow:
            detail = members(flow, "detail")[0]
            raise RefusedFile(name, "file name", f"a name of an {flow} archive, as its member {detail} is", named.flow)
        needed = (*members(flow, "detail"), *members(flow, "control"))
        if missing := [member for member in needed if member not in found]:
            raise RefusedFile(name, "members", f"{', '.join(needed)}", f"no {', '.join(missing)}")
        yield BulkArchive(name, flow, named, found, ignored, archive)


def _page(path: Path) -> str | None:
    """A web page saved in place of an archive, in words."""
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).lstrip()
    return f"a web page that starts {head[:80].decode('latin-1')!r}" if head.startswith(b"<") else None


def _sound_members(infos: list[zipfile.ZipInfo], name: str) -> tuple[dict[str, zipfile.ZipInfo], tuple[str, ...]]:
    if len(infos) > MAX_MEMBERS:
        raise RefusedFile(name, "members", f"at most {MAX_MEMBERS}", f"{len(infos):,}")
    total = sum(info.file_size for info in infos)
    if total > MAX_INFLATED_BYTES:
        raise RefusedFile(name, "members", f"at most {MAX_INFLATED_BYTES:,} bytes inflated", f"{total:,} bytes")
    found: dict[str, zipfile.ZipInfo] = {}
    ignored: list[str] = []
    for info in infos:
        refuse_unsafe(info, name)
        member = _canonical(info.filename)
        if member is None:
            ignored.append(info.filename)
        elif member in found:
            raise RefusedFile(
                name, info.filename, f"one member {member}", f"a second one beside {found[member].filename}"
            )
        else:
            found[member] = info
    return found, tuple(ignored)


def refuse_unsafe(info: zipfile.ZipInfo, name: str) -> None:
    """Refuse a member by what the directory says of it: a path out of the archive, a password, a method, a bomb."""
    path = info.orig_filename
    if ".." in re.split(r"[/\\]", path) or path.startswith(("/", "\\")) or ":" in path or "\x00" in path:
        raise RefusedFile(name, "members", "member names inside the archive", repr(path))
    if info.flag_bits & _ENCRYPTED:
        raise RefusedFile(name, path, "a member without a password", "an encrypted one")
    if info.compress_type not in _METHODS:
        raise RefusedFile(name, path, "a stored or deflated member", f"compression method {info.compress_type}")
    if info.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * info.compress_size):
        seen = f"{info.file_size:,} bytes from {info.compress_size:,} (a zip bomb)"
        raise RefusedFile(name, path, f"a member deflated at most {MAX_RATIO} times", seen)


def _canonical(path: str) -> str | None:
    """IMP_DETL for imp_detl.txt in any folder but the documentation; None for members that are not read."""
    parts = PurePosixPath(path.upper().replace("\\", "/"))
    if parts.suffix != ".TXT" or _DOCUMENTATION in parts.parts[:-1]:
        return None
    return parts.stem if parts.stem in layouts() else None


def _flow(found: dict[str, zipfile.ZipInfo], name: str) -> Flow:
    flows: list[Flow] = []
    for member in found:
        flow = layouts()[member][0].flow
        if flow is not None and flow not in flows:
            flows.append(flow)
    if len(flows) == 1:
        return flows[0]
    seen = "both" if flows else f"members {', '.join(found) or 'of neither'}"
    raise RefusedFile(name, "members", "an imports archive (IMP_...) or an exports archive (EXP_...)", seen)


def _named_period(name: str) -> NamedPeriod | None:
    match = _NAME.search(name.upper())
    if match is None:
        return None
    letters, history, year, month = match.groups()
    if month is not None and not 1 <= int(month) <= 12:
        raise RefusedFile(name, "file name", "a month from 01 to 12", month)
    if month is None and not history:
        return None
    century = 1900 if 1900 + int(year) >= _FIRST_YEAR else 2000
    return NamedPeriod(_FLOWS[letters], century + int(year), None if month is None else int(month))


def _damaged(file: str, member: str, error: BaseException) -> RefusedFile:
    return RefusedFile(file, member, "a sound member of the zip", f"damage: {error or type(error).__name__}")

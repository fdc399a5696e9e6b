"""A zip of files that are sources of their own, such as the FT-900 with all its exhibits: safe opening, member by member.

Here belongs telling such a zip from one that is a source itself (a workbook, a bulk archive, a zip of answers of the
Census API), and its limits. What is in the members does not belong here.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from assets.errors import RefusedFile
from assets.parsing.bulk_archive import flow_by_members, flow_by_name, refuse_unsafe
from assets.parsing.content import WORKBOOK_MEMBER
from assets.parsing.opening import ZIP_MAGIC
from assets.store.origin import ORIGIN_SUFFIX

MAX_MEMBERS = 1_000
MAX_INFLATED_BYTES = 4 << 30
"""All members together: a year of bulk archives has about 3 GB."""

_CHUNK_BYTES = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True)
class Container:
    """An open zip of files; `members` are the files in it by their paths, without what operating systems leave."""

    name: str
    members: dict[str, zipfile.ZipInfo]
    _zip: zipfile.ZipFile

    def parts(self, member: str) -> Iterator[bytes]:
        """The bytes of a member, never more than the directory declares; raises `RefusedFile` for a bomb or damage."""
        info = self.members[member]
        refuse_unsafe(info, self.name)
        try:
            with self._zip.open(info) as stream:
                # zipfile stops at the declared size and compares checksums: a lie in the directory ends here.
                while part := stream.read(_CHUNK_BYTES):
                    yield part
        except _DAMAGE as error:
            seen = f"damage: {error or type(error).__name__}"
            raise RefusedFile(self.name, member, "a sound member of the zip", seen) from error


def is_container(path: Path, name: str) -> bool:
    """Whether a file is a zip that is no source itself; never raises for bad bytes."""
    try:
        with path.open("rb") as stream:
            if stream.read(len(ZIP_MAGIC)) != ZIP_MAGIC:
                return False
        with zipfile.ZipFile(path) as archive:
            members = [info.filename for info in archive.infolist() if not info.is_dir()]
    except _DAMAGE:
        return False
    if not members or WORKBOOK_MEMBER in members or flow_by_members(path, name):
        return False
    if any(member.endswith(ORIGIN_SUFFIX) for member in members):
        return True
    endings = {PurePosixPath(member).suffix.casefold() for member in members}
    return endings != {".json"} and not (flow_by_name(name) and ".txt" in endings)


@contextmanager
def open_container(path: Path, name: str) -> Iterator[Container]:
    """Open a zip of which `is_container` is true; raises `RefusedFile` for too many members or too much in them."""
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > MAX_MEMBERS:
            raise RefusedFile(name, "zip directory", f"at most {MAX_MEMBERS:,} members", f"{len(infos):,}")
        total = sum(info.file_size for info in infos)
        if total > MAX_INFLATED_BYTES:
            seen = f"{total:,} bytes declared"
            raise RefusedFile(name, "zip directory", f"at most {MAX_INFLATED_BYTES:,} bytes inflated", seen)
        yield Container(name, {info.filename: info for info in infos if not _is_clutter(info.filename)}, archive)


def _is_clutter(member: str) -> bool:
    """Whether an operating system left the member: hidden files and resource forks."""
    return any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in PurePosixPath(member).parts)

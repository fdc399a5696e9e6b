"""The raw store: every file taken in, once, unchanged, under its source and hash.

No file's bytes or origin are ever overwritten or deleted: `put` adds, everything else reads. Beside them stands what
an operator decided about the file (`decisions.py`). Whether a file may come in is decided in `landing.py`.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from assets.store.files import flush_folder, sha256_of
from assets.store.origin import Origin, read_origin, write_origin

ORIGIN_FILE = "origin.json"
CONTENT = "content"
INCOMING = ".incoming-"
FILE_ID_DIGITS = 16


@dataclass(frozen=True)
class RawFile:
    """One stored file: its source, identity, bytes and where they came from."""

    source: str
    sha256: str
    path: Path
    origin: Origin

    @property
    def file_id(self) -> str:
        """Short name of the file in rows, ledger and evidence: the first digits of its hash."""
        return self.sha256[:FILE_ID_DIGITS]

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size


@dataclass(frozen=True)
class Copy:
    """Bytes in a folder of their own within the raw store, which nobody else writes, and the hash they were copied with."""

    path: Path
    sha256: str


@contextmanager
def private_copy(raw: Path, parts: Iterable[bytes], suffix: str) -> Iterator[Copy]:
    """The bytes as they come, hashed while they are written; the copy is gone after the block unless `put` stored it.

    `suffix` is that of the file's name. What `parts` raises is raised; so is OSError when the raw store cannot be written.
    """
    raw.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=INCOMING, dir=raw))
    try:
        content = folder / f"{CONTENT}{suffix}"
        digest = sha256()
        with content.open("xb") as stream:
            for part in parts:
                digest.update(part)
                stream.write(part)
        yield Copy(content, digest.hexdigest())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(raw: Path, source: str, copy: Copy, origin: Origin) -> RawFile:
    """Store a copy under its source and hash; a file whose bytes are here already is not stored again."""
    folder = raw / source / copy.sha256
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with copy.path.open("rb") as stream:
            os.fsync(stream.fileno())
        copy.path.chmod(0o444)
        write_origin(copy.path.with_name(ORIGIN_FILE), origin)
        copy.path.parent.chmod(0o755)
        copy.path.parent.replace(folder)
        flush_folder(folder.parent)
    return stored_file(source, folder)


def stored(raw: Path, source: str) -> Iterator[RawFile]:
    """All files of one source, in the order of their hashes."""
    folder = raw / source
    if folder.is_dir():
        for entry in sorted(folder.iterdir()):
            if entry.is_dir() and not entry.name.startswith("."):
                yield stored_file(source, entry)


def is_stored(raw: Path, source: str, sha256: str) -> bool:
    """True when the file is here."""
    return (raw / source / sha256).is_dir()


def received_moments(raw: Path) -> Iterator[datetime]:
    """When each stored file was taken in."""
    for path in raw.glob(f"*/*/{ORIGIN_FILE}"):
        moment = None if path.parent.name.startswith(".") else read_origin(path).received_at
        if moment is not None:
            yield moment


def is_intact(file: RawFile) -> bool:
    """True when the stored bytes still have the hash they are stored under."""
    return sha256_of(file.path) == file.sha256


def stored_file(source: str, folder: Path) -> RawFile:
    """The file in its folder; raises RefusedFile when its origin record cannot be read."""
    content = content_file(folder)
    if content is None:
        raise FileNotFoundError(f"{folder} holds no file")
    return RawFile(source, folder.name, content, read_origin(folder / ORIGIN_FILE))


def content_file(folder: Path) -> Path | None:
    """The stored bytes, under whatever suffix they came."""
    return next(folder.glob(f"{CONTENT}*"), None)

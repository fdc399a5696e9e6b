"""The raw store: every file taken in, once, unchanged, under its source and hash.

Nothing here is ever overwritten or deleted: `put` adds, everything else reads. Whether a file may come in is decided in
`intake.py`.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.store.files import flush_folder, sha256_of
from assets.store.origin import Origin, read_origin, write_origin

ORIGIN_FILE = "origin.json"
CONTENT = "content"
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


def put(raw: Path, source: str, path: Path, sha256: str, origin: Origin) -> RawFile:
    """Store a copy of `path`; a file whose bytes are here already is not stored again."""
    folder = raw / source / sha256
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".incoming-", dir=folder.parent))
        try:
            content = temporary / f"{CONTENT}{''.join(path.suffixes[-2:]).lower()}"
            shutil.copyfile(path, content)
            content.chmod(0o444)
            write_origin(temporary / ORIGIN_FILE, origin)
            temporary.chmod(0o755)
            temporary.replace(folder)
            flush_folder(folder.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return _read(source, folder)


def stored(raw: Path, source: str) -> Iterator[RawFile]:
    """All files of one source, in the order of their hashes."""
    folder = raw / source
    if folder.is_dir():
        for entry in sorted(folder.iterdir()):
            if entry.is_dir() and not entry.name.startswith("."):
                yield _read(source, entry)


def is_intact(file: RawFile) -> bool:
    """True when the stored bytes still have the hash they are stored under."""
    return sha256_of(file.path) == file.sha256


def _read(source: str, folder: Path) -> RawFile:
    content = next(folder.glob(f"{CONTENT}*"))
    return RawFile(source, folder.name, content, read_origin(folder / ORIGIN_FILE))

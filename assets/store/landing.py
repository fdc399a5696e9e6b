"""Taking waiting files into the raw store: from the landing folder, or the bundled figures.

Here belongs finding what waits, recognising it, storing it once and clearing it away; a file of no known layout leaves
a ledger row and a note. Whether a file has arrived is seen in `arriving.py`, what becomes of a landed file while it is
taken in is in `in_hand.py`. What a stored file says belongs in `parse.py`.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath

from assets.errors import RefusedFile, visible
from assets.home import Home
from assets.parsing.container import Container, is_container, open_container
from assets.parsing.recognise import recognise
from assets.parsing.trial import try_out
from assets.store.arriving import has_stalled, is_arriving, is_written, look, still_arriving
from assets.store.clock import arrival
from assets.store.files import CHUNK_BYTES
from assets.store.in_hand import clear, give_back, release, take_in_hand
from assets.store.ledger import LedgerRow, OriginKind, ensure_ledger, read_ledger, write_row
from assets.store.origin import ORIGIN_SUFFIX, Origin, read_origin, record_of
from assets.store.raw_store import FILE_ID_DIGITS, Copy, RawFile, is_stored, private_copy, put, received_moments
from assets.store.refusals import About, changed_since_refused, set_aside
from assets.store.unrecognised import record_unrecognised, unrecognised

MAX_NAME_BYTES = 200
"""File systems take 255; a note or an origin record has a longer name than its file."""
MAX_BYTES = 4 << 30
"""The largest real archives have some 200 MB; what is larger is not copied."""
MAX_DEPTH = 8
"""Folders within folders that are looked into."""
MAX_SUFFIX = 20
UNFINISHED = (".part", ".tmp", ".crdownload", ".download", ".partial")
NO_FIGURES = frozenset({".py", ".pyc", ".md"})
"""What stands beside the bundled figures."""
ARRIVING = "left in landing/: it is still being written; the next refresh takes it"
NOT_TAKEN = "not taken"
UNTOLD = {"retrieved_at", "last_modified", "received_at", "file_name", "origin_kind"}
"""Fields in which two origin records of the same bytes may differ without a word: when they were fetched, under what name."""
KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: f"a folder that cannot be opened or is nested deeper than {MAX_DEPTH}",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


@dataclass(frozen=True)
class Waiting:
    """A file that waits to be taken in; `name` is its path below the folder it waits in, fit to be printed."""

    path: Path
    kind: OriginKind
    name: str

    @property
    def is_arriving(self) -> bool:
        """Whether it, or its origin record, looks at first sight as if it were still being written."""
        return is_arriving(self.path) or is_arriving(record_of(self.path))

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, and no link, pipe or folder, which must not be opened."""
        return look(self.path) is not None


def waiting_files(home: Home, bundled: Path | None) -> list[Waiting]:
    """Bundled files, then those in the landing folder and the folders in it, then refused ones that have changed since.

    By name. Left out are origin records, hidden files and unfinished downloads. Links and other things that are no regular
    files are listed, and never followed.
    """
    shipped = [path for path in _entries(bundled) if _waits(path) and path.suffix not in NO_FIGURES]
    landed = [path for path in _entries(home.landing, without=home.refused) if _waits(path)]
    again = [path for path in _entries(home.refused) if _waits(path) and changed_since_refused(path)]
    return [
        *(Waiting(path, "bundled", path.name) for path in shipped),
        *(Waiting(path, "landed", _shown(path, home.landing)) for path in landed),
        *(Waiting(path, "landed", _shown(path, home.refused)) for path in again),
    ]


@dataclass(frozen=True)
class Received:
    """What became of the files that waited: names newly stored, landed files whose bytes were here already, each with the
    name that they came in under first, refusals, and what else is to be told, by name."""

    stored: list[str] = field(default_factory=list)
    repeated: dict[str, str] = field(default_factory=dict)
    refused: list[LedgerRow] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)


def receive(home: Home, waiting: Iterable[Waiting], now: datetime) -> Received:
    """Store each waiting file under its source and hash; waits a little for those that are still being written.

    A landed file leaves the landing folder: its bytes are in the raw store, or, if no known layout matches, in
    `landing/refused/` with the reason beside it. Of a zip of files each is taken for itself. Bytes that were refused before
    are reported as refused again. Raises OSError when the data folder itself cannot be written; a landing folder that cannot
    is told.
    """
    ensure_ledger(home.lake)
    restore_unrecognised(home)
    files = list(waiting)
    ledger = read_ledger(home.lake)
    moment = arrival(
        now, [*received_moments(home.raw), *(row.retrieved_at for row in ledger.values() if row.source is None)]
    )
    desk = _Desk(home, moment, ledger, Received())
    told = desk.result.told
    told.update(_lying(home))
    if not (home.landing.is_dir() and os.access(home.landing, os.R_OK | os.W_OK | os.X_OK)):
        told["landing/"] = "not looked into: it is no folder that can be read and written"
    landed = [file.path for file in files if file.kind == "landed"]
    arriving = still_arriving([*landed, *map(record_of, landed)])
    for file in files:
        if file.path in arriving or record_of(file.path) in arriving:
            told[file.name] = ARRIVING
        elif file.kind == "bundled":
            desk.take(file, file.path)
        else:
            _take_landed(desk, file)
    clear(home)
    return desk.result


def restore_unrecognised(home: Home) -> None:
    """Give the ledger back the rows of unrecognised files that the raw store remembers and the ledger does not."""
    known = read_ledger(home.lake)
    for row in unrecognised(home.raw):
        if row.file_id not in known:
            write_row(home.lake, row)


def _take_landed(desk: "_Desk", file: Waiting) -> None:
    if file.path.is_dir() and not file.path.is_symlink():
        desk.result.told[file.name] = f"left in landing/: {KINDS[stat.S_IFDIR]}"
        return
    stalled = has_stalled(file.path)
    try:
        held = take_in_hand(desk.home, file.path)
    except FileNotFoundError:
        desk.result.told[file.name] = "gone before it was taken in"
        return
    except OSError as problem:
        desk.result.told[file.name] = (
            f"left where it is: it cannot be moved out of the landing folder ({problem.strerror})"
        )
        return
    try:
        desk.take(file, held, watched=not stalled)
    except BaseException:
        if os.path.lexists(held):
            give_back(desk.home, held)
        raise


def _entries(folder: Path | None, without: Path | None = None, depth: int = 0) -> Iterator[Path]:
    """Files below a folder by name, with whatever is no file and no folder that can be opened; hidden ones left out."""
    if folder is None or not folder.is_dir():
        return
    try:
        entries = sorted(folder.iterdir())
    except OSError:  # told by whoever takes in
        return
    for entry in entries:
        if entry == without or (entry.name.startswith(".") and not entry.name.startswith("..")):
            continue
        if entry.is_dir() and not entry.is_symlink() and depth < MAX_DEPTH and os.access(entry, os.R_OK | os.X_OK):
            yield from _entries(entry, depth=depth + 1)
        else:
            yield entry


def _lying(home: Home) -> dict[str, str]:
    """What lies in the landing folder and does not wait to be taken in, with the reason."""
    lying = {}
    for path in _entries(home.landing, without=home.refused):
        if path.name.casefold().endswith(UNFINISHED):
            lying[_shown(path, home.landing)] = "left in landing/: it has the name of an unfinished download"
        elif path.name.endswith(ORIGIN_SUFFIX) and not os.path.lexists(
            path.with_name(path.name[: -len(ORIGIN_SUFFIX)])
        ):
            lying[_shown(path, home.landing)] = "left in landing/: an origin record without its file"
    return lying


def _waits(path: Path) -> bool:
    return not (path.name.endswith(ORIGIN_SUFFIX) or path.name.casefold().endswith(UNFINISHED))


def _shown(path: Path, folder: Path) -> str:
    return visible(path.relative_to(folder).as_posix())


@dataclass(frozen=True)
class _Desk:
    """Where one file after the other is taken in, all at the same moment."""

    home: Home
    moment: datetime
    ledger: dict[str, LedgerRow]
    result: Received

    def take(self, file: Waiting, path: Path, *, watched: bool = False) -> None:
        """Store or refuse a file that stands still: a bundled one, or a landed one that is in hand.

        One that is `watched` goes back when a process has it open to write by now.
        """
        status, before = path.lstat(), look(path)
        digest = sha256(os.fsencode(f"{file.name}\n{status.st_ino}\n{status.st_mtime_ns}")).hexdigest()
        size = status.st_size
        note = ""
        try:
            _refuse_special(status, file.name)
            with private_copy(self.home.raw, _parts(path, file.name), _suffix(path)) as copy:
                if look(path) != before or (watched and is_written(path)):
                    self._give_back(file, path)
                    return
                digest, size = copy.sha256, copy.path.stat().st_size
                _refuse_name(file.name, path.name)
                origin = self._origin(file, record_of(path))
                if is_container(copy.path, file.name):
                    note = self._take_members(copy, file, origin)
                else:
                    self._store(recognise(copy.path, file.name), copy, origin, file)
        except RefusedFile as problem:
            self._refuse(file, digest, size, problem)
            note = "\n".join([str(problem), *self._left_in(file)])
        if file.kind == "bundled":
            return
        if note:
            set_aside(self.home.refused, path, file.name, About(digest[:FILE_ID_DIGITS], size), note)
        elif look(path) != before:
            self._give_back(file, path)
        else:
            release(path)

    def _give_back(self, file: Waiting, path: Path) -> None:
        give_back(self.home, path)
        self.result.told[file.name] = ARRIVING

    def _store(self, source: str, copy: Copy, origin: Origin, file: Waiting) -> None:
        is_here = is_stored(self.home.raw, source, copy.sha256)
        raw_file = put(self.home.raw, source, copy, origin)
        if not is_here:
            self.result.stored.append(file.name)
        elif file.kind == "landed":
            self.result.repeated[file.name] = raw_file.origin.file_name or file.name
            known = self.ledger.get(raw_file.file_id)
            if known and known.status == "refused":
                self.result.refused.append(known)
            if words := _unused(origin, raw_file):
                self.result.told[file.name + ORIGIN_SUFFIX] = words

    def _take_members(self, copy: Copy, file: Waiting, origin: Origin) -> str:
        """Take each file in a zip for itself; a note about those that were not taken, blank if all were."""
        with open_container(copy.path, file.name) as container:
            files = [name for name in container.members if not name.endswith(ORIGIN_SUFFIX)]
            for name in files:
                member = Waiting(copy.path, file.kind, visible(f"{file.name}/{name}"))
                try:
                    self._take_member(container, name, member, origin)
                except RefusedFile as problem:
                    self.result.told[member.name] = f"{NOT_TAKEN}: {problem.reason}"
        left = self._left_in(file)
        if len(left) == len(files):
            raise RefusedFile(file.name, "zip archive", "a file in it that can be read", f"none among {len(files)}")
        words = f"opened: {len(files) - len(left)} of its {len(files)} files taken"
        self.result.told[file.name] = words
        return "\n".join([f"{file.name}: {words}", *left]) if left else ""

    def _left_in(self, file: Waiting) -> list[str]:
        """What was told of the members of a zip that were not taken."""
        told = self.result.told.items()
        return [f"{name}: {words}" for name, words in told if name.startswith(f"{file.name}/") and NOT_TAKEN in words]

    def _take_member(self, container: Container, name: str, member: Waiting, outer: Origin) -> None:
        """Store a member that its parser takes, with its own origin record or, without one, that of the zip."""
        _refuse_name(member.name, PurePosixPath(name).name)
        with private_copy(self.home.raw, container.parts(name), _suffix(PurePosixPath(name))) as copy:
            source = try_out(copy.path, member.name).source
            origin = outer
            if name + ORIGIN_SUFFIX in container.members:
                parts = container.parts(name + ORIGIN_SUFFIX)
                with private_copy(self.home.raw, parts, ORIGIN_SUFFIX) as record:
                    origin = self._completed(read_origin(record.path), member)
            self._store(source, copy, origin.model_copy(update={"file_name": member.name}), member)

    def _origin(self, file: Waiting, record: Path) -> Origin:
        """The origin record beside the file, completed with what is known without it."""
        try:
            status = record.lstat()
        except OSError:  # there is none, or none can have so long a name
            return self._completed(Origin(), file)
        if not stat.S_ISREG(status.st_mode):
            raise RefusedFile(record.name, "file", "a regular file", _kind(status.st_mode))
        return self._completed(read_origin(record), file)

    def _completed(self, origin: Origin, file: Waiting) -> Origin:
        return origin.model_copy(
            update={
                "file_name": file.name,
                "origin_kind": file.kind,
                "retrieved_at": origin.retrieved_at or self.moment,
                "received_at": self.moment,
            }
        )

    def _refuse(self, file: Waiting, digest: str, size: int, problem: RefusedFile) -> None:
        """The ledger row of a file that could not be recognised; of one that cannot be read, `digest` is of its name."""
        row = LedgerRow(
            file_id=digest[:FILE_ID_DIGITS],
            source=None,
            file_name=file.name,
            sha256=digest,
            bytes=size,
            publisher=None,
            title=None,
            licence=None,
            url=None,
            published_on=None,
            retrieved_at=self.moment,
            vintage=None,
            vintage_rule=None,
            part=None,
            parser_version=None,
            rows_read=0,
            rows_accepted=0,
            rows_refused=0,
            status="refused",
            reason=problem.reason,
            newest_reference_month=None,
            origin_kind=file.kind,
        )
        record_unrecognised(self.home.raw, row)
        write_row(self.home.lake, row)
        self.result.refused.append(row)


def _refuse_special(status: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RefusedFile(name, "file", "a regular file", _kind(status.st_mode))
    if status.st_size > MAX_BYTES:
        raise RefusedFile(name, "file", f"at most {MAX_BYTES:,} bytes", f"{status.st_size:,} bytes")


def _kind(mode: int) -> str:
    return KINDS.get(stat.S_IFMT(mode), "a device")


def _refuse_name(name: str, last: str) -> None:
    """Refuse a name, of which `last` is the part behind all folders, that is not fit to be kept and printed."""
    if ".." in name or "\\" in name:  # what `visible` writes out has a backslash
        raise RefusedFile(name, "file name", "a plain name without path parts or control characters", f"'{name}'")
    if len(os.fsencode(last)) > MAX_NAME_BYTES:
        seen = f"{len(os.fsencode(last))} bytes"
        raise RefusedFile(name, "file name", f"a name of at most {MAX_NAME_BYTES} bytes", seen)


def _parts(path: Path, name: str) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while part := stream.read(CHUNK_BYTES):
                yield part
    except OSError as problem:
        raise RefusedFile(name, "file", "a readable file", problem.strerror or type(problem).__name__) from problem


def _suffix(path: Path | PurePosixPath) -> str:
    """The last two endings of a name, such as .csv.gz; none where they are no plain ones."""
    suffix = "".join(path.suffixes[-2:]).lower()
    return suffix if len(suffix) <= MAX_SUFFIX and suffix.isascii() and suffix.isprintable() else ""


def _unused(origin: Origin, stored: RawFile) -> str | None:
    """What the origin record of bytes that are here already says otherwise than the one they came with."""
    kept = stored.origin.model_dump(mode="json")
    others = [
        f"{name} {value} (kept: {kept[name] if kept[name] is not None else 'none'})"
        for name, value in origin.model_dump(mode="json", exclude_none=True, exclude=UNTOLD).items()
        if value != kept[name]
    ]
    if not others:
        return None
    words = f"not used, the file was here with another record: {'; '.join(others)}"
    day = origin.published_on
    if day is None or day == stored.origin.published_on:
        return words
    return f"{words}. To date the file: tradewake date {stored.file_id} {day}"

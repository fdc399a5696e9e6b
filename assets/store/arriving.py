"""Whether a file in the landing folder is still being written: it changed just now, or a process has it open to write.

Only looking belongs here; what is done with a file that still arrives is decided in `landing.py`.
"""

import errno
import os
import signal
import stat
import sys
import time
from collections.abc import Iterable
from pathlib import Path

if sys.platform == "linux":
    import fcntl

QUIET_SECONDS = 3.0
"""A file whose size or time has stood still for so long has arrived, if nobody is known to write it."""
PATIENCE_SECONDS = 15.0
"""How long a refresh waits for the files that are still arriving; the others it leaves for the next one."""
LOOK_SECONDS = 0.25
STALLED_SECONDS = 600.0
"""What has stood still for so long is taken even if the kernel says that somebody may write: on some network file systems
it never says otherwise."""

Look = tuple[int, int, int, int]


def look(path: Path) -> Look | None:
    """What changes when a file is written: its number, size and times (ns); None when it is gone or no regular file."""
    try:
        status = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def is_arriving(path: Path) -> bool:
    """Whether a file looks at first sight as if it were still being written."""
    seen = look(path)
    return seen is not None and (0 <= _age(seen) < QUIET_SECONDS or is_written(path))


def still_arriving(paths: Iterable[Path]) -> set[Path]:
    """Those of the files that change, or have a writer, to the end of PATIENCE_SECONDS; returns as soon as none does.

    A time in the future tells nothing: such a file has arrived when it was seen to stand still.
    """
    began = time.monotonic()
    seen = {path: (look(path), began) for path in paths}
    while True:
        now = time.monotonic()
        arriving = set()
        for path, (before, since) in seen.items():
            present = look(path)
            if present != before:
                seen[path] = (present, now)
                arriving.add(path)
            elif present is not None and (max(_age(present), now - since) < QUIET_SECONDS or is_written(path)):
                arriving.add(path)
        if not arriving or now - began >= PATIENCE_SECONDS:
            return arriving
        time.sleep(LOOK_SECONDS)


def is_written(path: Path) -> bool:
    """Whether a process has the file open to write that has not stalled."""
    return not has_stalled(path) and has_writer(path)


def has_stalled(path: Path) -> bool:
    """Whether nothing of the file, nor its name, has changed for STALLED_SECONDS."""
    seen = look(path)
    return seen is not None and time.time() - seen[3] / 1e9 >= STALLED_SECONDS


def has_writer(path: Path) -> bool:
    """Whether a process of this machine has the file open to write, as far as the kernel tells (Linux, own files).

    It grants a read lease on a file only while nobody writes it. The lease ends with the function; the signal of a writer
    that comes in between is one that is ignored.
    """
    if sys.platform != "linux":
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as refusal:
        return refusal.errno == errno.EAGAIN
    finally:
        os.close(handle)
    return False


def _age(seen: Look) -> float:
    """Seconds since the file was written."""
    return time.time() - seen[2] / 1e9

"""A PostgreSQL server for one test session: the one that TRADEWAKE_TEST_POSTGRES names, else a throwaway one.

Here belongs starting and stopping it; the server refuses to run as root, so it runs as a user of the system then.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

VARIABLE = "TRADEWAKE_TEST_POSTGRES"
PASSWORD = "only-for-this-test"  # noqa: S105 - of a server that lives for one test


class NoServer(Exception):
    """There is no PostgreSQL here, or nobody whom it would run as."""


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """The variables that name a running server; raises NoServer."""
    url = os.environ.get(VARIABLE)
    if url:
        parts = urlparse(url)
        yield _variables(
            str(parts.hostname), parts.port or 5432, parts.path[1:], str(parts.username), str(parts.password)
        )
        return
    programs = _programs()
    prefix = _as_somebody()
    folder = Path(tempfile.mkdtemp(prefix="tradewake-pg-", dir="/tmp"))
    try:
        if prefix:
            shutil.chown(folder, "nobody")
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data, port = folder / "data", _free_port()
        _run([*prefix, programs / "initdb", "-D", data, "-U", "tradewake", f"--pwfile={secret}", "-A", "scram-sha-256"])
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = [*prefix, programs / "pg_ctl", "-D", data, "-w"]
        _run([*control, "-l", folder / "log", "-o", options, "start"])
        try:
            yield _variables("127.0.0.1", port, "postgres", "tradewake", PASSWORD)
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return Path(found).parent
    if not installed:
        raise NoServer("initdb is not installed")
    return installed[-1].parent


def _as_somebody() -> list[str | Path]:
    """How to start a program as an unprivileged user; nothing when this process is one."""
    if os.geteuid() != 0:
        return []
    runuser = shutil.which("runuser")
    if runuser is None or "nobody" not in {user.pw_name for user in pwd.getpwall()}:
        raise NoServer("initdb refuses root, and there is no runuser or no user nobody")
    return [runuser, "-u", "nobody", "--"]


def _run(command: Sequence[str | Path]) -> None:
    # Its output goes to a file: a server that inherits a pipe keeps its reader waiting.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run([str(part) for part in command], stdout=output, stderr=output, cwd="/", check=False)
        if done.returncode:
            output.seek(0)
            raise RuntimeError(output.read().decode(errors="replace"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _variables(host: str, port: int, database: str, user: str, password: str) -> dict[str, str]:
    values = {"HOST": host, "PORT": str(port), "DATABASE": database, "USER": user, "PASSWORD": password}
    return {f"TRADEWAKE_PG_{name}": value for name, value in values.items()}

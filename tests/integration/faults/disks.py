"""A small disk of its own for a data folder: filled up in the middle of refreshes, then made read-only.

Runs as a program in a mount namespace (see `test_disks.py`) and prints what it saw as JSON; it judges nothing.
"""

import errno
import json
import subprocess
import sys
from pathlib import Path

from assets.home import Home
from tests.integration.faults.small import Project, content_hash, copy_of, half_written, reissue
from tests.integration.faults.stages import MOMENTS, refresh_at

MEGABYTE = 1 << 20


def main(project: Project, undisturbed: Home, mount: Path) -> None:
    """Try all faults on a copy of the undisturbed data folder."""
    room = 2 * sum(path.stat().st_size for path in undisturbed.root.rglob("*") if path.is_file()) + 300 * MEGABYTE
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(mount)], check=True)
    home = copy_of(undisturbed, mount / "data")
    ballast = mount / "ballast"
    reissue(home)
    seen: dict[str, object] = {"before": content_hash(home)}
    _fill(ballast)
    code, output = project.run(home, "refresh")
    seen["full from the start"] = [code, output, content_hash(home), half_written(home)]
    for stage in ("dbt", "publication"):
        ballast.unlink()
        with refresh_at(project, home, MOMENTS[stage]) as run:
            _fill(ballast)
        seen[f"full in {stage}"] = [run.process.returncode, run.text, content_hash(home), half_written(home)]
    ballast.unlink()
    code, output = project.run(home, "refresh")
    seen["with room again"] = [code, output, content_hash(home), half_written(home)]
    subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
    for arguments in (["refresh"], ["sql", "select count(*) from marts.partner_month"]):
        code, output = project.run(home, *arguments)
        seen[f"read-only {arguments[0]}"] = [code, output, content_hash(home), half_written(home)]
    sys.stdout.write(json.dumps(seen))


def _fill(ballast: Path) -> None:
    """Write until the disk has no room left."""
    with ballast.open("ab", buffering=0) as stream:
        for size in (MEGABYTE, 4096, 1):
            try:
                while True:
                    stream.write(bytes(size))
            except OSError as problem:
                if problem.errno != errno.ENOSPC:
                    raise


if __name__ == "__main__":
    root, data, target = (Path(argument) for argument in sys.argv[1:])
    main(Project(root), Home(data), target)

"""A disk that is full, in the middle of a refresh or before it, and one that is read-only."""

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest

from assets.home import PROJECT_ROOT, Home
from tests.conftest import Tally
from tests.integration.faults.small import Project

OWN_MOUNTS = ["unshare", "--map-root-user", "--mount"]
FULL = ("full from the start", "full in dbt", "full in publication")


def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run([*OWN_MOUNTS, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.fixture(scope="module")
def seen(project: Project, undisturbed: Home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `disks.py` saw."""
    if not _can_mount():
        pytest.skip("a small disk needs the right to mount one (Linux user namespaces)")
    arguments = [str(project.root), str(undisturbed.root), str(tmp_path_factory.mktemp("disk"))]
    done = subprocess.run(
        [*OWN_MOUNTS, sys.executable, "-m", "tests.integration.faults.disks", *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("when", FULL)
def test_a_full_disk_stops_the_refresh_and_leaves_what_is_published(
    seen: dict[str, Any], when: str, tally: Tally
) -> None:
    code, output, published, half = seen[when]
    assert code == 1
    told = " ".join(output.split())
    assert "No space left on device" in told or "The disk has 0 MB left" in told, output
    assert "Traceback" not in told
    assert published == seen["before"]
    assert half == []
    tally["disk full"] += 1


def test_with_room_again_the_refresh_ends_as_if_there_had_been_no_fault(
    seen: dict[str, Any], hash_after_reissue: str
) -> None:
    code, output, published, half = seen["with room again"]
    assert code == 0, output
    assert published == hash_after_reissue
    assert half == []


def test_a_read_only_folder_can_be_read_but_not_refreshed(
    seen: dict[str, Any], hash_after_reissue: str, tally: Tally
) -> None:
    code, output, published, _ = seen["read-only refresh"]
    assert code == 1
    assert "Read-only file system" in output and "Traceback" not in output
    assert published == hash_after_reissue
    assert seen["read-only sql"][0] == 0
    tally["read-only folder"] += 1

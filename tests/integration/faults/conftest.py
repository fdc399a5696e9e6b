"""What the fault tests share: the small project, and data folders that it filled without any fault."""

from dataclasses import dataclass

import pytest

from assets.home import PROJECT_ROOT, Home
from tests.integration.faults.small import Project, content_hash, copy_of, reissue, small_project


@dataclass(frozen=True)
class Both:
    """What became of two refreshes that started together: exit codes and outputs."""

    home: Home
    codes: tuple[int, int]
    outputs: tuple[str, str]


@pytest.fixture(scope="session", params=["small", pytest.param("full", marks=pytest.mark.scale)])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small project; with `-m scale` the whole one with all bundled figures."""
    return small_project(tmp_path_factory.mktemp("project")) if request.param == "small" else Project(PROJECT_ROOT)


@pytest.fixture(scope="session")
def undisturbed(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A data folder after one refresh that nothing disturbed; tests copy it."""
    home = Home(tmp_path_factory.mktemp("undisturbed") / "data")
    code, output = project.run(home, "refresh")
    assert code == 0, output
    return home


@pytest.fixture(scope="session")
def both(project: Project, undisturbed: Home, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Two refreshes started at the same time on a folder where a re-issued file waits."""
    home = copy_of(undisturbed, tmp_path_factory.mktemp("both") / "data")
    reissue(home)
    with project.start(home, "refresh") as first, project.start(home, "refresh") as second:
        outputs = (first.communicate()[0], second.communicate()[0])
    return Both(home, (first.returncode, second.returncode), outputs)


@pytest.fixture(scope="session")
def hash_after_reissue(both: Both) -> str:
    """Content hash after the re-issued file was taken in without a fault."""
    assert both.codes == (0, 0), both.outputs
    return str(content_hash(both.home))

"""A data folder with a path that SQL, patterns or addresses might take apart: the whole line works in it."""

from pathlib import Path

from assets.home import Home
from tests.integration.faults.small import Project, content_hash


def test_a_data_folder_of_an_odd_name_gives_the_same_publication(
    project: Project, undisturbed: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path / 'it\'s 100% "q" & <b>, ä')
    code, output = project.run(home, "refresh")
    assert code == 0, output
    assert content_hash(home) == content_hash(undisturbed)
    code, output = project.run(home, "verify")
    assert code == 0, output


def test_a_data_folder_that_cannot_be_worked_in_ends_in_a_sentence(project: Project, tmp_path: Path) -> None:
    code, output = project.run(Home(tmp_path / "what?"), "refresh")
    assert code == 2
    assert "TRADEWAKE_HOME" in output and "Traceback" not in output
    assert list(tmp_path.iterdir()) == []

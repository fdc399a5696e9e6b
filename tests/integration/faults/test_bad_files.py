"""A wrong file of every kind lands together with a good one: the good one is published, and of the others nothing is."""

from pathlib import Path

from assets.home import Home
from tests.conftest import Tally
from tests.files import country
from tests.integration.faults.conftest import Both
from tests.integration.faults.small import Project, content_hash, copy_of, half_written, query, reissue
from tests.synthetic.bad_files import BAD


def test_wrong_files_of_every_kind_change_nothing_that_is_published(
    project: Project, undisturbed: Home, both: Both, tmp_path: Path, tally: Tally
) -> None:
    home = copy_of(undisturbed, tmp_path / "data")
    reissue(home)
    for number, bad in enumerate(BAD.values()):
        folder = tmp_path / f"{number:02d}"
        folder.mkdir()
        made = bad.make(folder)
        made.rename(home.landing / f"{number:02d} {made.name}")
    code, output = project.run(home, "refresh")
    assert code == 0, output
    told = " ".join(output.split())
    assert [kind for kind, bad in BAD.items() if bad.words not in told] == []
    refused = query(home, "select count(*) from meta.source_file where status = 'refused'")
    assert refused == [(len(BAD),)]
    # What the same good file gives without them.
    assert content_hash(home) == content_hash(both.home)
    assert half_written(home) == []
    tally["wrong files landed among good ones"] += len(BAD)


def test_what_only_the_marts_can_tell_is_set_aside_and_the_rest_is_published(
    project: Project, undisturbed: Home, both: Both, tmp_path: Path, tally: Tally
) -> None:
    """A country table of invented figures that add up: World of 2024 is a twentieth of what a later print says."""
    home = copy_of(undisturbed, tmp_path / "data")
    reissue(home)
    country(home.landing / "invented.csv")
    code, output = project.run(home, "refresh")
    assert code == 0, output
    ((status, why),) = query(home, "select status, why from meta.source_file where file_name = 'invented.csv'")
    assert status == "quarantined"
    assert why.startswith("set aside, so that the rest is published: it fails ") and "for instance" in why
    assert "tradewake accept invented.csv --why" in " ".join(output.split())
    # What the same good file gives without it, today and tomorrow.
    assert content_hash(home) == content_hash(both.home)
    code, output = project.run(home, "refresh")
    assert code == 0, output
    assert content_hash(home) == content_hash(both.home)
    assert half_written(home) == []
    tally["files set aside for what only the marts can tell"] += 1

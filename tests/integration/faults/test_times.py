"""Faults of time and of storage: prints out of order, a clock set back, a lock left by a machine that stopped, rotten bits."""

import json
from datetime import datetime
from pathlib import Path

from assets.home import Home
from assets.store.raw_store import stored
from assets.store.writer_lock import lock_file
from tests.conftest import Tally
from tests.integration.faults.small import Project, content_hash, copy_of, half_written, query, reissue

FIRST, SECOND = (1, "2026-09-17"), (3, "2026-09-24")
CANADA = (
    "select vintage::varchar, imports_usd from marts.partner_month_vintages where partner_code = '1220' "
    "and reference_month = '2026-07-01' order by vintage desc limit 2"
)


def test_a_print_that_arrives_after_a_later_one_takes_its_place_before_it(
    project: Project, undisturbed: Home, tmp_path: Path, tally: Tally
) -> None:
    together, out_of_order = (copy_of(undisturbed, tmp_path / name / "data") for name in ("together", "out of order"))
    for home, refreshes in ((together, ((FIRST, SECOND),)), (out_of_order, ((SECOND,), (FIRST,)))):
        for prints in refreshes:
            for change in prints:
                reissue(home, *change)
            code, output = project.run(home, "refresh")
            assert code == 0, output
    assert content_hash(out_of_order) == content_hash(together)
    (late, late_usd), (early, early_usd) = query(out_of_order, CANADA)
    assert (late, early) == ("2026-09-24", "2026-09-17")
    assert late_usd - early_usd == 2_000_000
    tally["prints out of order"] += 1


def test_a_clock_set_back_and_a_lock_left_behind_change_nothing(
    project: Project, undisturbed: Home, hash_after_reissue: str, tmp_path: Path, tally: Tally
) -> None:
    """The machine stopped in the middle of a refresh and came up with a clock that is weeks behind."""
    home = copy_of(undisturbed, tmp_path / "data")
    lock_file(home).write_text("")
    left = {"process": 1, "since": "2026-10-06T13:00:00+00:00", "run_id": None}
    lock_file(home).with_name("writer.json").write_text(json.dumps(left))
    before = _published_at(home)
    reissue(home)
    code, output = project.run(home, "refresh", clock="2026-10-09T12:00:00+00:00")
    assert code == 0, output
    assert content_hash(home) == hash_after_reissue
    assert _published_at(home) > before
    assert half_written(home) == []
    tally["clock set back"] += 1
    tally["lock left by a machine that stopped"] += 1


def test_rotten_bits_are_found_named_and_published_by_no_refresh(
    project: Project, undisturbed: Home, tmp_path: Path, tally: Tally
) -> None:
    home = copy_of(undisturbed, tmp_path / "data")
    before = content_hash(home)
    file = next(iter(stored(home.raw, "fred"))).path
    sound = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(bytes([sound[0] ^ 1]) + sound[1:])
    code, output = project.run(home, "verify")
    assert code == 1
    assert file.parent.name[:12] in output.replace("\n", "")
    reissue(home)
    code, output = project.run(home, "refresh")
    assert code == 1 and "raw_files_unchanged" in output
    assert content_hash(home) == before
    file.write_bytes(sound)
    code, output = project.run(home, "verify")
    assert code == 0, output
    tally["rotten bits in the raw store"] += 1


def _published_at(home: Home) -> datetime:
    moment = query(home, "select published_at from meta.published_manifest")[0][0]
    assert isinstance(moment, datetime)
    return moment

"""Archives on whole refreshes of the small project: one whose quantities do not add up, then the corrected one, repeated."""

import shutil
import zipfile
from datetime import date
from pathlib import Path

from assets.home import Home
from tests.conftest import Tally
from tests.files import told
from tests.integration.faults.small import Project, copy_of, query
from tests.synthetic.archives import edited, with_cell, zipped_again
from tests.synthetic.bad_files import NAME, archive

QUANTITY = (193, 207)
"""Columns of gen_qy1_mo in IMP_COMM (layouts/bulk.csv); its first commodity has 3 (tests/synthetic/archives.py)."""
STATUSES = """
    select vintage, status, expected_usd, seen_usd from marts.reconciliation
    where check_name = 'archive_control' and measure = 'general_quantity_1' and compared_with = 'IMP_COMM' order by all
"""


def test_quantities_that_do_not_add_up_stop_no_publication_nor_does_the_corrected_archive(
    project: Project, undisturbed: Home, tmp_path: Path, tally: Tally
) -> None:
    home = copy_of(undisturbed, tmp_path / "data")
    home.landing.mkdir(parents=True, exist_ok=True)
    start, end = QUANTITY
    edited(archive(home.landing), "IMP_COMM", lambda data: with_cell(data, 1, start, end, b"%015d" % 8))
    code, output = project.run(home, "refresh")
    assert code == 0, output
    # The release day of December 2025 (release_calendar.csv); 3 + 1,001 in the lines, 5 more in the control member.
    first = (date(2026, 2, 19), "reported", 1009, 1004)
    assert query(home, STATUSES) == [first]

    # The corrected archive, the same bytes as another file, and the same content zipped another way.
    zipped_again(archive(home.landing), zipfile.ZIP_STORED, (2026, 3, 1, 0, 0, 0)).rename(
        home.landing / "zipped again.zip"
    )
    shutil.copy(told(archive(home.landing), retrieved_at="2026-11-20"), home.landing / "second.zip")
    code, output = project.run(home, "refresh")
    assert code == 0, output
    old, new = query(home, STATUSES)
    assert (old, new[1:]) == (first, ("equal", 1004, 1004))
    words = " ".join(output.split())
    assert f"already here: second.zip has the same bytes as {NAME}" in words
    assert query(home, "select file_name, status from meta.source_file where status <> 'accepted'") == [
        ("zipped again.zip", "superseded")
    ]
    tally["archives that repeat or correct another"] += 3

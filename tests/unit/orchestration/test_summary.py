"""What a refresh prints of files that reached no mart: all of this run, with the next command, as plain text."""

from datetime import timedelta
from io import StringIO

from rich.console import Console

from assets.home import Home
from assets.store.ledger import ensure_ledger, write_row
from orchestration.refresh import Outcome
from orchestration.summary import print_failure
from tests.unit.upkeep.test_kept_out import LEDGER, row


def test_every_file_of_the_run_that_reached_no_mart_is_told(home: Home) -> None:
    ensure_ledger(home.lake)
    before = row(
        9, "older.csv", status="undated", why="nothing tells", retrieved_at=LEDGER[0].retrieved_at - timedelta(1)
    )
    odd = row(10, "[red]x[/b]\x1b[2J.csv", status="refused", reason="[bold]not[/i] a layout")
    for one in (*LEDGER, before, odd):
        write_row(home.lake, one)
    outcome = Outcome(
        False,
        False,
        1.0,
        [*LEDGER, odd],
        ["a test failed\nin \x1b]0;x.csv"],
        "run",
        {"[b]again\x07.csv": "BOPGSTB.csv"},
        {"[b]pipe": "not a file"},
    )
    out = StringIO()
    print_failure(Console(file=out, width=200), home, outcome)
    lines = [line.strip() for line in out.getvalue().splitlines()]
    for told in (
        "in \\x1b]0;x.csv",
        "refused, cannot be taken in as they are:",
        "half.csv: line 9: expected 5 columns; seen 2",
        "[red]x[/b]\\x1b[2J.csv: [bold]not[/i] a layout",
        "quarantined, set aside, because evidence speaks against their figures:",
        "-> tradewake accept japan.xlsx --why REASON",
        "copy.csv: same figures as BOPGSTB.csv",
        "country.xlsx: withdrawn by ana: wrong sheet",
        "1 undated from before: see tradewake doctor",
        "already here: [b]again\\x07.csv has the same bytes as BOPGSTB.csv",
        "[b]pipe: not a file",
    ):
        assert told in lines, told
    assert "older.csv" not in out.getvalue() and "\x1b" not in out.getvalue()

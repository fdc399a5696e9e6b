"""Two refreshes at once: the second waits for the first and has nothing left to do."""

from assets.home import Home
from assets.store.ledger import read_ledger
from assets.store.writer_lock import is_held
from tests.conftest import Tally
from tests.integration.faults.conftest import Both
from tests.integration.faults.small import content_hash, half_written


def test_the_second_refresh_waits_and_finds_nothing_new(both: Both, undisturbed: Home, tally: Tally) -> None:
    assert both.codes == (0, 0), both.outputs
    waited = [output for output in both.outputs if "waiting until it is done" in output]
    assert len(waited) == 1, both.outputs
    assert "nothing new since" in waited[0]
    assert not [output for output in both.outputs if "IO Error" in output or "set lock" in output]
    assert content_hash(both.home) != content_hash(undisturbed)
    assert half_written(both.home) == []
    assert len(read_ledger(both.home.lake)) == len(read_ledger(undisturbed.lake)) + 1
    assert not is_held(both.home)
    tally["refreshes started together, the second waited"] += 2

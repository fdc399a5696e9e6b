"""docs/reliability.md keeps its word: every test file that it names is there and holds tests."""

import re

from assets.home import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
TESTS = PROJECT_ROOT / "tests"
NAMED = re.compile(r"`((?:[a-z_]+/)*test_[a-z_]+\.py)`")


def test_every_test_file_that_is_named_exists() -> None:
    named = set(NAMED.findall(TEXT))
    assert len(named) > 15
    missing = []
    for name in sorted(named):
        places = [TESTS / part / name for part in ("", "unit", "integration")]
        found = [place for place in places if place.is_file() and "def test_" in place.read_text(encoding="utf-8")]
        missing += [] if found else [name]
    assert missing == []

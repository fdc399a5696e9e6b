"""How far the last build came: which inputs passed all checks, and which are published.

A publication started on its own must not copy marts whose tests failed; this small file tells it.
"""

import json
from dataclasses import asdict, dataclass

from assets.home import Home
from assets.store.files import write_atomically


@dataclass(frozen=True)
class BuildState:
    """Fingerprints of the inputs (see `fingerprint.py`) whose build passed all checks, and that were published."""

    passed_fingerprint: str | None = None
    published_fingerprint: str | None = None


def read_build_state(home: Home) -> BuildState:
    """The state; empty before the first build."""
    path = home.warehouse.with_name("build_state.json")
    return BuildState(**json.loads(path.read_text())) if path.exists() else BuildState()


def write_build_state(home: Home, state: BuildState) -> None:
    """Replace the state."""
    text = json.dumps(asdict(state))
    write_atomically(home.warehouse.with_name("build_state.json"), lambda part: part.write_text(text))

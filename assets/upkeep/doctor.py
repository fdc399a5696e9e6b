"""The doctor: all checks of one data folder, in the order in which a person would act on them.

Only collecting what the checks need belongs here; what is right or wrong is decided in `machine.py` and `figures.py`.
"""

import shutil
from datetime import datetime
from pathlib import Path

from assets.build_state import read_build_state
from assets.fingerprint import input_fingerprint
from assets.home import Home
from assets.store.coverage import coverage
from assets.store.landing import waiting_files
from assets.store.ledger import read_ledger
from assets.store.raw_store import received_moments
from assets.store.writer_lock import holder, is_held
from assets.upkeep import figures, machine
from assets.upkeep.finding import Finding
from assets.upkeep.leftovers import leftovers


def examine(home: Home, dagster_folder: Path, now: datetime, *, shared: bool) -> list[Finding]:
    """Run every check; `shared` says that the environment names PostgreSQL. Changes nothing and needs no lock."""
    held = is_held(home)
    existing = next(path for path in (home.root, *home.root.parents) if path.exists())
    ledger = list(read_ledger(home.lake).values())
    return [
        machine.python(),
        machine.packages(machine.pinned_packages(), machine.installed_packages()),
        machine.settings(),
        machine.disk(shutil.disk_usage(existing).free, machine.needed_bytes(home)),
        figures.clock(received_moments(home.raw), now),
        machine.lock(held, holder(home), now),
        machine.database("warehouse", home.warehouse, held=held),
        machine.database("published file", home.published, held=False),
        machine.changes(home),
        figures.publication(read_build_state(home).published_fingerprint, input_fingerprint(home)),
        figures.waiting(waiting_files(home, None)),
        figures.files(ledger),
        figures.releases(ledger, now.date()),
        figures.months(coverage(home.lake, ledger, now.date())),
        machine.clutter(leftovers(home), held=held),
        machine.instance(dagster_folder, shared=shared),
    ]

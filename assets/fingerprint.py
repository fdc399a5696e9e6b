"""Fingerprints that tell whether anything changed: of the lake's contents and of the code that turns it into marts.

Used to skip work that would give the same result and to record what a publication was made from.
"""

import hashlib
from pathlib import Path

from assets.home import PROJECT_ROOT, Home
from assets.store.ledger import read_ledger

CODE_FOLDERS = ("assets", "dbt_project")
CODE_SUFFIXES = frozenset({".py", ".sql", ".yml", ".yaml", ".csv"})
DBT_FOLDERS = ("dbt_project", "assets/reference")


def code_fingerprint(root: Path = PROJECT_ROOT) -> str:
    """SHA-256 over all code and reference data that shape what is published."""
    return _digest(root, CODE_FOLDERS)


def dbt_fingerprint(root: Path = PROJECT_ROOT) -> str:
    """SHA-256 over the dbt project and its seeds: when it changes, the manifest is parsed again."""
    return _digest(root, DBT_FOLDERS)


def input_fingerprint(home: Home) -> str:
    """SHA-256 over every ledger row that shapes the marts, and the code: equal fingerprints give equal publications."""
    digest = hashlib.sha256(code_fingerprint().encode())
    for file_id, row in sorted(read_ledger(home.lake).items()):
        digest.update(f"{file_id}|{row.status}|{row.vintage}|{row.parser_version}|{row.reason}\n".encode())
    return digest.hexdigest()


def _digest(root: Path, folders: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in CODE_SUFFIXES and path.is_file() and "target" not in path.parts:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()

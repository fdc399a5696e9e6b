"""Fingerprints that tell whether anything changed: of the figures in the lake and of the code that turns them into marts.

Used to skip work that would give the same result and to record what a publication was made from. What changes no
figure changes no fingerprint: a file that was not accepted, a comment, a docstring, the layout of code.
"""

import ast
import hashlib
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml

from assets.home import PROJECT_ROOT, Home
from assets.store.ledger import read_ledger

CODE_FOLDERS = ("assets", "dbt_project")
CODE_SUFFIXES = frozenset({".py", ".sql", ".yml", ".yaml", ".csv"})
DBT_FOLDERS = ("dbt_project", "assets/reference")

_SQL = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\")|(?:--[^\n]*|/\*.*?\*/|\{#.*?#\}|\s)+", re.DOTALL)
"""A quoted part, which is kept, or blanks and comments of SQL and Jinja. Leftmost first: a comment may hold an apostrophe."""


def code_fingerprint(root: Path = PROJECT_ROOT) -> str:
    """SHA-256 over what all code and reference data say that shape what is published."""
    return _digest(root, CODE_FOLDERS, _said_by)


def dbt_fingerprint(root: Path = PROJECT_ROOT) -> str:
    """SHA-256 over the bytes of the dbt project and its seeds: when they change, the manifest is parsed again."""
    return _digest(root, DBT_FOLDERS, Path.read_bytes)


def input_fingerprint(home: Home) -> str:
    """SHA-256 over the accepted files and the code: equal fingerprints give equal figures.

    A file that was refused, or whose figures are here from another one, is told by the next publication for another
    reason, and in the ledger at once.
    """
    digest = hashlib.sha256(code_fingerprint().encode())
    for file_id, row in sorted(read_ledger(home.lake).items()):
        if row.status == "accepted":
            shapes = (file_id, row.vintage, row.vintage_rule, row.parser_version, row.lake_sha256, row.reason, row.why)
            digest.update(json.dumps(shapes, default=str).encode())
    return digest.hexdigest()


def _digest(root: Path, folders: tuple[str, ...], content: Callable[[Path], bytes]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in CODE_SUFFIXES and path.is_file() and "target" not in path.parts:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(content(path))
    return digest.hexdigest()


def _said_by(path: Path) -> bytes:
    """What a file says to whoever runs it."""
    return _meaning(path, path.stat().st_mtime_ns)


@cache
def _meaning(path: Path, _modified: int) -> bytes:
    """Read once: a run asks for the fingerprint several times."""
    content = path.read_bytes()
    try:
        match path.suffix:
            case ".py":
                tree = ast.parse(content)
                _take_out_texts(tree)
                return ast.dump(tree, annotate_fields=False).encode()
            case ".sql":
                return _SQL.sub(lambda found: found[1] or " ", content.decode()).strip().encode()
            case ".yml" | ".yaml":
                # Events, not values: aliases of aliases are not expanded, whatever a claim's file holds.
                return "\n".join(map(repr, yaml.parse(content, Loader=yaml.CSafeLoader))).encode()
    except (SyntaxError, ValueError, yaml.YAMLError):
        pass  # whoever reads the file tells what is wrong with it
    return content


def _take_out_texts(node: ast.AST) -> None:
    """Take out docstrings, also those below an attribute: texts that stand alone and are no value of anything.

    Goes through statements alone: expressions, which are most of a tree, hold none.
    """
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        inner = getattr(node, name, None)
        if isinstance(inner, list):
            inner[:] = [one for one in inner if not _is_text(one)]
            for one in inner:
                _take_out_texts(one)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

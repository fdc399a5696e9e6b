"""Which tables the code of a step names: its function, what this calls, and the modules that these are in and import."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from types import FunctionType, ModuleType

from assets.contracts.models import Layer
from assets.contracts.table import Relation, Table
from assets.dagster_kit import Write

FOLDERS = ("assets.methods.", "assets.signals.", "assets.claims.", "assets.publication.")
NAME = re.compile(r"\b(?:staging|intermediate|marts|flags|claims|meta)\.\w+")


def named_by(write: Write) -> set[Relation]:
    """The tables that a step's function names itself, or through what it calls."""
    function = inspect.unwrap(write)
    assert isinstance(function, FunctionType)
    home = sys.modules[function.__module__]
    found = set(_tables(ast.parse(inspect.getsource(function)), home))
    modules: set[str] = set()
    for name in function.__code__.co_names:
        value = getattr(home, name, None)
        if isinstance(value, FunctionType) and value.__module__ == home.__name__:
            found |= named_by(value)
        elif value is not None:
            found |= _told_by(value)
            _follow(_module_of(value), modules)
    for module in modules:
        found |= _contents(module)
    return found


def _follow(module: str, seen: set[str]) -> None:
    """Gather a module and all that it takes functions or classes from; a constant brings its text alone."""
    if module in seen or not module.startswith(FOLDERS):
        return
    seen.add(module)
    for value in _imported(module):
        _follow(_module_of(value), seen)


def _module_of(value: object) -> str:
    return value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", ""))


def _told_by(value: object) -> set[Relation]:
    return {Relation(name) for name in NAME.findall(value)} if isinstance(value, str) else set()


@cache
def _imported(module: str) -> list[object]:
    """What a module takes from others of the project."""
    return [
        getattr(sys.modules[str(node.module)], alias.name)
        for node in ast.walk(ast.parse(inspect.getsource(sys.modules[module])))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("assets")
        for alias in node.names
    ]


@cache
def _contents(module: str) -> frozenset[Relation]:
    """The tables that a module names, and those in texts that it takes from others."""
    own = _tables(ast.parse(inspect.getsource(sys.modules[module])), sys.modules[module])
    return frozenset(own).union(*(map(_told_by, _imported(module))))


def _tables(tree: ast.AST, module: ModuleType) -> Iterator[Relation]:
    """Tables that a piece of code names: attributes of a layer of dbt, and tables that are declared."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            layer = getattr(module, node.value.id, None)
            if isinstance(layer, Layer):
                yield getattr(layer, node.attr)
        elif isinstance(node, ast.Name):
            table = getattr(module, node.id, None)
            if isinstance(table, Table):
                yield table.relation

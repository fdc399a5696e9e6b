"""Who may import whom: pure code knows no orchestrator, `assets` never looks up to `orchestration`."""

import ast
import re
from pathlib import Path

import pytest

from assets.home import PROJECT_ROOT

PURE = ("parsing", "store", "reference", "methods", "acquire", "bundled")
EDGE_MODULES = {"asset.py", "dagster_kit.py", "dbt_models.py", "dbt_runner.py", "kept_checks.py"}
TABLE = re.compile(r"\b(?:staging|intermediate|marts|flags)\.[a-z]\w*")
ENGINES = ("dagster", "dagster_dbt", "dbt")


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def _modules(folder: str) -> list[Path]:
    return sorted((PROJECT_ROOT / folder).rglob("*.py"))


def _starts(name: str, roots: tuple[str, ...]) -> bool:
    return name.split(".", maxsplit=1)[0] in roots


@pytest.mark.parametrize("path", _modules("assets"), ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix())
def test_assets_never_import_orchestration(path: Path) -> None:
    assert not [name for name in _imports(path) if _starts(name, ("orchestration", "tests"))]


@pytest.mark.parametrize("path", _modules("assets"), ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix())
def test_dagster_stays_at_the_edge(path: Path) -> None:
    parts = path.relative_to(PROJECT_ROOT / "assets").parts
    is_edge = parts[0] == "raw" or parts[-1] in EDGE_MODULES
    if not is_edge:
        assert not [name for name in _imports(path) if _starts(name, ENGINES)]


@pytest.mark.parametrize("package", PURE)
def test_pure_packages_import_only_pure_packages(package: str) -> None:
    allowed = {f"assets.{name}" for name in (*PURE, "contracts", "errors", "home", "settings", "sql_text", "warehouse")}
    for path in _modules(f"assets/{package}"):
        if path.name in EDGE_MODULES:
            continue
        for name in _imports(path):
            if name.startswith("assets."):
                assert ".".join(name.split(".")[:2]) in allowed, f"{path.name} imports {name}"


@pytest.mark.parametrize(
    "path", _modules("assets") + _modules("orchestration"), ids=lambda path: path.relative_to(PROJECT_ROOT).as_posix()
)
def test_every_module_says_what_belongs_there(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "module without a docstring"


@pytest.mark.parametrize("folder", ["assets", "orchestration"])
def test_names_of_tables_come_from_the_contracts(folder: str) -> None:
    """A table renamed in one place is found in all others when the code is loaded, not when its SQL runs."""
    assert not [
        f"{path.relative_to(PROJECT_ROOT)}:{node.lineno}: {name}"
        for path in _modules(folder)
        if "contracts" not in path.parts
        for node in _texts(ast.parse(path.read_text(encoding="utf-8")))
        for name in TABLE.findall(str(node.value))
    ]


def _texts(tree: ast.AST) -> list[ast.Constant]:
    """All texts but docstrings and those that stand below an attribute or a constant."""
    alone = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]

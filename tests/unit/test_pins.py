"""The whole dependency tree is pinned in pyproject.toml, and what is installed is what is pinned."""

import re
import tomllib
from importlib.metadata import distributions

from assets.home import PROJECT_ROOT

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;]+)")
NOT_PINNED = {"tradewake", "pip", "setuptools", "wheel", "uv"}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins() -> dict[str, str]:
    settings = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {}
    for line in settings["tool"]["uv"]["constraint-dependencies"]:
        match = PIN.match(line)
        assert match, f"not an exact version: {line}"
        found[_normal(match["name"])] = match["version"]
    return found


def test_every_installed_package_has_its_pinned_version() -> None:
    pins = _pins()
    installed = {_normal(item.metadata["Name"]): item.version for item in distributions()}
    wrong = {
        name: (version, pins.get(name))
        for name, version in installed.items()
        if name not in NOT_PINNED and pins.get(name) != version
    }
    assert not wrong, f"installed against pinned: {wrong}"


def test_direct_dependencies_are_pinned() -> None:
    settings = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    direct = settings["project"]["dependencies"] + settings["dependency-groups"]["dev"]
    names = {_normal(re.split(r"[\[<>=~! ]", line, maxsplit=1)[0]) for line in direct}
    assert names <= set(_pins())

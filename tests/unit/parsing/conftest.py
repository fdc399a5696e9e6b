"""Tests at scale: minutes and hundreds of megabytes, run only when asked for with `-m scale`."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "scale" not in config.getoption("markexpr"):
        skip = pytest.mark.skip(reason="at scale: run with -m scale")
        for item in items:
            if "scale" in item.keywords:
                item.add_marker(skip)

"""Fixtures of the tests of fetching: a fake publisher and a clock that only counts pauses."""

from collections.abc import Iterator

import pytest

from tests.unit.acquire.fake_server import FakeServer, running


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A publisher on this machine."""
    with running() as fake:
        yield fake


@pytest.fixture
def pauses() -> list[float]:
    """The pauses made between tries, in seconds; pass its `append` as `sleep`."""
    return []

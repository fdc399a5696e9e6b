"""Fixtures that every test may use: the development figures and a fresh data folder."""

from pathlib import Path

import pytest

from assets.home import PROJECT_ROOT, Home

SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of full development figures; tests that need it skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the full development figures are not beside the checkout")
    return SHARED_DATA


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty data folder."""
    return Home(tmp_path / "data")

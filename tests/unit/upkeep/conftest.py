"""A small data folder with one file of each kind: taken in, re-issued, refused by its parser, of no known layout, an archive."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assets.home import Home
from assets.store.landing import receive, waiting_files
from assets.store.parse import parse_stored
from tests.files import HTML_PAGE, Grid, country, told
from tests.synthetic.archives import write_lines

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)


def another_print(rows: Grid) -> None:
    """Add 1 to a month of Canada and World and to both years, so that the file still adds up."""
    for row in rows[1:]:
        if row[1] in {"1220", "0015"} and row[0] == rows[1][0]:
            for column in (3, 15):
                value = row[column]
                assert isinstance(value, int | float)
                row[column] = value + 1


def take(home: Home, now: datetime) -> None:
    """Take in what waits."""
    receive(home, waiting_files(home, None), now)
    for source in ("census_country", "census_bulk_imports"):
        parse_stored(home, source, now)


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Built once; take a copy (`small`) to change it."""
    home = Home(tmp_path_factory.mktemp("small") / "data")
    home.landing.mkdir(parents=True)
    country(home.landing / "country.csv")
    write_lines(home.landing / "IMDB2512.ZIP", "imports")
    take(home, NOW)
    told(country(home.landing / "again.csv", edit=another_print), retrieved_at="2025-04-20")
    country(home.landing / "broken.csv", edit=lambda rows: rows[1].__setitem__(1, "9999"))
    (home.landing / "page.xlsx").write_bytes(HTML_PAGE)
    take(home, NOW + timedelta(days=1))
    return home


@pytest.fixture
def small(small_store: Home, tmp_path: Path) -> Home:
    """A copy that a test may damage."""
    shutil.copytree(small_store.root, tmp_path / "data")
    return Home(tmp_path / "data")

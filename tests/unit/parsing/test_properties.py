"""Properties that hold for any bytes: a parser answers with rows or a refusal, and every value stands in the file.

The workbooks are damaged three ways: their bytes, the bytes of one member (the zip itself stays sound, so the damage
reaches the reader), and their cells.
"""

import gzip
import random
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.errors import RefusedFile
from assets.parsing.common import Parsed
from assets.parsing.recognise import PARSERS, recognise
from assets.parsing.workbook import open_workbook
from tests import files
from tests.files import Grid, Value

WRITERS: dict[str, Callable[..., Path]] = {
    "census_country": files.country,
    "exhibit 1": files.exhibit_1,
    "exhibit 12": files.exhibit_12,
    "bea": files.bea,
    "fred": files.fred,
    "usitc_dataweb": files.dataweb,
}
WORKBOOKS = [name for name in WRITERS if name != "fred"]
LARGEST = 1e18
"""No larger number fits a value of the lake."""
QUICK = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

odd_cells: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.sampled_from(
        ["", " ", "x", "-", "0015", "1,2", "1e3", "nan", "inf", "(R)", "January", "2025", "Total: ", "=1/0"]
    ),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
)


def source_of(name: str) -> str:
    return "ft900" if name.startswith("exhibit") else name


def path_for(folder: Path, name: str) -> Path:
    return folder / ("BOPGSTB.csv" if name == "fred" else f"{name}.xlsx")


_valid: dict[str, bytes] = {}


def valid_bytes(name: str, folder: Path) -> bytes:
    """A valid small file, written once."""
    if name not in _valid:
        _valid[name] = WRITERS[name](path_for(folder, name)).read_bytes()
    return _valid[name]


def outcome(path: Path) -> Parsed | None:
    """What a person's file comes to: rows, or None for a refusal; anything else fails the test."""
    try:
        return PARSERS[recognise(path, path.name)].parse(path, path.name)
    except RefusedFile as error:
        assert error.file == path.name
        assert error.where
        assert error.expected
        assert error.seen
        return None


def values(parsed: Parsed) -> list[Decimal]:
    column = "value_usd" if parsed.source == "usitc_dataweb" else "value_musd"
    return [Decimal(value) for value in parsed.table[column].to_pylist()]


def numbers_in(path: Path) -> set[Decimal]:
    """Every number that stands in a file, to six decimals."""
    cells: list[object] = []
    if path.suffix == ".csv":
        cells = re.split(r"[,\n]", path.read_text())
    else:
        book = open_workbook(path, path.name)
        cells = [cell for sheet in book.sheet_names for row in book.rows(sheet) for cell in row]
    found: set[Decimal] = set()
    for cell in cells:
        try:
            number = float(str(cell).replace(",", ""))
        except ValueError:
            continue
        if abs(number) < LARGEST:
            found.add(round(Decimal(number), 6))
    return found


def assert_nothing_invented(path: Path) -> None:
    parsed = outcome(path)
    if parsed is None:
        return
    assert parsed.rows_accepted > 0
    assert parsed.table.num_rows > 0
    assert {round(value, 6) for value in values(parsed)} <= numbers_in(path)


@pytest.mark.parametrize("name", list(WRITERS))
def test_a_valid_file_gives_only_values_that_stand_in_it(name: str, tmp_path: Path) -> None:
    path = WRITERS[name](path_for(tmp_path, name))
    assert outcome(path) is not None
    assert_nothing_invented(path)


@given(data=st.binary(max_size=600), wrap=st.sampled_from(["", "gzip", "zip", "workbook"]))
@QUICK
def test_random_bytes_are_rows_or_a_refusal(data: bytes, wrap: str, tmp_path: Path) -> None:
    if wrap == "gzip":
        data = gzip.compress(data)
    if wrap in {"zip", "workbook"}:
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("xl/workbook.xml" if wrap == "workbook" else "a.bin", data)
        data = buffer.getvalue()
    path = tmp_path / "BOPGSTB.bin"
    path.write_bytes(data)
    assert outcome(path) is None
    for source in map(source_of, WRITERS):
        with pytest.raises(RefusedFile):
            PARSERS[source].parse(path, path.name)


@given(text=st.text(max_size=200), head=st.sampled_from(["", "date,value\n", "observation_date,BOPGSTB\n"]))
@QUICK
def test_random_text_is_rows_or_a_refusal(text: str, head: str, tmp_path: Path) -> None:
    path = tmp_path / "BOPGSTB.csv"
    path.write_bytes((head + text).encode("utf-8", "surrogatepass"))
    assert outcome(path) is None or head


@pytest.mark.parametrize("name", list(WRITERS))
@given(seed=st.integers(0, 2**32))
@QUICK
def test_a_file_with_damaged_bytes_is_rows_or_a_refusal(name: str, seed: int, tmp_path: Path) -> None:
    path = path_for(tmp_path, name)
    path.write_bytes(damaged(valid_bytes(name, tmp_path), random.Random(seed)))  # noqa: S311 the damage need not be secret
    outcome(path)


@pytest.mark.parametrize("name", WORKBOOKS)
@given(seed=st.integers(0, 2**32))
@QUICK
def test_a_workbook_with_a_damaged_member_is_rows_or_a_refusal(name: str, seed: int, tmp_path: Path) -> None:
    path = path_for(tmp_path, name)
    path.write_bytes(valid_bytes(name, tmp_path))
    chance = random.Random(seed)  # noqa: S311 the damage need not be secret
    with zipfile.ZipFile(path) as archive:
        victim = chance.choice(archive.namelist())
    files.rezip(path, lambda member, content: damaged(content, chance) if member == victim else content)
    assert_nothing_invented(path)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, cut out or doubled."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        span = chance.choice((1, 1, 2, 30, 400))
        match chance.randrange(3):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + span]
            case _:
                data[at:at] = data[at : at + span]
    return bytes(data)


@pytest.mark.parametrize("name", list(WRITERS))
@given(data=st.data())
@QUICK
def test_odd_cells_are_taken_as_they_stand_or_refused(name: str, data: st.DataObject, tmp_path: Path) -> None:
    def edit(rows: Grid) -> None:
        for _ in range(data.draw(st.integers(1, 3))):
            row = data.draw(st.integers(0, len(rows) - 1))
            action = data.draw(st.sampled_from(["cell", "cell", "cell", "cut", "double", "blank"]))
            if action == "cut":
                del rows[row]
            elif action == "double":
                rows.insert(row, list(rows[row]))
            elif action == "blank":
                rows.insert(row, [])
            elif rows[row]:
                rows[row][data.draw(st.integers(0, len(rows[row]) - 1))] = data.draw(odd_cells)
            if not rows:
                return

    path = WRITERS[name](path_for(tmp_path, name), edit)
    assert_nothing_invented(path)


@pytest.mark.parametrize("name", WORKBOOKS)
@given(position=st.integers(0, 10**6), change=st.sampled_from([-1e6, -1000.0, -50.0, 50.0, 1000.0, 1e6]))
@QUICK
def test_a_value_moved_by_more_than_rounding_is_refused_or_was_never_taken(
    name: str, position: int, change: float, tmp_path: Path
) -> None:
    path_for(tmp_path, name).write_bytes(valid_bytes(name, tmp_path))
    valid = outcome(path_for(tmp_path, name))
    assert valid is not None

    def edit(rows: Grid) -> None:
        places = [(row, at) for row in range(len(rows)) for at in range(3, len(rows[row])) if is_value(rows[row][at])]
        row, at = places[position % len(places)]
        rows[row][at] = float(str(rows[row][at])) + change

    changed = outcome(WRITERS[name](path_for(tmp_path, name), edit))
    assert changed is None or changed.table == valid.table


def is_value(cell: Value) -> bool:
    return isinstance(cell, int | float)

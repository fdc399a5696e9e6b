"""Real files and their copies in every container and cut, in random orders: what counts does not depend on the order.

At small size on the bundled headline series; with `-m scale` on everything in the full development figures. How a file was
parsed does not depend on what came before it, so that each file is parsed once and only settled once an order.
"""

import csv
import gzip
import io
import json
import random
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from assets.home import Home
from assets.parsing.recognise import PARSERS, SOURCES
from assets.store.figures import Figures, figures_of
from assets.store.landing import receive, waiting_files
from assets.store.ledger import read_ledger
from assets.store.origin import ORIGIN_SUFFIX
from assets.store.parse import known_of, parse_stored
from assets.store.prints import Known, groups, stand_by
from assets.store.raw_store import stored
from tests.conftest import Tally
from tests.files import BUNDLED, told

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
SEED = 20261130
ORDERS = 50
SMALL_ORDERS = 8
CONFLICT = " of the same release, "
FILE_ID = re.compile(r"\(file ([0-9a-f]{16})\)")
LARGEST_BYTES = 30_000_000
"""Larger development files are extracts of tens of millions of rows in the project's own form, which nobody lands."""


def copies_of(path: Path, folder: Path) -> Iterator[Path]:
    """The file in other containers and in parts, where its kind allows it; of a table with a title line none."""
    if path.suffix in {".csv", ".gz"} and ".json" not in path.name:
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        yield from _tables(path.name.removesuffix(".gz").removesuffix(".csv"), text, folder)
    elif path.suffix == ".xlsx":
        half = folder / f"half of {path.name}"
        half.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        yield half
        yield told(_copy(path, folder / f"re-dated {path.name}"), published_on="2042-01-01")
        yield told(_copy(path, folder / f"dated too late {path.name}"), published_on="2026-11-01")
    elif path.suffix == ".json":
        yield from _answers(path.stem, json.loads(path.read_bytes()), folder)


def _copy(path: Path, to: Path) -> Path:
    """The same members in a zip of other bytes."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for number, info in enumerate(old.infolist()):
            new.writestr(
                zipfile.ZipInfo(info.filename, (2026, 1, 1, 0, len(to.name) % 60, 2 * (number % 30))), old.read(info)
            )
    return to


def _tables(name: str, text: bytes, folder: Path) -> Iterator[Path]:
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    heading, body = rows[0], rows[1:]
    if any(len(row) != len(heading) for row in body):
        return

    def written(label: str, kept: Sequence[Sequence[str]], suffix: str = ".csv", delimiter: str = ",") -> Path:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows([heading, *kept])
        data = out.getvalue().encode()
        path = folder / f"{name} {label}{suffix}"
        path.write_bytes(gzip.compress(data, mtime=0) if suffix.endswith("gz") else data)
        return path

    yield written("plain", body)
    yield written("zipped", body, ".csv.gz")
    yield written("semicolons", body, delimiter=";")
    yield written("first half of its rows", body[: len(body) // 2])
    yield written("second half of its rows", body[len(body) // 2 :])
    yield written("without its last rows", body[:-5])
    yield written("without its first rows", body[5:])
    if "CTY_CODE" in heading and "IJAN" in heading:
        code, year = heading.index("CTY_CODE"), heading.index("year")
        yield written("World and China", [row for row in body if row[code].lstrip("0") in {"15", "5700"}])
        yield written("its newest year", [row for row in body if row[year] == max(one[year] for one in body)])
        flow = [
            at
            for at, name in enumerate(heading)
            if not re.fullmatch("E(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|YR)", name)
        ]
        imports = folder / f"{name} imports.csv"
        with imports.open("w", encoding="utf-8", newline="") as out_file:
            csv.writer(out_file).writerows([[row[at] for at in flow] for row in [heading, *body]])
        yield imports
    yield told(written("re-dated", body, ".txt.csv"), published_on="2026-11-01")
    frame = pd.DataFrame(body, columns=heading)
    by_pandas = folder / f"{name} by pandas.xlsx"
    frame.to_excel(by_pandas, index=False)
    yield by_pandas
    indexed = folder / f"{name} with index.csv"
    frame.to_csv(indexed)
    yield indexed
    cut = folder / f"{name} half copied.csv"
    cut.write_bytes(text[: len(text) // 2])
    yield cut


def _answers(name: str, rows: object, folder: Path) -> Iterator[Path]:
    """An answer by partner, by measure and with the day of its retrieval."""
    if not (isinstance(rows, list) and rows and isinstance(rows[0], list) and "CTY_CODE" in rows[0]):
        return
    heading = [str(cell) for cell in rows[0]]
    place = heading.index("CTY_CODE")

    def written(label: str, kept: list[object]) -> Path:
        path = folder / f"{name} {label}.json"
        path.write_text(json.dumps(kept), encoding="utf-8")
        return path

    china = [row for row in rows[1:] if row[place] == "5700"]
    yield written("China", [heading, *china])
    yield told(written("China, dated", [heading, *china]), retrieved_at="2026-07-10")
    for measure in ("GEN_VAL_MO", "CON_VAL_MO", "GEN_VAL_YR"):
        if measure in heading:
            at = heading.index(measure)
            yield written(
                f"without {measure}", [[cell for column, cell in enumerate(row) if column != at] for row in rows]
            )


def landed(home: Home, files: Sequence[Path], bundled: bool) -> Counter[str]:
    """Take the files and their copies in and parse them; how many became what."""
    home.landing.mkdir(parents=True)
    for path in files:
        for beside in (path, path.with_name(path.name + ORIGIN_SUFFIX)):
            if beside.exists():
                shutil.copyfile(beside, home.landing / beside.name)
        for _ in copies_of(path, home.landing):
            pass
    result = receive(home, waiting_files(home, BUNDLED if bundled else None), NOW)
    for source in SOURCES:
        parse_stored(home, source, NOW)
    statuses = Counter(str(row.status) for row in read_ledger(home.lake).values())
    statuses["same bytes"] += len(result.repeated)
    return statuses


def check_orders(home: Home, orders: int) -> Counter[str]:
    """Settle all files in random orders of arrival; counts of what was seen.

    What counts is the same in each but for files in a conflict, of which the first that came stands and the others are told.
    """
    dice = random.Random(SEED)  # noqa: S311 - orders, no secret
    counts: Counter[str] = Counter(orders=orders)
    ledger = read_ledger(home.lake)
    for source in PARSERS:
        files = [
            known_of(home, file, row)
            for file in stored(home.raw, source)
            if (row := ledger[file.file_id]).status != "refused"
        ]
        for group in groups(files):
            with figures_of({file.file_id: file.rows for file in group}) as figures:
                counts += _group_orders(figures, group, dice, orders)
    return counts


def _group_orders(figures: Figures, group: Sequence[Known], dice: random.Random, orders: int) -> Counter[str]:
    content = {file.file_id: str(file.content_sha256) for file in group}
    disputed: set[str] = set()
    outcomes: list[set[tuple[str, date | None]]] = []
    counts: Counter[str] = Counter()
    for _ in range(orders):
        found = stand_by(figures, in_random_order(group, dice))
        conflicts = {key: str(one.why) for key, one in found.items() if CONFLICT in str(one.why)}
        counts["conflicts told"] += len(conflicts)
        disputed |= {content[key] for key in conflicts}
        disputed |= {content[other] for why in conflicts.values() for other in FILE_ID.findall(why)}
        accepted = {key: one.vintage for key, one in found.items() if one.status == "accepted"}
        outcomes.append({(content[key], vintage.day if vintage else None) for key, vintage in accepted.items()})
    agreed = [{one for one in outcome if one[0] not in disputed} for outcome in outcomes]
    assert all(one == agreed[0] for one in agreed), [file.name for file in group]
    counts["sets of figures that count in every order"] += len(agreed[0])
    counts["sets of figures in a conflict"] += len(disputed)
    return counts


def in_random_order(files: Sequence[Known], dice: random.Random) -> list[Known]:
    """The files as if they had come in another order."""
    places = dice.sample(range(len(files)), len(files))
    arrived = [replace(file, received_at=NOW + timedelta(minutes=at)) for file, at in zip(files, places, strict=True)]
    return dice.sample(arrived, len(arrived))


def test_headline_series_and_their_copies_in_any_order(tmp_path: Path, tally: Tally) -> None:
    home = Home(tmp_path / "data")
    files = [
        path for pattern in ("BOPGSTB*.gz", "ft900_exh1*.xlsx", "trad-*.xlsx") for path in sorted(BUNDLED.glob(pattern))
    ]
    statuses = landed(home, files, bundled=False)
    assert statuses["accepted"] and statuses["superseded"] and statuses["refused"]
    counts = check_orders(home, SMALL_ORDERS)
    tally["orders of real files and their copies, the same figures in each"] += counts["orders"]


@pytest.mark.scale
def test_everything_and_its_copies_in_any_order(
    tmp_path: Path, shared_data: Path, tally: Tally, record_property: Callable[[str, object], None]
) -> None:
    home = Home(tmp_path / "data")
    kinds = {".csv", ".gz", ".xlsx", ".xls", ".json", ".zip"}
    files = [
        path for path in sorted(shared_data.rglob("*")) if path.suffix in kinds and path.stat().st_size < LARGEST_BYTES
    ]
    statuses = landed(home, files, bundled=True)
    counts = check_orders(home, ORDERS)
    for name, count in sorted((statuses + counts).items()):
        record_property(name, count)
    print(dict(statuses), dict(counts))
    tally["orders of real files and their copies, the same figures in each"] += counts["orders"]

"""One wrong file of each kind, made from sound ones: archives and answers of the API.

Here belongs making them, with the place and the words that a refusal must have. What else must hold is in the tests.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.synthetic.archives import IMPORT_LINES, edited, members_of, with_cell, write_lines, write_members

NAME = "IMDB2512.ZIP"
ANSWER = [
    ["I_COMMODITY", "CTY_CODE", "GEN_VAL_MO", "CON_VAL_MO", "DUT_VAL_MO", "time", "COMM_LVL"],
    ["85", "-", "300", "300", "90", "2025-12", "HS2"],
    ["85", "5700", "200", "200", "80", "2025-12", "HS2"],
    ["85", "1220", "100", "100", "10", "2025-12", "HS2"],
]
BULK, API = "census_bulk_imports", "census_api"

Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Bad:
    """How to make the file in a folder, the source whose check shows it, and the words of its refusal."""

    make: Make
    source: str
    words: str


def archive(folder: Path, name: str = NAME) -> Path:
    """A sound archive."""
    return write_lines(folder / name, "imports")


def answer(folder: Path, rows: list[list[str]] | None = None, name: str = "answer.json") -> Path:
    """An answer of the API, by default a sound one."""
    path = folder / name
    path.write_text(json.dumps(ANSWER if rows is None else rows), encoding="utf-8")
    return path


def _line(edit: Callable[[bytes], bytes]) -> Make:
    return lambda folder: edited(archive(folder), "IMP_DETL", edit)


def _cell(start: int, end: int, text: bytes) -> Make:
    return _line(lambda data: with_cell(data, 1, start, end, text))


def _without_control(folder: Path) -> Path:
    path = archive(folder)
    return write_members(path, {name: data for name, data in members_of(path).items() if name != "IMP_CTY.TXT"})


def _one_dollar(folder: Path) -> Path:
    return edited(archive(folder), "IMP_CTY", lambda data: with_cell(data, 1, 131, 145, b"%015d" % 601))


def _truncated(folder: Path) -> Path:
    path = archive(folder)
    path.write_bytes(path.read_bytes()[:-30])
    return path


def _bomb(folder: Path) -> Path:
    path = archive(folder)
    return write_members(path, {**members_of(path), "IMP_DETL.TXT": b"0" * 5_000_000})


def _outside(folder: Path) -> Path:
    path = archive(folder)
    return write_members(path, {**members_of(path), "../IMP_DU.TXT": b""})


def _exports_by_name(folder: Path) -> Path:
    return write_lines(folder / "EXDB2512.ZIP", "imports", IMPORT_LINES[:3])


def _headings_swapped(folder: Path) -> Path:
    heading = list(ANSWER[0])
    heading[3], heading[4] = heading[4], heading[3]
    return answer(folder, [heading, *ANSWER[1:]])


def _level_of_another_code(folder: Path) -> Path:
    return answer(folder, [*ANSWER, ["8542", "5700", "100", "100", "40", "2025-12", "HS2"]])


BAD: dict[str, Bad] = {
    "short line": Bad(_line(lambda data: data[:687] + data[688:]), BULK, "IMP_DETL line 1: 687 characters"),
    "long line": Bad(_line(lambda data: data[:688] + b"0" + data[688:]), BULK, "IMP_DETL line 1: 689 characters"),
    "letter in a number": Bad(_cell(74, 88, b"0000000000006OO"), BULK, "IMP_DETL line 1: con_val_mo: not digits"),
    "sign": Bad(_cell(74, 88, b"-00000000000600"), BULK, "IMP_DETL line 1: con_val_mo"),
    "wrong period": Bad(_cell(23, 28, b"202511"), BULK, "IMP_DETL line 1: period 202511"),
    "unknown country": Bad(_cell(11, 14, b"9999"), BULK, "IMP_DETL line 1: country 9999 is not in Schedule C"),
    "unknown number of the HTS": Bad(_cell(1, 10, b"0101210099"), BULK, "0101210099"),
    "no control member": Bad(_without_control, BULK, "no IMP_CTY"),
    "one dollar off": Bad(_one_dollar, BULK, "IMP_CTY"),
    "truncated zip": Bad(_truncated, BULK, "a complete zip archive"),
    "zip bomb": Bad(_bomb, BULK, "a zip bomb"),
    "member outside": Bad(_outside, BULK, "member names inside the archive"),
    "imports named as exports": Bad(_exports_by_name, BULK, "file name"),
    "headings changed places": Bad(_headings_swapped, API, "dutiable value within consumption value"),
    "heading repeated": Bad(lambda folder: answer(folder, [*ANSWER[:2], ANSWER[0], *ANSWER[2:]]), API, "row 2"),
    "level of another code": Bad(_level_of_another_code, API, "the level of code 8542, HS4"),
}

"""A wrong file and the refusal it must meet: what every test of a parser asserts of its bad input."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from assets.errors import RefusedFile
from assets.parsing.common import Parsed
from tests.files import Edit


class Case(NamedTuple):
    """What is wrong, the edit that makes it so, and how the three parts of the refusal begin."""

    what: str
    edit: Edit
    where: str
    expected: str
    seen: str


def assert_refused(parse: Callable[[Path, str], Parsed], path: Path, case: Case) -> None:
    """The parser refuses the file under its original name, at the place and in the words of the case."""
    with pytest.raises(RefusedFile) as caught:
        parse(path, "sent.file")
    error = caught.value
    assert error.file == "sent.file"
    assert error.where.startswith(case.where)
    assert error.expected.startswith(case.expected)
    assert error.seen.startswith(case.seen)

"""Errors about inputs: file names and cells are anybody's text, and a person reads them on a terminal."""

import pytest

from assets.errors import RefusedFile, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("country.xlsx", "country.xlsx"),
        ("Côte d’Ivoire 中国.csv", "Côte d’Ivoire 中国.csv"),
        ("\x1b]0;owned\x07.csv", "\\x1b]0;owned\\x07.csv"),
        ("a\nb.csv", "a\\nb.csv"),
        ("gnp.\u202exslx", "gnp.\\u202exslx"),
        ("\x9b31m", "\\x9b31m"),
        ("not utf-8: \udcff.csv", "not utf-8: \\udcff.csv"),
    ],
)
def test_what_steers_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_every_part_of_a_refusal_can_be_printed() -> None:
    evil = "\x1b[2J\udc80\r"
    error = RefusedFile(evil, f"sheet {evil}", f"not {evil}", f"{evil} as seen")
    assert all(part.isprintable() for part in (str(error), error.reason, error.file, *error.args))
    str(error).encode("utf-8")

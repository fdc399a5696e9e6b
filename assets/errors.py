"""Errors that a person reads: what was wrong with an input, where, what was expected and what was seen.

Only exceptions about inputs belong here; programming errors stay ordinary Python exceptions.
"""

import unicodedata
from dataclasses import dataclass

SEEN_LIMIT = 160
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


@dataclass
class RefusedFile(Exception):
    """A file that is not taken in. Nothing that was published changes because of it.

    `where` names a sheet, row, line, cell or column; `expected` and `seen` are short and in plain words. File names and
    cells are anybody's text: all four are kept with `visible` applied.
    """

    file: str
    where: str
    expected: str
    seen: str

    def __post_init__(self) -> None:
        self.file, self.where, self.expected = map(visible, (self.file, self.where, self.expected))
        text = visible(" ".join(str(self.seen).split()))
        self.seen = text if len(text) <= SEEN_LIMIT else text[: SEEN_LIMIT - 1] + "…"
        super().__init__(str(self))

    @property
    def reason(self) -> str:
        """The message without the file's name, for the ledger."""
        return f"{self.where}: expected {self.expected}; seen {self.seen}"

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


class Implausible(RefusedFile):
    """A file of the right layout whose figures contradict each other or what is known: set aside, with the evidence.

    An operator may accept such a file with a reason; a `RefusedFile` of any other kind cannot be accepted.
    """


class UnknownLayout(RefusedFile):
    """A file of no layout that is read: `seen` is what it seems to be, `expected` what to do instead."""

    @property
    def reason(self) -> str:
        """Two short sentences, what the file is before what to do."""
        return f"it seems to be {self.seen}, which is not read. Instead, {self.expected}."


def visible(text: str) -> str:
    """The text with everything that shows nothing or steers a terminal written out, such as \\x1b and \\u202e.

    Written out are controls, format characters (which turn the direction of writing), line ends and what is no character.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(char) if unicodedata.category(char) in _UNSHOWN else char for char in text)


def _written_out(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")

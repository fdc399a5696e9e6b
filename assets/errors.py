"""Errors that a person reads: what was wrong with an input, where, what was expected and what was seen.

Only exceptions about inputs belong here; programming errors stay ordinary Python exceptions.
"""

from dataclasses import dataclass

SEEN_LIMIT = 160


@dataclass
class RefusedFile(Exception):
    """A file that is not taken in. Nothing that was published changes because of it.

    `where` names a sheet, row, line, cell or column; `expected` and `seen` are short and in plain words.
    """

    file: str
    where: str
    expected: str
    seen: str

    def __post_init__(self) -> None:
        text = " ".join(str(self.seen).split())
        self.seen = text if len(text) <= SEEN_LIMIT else text[: SEEN_LIMIT - 1] + "…"
        super().__init__(str(self))

    @property
    def reason(self) -> str:
        """The message without the file's name, for the ledger."""
        return f"{self.where}: expected {self.expected}; seen {self.seen}"

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"

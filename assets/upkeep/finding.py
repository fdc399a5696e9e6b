"""What a check of the doctor says: in order or not, in plain words, and what to do.

Only the shape belongs here; the checks are in `machine.py` and `figures.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One check; `todo` is empty when nothing has to be done."""

    check: str
    words: str
    todo: str = ""

    @property
    def is_fine(self) -> bool:
        return not self.todo

"""Reading a file only to see whether it can be taken: its source and newest month, or why not.

What is read is thrown away. Here belongs what is asked before a file is stored; how it is read is the parsers' own.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.parsing.census_bulk import inspect_archive
from assets.parsing.recognise import BULK_SOURCES, PARSERS, recognise


@dataclass(frozen=True)
class Readable:
    """The source of a file that its parser takes, and the newest month in it, if it has any."""

    source: str
    newest_month: date | None


def try_out(path: Path, name: str) -> Readable:
    """Recognise and read a file, of a bulk archive the head alone; raises `RefusedFile` as its parser does."""
    source = recognise(path, name)
    if source in BULK_SOURCES:
        return Readable(source, inspect_archive(path, name).month)
    return Readable(source, PARSERS[source].parse(path, name).newest_month)

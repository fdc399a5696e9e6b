"""Which source a file is, by its content, and the parser of each source.

Here belongs the list of parsers: a new source is a module with the names of `Parser`, listed in `_MODULES`.
What a layout looks like does not belong here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from assets.errors import RefusedFile
from assets.parsing import bea, census_country, fred, ft900, usitc_dataweb
from assets.parsing.common import Parsed
from assets.parsing.content import Content, look


class Parser(Protocol):
    """What a parser module offers."""

    SOURCE: str
    PARSER_VERSION: int
    SCHEMA: pa.Schema
    LAYOUT: str
    """The layout in a person's words."""

    def parse(self, path: Path, name: str) -> Parsed:
        """Typed rows of the file, or `RefusedFile`."""
        ...

    def matches(self, content: Content) -> bool:
        """Whether the file has this layout, even damaged: the parser then says what is wrong with it."""
        ...


_MODULES: tuple[Parser, ...] = (census_country, usitc_dataweb, bea, ft900, fred)
PARSERS: Mapping[str, Parser] = {module.SOURCE: module for module in _MODULES}


def recognise(path: Path, name: str) -> str:
    """The source of a file; raises `RefusedFile` for an unknown layout or a file that cannot be opened."""
    content = look(path, name)
    for source, parser in PARSERS.items():
        if parser.matches(content):
            return source
    layouts = "; ".join(parser.LAYOUT for parser in PARSERS.values())
    raise RefusedFile(name, "file", f"one of the known layouts: {layouts}", content.seen)

"""Which source a file is, by its content (a blank or damaged one by its name), and the parser of each source.

Here belongs the list of parsers: a new source is a module with the names of `Parser`, listed in `_MODULES`. Bulk
archives are streamed instead of read into a table; their two sources stand beside. What a layout looks like does not
belong here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa

from assets.errors import RefusedFile, UnknownLayout
from assets.parsing import bea, census_api, census_bulk, census_country, comtrade, fred, ft900, usitc_dataweb
from assets.parsing.bulk_archive import flow_by_members, flow_by_name
from assets.parsing.bulk_control import TOTALS
from assets.parsing.bulk_detail import detail_schema
from assets.parsing.bulk_lookup import SCHEMA as LOOKUP_SCHEMA
from assets.parsing.common import Parsed
from assets.parsing.content import Content, look
from assets.parsing.not_read import KINDS, not_read


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


_MODULES: tuple[Parser, ...] = (census_country, usitc_dataweb, bea, ft900, fred, census_api, comtrade)
PARSERS: Mapping[str, Parser] = {module.SOURCE: module for module in _MODULES}


BULK_SOURCES = tuple(census_bulk.SOURCES.values())
BULK_CONTROL = "census_bulk_control"
"""Dataset of the archives' control totals beside those of the detail."""
BULK_LOOKUP = "census_bulk_lookup"
"""Dataset of the archives' code lists."""
SOURCES = (*PARSERS, *BULK_SOURCES)


def parser_version(source: str) -> int:
    """The version that a ledger row of this source must have to be up to date."""
    return PARSERS[source].PARSER_VERSION if source in PARSERS else census_bulk.PARSER_VERSION


def datasets(source: str) -> dict[str, pa.Schema]:
    """The lake datasets that a source fills, with the parser's columns."""
    if source in PARSERS:
        return {source: PARSERS[source].SCHEMA}
    flow = next(flow for flow, name in census_bulk.SOURCES.items() if name == source)
    return {source: detail_schema(flow), BULK_CONTROL: TOTALS, BULK_LOOKUP: LOOKUP_SCHEMA}


def recognise(path: Path, name: str) -> str:
    """The source of a file; raises `RefusedFile` for an unknown layout or a file that cannot be opened.

    What has the members or, where nothing can be read, the name of a bulk archive is one, however damaged: its parser
    says what is wrong with it, and the refusal stands with its source.
    """
    if flow := flow_by_members(path, name):
        return census_bulk.SOURCES[flow]
    if census_api.is_no_content(path, name):
        return census_api.SOURCE
    try:
        return _by_content(path, name)
    except RefusedFile:
        if flow := flow_by_name(name):
            return census_bulk.SOURCES[flow]
        raise


class Layout(NamedTuple):
    """What a person may ask of a kind of file: what it is, and how its figures get in."""

    source: str | None
    """The source that its rows get; None for a kind that is known and not read."""
    layout: str
    instead: str | None
    """What to land instead of a kind that is not read."""


def layouts() -> list[Layout]:
    """Every kind of file that is known: those that are read, then those that are not."""
    read = [(parser.SOURCE, parser.LAYOUT) for parser in PARSERS.values()]
    read += [(source, census_bulk.LAYOUT) for source in BULK_SOURCES]
    return [
        *(Layout(source, layout, None) for source, layout in read),
        *(Layout(None, kind.what, kind.instead) for kind in KINDS),
    ]


def _by_content(path: Path, name: str) -> str:
    content = look(path, name)
    if known := not_read(content):
        raise UnknownLayout(name, "file", known.instead, known.what)
    for source, parser in PARSERS.items():
        if parser.matches(content):
            return source
    expected = "land a file as its publisher offers it; `tradewake formats` lists the layouts that are read"
    raise UnknownLayout(name, "file", expected, content.seen)

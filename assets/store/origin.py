"""The origin record: where a file came from, kept beside it as `<file name>.origin.json`.

Only the record's fields and how it is read and written belong here. What a missing field means is decided in
`landing.py` and `vintage.py`.
"""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from assets.errors import RefusedFile, visible

ORIGIN_SUFFIX = ".origin.json"
MAX_RECORD_BYTES = 1 << 16
"""A record has a dozen fields of a line each."""


KEY_IN_ADDRESS = re.compile(
    r"(?i)(?:(?<![a-z0-9])|(?<=%26)|(?<=%3f))(api_key|key|userid|subscription-key|token)(=|%3d)(?:(?!%26)[^&#\s])+"
)
"""A parameter of an address that holds a secret, as FRED, the Census, BEA and Comtrade call it."""

YEARS = range(1900, 2101)
"""A day or moment outside cannot be meant, and near the ends of the calendar it cannot be reckoned with."""


def without_keys(value: object) -> object:
    """The value with the keys in its addresses struck out, at any depth."""
    if isinstance(value, str):
        return KEY_IN_ADDRESS.sub(r"\1\2REMOVED", value)
    if isinstance(value, list):
        return [without_keys(one) for one in value]
    if isinstance(value, dict):
        return {without_keys(name): without_keys(one) for name, one in value.items()}
    return value


class Origin(BaseModel):
    """What is known of a file's origin; every field may be missing in a record that a person writes.

    `published_on` is the publisher's release day, `retrieved_at` when the file was fetched (UTC; a bare date counts
    as midnight), `last_modified` what the server said of it, `received_at` when it was taken in here (set by `landing.py`,
    never going back). `basis`, `unit`, `vintage_note` and `extract_note` are words for people. `known_measures` are the
    fields, by the publisher's names, that an archive gives figures for, where it does not for all: a field of fixed width
    cannot be blank, so that a zero in the others means nothing. `derivation` says how figures were made that the
    publisher does not print, and `approximate_share` what part of their value (0 to 1) was assigned approximately.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    publisher: str | None = None
    title: str | None = None
    licence: str | None = None
    url: str | None = None
    published_on: date | None = None
    retrieved_at: datetime | None = None
    last_modified: datetime | None = None
    received_at: datetime | None = None
    basis: str | None = None
    unit: str | None = None
    series_id: str | None = None
    vintage_note: str | None = None
    extract_note: str | None = None
    known_measures: tuple[str, ...] | None = None
    derivation: str | None = None
    approximate_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    file_name: str | None = None
    origin_kind: Literal["bundled", "landed"] = "landed"

    @model_validator(mode="before")
    @classmethod
    def _no_keys(cls, fields: object) -> object:
        """Before all other checks, as their messages quote what they were given."""
        return without_keys(fields)

    @field_validator(
        "publisher",
        "title",
        "licence",
        "url",
        "basis",
        "unit",
        "series_id",
        "vintage_note",
        "extract_note",
        "file_name",
    )
    @classmethod
    def _shown(cls, text: str | None) -> str | None:
        return None if text is None else visible(text)

    @field_validator("retrieved_at", "last_modified", "received_at")
    @classmethod
    def _in_utc(cls, moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        if moment.year not in YEARS:
            raise ValueError(f"a moment between the years {YEARS.start} and {YEARS.stop - 1}")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

    @field_validator("published_on")
    @classmethod
    def _in_bounds(cls, day: date | None) -> date | None:
        if day is not None and day.year not in YEARS:
            raise ValueError(f"a day between the years {YEARS.start} and {YEARS.stop - 1}")
        return day


def record_of(path: Path) -> Path:
    """Where the origin record of a file is."""
    return path.with_name(path.name + ORIGIN_SUFFIX)


def read_origin(path: Path) -> Origin:
    """The record in a file; raises RefusedFile naming the field that is wrong, or what keeps the record from being read."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_RECORD_BYTES + 1)
        if len(text) > MAX_RECORD_BYTES:
            raise RefusedFile(path.name, "file", f"at most {MAX_RECORD_BYTES:,} bytes", "more than that")
        return Origin.model_validate(json.loads(text))
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        raise RefusedFile(path.name, f"field {field}", first["msg"], repr(first.get("input"))) from problem
    except RecursionError as problem:
        raise RefusedFile(path.name, "file", "a JSON object", "JSON that is nested too deep") from problem
    except ValueError as problem:
        raise RefusedFile(path.name, "file", "a JSON object", str(problem)) from problem
    except OSError as problem:
        raise RefusedFile(path.name, "file", "a readable file", problem.strerror or str(problem)) from problem


def write_origin(path: Path, origin: Origin) -> None:
    """Write the record with the fields that are known, in a fixed order."""
    content = origin.model_dump(mode="json", exclude_none=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

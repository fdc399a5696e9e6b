"""The shape of a claim file, and reading the folder of claims with errors that name file and field."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from assets.errors import RefusedFile
from assets.warehouse import only_reads, open_nothing

CLAIMS_FOLDER = Path(__file__).parent
LARGEST_BYTES = 100_000
"""The longest claim of the project has 5,000."""
DEEPEST = 10

Outcome = Literal["supported", "partly", "not supported"]


class Rule(BaseModel):
    """Boolean SQL expressions over the row that `sql` returns; checked in this order, else *not supported*."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    supported: str
    partly: str | None = None

    @field_validator("supported", "partly")
    @classmethod
    def _one_expression(cls, text: str | None) -> str | None:
        if text is not None:
            _refuse_all_but_one_select(f"select ({text}\n)")
        return text


class Evidence(BaseModel):
    """Which figures of a source a claim rests on; a name alone stands for all its figures without commodities.

    `source` is the name in the fact tables, `levels` the commodity levels (none: totals and partners), `years` the first and
    the last year.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    levels: list[str] = Field(default=[])
    years: tuple[int, int] = (1900, 9999)

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, given: object) -> object:
        return {"source": given} if isinstance(given, str) else given


class Claim(BaseModel):
    """One claim: what is said, what is computed, and when the sentence holds.

    `vintages_sql` returns the vintages to judge (one DATE column), first print to latest. `sql` returns at most one
    row for the parameter `$vintage`; its column `sentence` is the finding in words, the others are the numbers. No
    row means that the data loaded cannot test the claim. `sources` names the figures whose files are the evidence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    proposition: int = Field(ge=1)
    statement: str = Field(min_length=10)
    computes: str = Field(min_length=10)
    basis: str
    period: str
    sources: list[Evidence] = Field(min_length=1)
    vintages_sql: str
    sql: str
    rule: Rule

    @field_validator("vintages_sql", "sql")
    @classmethod
    def _one_select(cls, text: str) -> str:
        _refuse_all_but_one_select(text)
        return text.strip()


def read_claims(folder: Path = CLAIMS_FOLDER) -> list[Claim]:
    """All claims of the folder, by proposition and id.

    Raises RefusedFile naming the file and the field that is wrong, also when two files share an id.
    """
    claims: dict[str, Claim] = {}
    for path in sorted(folder.glob("*.yaml")):
        claim = _read_one(path)
        if claim.id in claims:
            raise RefusedFile(path.name, "field id", "an id of its own", f"{claim.id!r}, used by another file")
        claims[claim.id] = claim
    return sorted(claims.values(), key=lambda claim: (claim.proposition, claim.id))


def _read_one(path: Path) -> Claim:
    if (size := path.stat().st_size) > LARGEST_BYTES:
        raise RefusedFile(path.name, "file", f"at most {LARGEST_BYTES:,} bytes", f"{size:,} bytes")
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_more_than_is_written(path.name, text)
        content = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise RefusedFile(path.name, "file", "YAML text", str(problem)) from problem
    if not isinstance(content, dict):
        raise RefusedFile(path.name, "file", "a mapping of fields", type(content).__name__)
    try:
        return Claim.model_validate(content)
    except ValidationError as problem:
        first = problem.errors()[0]
        raise RefusedFile(
            path.name, f"field {_dotted(first['loc'])}", first["msg"], repr(first.get("input"))
        ) from problem


def _refuse_more_than_is_written(name: str, text: str) -> None:
    """Refuse aliases, which stand for more than any memory holds once they name each other, and endless nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise RefusedFile(name, "file", f"lists and mappings at most {DEEPEST} deep", "deeper ones")
        if isinstance(event, yaml.AliasEvent):
            raise RefusedFile(name, "file", "every value written out", f"an alias, *{event.anchor}")


def _refuse_all_but_one_select(sql: str) -> None:
    try:
        with open_nothing() as con:
            is_one = only_reads(con, sql)
    except duckdb.Error as problem:
        raise ValueError(f"not SQL that can be read: {problem}") from problem
    if not is_one:
        raise ValueError("must be one SELECT, or one condition of one")


def _dotted(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location) or "(whole file)"

"""Product levels and cuts: how fine products are matched, and which products a cut leaves out.

Only definitions belong here. Reading data and the exposure of products to duties do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Concept = Literal["general", "consumption"]

CONCEPT_COLUMN: Mapping[Concept, str] = {
    "general": "general_value_usd",
    "consumption": "consumption_value_usd",
}
CONCEPT_TEXT: Mapping[Concept, str] = {
    "general": "general imports",
    "consumption": "imports for consumption",
}

CUT_TEXT: Mapping[str, str] = {
    "all": "all goods",
    "ex_gold": "without gold and precious metals",
    "ex_ai": "without AI hardware",
    "ex_gold_ai": "without precious metals and AI hardware",
    "exposure_low": "third of products with the smallest rise of the duty rate",
    "exposure_mid": "middle third of products by rise of the duty rate",
    "exposure_high": "third of products with the largest rise of the duty rate",
    "exposure_unknown": "products not bought from the reference partner in both periods",
}
"""Every cut in the order in which they are shown. Terciles and `exposure_unknown` together are `all`."""

AI_HARDWARE = ("8471", "8473", "8517", "8542")
"""Computers and their parts, telephones and network devices, integrated circuits: the public proxy at HS4."""
PRECIOUS = ("71",)
"""The whole chapter: gold is 7108, but bars of 2025 also came as finished metal shapes in 7115."""


CHAPTER_DIGITS = 2


@dataclass(frozen=True)
class Level:
    """A product level: `digits` of a code, `cluster_digits` for the bootstrap, and code prefixes left out by each cut.

    A cut that is not in `left_out` is not available at the level. `proxy` says in words how a cut differs here from
    the definition at HS6.
    """

    name: str
    classification: Literal["HS", "NAICS", "none"]
    digits: int
    cluster_digits: int
    left_out: Mapping[str, tuple[str, ...]] = field(repr=False, compare=False)
    proxy: str | None = None

    @property
    def has_chapters(self) -> bool:
        """Products of the level lie within HS chapters."""
        return self.classification == "HS" and self.digits > CHAPTER_DIGITS


TOTAL = Level("TOTAL", "none", 0, 0, {"all": ()})
"""All goods of a partner as one figure: shares and their change can be told, matching by product cannot."""

_EXACT = {"all": (), "ex_gold": PRECIOUS, "ex_ai": AI_HARDWARE, "ex_gold_ai": (*PRECIOUS, *AI_HARDWARE)}

LEVELS: Mapping[str, Level] = {
    level.name: level
    for level in (
        Level("HS10", "HS", 10, 4, _EXACT),
        Level("HS6", "HS", 6, 4, _EXACT),
        Level("HS4", "HS", 4, 4, _EXACT),
        Level("HS2", "HS", 2, 2, {"all": (), "ex_gold": PRECIOUS}, "AI hardware cannot be cut out of chapters"),
        Level(
            "NAICS3",
            "NAICS",
            3,
            3,
            {"all": (), "ex_gold": ("331",), "ex_ai": ("334",), "ex_gold_ai": ("331", "334")},
            "primary metals (331) stand for gold, computers and electronics (334) for AI hardware",
        ),
        TOTAL,
    )
}
"""Finest first. A level is rolled up from a finer one of the same classification where it is not in the marts."""


def level_named(name: str) -> Level:
    """The level of that name; `ValueError` names the levels that exist."""
    if name not in LEVELS:
        raise ValueError(f"unknown product level {name!r}; known: {', '.join(LEVELS)}")
    return LEVELS[name]


def finer_or_equal(level: Level) -> list[Level]:
    """The level itself, then finer ones of its classification, the nearest first."""
    family = [other for other in LEVELS.values() if other.classification == level.classification]
    return sorted((other for other in family if other.digits >= level.digits), key=lambda other: other.digits)


@dataclass(frozen=True)
class Basis:
    """What is measured: the product level and the import concept (customs value, Census basis, NSA, USD)."""

    level: Level
    concept: Concept = "general"

    @property
    def column(self) -> str:
        """The value column of the commodity marts."""
        return CONCEPT_COLUMN[self.concept]

    @property
    def text(self) -> str:
        return f"{self.level.name}, {CONCEPT_TEXT[self.concept]}"

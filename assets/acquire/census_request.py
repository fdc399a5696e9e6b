"""What is asked of the Census International Trade API: requests split so that the API can answer each.

Here belongs how a question becomes an address. Asking it belongs to `census_api.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal
from urllib.parse import urlencode

from assets.parsing.census_api_variables import COMMODITIES, MEASURES, PERIODS, QUANTITIES, QUANTITY_UNIT, VALUES, Flow

Endpoint = Literal["hs", "naics", "enduse"]
Split = Literal["none", "digit", "country"]

LEADING_DIGITS: dict[Endpoint, str] = {"hs": "0123456789", "naics": "123456789", "enduse": "012345"}
"""First digits of the codes of each endpoint."""
LEVELS: dict[Endpoint, tuple[str, ...]] = {
    "hs": ("HS2", "HS4", "HS6", "HS10"),
    "naics": ("NA2", "NA3", "NA4", "NA5", "NA6"),
    "enduse": ("EU1", "EU5"),
}
_LEVEL_WITH_QUANTITIES = "HS10"
_ID_DIGITS = 12


@dataclass(frozen=True)
class ApiRequest:
    """One call: `variables` to get and `predicates` (name, value) beside the month."""

    flow: Flow
    endpoint: Endpoint
    variables: tuple[str, ...]
    month: date
    predicates: tuple[tuple[str, str], ...] = ()

    @property
    def query(self) -> str:
        """The question in the form of the API, without a key; a `+` inside a value is escaped."""
        pairs = [("get", ",".join(self.variables)), ("time", f"{self.month:%Y-%m}"), *self.predicates]
        return urlencode(pairs, safe=",*-")

    @property
    def identity(self) -> str:
        """The same for the same question, in every run."""
        return f"{self.flow}/{self.endpoint}?{self.query}"

    @property
    def file_name(self) -> str:
        """A name for the answer that says what was asked, ending in a hash of the whole question."""
        values = "_".join(value.replace("*", "") for _, value in self.predicates)
        shown = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in values)[:60]
        digest = sha256(self.identity.encode()).hexdigest()[:_ID_DIGITS]
        return f"census_api_{self.flow}_{self.endpoint}_{shown}_{self.month:%Y-%m}_{digest}.json"

    @property
    def words(self) -> str:
        """What is asked, for a person."""
        asked = " ".join(value for _, value in self.predicates)
        return f"{self.flow} {self.endpoint} {asked} {self.month:%Y-%m}"

    @property
    def heading(self) -> list[str]:
        """The heading of an answer without trade, which the API itself does not send."""
        return list(dict.fromkeys([*self.variables, "time", *(name for name, _ in self.predicates)]))


def monthly_requests(
    flow: Flow,
    endpoint: Endpoint,
    level: str,
    months: Sequence[date],
    *,
    measures: Sequence[str] = (),
    split: Split = "none",
    partners: Sequence[str] = (),
) -> Iterator[ApiRequest]:
    """Requests for a level of commodities by partner, month by month.

    `measures` default to every value of the flow, in the month. All commodities by all partners is more than the API
    answers in one call below the highest level of a classification: `split` by the first digit of the code, or by
    country (`partners`, Schedule C). Raises `ValueError` for what the endpoint does not have.
    """
    if level not in LEVELS[endpoint]:
        raise ValueError(f"{endpoint} has the levels {', '.join(LEVELS[endpoint])}, not {level}")
    if unknown := set(measures) - MEASURES:
        raise ValueError(f"no measure {', '.join(sorted(unknown))}")
    if (split == "country") != bool(partners):
        raise ValueError("partners are given if and only if the split is by country")
    code = _code_variable(flow, endpoint)
    values = measures or [name + PERIODS["month"] for name, (of, _) in VALUES.items() if of == flow]
    extra = _quantities(flow, values) if level == _LEVEL_WITH_QUANTITIES else ()
    variables = (code, f"{code}_LDESC", "CTY_CODE", "CTY_NAME", "SUMMARY_LVL", *values, *extra)
    parts: list[tuple[tuple[str, str], ...]] = [()]
    if split == "digit":
        parts = [((code, f"{digit}*"),) for digit in LEADING_DIGITS[endpoint]]
    elif split == "country":
        parts = [(("CTY_CODE", partner),) for partner in partners]
    for month in months:
        for part in parts:
            yield ApiRequest(flow, endpoint, variables, month.replace(day=1), (("COMM_LVL", level), *part))


def _code_variable(flow: Flow, endpoint: Endpoint) -> str:
    return next(
        one.variable for one in COMMODITIES if one.classification.casefold() == endpoint and one.flow in (None, flow)
    )


def _quantities(flow: Flow, values: Sequence[str]) -> tuple[str, ...]:
    """The first quantity with its flag and unit, for each period that is asked for."""
    name = next(name for name, of in QUANTITIES.items() if of == flow)
    asked = [suffix for suffix in PERIODS.values() if any(value.endswith(suffix) for value in values)]
    return (*(f"{name}{suffix}{flag}" for suffix in asked for flag in ("", "_FLAG")), QUANTITY_UNIT)

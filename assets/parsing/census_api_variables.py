"""The variables of the Census International Trade API that an answer may carry, and which of them are taken.

Here belong names and what they stand for. How an answer is read does not belong here. Source: the API's variable lists
of the hs endpoints and the Guide to International Trade Datasets (naics and enduse name their commodity differently).
"""

from dataclasses import dataclass
from typing import Literal

Flow = Literal["imports", "exports"]
Classification = Literal["HS", "NAICS", "ENDUSE"]
Period = Literal["month", "year_to_date"]

PERIODS: dict[Period, str] = {"month": "_MO", "year_to_date": "_YR"}
"""The suffix of a measure for each period; `_YR` is the running total since January of the year."""

TOTAL = "-"
"""The code of every dimension for all its values together."""


@dataclass(frozen=True)
class Commodity:
    """The code variable of an endpoint; `flow` is null where both flows use the name."""

    variable: str
    classification: Classification
    flow: Flow | None

    @property
    def descriptions(self) -> tuple[str, str]:
        """The long and the short description variable."""
        return f"{self.variable}_LDESC", f"{self.variable}_SDESC"


COMMODITIES = (
    Commodity("I_COMMODITY", "HS", "imports"),
    Commodity("E_COMMODITY", "HS", "exports"),
    Commodity("NAICS", "NAICS", None),
    Commodity("I_ENDUSE", "ENDUSE", "imports"),
    Commodity("E_ENDUSE", "ENDUSE", "exports"),
)

LEVELS = {
    **{f"HS{digits}": f"HS{digits}" for digits in (2, 4, 6, 10)},
    **{f"NA{digits}": f"NAICS{digits}" for digits in range(2, 7)},
    "EU1": "ENDUSE1",
    "EU5": "ENDUSE5",
}
"""Published name of each value of COMM_LVL; its digits are the length of a code."""
MANUFACTURES = "MAN"
"""All manufactures: a NAICS grouping across levels."""

VALUES: dict[str, tuple[Flow, str]] = {
    "GEN_VAL": ("imports", "general_value_usd"),
    "CON_VAL": ("imports", "consumption_value_usd"),
    "DUT_VAL": ("imports", "dutiable_value_usd"),
    "CAL_DUT": ("imports", "calculated_duty_usd"),
    "ALL_VAL": ("exports", "export_value_usd"),
}
"""Values that are taken: measure without its suffix, flow and column."""

QUANTITIES: dict[str, Flow] = {"GEN_QY1": "imports", "QTY_1": "exports"}
"""The quantity that belongs to general imports and to exports; that of imports for consumption is not taken."""
QUANTITY_UNIT = "UNIT_QY1"

DIMENSIONS = ("DF", "DISTRICT", "CTY_SUBCODE", "RP", "STATE", "PORT")
"""Dimensions finer than commodity by partner: only their total is taken."""

OTHER_ANSWERS = {
    "SITC": "commodities by SITC",
    "USDA": "commodities by USDA group",
    "HITECH": "advanced technology products",
    "cell_value": "economic indicators (endpoint eits), such as the advance figures of goods",
}
"""Variables that only answers of other endpoints have, and what those are answers about."""

_IMPORT_MEASURES = (
    "CC", "CON_QY1", "CON_QY2", "CON_VAL", "DUT_VAL", "CAL_DUT", "CON_CHA", "CON_CIF", "GEN_QY1", "GEN_QY2",
    "GEN_VAL", "GEN_CHA", "GEN_CIF", "AIR_VAL", "AIR_WGT", "AIR_CHA", "VES_VAL", "VES_WGT", "VES_CHA",
    "CNT_VAL", "CNT_WGT", "CNT_CHA",
)  # fmt: skip
_EXPORT_MEASURES = (
    "CC", "QTY_1", "QTY_2", "ALL_VAL", "AIR_VAL", "AIR_WGT", "VES_VAL", "VES_WGT", "CNT_VAL", "CNT_WGT",
)  # fmt: skip
_FLAGGED = ("CON_QY1", "CON_QY2", "GEN_QY1", "GEN_QY2", "QTY_1", "QTY_2")
MEASURES = frozenset(name + suffix for name in (*_IMPORT_MEASURES, *_EXPORT_MEASURES) for suffix in PERIODS.values())
_FLAGS = frozenset(f"{name}{suffix}_FLAG" for name in _FLAGGED for suffix in PERIODS.values())
_COMMODITY_NAMES = frozenset(
    name for commodity in COMMODITIES for name in (commodity.variable, *commodity.descriptions)
)
_LABELS = frozenset((
    "COMM_LVL", "CTY_CODE", "CTY_NAME", "DIST_NAME", "UNIT_QY1", "UNIT_QY2", "SUMMARY_LVL", "SUMMARY_LVL2",
    "YEAR", "MONTH", "time", "LAST_UPDATE", "PORT_NAME",
))  # fmt: skip
KNOWN = MEASURES | _FLAGS | _COMMODITY_NAMES | _LABELS | frozenset(DIMENSIONS)
"""Every variable of the endpoints hs, naics and enduse, and what those by state and port have beside."""

TELLING = MEASURES | OTHER_ANSWERS.keys()
"""Variables of which an answer has at least one, and no other layout has any."""

NEEDS_CODE = {
    "CTY_NAME": "CTY_CODE",
    "DIST_NAME": "DISTRICT",
    "PORT_NAME": "PORT",
    **{name: commodity.variable for commodity in COMMODITIES for name in commodity.descriptions},
}
"""Descriptions and the code that must stand beside them."""

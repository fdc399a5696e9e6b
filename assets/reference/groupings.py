"""Which partners the groupings of the country table hold, where their sum is the published figure.

Only groupings whose members are certain are listed: their sums were compared with every print at hand, and are off by
rounding alone. Pacific Rim, Sub-Saharan Africa, OPEC and the European Union before 2013 are left out for that reason. What
a grouping is called, and that it is one, stands in `partner.csv`.
"""

from functools import cache

from assets.reference.partners import is_aggregate, known_codes

NORTH_AMERICA = "0010"
CANADA, MEXICO, UNITED_KINGDOM = "1220", "2010", "4120"

_BY_FIRST_DIGIT = {"0012": "4", "0013": "7", "0016": "5", "0018": "6"}
"""Europe, Africa, Asia, Australia and Oceania."""
_SOUTH_AND_CENTRAL_AMERICA = "0009"
_LISTED = {
    NORTH_AMERICA: frozenset({CANADA, MEXICO}),
    "0008": frozenset({"5590", "5800", "5820", "5830"}),  # Singapore, South Korea, Hong Kong, Taiwan
    "0017": frozenset({"2050", "2110", "2150", "2190", "2230", "2470"}),  # CAFTA-DR
}
_EUROPEAN_UNION = "0003"
_EUROPEAN_UNION_MEMBERS = frozenset(
    {
        "4010", "4050", "4099", "4190", "4210", "4231", "4239", "4279", "4280", "4330", "4351", "4359", "4370", "4470",
        "4490", "4510", "4550", "4700", "4710", "4730", "4759", "4791", "4792", "4840", "4850", "4870", "4910",
    }
)  # fmt: skip
_CROATIA_JOINED, _UNITED_KINGDOM_LEFT = 2013, 2020
"""The table shows the union in whole years: of 28 members from 2013 on, of 27 from 2020 on."""


@cache
def members(grouping: str, year: int) -> frozenset[str]:
    """Codes of the partners that make a grouping in a year; empty where they are not known."""
    if grouping == _EUROPEAN_UNION and year >= _UNITED_KINGDOM_LEFT:
        return _EUROPEAN_UNION_MEMBERS
    if grouping == _EUROPEAN_UNION and year >= _CROATIA_JOINED:
        return _EUROPEAN_UNION_MEMBERS | {UNITED_KINGDOM}
    if grouping == _SOUTH_AND_CENTRAL_AMERICA:
        return _single("2") - {MEXICO} | _single("3")
    if grouping in _BY_FIRST_DIGIT:
        return _single(_BY_FIRST_DIGIT[grouping])
    return _LISTED.get(grouping, frozenset())


def _single(first_digit: str) -> frozenset[str]:
    return frozenset(code for code in known_codes() if code.startswith(first_digit) and not is_aggregate(code))

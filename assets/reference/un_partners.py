"""Partners under the codes of UN Comtrade: numeric codes and ISO letters into Schedule C.

Comtrade's numbers look like ISO 3166 and are not for several large traders; those are rules here, everybody else goes
by the three ISO letters of `partner.csv`. File layouts do not belong here.
"""

import csv
from collections.abc import Mapping
from functools import cache

from assets.reference.partners import PARTNER_FILE

UN_CODES: Mapping[str, str] = {
    "0": "0015",
    "156": "5700",
    "251": "4279",
    "344": "5820",
    "446": "5660",
    "484": "2010",
    "490": "5830",
    "579": "4039",
    "699": "5330",
    "704": "5520",
    "757": "4419",
    "842": "1000",
}
"""World; China; France with Monaco; Hong Kong; Macau; Mexico; "Other Asia, nes", which is Taiwan; Norway; India;
Vietnam; Switzerland with Liechtenstein; the United States with its possessions."""


def code_for_un(number: str, iso3: str | None) -> str | None:
    """Schedule C code of a Comtrade reporter or partner; None for groups and areas that are no single partner.

    `number` is the numeric code as published, without leading zeros; `iso3` the letters beside it, where given.
    """
    return UN_CODES.get(number.lstrip("0") or "0") or _code_by_iso3().get((iso3 or "").upper())


@cache
def _code_by_iso3() -> dict[str, str]:
    with PARTNER_FILE.open(encoding="utf-8", newline="") as stream:
        return {
            row["iso3"]: row["partner_code"]
            for row in csv.DictReader(stream)
            if row["iso3"] and row["is_aggregate"] == "false"
        }
